"""A source opens as the text that was indexed, at the words that were quoted."""

from __future__ import annotations

import pytest
from pages import document, parsed
from test_render import HOSTILE, TREATY, plain

from qa.assistant import Assistant
from qa.web.source import missing_page, source_page

NOWHERE = (-1, -1)


def test_it_shows_the_whole_text_in_order(assistant: Assistant) -> None:
    page = assistant.document("sample/sanctions.md")
    assert page is not None
    article = parsed(source_page(page, *NOWHERE)).one("article")
    shown = plain(article.text.partition("Sanctions")[2]).replace(" ", "")
    expected = plain(page.text.partition("Sanctions")[2]).replace(" ", "").replace("|", "")
    assert expected[:200] in shown
    assert shown.endswith(expected[-200:])
    assert len(shown) == pytest.approx(len(expected), abs=2)


def test_it_marks_the_quote_so_that_a_link_can_jump_to_it() -> None:
    start = TREATY.text.index("two of them")
    page = parsed(source_page(TREATY, start, start + 11))
    mark = page.one("mark")
    assert (mark.text, mark.attributes["id"]) == ("two of them", "quote")


def test_it_marks_a_quote_across_blocks_and_names_its_beginning() -> None:
    start, end = TREATY.text.index("else is bound"), TREATY.text.index("runs out") + 8
    marks = parsed(source_page(TREATY, start, end)).all("mark")
    assert [mark.text for mark in marks] == [
        "else is bound.",
        "Three things end it:",
        "its term runs out",
    ]
    assert [mark.attributes.get("id") for mark in marks] == ["quote", None, None]


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 5), (5, 5), (9, 3), (0, 10**9), (10**9, 10**9 + 1), (-1, -1)]
)
def test_it_marks_nothing_for_offsets_that_are_no_slice(start: int, end: int) -> None:
    page = parsed(source_page(TREATY, start, end))
    assert not page.all("mark")
    assert "two of them" in page.text


def test_it_keeps_headings_lists_tables_and_code() -> None:
    article = parsed(source_page(TREATY, *NOWHERE)).one("article")
    assert article.one("h1").text == "Treaties"
    assert [n.text for n in article.one("ol").all("li")] == [
        "sign the text",
        "ratify it",
        "send the instrument",
    ]
    assert len(article.one("table").all("tr")) == 3
    assert article.one("pre").text == "if a < b:\n    sign()"


def test_it_gives_headings_their_anchors_except_the_one_that_is_ours() -> None:
    page = document(("heading", "A page"), ("heading", "Deeper"), ("paragraph", "Words."))
    article = parsed(source_page(page, *NOWHERE)).one("article")
    assert article.one("h2").attributes["id"] == "part-1"


def test_it_puts_the_title_above_a_text_that_does_not_begin_with_it() -> None:
    page = document(("paragraph", "Words."), title="A title")
    assert parsed(source_page(page, *NOWHERE)).one("h1").text == "A title"


def test_it_says_what_it_is_and_leads_to_the_page_itself() -> None:
    page = document(
        ("paragraph", "Worte."),
        url="https://example.org/a",
        updated="2026-01-05",
        language="de",
    )
    note = parsed(source_page(page, *NOWHERE)).one("aside")
    assert "This is the text that Quoth indexed from docs/page.md." in note.text
    assert "Updated 5 January 2026" in note.text
    assert "In German" in note.text
    assert note.one("a").attributes["href"] == "https://example.org/a"


def test_it_tells_a_browser_the_language_and_leaves_it_the_direction() -> None:
    page = document(("paragraph", "كلمات قليلة"), language="ar")
    article = parsed(source_page(page, *NOWHERE)).one("article")
    assert (article.attributes["lang"], article.attributes["dir"]) == ("ar", "auto")
    assert all(p.attributes["dir"] == "auto" for p in article.all("p") if p.text == page.text)


@pytest.mark.parametrize("text", HOSTILE)
def test_it_shows_whatever_stands_in_a_document_as_text(text: str) -> None:
    page = document(
        ("heading", text), ("paragraph", text), ("row", text), uri=text, title=text, url=text,
        updated=text, language=text,
    )  # fmt: skip
    html = source_page(page, 0, len(page.text))
    tree = parsed(html.removeprefix("<!doctype html>"))
    assert not {"script", "img", "form", "input", "b", "i"} & {n.name for n in tree.all("*")}
    assert [n.attributes["href"] for n in tree.all("a")] == ["/"]
    assert tree.one("title").text == f"{text} – Quoth"
    assert tree.one("h1").text == text
    assert text in parsed(missing_page(text).removeprefix("<!doctype html>")).text


def test_it_stays_under_the_root_path() -> None:
    page = parsed(source_page(TREATY, *NOWHERE, "/help"))
    assert page.one("a").attributes["href"] == "/help/"
    assert all(str(n.attributes["href"]).startswith("/help/") for n in page.all("link"))
    assert {n.attributes["href"] for n in parsed(missing_page("a", "/help")).all("a")} == {"/help/"}
