"""Hostile words, wherever they come from: no script runs and no request leaves, in Chromium."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from browsing import NEEDS_CHROMIUM, chromium, playwright
from hosting import Pages, hosting
from serving import GRADIO, serving

from index.build import update
from index.encoder import Encoder
from index.files import Store
from qa import open_store
from qa.desk import Desk, open_desk
from qa.settings import Settings
from qa.web.routes import API

expect = playwright.expect
pytestmark = [GRADIO, NEEDS_CHROMIUM]
# Each would run a script or send a request where text is taken for HTML or for an address.
PAYLOADS = r"""
<script>alert(1)</script>
<img src=x onerror=alert(1)>
<svg onload=alert(1)>
<svg><script>alert(1)</script></svg>
<body onload=alert(1)>
<iframe src=https://evil.example/x>
<iframe srcdoc='<script>alert(1)</script>'>
<object data=https://evil.example/x>
<embed src=https://evil.example/x>
<link rel=stylesheet href=https://evil.example/x>
<style>@import 'https://evil.example/x';</style>
<style>*{background:url(https://evil.example/x)}</style>
<img src=https://evil.example/x>
<img srcset='https://evil.example/x 1x'>
<video poster=https://evil.example/x></video>
<audio src=https://evil.example/x autoplay>
<input autofocus onfocus=alert(1)>
<details open ontoggle=alert(1)>
<marquee onstart=alert(1)>
<a href='javascript:alert(1)'>a</a>
<form action=https://evil.example/x><button>a</button></form>
<meta http-equiv=refresh content='0;url=https://evil.example/x'>
<base href=https://evil.example/x>
<math href='javascript:alert(1)'>a</math>
"><script>alert(1)</script>
'><script>alert(1)</script>
' onmouseover='alert(1)
" onfocus="alert(1)" autofocus="
</title><script>alert(1)</script>
</textarea><script>alert(1)</script>
</script><script>alert(1)</script>
</style><script>alert(1)</script>
<!--><script>alert(1)</script>
]]><script>alert(1)</script>
javascript:alert(1)
data:text/html,<script>alert(1)</script>
vbscript:alert(1)
{{constructor.constructor('alert(1)')()}}
${alert(1)}
`;alert(1);`
\u003cscript>alert(1)\u003c/script>
&lt;script&gt;alert(1)&lt;/script&gt;
<scr<script>ipt>alert(1)</scr</script>ipt>
<ScRiPt>alert(1)</ScRiPt >
![a](https://evil.example/x) <xss style=animation-name:x onanimationstart=alert(1)>
""".strip().split("\n")
PLACES = [
    "document", "title", "heading", "file name", "URL", "question", "name", "message", "feedback",
]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(Settings(store=tmp_path_factory.mktemp("hostile")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, desk: Desk, pages: Pages, site: str
) -> Iterator[str]:
    """Documents that hold every payload in their text, title, heading, name and address."""
    folder = tmp_path_factory.mktemp("evil") / "site"
    folder.mkdir()
    for number, payload in enumerate(PAYLOADS):
        text = escape(payload)
        name = "".join(c for c in payload if c not in "/\x00")[:80]
        (folder / f"{number:02} {name}.html").write_text(
            f"<title>{text} zorblax{number}</title><link rel=canonical href='{text}'>"
            f"<h1>{text} zorblax{number}</h1><h2>Heading {text}</h2><p>The zorblax{number} meter "
            f"costs {text} exactly {number} dollars.</p><ul><li>{text} item</li></ul>",
            "utf-8",
        )
    store = folder.parent / "store"
    update(Store(store), encoder, [folder])
    # Whole sentences, so that each page shows all that it has.
    assistant = open_store(store, reader="sentences")
    with serving(assistant, desk, origins=(site,), title=PAYLOADS[1]) as where:
        yield where


@pytest.fixture(scope="module")
def pages() -> Pages:
    return {}


@pytest.fixture(scope="module")
def site(pages: Pages) -> Iterator[str]:
    with hosting(pages) as where:
        yield where


@pytest.fixture
def watched(site: str, server: str) -> Iterator[Any]:
    """A page whose every dialog and every request to elsewhere is a failure."""
    with chromium() as browser:
        page = browser.new_context().new_page()
        wrong: list[str] = []
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.context.on(
            "request",
            lambda r: r.url.startswith((site, server, "data:", "about:")) or wrong.append(r.url),
        )
        yield page
        page.wait_for_timeout(300)
        assert not wrong


def test_there_are_45_payloads_in_9_places() -> None:
    assert (len(set(PAYLOADS)), len(PLACES)) == (45, 9)


def widget(page: Any, site: str, server: str, pages: Pages, attributes: str = "") -> None:
    script = f'<script src="{server}/widget.js" {attributes} defer></script>'
    pages["/"] = (f"<!doctype html><html lang=en><title>Shop</title><body>{script}</body>", {})
    page.goto(site)
    page.locator("quoth-widget .opener").click()


def ask(page: Any, question: str) -> None:
    field = page.locator("quoth-widget textarea").first
    count = page.locator("quoth-widget article").count()
    field.fill(question)
    field.press("Enter")
    expect(page.locator("quoth-widget article")).to_have_count(count + 1)
    expect(page.locator("quoth-widget .waiting")).to_have_count(0)


def test_the_widget_shows_documents_titles_headings_names_and_addresses_as_text(
    watched: Any, site: str, server: str, pages: Pages
) -> None:
    widget(watched, site, server, pages)
    for number in range(len(PAYLOADS)):
        ask(watched, f"What does the zorblax{number} meter cost?")
    watched.locator("quoth-widget article details").evaluate_all(
        "all => all.forEach(d => d.open = true)"
    )
    shown = watched.locator("quoth-widget .log").text_content()
    for payload in PAYLOADS[:8]:
        assert payload in shown
    links = watched.locator("quoth-widget a").evaluate_all("all => all.map((a) => a.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:"}
    inside = (
        "quoth-widget .log :is(script, img, iframe, object, embed, link, style, video, form, base)"
    )
    assert watched.locator(inside).count() == 0


def test_the_widget_shows_questions_and_feedback_as_text(
    watched: Any, site: str, server: str, pages: Pages, desk: Desk
) -> None:
    widget(watched, site, server, pages)
    for payload in PAYLOADS:
        ask(watched, payload)
    thumb = watched.get_by_role("button", name="Not helpful")
    thumb.last.click()
    watched.get_by_label("What was wrong?").fill(PAYLOADS[1])
    watched.keyboard.press("Enter")
    watched.reload()
    expect(watched.locator("quoth-widget article").first).to_be_visible()


def test_what_an_owner_sets_is_text_too(watched: Any, site: str, server: str, pages: Pages) -> None:
    names = ("title", "greeting", "examples", "color", "language", "theme")
    for payload in PAYLOADS:
        set_to = " ".join(f'data-{name}="{escape(payload)}"' for name in names)
        widget(watched, site, server, pages, set_to)


def test_source_pages_plain_pages_and_the_frame_show_them_as_text(
    watched: Any, server: str
) -> None:
    for number, payload in enumerate(PAYLOADS):
        asked = {"question": f"What does the zorblax{number} meter cost?"}
        answer = httpx.post(f"{server}{API}/ask", json=asked).json()
        for found in (*answer["quotes"], *answer["closest"])[:1]:
            watched.goto(f"{server}/source/{quote(found['uri'])}?start=0&end=5")
        watched.goto(f"{server}/source/{quote(payload, safe='')}")
        watched.goto(f"{server}/plain?q={quote(payload)}")
        assert watched.locator("#q").input_value().strip()
        watched.goto(f"{server}/frame?title={quote(payload)}&theme={quote(payload)}")


def test_messages_come_back_as_text(watched: Any, server: str, desk: Desk) -> None:
    """The form shows again what was typed when something was wrong with it."""
    for payload in PAYLOADS:
        watched.goto(f"{server}/plain")
        watched.get_by_label("Your name").fill(payload.replace("\x00", "")[:100])
        watched.get_by_label("Your e-mail address").fill("nobody@home")
        watched.get_by_label("Your message").fill(payload)
        watched.get_by_role("button", name="Send").click()
        expect(watched.locator(".refusal")).to_be_visible()


def test_the_api_sends_no_payload_as_html(server: str) -> None:
    for payload in PAYLOADS:
        body = {"question": payload, "page": payload, "history": [{"question": payload}]}
        for path, given in [
            ("ask", body),
            ("feedback", {"answer": payload, "helpful": True, "reason": payload}),
            ("message", {"name": payload, "email": payload, "message": payload,
                         "key": uuid.uuid4().hex, "token": payload}),
        ]:  # fmt: skip
            response = httpx.post(
                f"{server}{API}/{path}",
                content=json.dumps(given),
                headers={"content-type": "application/json"},
                timeout=30,
            )
            assert response.status_code < 500
            assert response.headers["content-type"] == "application/json"
            assert response.headers["x-content-type-options"] == "nosniff"


def test_nothing_of_a_message_runs_in_the_owners_terminal_or_spreadsheet(
    desk: Desk, quoth: Any, tmp_path: Path
) -> None:
    from qa.inbox import as_csv, printable
    from qa.web.schema import clean

    for payload in [*PAYLOADS, "=1+1", "\x1b[2J", "\u202egnp"]:
        assert not any(ord(c) < 32 for c in printable(clean(payload)))
        table = as_csv([{"a": payload}], ("a",))
        assert table.split("\n")[1].lstrip('"')[:1] not in tuple("=+-@\t")
