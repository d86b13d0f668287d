"""The chat page in a browser: asking, reading, keyboard, phone, colours, and nothing foreign."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from browsing import NEEDS_CHROMIUM, chromium, playwright
from serving import GRADIO, serving
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.build import update
from index.encoder import Encoder
from index.files import Store
from qa import open_store
from qa.assemble import FollowingAssistant
from qa.assistant import Assistant
from qa.conversation import Turn
from qa.desk import open_desk
from qa.settings import Settings
from qa.web import page as chat
from qa.web import token

expect = playwright.expect

LOADS_WITHIN_MS = 60_000
QUESTION = "How many votes does a Security Council decision on sanctions need?"
HOSTILE = """---
title: "<img src=x onerror=alert(1)> Title"
---
# <img src=x onerror=alert(2)> Title

## <script>alert(3)</script> **Heading**

The zorblax meter costs $$x^2$$ dollars, `</blockquote><script>alert(4)</script>` and \
`<img src=https://evil.example/p.png>`, {{constructor}} ${alert(5)} %%%LATEX_BLOCK_0%%%.

- zorblax item `<svg onload=alert(6)>`
"""
GERMAN = """---
title: Fahrräder
lang: de
---
# Fahrräder

Ein Fahrrad darf im Zug mitgenommen werden, wenn ein Stellplatz reserviert worden ist. Die Karte
dafür kostet neun Euro und gilt für einen Tag auf der ganzen Strecke.
"""

pytestmark = [GRADIO, NEEDS_CHROMIUM]

Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(assistant, title="Ask the sample") as where:
        yield where


@pytest.fixture(scope="module")
def odd_address(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    """A site whose documents are hostile or foreign."""
    folder = tmp_path_factory.mktemp("odd")
    site = folder / "site"
    site.mkdir()
    (site / "a <b> & 'c'.md").write_text(HOSTILE, "utf-8")
    (site / "zug.md").write_text(GERMAN, "utf-8")
    update(Store(folder / "store"), encoder, [site])
    with serving(open_store(folder / "store"), title="<img src=x onerror=alert(7)>") as where:
        yield where


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Opened]:
    """Opens the page as a visitor with these settings; every page may call only its own server."""
    pages: list[Any] = []
    foreign: list[str] = []
    dialogs: list[str] = []
    broken: list[str] = []

    def visit(where: str = address, **visitor: object) -> Any:
        page = browser.new_context(**visitor).new_page()
        pages.append(page)
        page.on("request", lambda r: r.url.startswith((where, "data:")) or foreign.append(r.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(where)
        page.locator("#send").wait_for(timeout=LOADS_WITHIN_MS)
        return page

    yield visit
    for page in pages:
        page.context.close()
    assert not foreign
    assert not dialogs
    assert not broken


def ask(page: Any, question: str) -> None:
    field = page.get_by_label("Your question")
    field.fill(question)
    field.press("Enter")
    expect(page.locator("#log h2").last).to_contain_text(question)
    expect(page.locator("#log .waiting")).to_have_count(0)


def test_it_answers_with_a_marked_quote_and_a_link_to_its_source(opened: Opened) -> None:
    page = opened()
    ask(page, QUESTION)
    quote = page.locator("#log figure").first
    expect(quote.locator("blockquote mark")).to_contain_text("nine of fifteen")
    with page.context.expect_page() as source:
        quote.locator("cite a").click()
    expect(source.value.locator("#quote")).to_contain_text("nine of fifteen")
    expect(source.value.locator("#quote")).to_be_in_viewport()


def test_it_shows_the_passage_on_a_click_and_keeps_it_open(opened: Opened) -> None:
    page = opened()
    ask(page, QUESTION)
    around = page.locator("#log details.around").first
    around.locator("summary").click()
    expect(around.locator(".passage mark")).to_be_visible()
    ask(page, "sourdough bread recipe")
    expect(around).to_have_attribute("open", "")


def test_it_says_plainly_that_the_documents_do_not_say(opened: Opened) -> None:
    page = opened()
    ask(page, "sourdough bread recipe")
    expect(page.locator("#log .verdict")).to_have_text("The documents do not say.")
    expect(page.locator("#log details.card")).not_to_have_count(0)
    expect(page.locator("#log .advice")).to_contain_text("What to try")


def test_what_they_do_not_say_can_be_passed_on_to_a_person(
    opened: Opened, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token, "YOUNGEST_S", 0)  # a test types faster than anyone
    question = "sourdough bread & 50% rye?"
    desk = open_desk(Settings(store=tmp_path))
    with serving(assistant, desk) as where:
        page = opened(where)
        ask(page, question)
        with page.context.expect_page() as opening:
            page.get_by_role("link", name="Pass this question on to a person").click()
        letter = opening.value
        expect(letter.get_by_label("Your message")).to_have_value(question)
        letter.get_by_label("Your name").fill("Ada")
        letter.get_by_label("Your e-mail address").fill("ada@example.org")
        letter.get_by_role("button", name="Send").click()
        expect(letter.get_by_text("Your message has arrived.")).to_be_visible()
        ask(page, QUESTION)
        expect(page.locator("#log article").last.locator(".handover")).to_have_count(0)
    assert [message.message for message in desk.messages.all()] == [question]
    desk.close()


def test_a_question_is_answered_however_early_it_is_asked(
    opened: Opened, assistant: Assistant
) -> None:
    """Gradio's page takes a stream of events for open until it hears that the stream is closed."""

    def heard_late(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            async def later(message: Message) -> None:
                if b"close_stream" in message.get("body", b""):
                    await asyncio.sleep(2)
                await send(message)

            await app(scope, receive, later)

        return answer

    with serving(assistant, behind=heard_late) as where:
        ask(opened(where), QUESTION)


def test_it_tells_of_an_index_built_since_it_started(
    opened: Opened, tmp_path: Path, encoder: Encoder
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    store = Store(tmp_path / "store")
    (site / "one.md").write_text(GERMAN, "utf-8")
    update(store, encoder, [site])
    following = FollowingAssistant(Settings(store=tmp_path / "store"))
    with closing(following), serving(following) as where:
        page = opened(where)
        expect(page.locator("#colophon")).to_contain_text("one document")
        (site / "two.md").write_text(HOSTILE, "utf-8")
        update(store, encoder, [site])
        while following.info()["documents"] == 1:
            time.sleep(0.1)
        page.reload()
        expect(page.locator("#colophon")).to_contain_text("2 documents")
        expect(page.locator("#welcome")).to_contain_text("2 documents")


def test_what_cannot_be_asked_is_given_back_and_nothing_is_not_asked(opened: Opened) -> None:
    page = opened()
    long = "why? " * 300
    field = page.get_by_label("Your question")
    field.fill(long)
    field.press("Enter")
    expect(page.locator("#log .refusal")).to_contain_text("at most 1,000")
    expect(field).to_have_value(long)
    field.fill("   ")
    page.locator("#send").click()
    ask(page, QUESTION)
    expect(page.locator("#log article")).to_have_count(2)


def test_a_new_conversation_begins_in_the_same_tab(opened: Opened) -> None:
    page = opened()
    ask(page, QUESTION)
    page.get_by_role("link", name="New conversation").click()
    expect(page.locator("#log article")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    assert len(page.context.pages) == 1


def test_a_question_may_lean_on_the_one_before(opened: Opened) -> None:
    page = opened()
    ask(page, "When was Interpol founded?")
    ask(page, "and where is it based?")
    leaning = page.locator("#log article").last
    expect(leaning.locator("cite").first).to_contain_text("Interpol")
    expect(page.locator("#before")).to_be_hidden()
    other = opened()
    ask(other, "and where is it based?")
    expect(other.locator("#log .verdict, #log cite").first).not_to_contain_text("Interpol")


def test_what_a_browser_gives_back_as_turns_is_checked() -> None:
    turns = (Turn("Who runs Interpol?", None, "a.md"), Turn("Why?"))
    assert chat._turns(chat._held([Turn("Before")] * 4 + list(turns)))[-2:] == turns
    assert len(chat._turns(chat._held([Turn("Before")] * 9))) == 5
    for forged in (None, "", "[", "5", "{}", "[1]", '[{"question": 1}]', "[" * 100_000):
        assert chat._turns(forged) == ()


def test_it_greets_without_a_quote(opened: Opened) -> None:
    page = opened()
    ask(page, "hello")
    expect(page.locator("#log .verdict")).to_contain_text("Hello. Ask a question")
    expect(page.locator("#log figure, #log details")).to_have_count(0)


def test_it_asks_an_example_on_a_click(opened: Opened) -> None:
    page = opened()
    example = page.locator("#examples button").first
    question = example.inner_text()
    example.click()
    expect(page.locator("#log h2")).to_contain_text(question)
    expect(page.locator("#log .reply")).not_to_contain_text("Looking")
    expect(page.locator("#welcome")).to_be_hidden()


def test_it_can_be_used_with_the_keyboard_alone(opened: Opened) -> None:
    page = opened()
    field = page.get_by_label("Your question")
    expect(field).to_be_focused()
    page.keyboard.type("How many votes does")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("a Security Council decision on sanctions need?")
    page.keyboard.press("Escape")
    expect(field).to_have_value(QUESTION.replace("does ", "does\n"))
    page.keyboard.press("Enter")
    expect(page.locator("#log blockquote mark").first).to_contain_text("nine")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#log details[open]")).to_have_count(1)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_it_answers_what_was_typed_while_it_was_answering(opened: Opened) -> None:
    page = opened()
    field = page.get_by_label("Your question")
    for question in ("What is extradition?", "What is a treaty?"):
        field.fill(question)
        field.press("Enter")
        expect(page.locator("#log h2").last).to_contain_text(question)
    expect(page.locator("#log .waiting")).to_have_count(0)
    expect(page.locator("#log article")).to_have_count(2)


def test_it_says_what_is_wrong_with_a_question_in_the_conversation(opened: Opened) -> None:
    page = opened()
    ask(page, "?!")
    expect(page.locator("#log .refusal")).to_contain_text("no word in it")
    ask(page, QUESTION)
    expect(page.locator("#log figure")).not_to_have_count(0)


def test_it_tells_a_screen_reader_of_new_turns(opened: Opened) -> None:
    page = opened()
    ask(page, QUESTION)
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    assert "You asked: " in (log.locator("h2").text_content() or "")
    expect(page.locator("#turn")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 390])
def test_it_fits_a_phone_without_sideways_scroll(opened: Opened, width: int) -> None:
    page = opened(viewport={"width": width, "height": 740}, is_mobile=True, has_touch=True)
    questions = (QUESTION, "types of sanctions", "rules of the Tallinn Manual", "x" * 300)
    for question in questions:
        ask(page, question)
    for summary in page.locator("#log summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    composer = page.locator("#composer").bounding_box()
    assert composer
    assert composer["x"] >= 0
    assert composer["x"] + composer["width"] <= width


def test_the_field_stays_in_sight_while_a_long_conversation_scrolls(opened: Opened) -> None:
    page = opened(viewport={"width": 1000, "height": 500})
    for question in (QUESTION, "types of sanctions", "What is a treaty?"):
        ask(page, question)
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    expect(page.locator("#send")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_follows_the_colours_that_the_visitor_prefers(
    opened: Opened, scheme: str, is_dark: bool
) -> None:
    page = opened(color_scheme=scheme)
    ask(page, QUESTION)
    for element in ("#log figure", "body"):
        assert (_lightness(page, element, "backgroundColor") < 80) is is_dark
        assert (_lightness(page, element, "color") < 80) is not is_dark


def test_it_runs_nothing_that_stands_in_documents_or_questions(
    opened: Opened, odd_address: str
) -> None:
    page = opened(odd_address)
    ask(page, "What does the zorblax meter cost?")
    quote = page.locator("#log article").last
    expect(quote).to_contain_text("$$x^2$$ dollars, </blockquote><script>alert(4)</script>")
    expect(quote).to_contain_text("{{constructor}} ${alert(5)} %%%LATEX_BLOCK_0%%%.")
    for question in (
        "<img src=x onerror=alert(8)> zorblax",
        "**b** [l](javascript:alert(9)) zorblax",
    ):
        ask(page, question)
    assert page.locator("#log").locator("img, svg, script, form, iframe, h1, strong").count() == 0
    link = quote.locator("a").first.get_attribute("href") or ""
    page.goto(odd_address + link)
    expect(page.locator("#quote")).to_be_visible()
    assert page.locator("img, svg, script").count() == 0


def test_it_says_in_which_language_a_document_is(opened: Opened, odd_address: str) -> None:
    page = opened(odd_address)
    ask(page, "Was kostet die Karte für ein Fahrrad im Zug?")
    turn = page.locator("#log article")
    expect(turn.locator("[lang=de]").first).to_be_attached()
    expect(turn.locator(".note")).to_contain_text("This document is in German")


def test_it_keeps_the_site_under_a_proxys_path(opened: Opened, assistant: Assistant) -> None:
    with serving(assistant, root_path="/help") as where:
        page = opened(f"{where}/help/")
        ask(page, QUESTION)
        link = page.locator("#log cite a").first.get_attribute("href") or ""
        assert link.startswith("/help/source/")
        page.context.close()


def _lightness(page: Any, selector: str, what: str) -> float:
    """0 is black, 255 is white."""
    colour = page.locator(selector).first.evaluate(f"(e) => getComputedStyle(e).{what}")
    channels = colour[colour.index("(") + 1 : -1].split(",")[:3]
    return sum(float(channel) for channel in channels) / 3
