"""The widget in Chromium: on plain and hostile pages, in a frame, on a phone, by keyboard."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import NEEDS_CHROMIUM, chromium, playwright
from hosting import Pages, hosting
from serving import GRADIO, serving

from qa import snippet
from qa.assistant import Assistant
from qa.desk import Desk, open_desk
from qa.settings import Settings
from qa.web import embed

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright.expect

pytestmark = [GRADIO, NEEDS_CHROMIUM]
QUESTION = "How many votes does a Security Council decision on sanctions need?"
UNKNOWN = "Who won the cup final in 1966?"
MOST_BYTES = 15_000
GUIDE = Path(__file__).resolve().parent.parent / "docs" / "widget.md"
HOSTILE = """
* { all: unset !important; display: none !important; color: red !important; }
html, body, h1, p { display: block !important; }
html > * { opacity: 0.1 !important; transform: rotate(9deg) !important; pointer-events: none; }
button, input, textarea, form, p, h2, h3, dialog, [role] { font: 50px fantasy !important;
  position: static !important; float: right !important; width: 3px !important; }
quoth-widget { display: none !important; visibility: hidden !important; z-index: -1 !important; }
"""
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(Settings(store=tmp_path_factory.mktemp("widget")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def pages() -> Pages:
    return {}


@pytest.fixture(scope="module")
def site(pages: Pages) -> Iterator[str]:
    with hosting(pages) as where:
        yield where


@pytest.fixture(scope="module")
def server(assistant: Assistant, desk: Desk, site: str) -> Iterator[str]:
    with serving(assistant, desk, origins=(site,), title="Ask the shop") as where:
        yield where


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def a_page(body: str, style: str = "", lang: str = "en") -> str:
    return (
        f'<!doctype html><html lang="{lang}"><head><title>The shop</title><style nonce="host">'
        f"{style}</style></head><body><main><h1>The shop</h1><p>We sell things. "
        f'<a href="#quoth">Ask us</a> <button data-quoth="{QUESTION}">Votes?</button></p></main>'
        f"{body}</body></html>"
    )


@pytest.fixture
def opened(browser: Any, server: str, site: str, pages: Pages) -> Iterator[Opened]:
    """Opens a page of the site, under a strict policy, with the widget on it."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def visit(attributes: str = "", *, style: str = "", lang: str = "en", **visitor: Any) -> Any:
        policy = (
            f"default-src 'none'; style-src 'nonce-host'; script-src {server}; connect-src {server}"
        )
        script = f'<script src="{server}/widget.js" {attributes} defer></script>'
        pages["/"] = (a_page(script, style, lang), {"content-security-policy": policy})
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 760}, **visitor})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda m: "Content Security Policy" in m.text and wrong.append(m.text),
        )
        page.on("request", lambda r: r.url.startswith((site, server)) or wrong.append(r.url))
        page.goto(site)
        page.locator("quoth-widget .root").wait_for(state="attached")
        return page

    yield visit
    for context in contexts:
        assert context.cookies() == []
        context.close()
    assert not wrong


def opener(page: Any) -> Any:
    return page.locator("quoth-widget .opener")


def ask(page: Any, question: str) -> None:
    field = page.locator("quoth-widget textarea").first
    field.fill(question)
    field.press("Enter")
    expect(page.locator("quoth-widget article").last).to_contain_text(question)
    expect(page.locator("quoth-widget .waiting")).to_have_count(0)


def focused(page: Any) -> str:
    """What has the focus, within the widget too."""
    return page.evaluate(
        """() => { let at = document.activeElement;
        while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
        return at.getAttribute("aria-label") || at.textContent.trim() || at.name; }"""
    )


def faults(page: Any) -> list[str]:
    found = axe.Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html']}" for v in found for node in v["nodes"]]


def test_it_answers_with_a_marked_quote_and_the_place_where_it_stands(
    opened: Opened, server: str
) -> None:
    page = opened('data-title="Talk to the founder"')
    opener(page).click()
    ask(page, QUESTION)
    reply = page.locator("quoth-widget .reply").first
    expect(reply.locator("blockquote mark")).to_contain_text("nine of fifteen")
    link = reply.locator(".source a")
    expect(link).to_contain_text("Sanctions › Who can impose sanctions")
    with page.context.expect_page() as source:
        link.click()
    assert source.value.url.startswith(f"{server}/source/sample/sanctions.md")
    expect(source.value.locator("#quote")).to_contain_text("nine of fifteen")


def answering(page: Any, server: str, answer: dict[str, Any]) -> None:
    """The next questions of the page get this answer."""
    told = f"event: answer\ndata: {json.dumps(answer)}\n\n"
    given = {"body": told, "headers": {"access-control-allow-origin": "*"}}
    page.route(f"{server}/api/v1/ask/stream", partial(fulfil, given))


def test_an_empty_cell_at_an_edge_keeps_its_column(opened: Opened, server: str) -> None:
    answer = httpx.post(f"{server}/api/v1/ask", json={"question": QUESTION}).json()
    rows = [("header", "| Mon | Wed"), ("row", "Open | 8:00 |"), ("row", "|  | 9:00")]
    answer["quotes"][0]["parts"] = [
        {"kind": kind, "text": text, "before": text, "marked": "", "after": ""}
        for kind, text in rows
    ]
    page = opened()
    answering(page, server, answer)
    opener(page).click()
    ask(page, QUESTION)
    shown = page.locator("quoth-widget .reply tr").evaluate_all(
        "rows => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    assert shown == [["", "Mon", "Wed"], ["Open", "8:00", ""], ["", "", "9:00"]]


def test_of_a_row_the_cell_that_answers_is_marked(opened: Opened) -> None:
    page = opened()
    opener(page).click()
    ask(page, "How many cases did Eurojust handle in 2023?")
    row = page.locator("quoth-widget .reply td").locator("xpath=..").first
    expect(row).to_contain_text("13,164")
    expect(row.locator("mark")).to_have_count(1)


def test_it_works_under_a_path_of_a_site(
    browser: Any, assistant: Assistant, site: str, pages: Pages
) -> None:
    with serving(assistant, origins=(site,), root_path="/help") as where:
        pages["/below"] = (a_page(f'<script src="{where}/help/widget.js" defer></script>'), {})
        page = browser.new_page()
        page.goto(f"{site}/below")
        opener(page).click()
        ask(page, QUESTION)
        link = page.locator("quoth-widget .source a").first.get_attribute("href")
        assert link.startswith(f"{where}/help/source/sample/sanctions.md")
        assert "nine of fifteen" in httpx.get(link).text
        page.close()


def test_it_says_that_the_documents_do_not_and_shows_the_nearest(opened: Opened) -> None:
    page = opened()
    opener(page).click()
    ask(page, UNKNOWN)
    reply = page.locator("quoth-widget .reply").first
    expect(reply).to_contain_text("The documents do not say.")
    expect(reply.locator("details")).to_have_count(3)
    reply.locator("summary").first.click()
    expect(reply.locator("details").first.locator(".source a")).to_be_visible()


def test_all_that_loads_before_the_first_answer_is_small(opened: Opened, server: str) -> None:
    sizes: dict[str, int] = {}
    page = opened()
    page.on(
        "requestfinished",
        lambda r: (
            r.url.startswith(server) and sizes.setdefault(r.url, r.sizes()["responseBodySize"])
        ),
    )
    page.reload()
    opener(page).click()
    expect(page.locator("quoth-widget .choice").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert {url.removeprefix(server) for url in sizes} == {
        "/widget.js", "/widget/en.json", "/api/v1/suggest",
    }  # fmt: skip
    assert sum(sizes.values()) <= MOST_BYTES, sizes


def test_every_language_fits_into_that_and_says_everything(server: str) -> None:
    packed = {"accept-encoding": "gzip"}
    script = httpx.get(f"{server}/widget.js", headers=packed).num_bytes_downloaded
    english = httpx.get(f"{server}/widget/en.json").json()
    assert english["within"] == Settings().reply_within
    for language in ("en", "de", "fr", "es", "pt", "ar"):
        response = httpx.get(f"{server}/widget/{language}.json", headers=packed)
        assert script + response.num_bytes_downloaded < MOST_BYTES - 1000
        words = response.json()
        assert list(words) == list(english)
        for key, text in english.items():
            assert re.findall(r"\{\w+\}", words[key]) == re.findall(r"\{\w+\}", text), key
    assert set(embed.LANGUAGES) == {"en", "de", "fr", "es", "pt", "ar"}


STYLES = """() => [...document.querySelectorAll("html, head *, body, body *")].map((element) =>
  [element.tagName, [...getComputedStyle(element)].map((name) =>
    name + getComputedStyle(element).getPropertyValue(name)).join(";")])"""


@pytest.mark.parametrize("style", ["", HOSTILE, "body > :last-child { color: green }"])
def test_it_changes_no_style_of_the_page(opened: Opened, style: str) -> None:
    page = opened(style=style)
    opener(page).dispatch_event("click")
    with_it = page.evaluate(STYLES)
    page.evaluate("document.querySelector('quoth-widget').remove()")
    assert page.evaluate(STYLES) == with_it


LOOK = """() => [...document.querySelector("quoth-widget").shadowRoot.querySelectorAll("*")]
  .map((element) => {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    return [element.tagName, element.className, Math.round(box.x), Math.round(box.y),
      Math.round(box.width), Math.round(box.height), style.color, style.font, style.opacity,
      style.display, style.visibility]; })"""


def test_no_style_of_a_page_changes_it(opened: Opened) -> None:
    looks = []
    for style in ("", HOSTILE):
        page = opened('data-title="Help"', style=style)
        opener(page).click()
        ask(page, QUESTION)
        page.wait_for_timeout(300)
        looks.append(page.evaluate(LOOK))
    plain, hostile = looks
    assert [h for p, h in zip(plain, hostile, strict=True) if p != h] == []


def test_it_opens_by_keyboard_keeps_the_focus_and_gives_it_back(opened: Opened) -> None:
    page = opened()
    link = page.get_by_role("link", name="Ask us")
    link.focus()
    page.keyboard.press("Alt+Shift+KeyH")
    assert focused(page) == "Your question"
    seen = []
    for _ in range(24):
        page.keyboard.press("Tab")
        seen.append(focused(page))
    assert {"Close", "New conversation", "Ask", "Your question"} <= set(seen)
    assert "Ask us" not in seen
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    expect(page.locator("quoth-widget .panel")).to_be_hidden()
    assert focused(page) == "Ask us"


def test_links_and_buttons_of_the_page_open_it_and_ask(opened: Opened) -> None:
    page = opened()
    page.get_by_role("link", name="Ask us").click()
    expect(page.locator("quoth-widget [role=dialog]")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    assert focused(page) == "Ask us"
    page.get_by_role("button", name="Votes?").click()
    expect(page.locator("quoth-widget mark")).to_contain_text("nine of fifteen")


def test_it_remembers_the_conversation_in_this_tab_alone(opened: Opened, site: str) -> None:
    page = opened()
    opener(page).click()
    ask(page, QUESTION)
    page.reload()
    expect(page.locator("quoth-widget [role=dialog]")).to_be_visible()
    expect(page.locator("quoth-widget mark")).to_contain_text("nine of fifteen")
    other = page.context.new_page()
    other.goto(site)
    opener(other).click()
    expect(other.locator("quoth-widget article")).to_have_count(0)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("quoth-widget article")).to_have_count(0)
    page.reload()
    expect(page.locator("quoth-widget .choice").first).to_be_visible()
    expect(page.locator("quoth-widget article")).to_have_count(0)


def test_it_offers_what_to_ask_next(opened: Opened) -> None:
    page = opened('data-examples="What is a treaty?|What is extradition?"')
    opener(page).click()
    examples = page.locator("quoth-widget .choice")
    expect(examples).to_have_text(["What is a treaty?", "What is extradition?"])
    examples.nth(1).click()
    expect(page.locator("quoth-widget mark").first).to_be_visible()
    following = page.locator("quoth-widget .next .choice")
    expect(following.first).to_be_visible()
    words = following.first.text_content()
    following.first.click()
    expect(page.locator("quoth-widget article").last).to_contain_text(words)


def test_it_offers_headings_while_one_types(opened: Opened, server: str) -> None:
    page = opened()
    opener(page).click()
    field = page.locator("quoth-widget textarea").first
    field.press_sequentially("who can impose")
    offered = page.locator("quoth-widget .next .choice")
    expect(offered).to_have_text(["Who can impose sanctions"])
    assert offered.get_attribute("href").startswith(f"{server}/source/sample/sanctions.md")
    field.fill("can a state")
    expect(offered.first).to_contain_text("?")
    words = offered.first.text_content()
    offered.first.click()
    expect(page.locator("quoth-widget article").last).to_contain_text(words)
    expect(field).to_have_value("")


def test_it_sends_nothing_that_is_typed_where_the_owner_says_so(opened: Opened) -> None:
    page = opened("data-ahead=no")
    opener(page).click()
    expect(page.locator("quoth-widget .choice").first).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("quoth-widget textarea").first.press_sequentially("who can impose", delay=40)
    page.wait_for_timeout(800)
    assert sent == []


def test_a_question_may_lean_on_the_one_before(opened: Opened) -> None:
    page = opened()
    opener(page).click()
    ask(page, "When was Interpol founded?")
    # What the tab remembers is a turn as well as what was said since the page was loaded.
    page.reload()
    ask(page, "and where is it based?")
    first = page.locator("quoth-widget .reply").last.locator(".source a").first
    expect(first).to_contain_text("Interpol")


def test_the_end_of_an_answer_stays_in_sight_when_next_questions_appear(opened: Opened) -> None:
    page = opened()
    opener(page).click()
    for question in (UNKNOWN, QUESTION):
        ask(page, question)
    log = page.locator("quoth-widget .log")
    expect(page.locator("quoth-widget .next .choice").first).to_be_visible()
    assert log.evaluate("e => e.scrollHeight - e.clientHeight") > 0  # there is something to scroll
    assert log.evaluate("e => e.scrollHeight - e.clientHeight - e.scrollTop") < 2


def test_it_greets_and_hands_over_to_a_person_who_wants_one(opened: Opened) -> None:
    page = opened(lang="de")
    opener(page).click()
    ask(page, "hello")
    reply = page.locator("quoth-widget .reply").last
    expect(reply).to_contain_text("Guten Tag.")
    expect(reply.locator("blockquote, .feedback")).to_have_count(0)
    ask(page, "can I talk to a real person")
    reply = page.locator("quoth-widget .reply").last
    expect(reply).to_contain_text("Ihre Nachricht geht an einen Menschen")
    reply.get_by_role("button", name="Schreiben Sie uns").click()
    expect(page.get_by_label("Ihr Name")).to_be_focused()


def test_places_that_differ_are_shown_as_such(opened: Opened, server: str) -> None:
    answer = httpx.post(f"{server}/api/v1/ask", json={"question": QUESTION}).json()
    answer["quotes"] = [answer["quotes"][0], {**answer["quotes"][0], "role": "differs"}]
    page = opened()
    answering(page, server, answer)
    opener(page).click()
    ask(page, QUESTION)
    differing = page.locator("quoth-widget .reply details")
    expect(differing.locator("summary")).to_have_text("The documents differ; another place says:")
    expect(differing.locator("mark")).to_be_visible()


def test_it_says_what_to_know_about_the_answers(opened: Opened, server: str) -> None:
    page = opened()
    told = {"examples": [], "next": [], "headings": [], "notices": ["No trained reader is there."]}
    headers = {"access-control-allow-origin": "*"}
    given = {"body": json.dumps(told), "headers": headers}
    page.route(f"{server}/api/v1/suggest", partial(fulfil, given))
    opener(page).click()
    expect(page.locator("quoth-widget").get_by_text("No trained reader is there.")).to_be_visible()


def test_a_thumb_down_asks_why_and_is_kept(opened: Opened, desk: Desk) -> None:
    page = opened()
    opener(page).click()
    ask(page, QUESTION)
    page.get_by_role("button", name="Not helpful").click()
    page.get_by_label("What was wrong?").fill("It is too short.")
    page.keyboard.press("Enter")
    expect(page.locator("quoth-widget .feedback")).to_have_text("Thank you.")
    assert "It is too short." in [row["reason"] for row in desk.questions.all()]


def test_a_reason_comes_after_its_thumb_and_stays_until_it_is_kept(
    opened: Opened, server: str
) -> None:
    page = opened()
    told: list[str] = []
    held: list[Any] = []

    def keep(route: Any) -> None:
        told.append(route.request.post_data_json["reason"])
        held.append(route)

    page.route(f"{server}/api/v1/feedback", keep)
    opener(page).click()
    ask(page, QUESTION)
    page.get_by_role("button", name="Not helpful").click()
    page.get_by_label("What was wrong?").fill("It is too short.")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert told == [""]
    held.pop().continue_()
    while not held:
        page.wait_for_timeout(20)
    assert told == ["", "It is too short."]
    expect(page.locator("quoth-widget .feedback")).not_to_contain_text("Thank you.")
    held.pop().abort()
    expect(page.locator("quoth-widget .feedback [role=alert]")).to_have_text(
        "The server could not be reached."
    )
    expect(page.get_by_label("What was wrong?")).to_have_value("It is too short.")
    page.unroute(f"{server}/api/v1/feedback")
    page.locator("quoth-widget .feedback button").click()
    expect(page.locator("quoth-widget .feedback")).to_have_text("Thank you.")


def fill_in(page: Any, name: str = "Ann Example") -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your e-mail address").fill("ann@shop.example")
    page.get_by_label("Your message").fill("When was it?\nPlease tell me.")


def test_a_question_without_an_answer_reaches_the_owner_with_the_conversation(
    opened: Opened, desk: Desk, site: str
) -> None:
    page = opened()
    opener(page).click()
    ask(page, QUESTION)
    ask(page, UNKNOWN)
    page.locator("quoth-widget .reply").last.get_by_role("button", name="Write to us").click()
    fill_in(page, "Ann of the widget")
    page.get_by_text("See what is sent").click()
    sent = page.locator("quoth-widget .handoff details")
    expect(sent).to_contain_text(QUESTION)
    expect(sent).to_contain_text("nine of fifteen")
    page.get_by_role("button", name="Send", exact=True).last.click()
    form = page.locator("quoth-widget .handoff")
    expect(form).to_contain_text("You can expect a reply within two working days.")
    (kept,) = [m for m in desk.messages.all() if m.name == "Ann of the widget"]
    expect(form).to_contain_text(kept.reference)
    assert [turn["question"] for turn in kept.conversation] == [QUESTION, UNKNOWN]
    assert "nine of fifteen" in kept.conversation[0]["answer"]
    assert (kept.message, kept.page) == ("When was it?\nPlease tell me.", f"{site}/")


def test_a_message_that_is_sent_again_after_trouble_is_kept_once(
    opened: Opened, desk: Desk, server: str
) -> None:
    page = opened()
    opener(page).click()
    page.get_by_role("button", name="Write to us").click()
    fill_in(page, "Ann again")
    # The server takes it, but the visitor never hears of that.
    page.route(f"{server}/api/v1/message", lambda route: (route.fetch(), route.abort()))
    send = page.get_by_role("button", name="Send", exact=True).last
    send.click()
    trouble = page.locator("quoth-widget .handoff [role=alert]")
    expect(trouble).to_have_text("The server could not be reached.")
    page.unroute(f"{server}/api/v1/message")
    send.click()
    expect(page.locator("quoth-widget .handoff")).to_contain_text("Q-")
    assert len([m for m in desk.messages.all() if m.name == "Ann again"]) == 1


def fulfil(given: dict[str, Any], route: Any) -> None:
    route.fulfill(**given)


def test_it_says_what_is_wrong_and_tries_again(opened: Opened, server: str) -> None:
    page = opened()
    opener(page).click()
    page.context.set_offline(True)
    ask(page, QUESTION)
    reply = page.locator("quoth-widget .reply").last
    expect(reply).to_contain_text("You seem to be offline.")
    page.context.set_offline(False)
    reply.get_by_role("button", name="Try again").click()
    expect(page.locator("quoth-widget mark")).to_contain_text("nine of fifteen")
    for fulfilled, said in [
        ({"status": 503, "headers": {"retry-after": "7"}}, "try again in 7 seconds"),
        ({"status": 500, "json": {"error": "inner"}}, "Something went wrong."),
        ({"status": 422, "json": {"error": "A sentence."}}, "A sentence."),
        ({"status": 200, "body": "event: searching\ndata: {}\n\n"}, "could not be reached"),
    ]:
        headers = {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}
        given = {**fulfilled, "headers": {**headers, **fulfilled.get("headers", {})}}
        page.route(f"{server}/api/v1/ask/stream", partial(fulfil, given))
        ask(page, "And this?")
        expect(page.locator("quoth-widget .reply").last).to_contain_text(said)
    page.unroute(f"{server}/api/v1/ask/stream")
    ask(page, "🙂")
    expect(page.locator("quoth-widget .reply").last).to_contain_text("has no word in it")


def test_a_slow_answer_is_announced(opened: Opened, server: str) -> None:
    page = opened()
    opener(page).click()
    page.route(f"{server}/api/v1/ask/stream", lambda route: None)
    page.locator("quoth-widget textarea").first.fill(QUESTION)
    page.keyboard.press("Enter")
    waiting = page.locator("quoth-widget .waiting")
    expect(waiting).to_have_text("Looking in the documents …")
    expect(waiting).to_have_text("This takes longer than usual …")
    assert page.locator("quoth-widget [role=log]").count() == 1


THEMES = [
    "data-theme=light", "data-theme=dark", "data-theme=auto", "data-color=#ffd400",
    "data-color=#0a7d55 data-theme=dark", "data-color=#777 data-position=left data-offset=40",
    "data-language=ar", "data-language=de data-theme=dark",
]  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_it_has_no_fault_that_axe_finds_in_any_state(
    opened: Opened, server: str, theme: str
) -> None:
    page = opened(theme, color_scheme="dark" if "auto" in theme else "light")
    states = {"closed": faults(page)}
    opener(page).click()
    expect(page.locator("quoth-widget .choice").first).to_be_visible()
    page.wait_for_timeout(250)
    states["open"] = faults(page)
    page.route(f"{server}/api/v1/ask/stream", lambda route: None)
    page.locator("quoth-widget textarea").first.fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("quoth-widget .waiting")).to_be_visible()
    states["answering"] = faults(page)
    page.unroute(f"{server}/api/v1/ask/stream")
    ask(page, QUESTION)
    ask(page, UNKNOWN)
    states["answered"] = faults(page)
    page.context.set_offline(True)
    ask(page, QUESTION)
    states["error"] = faults(page)
    page.context.set_offline(False)
    page.locator("quoth-widget .foot button").click()
    states["hand-off"] = faults(page)
    page.locator("quoth-widget #name").fill("Ann")
    page.locator("quoth-widget #email").fill("ann@shop.example")
    page.locator("quoth-widget #message").fill("Hello")
    page.locator("quoth-widget .handoff .main").click()
    receipt = page.locator("quoth-widget div.handoff > p > strong")
    expect(receipt).to_contain_text("Q-")
    states["receipt"] = faults(page)
    assert {state: found for state, found in states.items() if found} == {}


SMALL = """() => [...document.querySelector("quoth-widget").shadowRoot
  .querySelectorAll("button, a, input, textarea, summary")]
  .filter((element) => element.checkVisibility() && !element.closest(".unseen"))
  .map((element) => [element.tagName, element.textContent, element.getBoundingClientRect()])
  .filter(([, , box]) => box.width < 24 || box.height < 24)"""


def test_everything_that_is_pressed_is_large_enough(opened: Opened) -> None:
    page = opened()
    opener(page).click()
    ask(page, QUESTION)
    ask(page, UNKNOWN)
    assert page.evaluate(SMALL) == []
    page.get_by_role("button", name="Write to us").last.click()
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize(
    "viewport",
    [{"width": 360, "height": 640}, {"width": 640, "height": 360}],
    ids=["phone", "200%"],
)
def test_it_fills_a_small_screen_and_everything_can_be_reached(
    opened: Opened, viewport: dict[str, int]
) -> None:
    page = opened(viewport=viewport, device_scale_factor=2, has_touch=True)
    opener(page).tap()
    ask(page, QUESTION)
    box = page.locator("quoth-widget .panel").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, *viewport.values())
    for name in ("Close", "Ask", "Helpful", "Write to us"):
        control = page.get_by_role("button", name=name, exact=True)
        control.scroll_into_view_if_needed()
        expect(control).to_be_in_viewport(ratio=0.95)
    assert faults(page) == []
    page.get_by_role("button", name="Write to us").tap()
    send = page.get_by_role("button", name="Send", exact=True).last
    send.scroll_into_view_if_needed()
    expect(send).to_be_in_viewport(ratio=0.95)
    page.get_by_role("button", name="Close").tap()
    expect(opener(page)).to_be_visible()


def test_it_does_not_move_for_who_asked_for_that(opened: Opened) -> None:
    panel = "document.querySelector('quoth-widget').shadowRoot.querySelector('.panel')"
    moving = f"getComputedStyle({panel}).animationName"
    assert opened(reduced_motion="reduce").evaluate(moving) == "none"
    assert opened(reduced_motion="no-preference").evaluate(moving) == "rise"


def test_it_runs_from_right_to_left(opened: Opened) -> None:
    page = opened(lang="ar")
    opener(page).click()
    root = page.locator("quoth-widget .root")
    expect(root).to_have_attribute("dir", "rtl")
    expect(root).to_have_attribute("lang", "ar")
    assert page.locator("quoth-widget .panel").bounding_box()["x"] < 100
    ask(page, QUESTION)
    expect(page.locator("quoth-widget mark")).to_contain_text("nine of fifteen")
    field = page.locator("quoth-widget textarea").first.bounding_box()
    button = page.locator("quoth-widget .asking button").bounding_box()
    assert button["x"] < field["x"]


def test_a_version_loads_with_its_hash_and_not_with_another(
    browser: Any, server: str, site: str, pages: Pages
) -> None:
    for hashed, loads in [(embed.integrity(), True), ("sha384-" + "A" * 64, False)]:
        script = (
            f'<script src="{server}/widget-{embed.version()}.js" integrity="{hashed}" '
            'crossorigin="anonymous" defer></script>'
        )
        pages["/fixed"] = (a_page(script), {})
        page = browser.new_page()
        page.goto(f"{site}/fixed")
        page.wait_for_load_state("networkidle")
        assert page.locator("quoth-widget").count() == int(loads)
        page.close()
    caching = httpx.get(f"{server}/widget-{embed.version()}.js").headers["cache-control"]
    assert "immutable" in caching
    assert httpx.get(f"{server}/widget-000000000000.js").status_code == 404


def test_on_a_page_of_another_origin_it_stays_without_words(
    browser: Any, server: str, pages: Pages
) -> None:
    """The owner did not list that origin: its pages get no answer."""
    given: Pages = {"/": (a_page(f'<script src="{server}/widget.js" defer></script>'), {})}
    with hosting(given) as foreign:
        page = browser.new_page()
        page.goto(foreign)
        page.wait_for_load_state("networkidle")
        told = page.evaluate(
            f"fetch('{server}/api/v1/suggest').then(() => 'answered', () => 'refused')"
        )
        assert told == "refused"
        page.close()


def test_it_works_in_a_frame_for_sites_that_allow_no_script(
    browser: Any, server: str, site: str, pages: Pages
) -> None:
    frame = f'<iframe src="{server}/frame?theme=dark&title=Talk" title="Talk" width=400 height=600>'
    pages["/framed"] = (
        a_page(frame + "</iframe>"),
        {"content-security-policy": f"script-src 'none'; frame-src {server}"},
    )
    page = browser.new_page()
    page.goto(f"{site}/framed")
    inside = page.frame_locator("iframe")
    field = inside.get_by_label("Your question")
    field.fill(QUESTION)
    field.press("Enter")
    expect(inside.locator("mark")).to_contain_text("nine of fifteen")
    expect(inside.get_by_role("heading", name="Talk")).to_be_visible()
    expect(inside.get_by_role("button", name="Close")).to_have_count(0)
    assert faults(page) == []
    page.close()


def test_other_sites_may_not_frame_it(browser: Any, server: str) -> None:
    given: Pages = {"/": (a_page(f'<iframe src="{server}/frame" title="Talk"></iframe>'), {})}
    with hosting(given) as foreign:
        page = browser.new_page()
        page.goto(foreign)
        page.wait_for_load_state("networkidle")
        expect(page.frame_locator("iframe").locator("quoth-widget")).to_have_count(0)
        page.close()


def test_without_javascript_a_form_answers_and_takes_messages(
    browser: Any, server: str, site: str, pages: Pages, desk: Desk, quoth: Callable[..., Any]
) -> None:
    told = quoth("widget", server, "--data-title", "Talk to the founder")
    pages["/plain"] = (a_page(told.stdout), {})
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/plain")
    page.get_by_label("Talk to the founder").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("mark").first).to_contain_text("nine of fifteen")
    fill_in(page, "Ann without a script")
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("Your message has arrived.")
    (kept,) = [m for m in desk.messages.all() if m.name == "Ann without a script"]
    expect(page.locator("main")).to_contain_text(kept.reference)
    context.close()


def test_the_form_without_javascript_says_what_is_wrong_and_keeps_what_was_typed(
    browser: Any, server: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/plain?q=%F0%9F%99%82")
    expect(page.locator(".refusal")).to_contain_text("has no word in it")
    page.get_by_label("Your name").fill("<b>Ann</b>")
    page.get_by_label("Your e-mail address").fill("nobody@home")  # which browsers let pass
    page.get_by_label("Your message").fill("Hello")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".refusal")).to_contain_text("This is not an e-mail address")
    expect(page.get_by_label("Your name")).to_have_value("<b>Ann</b>")
    context.close()
    assert (
        httpx.post(
            f"{server}/plain/message",
            data={"name": "a"},
            headers={"origin": "https://evil.example"},
        ).status_code
        == 403
    )


def test_the_lines_that_quoth_prints_are_those_that_work(quoth: Callable[..., Any]) -> None:
    lines = quoth(
        "widget", "https://help.shop.example/x/", "--fixed", "--data-color", '"red"'
    ).stdout
    assert f"https://help.shop.example/x/widget-{embed.version()}.js" in lines
    assert f'integrity="{embed.integrity()}"' in lines
    assert 'data-color="&quot;red&quot;"' in lines
    framed = quoth("widget", "https://help.shop.example", "--iframe").stdout
    assert framed.startswith('<iframe src="https://help.shop.example/frame"')


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["help.shop.example"], "help.shop.example is no http or https address of a server"),
        (["--data-theme", "drak"], "--data-theme drak is none of light, dark or auto"),
        (["--data-language", "xx"], "--data-language xx is none of en, de, fr, es, pt or ar"),
        (["--data-key", "F5"], "--data-key F5 is no letter"),
    ],
)
def test_what_the_widget_would_not_heed_is_one_sentence(given: list[str], said: str) -> None:
    options = given if len(given) == 1 else ["https://help.shop.example", *given]
    parser = argparse.ArgumentParser()
    snippet.add_arguments(parser)
    with pytest.raises(ValueError, match=re.escape(said)):
        snippet.run(parser.parse_args(options))


def test_it_has_the_languages_that_can_be_asked_for() -> None:
    names = {path.stem for path in (embed.FOLDER / "languages").glob("*.json")}
    assert names == set(snippet.CHOICES["language"])


@pytest.mark.skipif(not GUIDE.exists(), reason="reads docs/widget.md")
def test_its_guide_names_every_attribute_and_every_variable() -> None:
    guide, style = GUIDE.read_text("utf-8"), (embed.FOLDER / "widget.css").read_text("utf-8")
    named = set(re.findall(r"^\| `data-(\w+)` \|", guide, re.M))
    assert named == set(snippet.OPTIONS)
    used = set(re.findall(r"--quoth-\w+", style + embed.script().decode()))
    assert set(re.findall(r"--quoth-\w+", guide)) == used
    read = set(re.findall(r"\bset\.(\w+)", embed.script().decode())) - {"mode"}
    assert read == set(snippet.OPTIONS)


def test_its_words_are_valid_and_its_script_holds_no_html() -> None:
    for path in (embed.FOLDER / "languages").glob("*.json"):
        assert all(isinstance(text, str) for text in json.loads(path.read_text("utf-8")).values())
    script = embed.script().decode()
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert dangerous not in script
