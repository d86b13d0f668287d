"""An answer becomes what a visitor reads."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pages import Node, document, parsed

from corpus import formats
from corpus.document import Document, Passage, Slice
from corpus.passages import units
from qa.answer import Answer, Quote, Role, Span, State, Verdict
from qa.assistant import Assistant
from qa.citation import cite
from qa.web import render
from qa.web.blocks import blocks_between, show
from qa.web.markup import element, safe_href

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</blockquote></article><form action=//evil.example><input name=password>",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "<!-- a comment --> <![CDATA[ x ]]>",
    "$$\\frac{1}{2}$$ and **bold** and `code` and [a link](javascript:alert(1))",
    "{{constructor}} ${alert(1)} %%%LATEX_BLOCK_0%%%",
]
SHOWN = {
    "article", "a", "blockquote", "button", "cite", "code", "details", "div", "figcaption",
    "figure", "h2", "h3", "li", "mark", "ol", "p", "pre", "section", "span", "summary", "table",
    "tbody", "td", "th", "tr", "ul",
}  # fmt: skip


def quoted(page: Document, words: str, role: Role = "answer", state: State = "current") -> Quote:
    """The quote that the citation makes of `words`, in a passage of the whole document."""
    at = page.text.index(words)
    passage = Passage(page, 0, len(page.text))
    return cite(passage, Span(at, at + len(words), 1.0, 1.0), role, state)


def answered(*quotes: Quote, verdict: Verdict = "answered", calibrated: bool = False) -> Answer:
    closest = tuple(quote for quote in quotes if quote.role == "closest")
    others = tuple(quote for quote in quotes if quote.role != "closest")
    return Answer("1", "Why?", verdict, 0.8712, calibrated, "found", "", others, closest)


def shown(answer: Answer, root_path: str = "", *, hands_over: bool = False) -> Node:
    reply = render.answer(answer, root_path, hands_over=hands_over)
    return parsed(render.turn("turn-1", "Why?", reply))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


TREATY = document(
    ("heading", "Treaties"),
    ("paragraph", "A treaty binds its parties. It needs two of them. Nobody else is bound."),
    ("paragraph", "Three things end it:"),
    ("item", "its term runs out"),
    ("item", "the parties agree"),
    ("paragraph", "To join, take these steps:"),
    ("step", "sign the text"),
    ("step", "ratify it"),
    ("step", "send the instrument"),
    ("header", "Treaty | Year | Parties"),
    ("row", "Budapest | 2001 | 76"),
    ("row", "Malabo | 2014 | 15"),
    ("code", "if a < b:\n    sign()"),
    title="Treaties",
)


def test_it_marks_the_exact_words_inside_their_sentence() -> None:
    quote = shown(answered(quoted(TREATY, "two of them"))).one("blockquote")
    assert quote.text == "It needs two of them."
    assert quote.one("mark").text == "two of them"


def test_it_shows_a_list_item_under_its_introduction() -> None:
    quote = shown(answered(quoted(TREATY, "the parties agree"))).one("blockquote")
    assert [n.text for n in quote.all("p")] == ["Three things end it:", "…"]
    assert quote.one("ul").one("li").one("mark").text == "the parties agree"


def test_it_keeps_the_number_of_a_step() -> None:
    quote = shown(answered(quoted(TREATY, "ratify it"))).one("blockquote")
    assert quote.one("ol").one("li").attributes["value"] == "2"


def test_it_shows_a_row_as_a_table_with_its_header() -> None:
    table = shown(answered(quoted(TREATY, "2014"))).one("blockquote").one("table")
    assert [cell.text for cell in table.all("th")] == ["Treaty", "Year", "Parties"]
    assert [cell.text for cell in table.all("td")] == ["…", "Malabo", "2014", "15"]
    assert table.one("mark").text == "2014"


def test_an_empty_cell_at_an_edge_keeps_its_column() -> None:
    html = (
        b"<table><tr><th></th><th>Mon</th><th>Wed</th></tr><tr><td>Open</td><td>8:00</td><td></td>"
        b"</tr><tr><td></td><td></td><td>9:00</td></tr></table>"
    )
    page = formats.load("html").read(html, "hours.html")
    table = parsed(show(page, page.blocks)).one("table")
    rows = [[cell.text for cell in row.all("*") if cell.name != "tr"] for row in table.all("tr")]
    assert rows == [["", "Mon", "Wed"], ["Open", "8:00", ""], ["", "", "9:00"]]


def test_it_keeps_the_lines_of_code() -> None:
    code = show(TREATY, blocks_between(TREATY, 0, len(TREATY.text)))
    assert parsed(code).one("pre").text == "if a < b:\n    sign()"


def test_it_says_where_words_are_left_out() -> None:
    first, _, third = units(TREATY)[:3]
    assert parsed(show(TREATY, [first, third])).text == (
        "A treaty binds its parties. … Nobody else is bound."
    )


def test_it_shows_every_block_of_the_bundled_documents_as_it_stands(assistant: Assistant) -> None:
    for uri in assistant.index.manifest["documents"]:
        page = assistant.document(uri)
        assert page is not None
        for block in page.blocks:
            text = parsed(show(page, [block])).text
            expected = block.of(page.text)
            if block.kind in ("header", "row"):
                text, expected = text.replace(" ", ""), re.sub(r"(^| )(\|( |$))?", "", expected)
            assert text == expected


def test_it_names_the_source_and_links_to_it_in_a_new_tab() -> None:
    page = replace(TREATY, url="https://example.org/treaties", updated="2026-05-04")
    source = shown(answered(quoted(page, "two of them"))).one("div", "source")
    assert source.one("a").text == "Treaties"
    assert source.one("a").attributes == {
        "href": "https://example.org/treaties#part-0",
        "target": "_blank",
        "rel": "noopener",
    }
    assert "Updated 4 May 2026" in source.text


def test_it_puts_our_own_page_of_a_source_under_the_root_path() -> None:
    link = shown(answered(quoted(TREATY, "two of them")), "/help").one("a")
    start = TREATY.text.index("two of them")
    assert link.attributes["href"] == (
        f"/help/source/docs/page.md?start={start}&end={start + 11}#quote"
    )


@pytest.mark.parametrize(
    "target",
    "javascript:alert(1) JaVaScript:x data:text/html,x vbscript:x mailto:a@b //evil.example "
    "\\\\evil /\\evil.example https:// http://[ /elsewhere x".split(),
)
def test_it_links_to_nothing_but_web_addresses_and_its_own_pages(target: str) -> None:
    assert safe_href(target) is None


@pytest.mark.parametrize(
    ("state", "said"),
    [("changed", "Source changed since it was indexed"), ("missing", "Source not found")],
)
def test_it_says_that_a_source_is_not_what_was_indexed(state: State, said: str) -> None:
    assert (
        shown(answered(quoted(TREATY, "two of them", state=state))).one("span", "state").text
        == said
    )


def test_it_says_nothing_of_a_source_that_is_current() -> None:
    assert not shown(answered(quoted(TREATY, "two of them"))).all("span", "state")


def test_it_says_in_which_language_a_document_is() -> None:
    page = document(("paragraph", "Ein Vertrag bindet zwei Seiten."), language="de-AT")
    figure = shown(answered(quoted(page, "zwei Seiten"))).one("figure")
    assert figure.one("blockquote").attributes["lang"] == "de-AT"
    assert figure.one("p", "note").text == (
        "This document is in German; the answer is shown in whole sentences."
    )


def test_it_shows_the_passage_around_a_quote_with_the_same_words_marked() -> None:
    around = shown(answered(quoted(TREATY, "two of them"))).one("details", "around")
    assert around.one("mark").text == "two of them"
    assert "Nobody else is bound." in around.text


def test_it_offers_no_passage_where_there_is_nothing_around() -> None:
    page = document(("paragraph", "It needs two of them."))
    assert not shown(answered(quoted(page, "two"))).all("details")


def test_it_shows_the_header_of_a_table_from_whose_middle_a_passage_is() -> None:
    at = TREATY.text.index("Malabo")
    header = next(block for block in TREATY.blocks if block.kind == "header")
    passage = Passage(TREATY, at, len(TREATY.text), (TREATY.blocks[0], header))
    quote = cite(passage, Span(0, 6, 1.0, 1.0), "answer")
    around = shown(answered(quote)).one("details", "around")
    assert [cell.text for cell in around.all("th")] == ["Treaty", "Year", "Parties"]
    assert "Budapest" not in around.text


def test_it_tells_other_places_that_agree_from_those_that_differ() -> None:
    other = document(
        ("paragraph", "Three of them are needed."), title="Other", updated="2020-01-02"
    )
    turn = shown(
        answered(
            quoted(TREATY, "two of them"),
            quoted(TREATY, "binds its parties", "agrees"),
            quoted(other, "Three", "differs"),
        )
    )
    agree, differ = turn.one("section", "agrees"), turn.one("section", "differs")
    assert (agree.one("h3").text, differ.one("h3").text) == ("Also answers", "The documents differ")
    assert agree.one("mark").text == "binds its parties"
    assert "Updated 2 January 2020" in differ.text


def test_it_says_when_it_is_unsure() -> None:
    turn = shown(
        answered(
            quoted(TREATY, "two of them", "closest"),
            quoted(TREATY, "Nobody else", "closest"),
            verdict="unsure",
        )
    )
    assert turn.one("p", "verdict").text == "This may answer your question."
    assert turn.one("figure").one("blockquote").text == "It needs two of them."
    assert turn.one("details", "card").one("span", "glimpse").text == "Nobody else is bound."


def test_it_says_that_the_documents_do_not_say() -> None:
    turn = shown(answered(quoted(TREATY, "Nobody else", "closest"), verdict="none"))
    assert turn.one("p", "verdict").text == "The documents do not say."
    assert not turn.all("figure")
    assert "open" not in turn.one("details", "card").attributes
    assert turn.one("section", "advice").all("li")


def test_it_needs_no_closest_passage() -> None:
    turn = shown(answered(verdict="none"))
    assert not turn.all("section", "closest")
    assert "passages above" not in turn.text


def test_only_what_is_not_answered_can_be_passed_on_where_somebody_reads_it() -> None:
    lacking = answered(quoted(TREATY, "Nobody else", "closest"), verdict="none")
    (letter,) = shown(lacking, "/help", hands_over=True).one("p", "handover").all("a")
    assert letter.attributes["href"] == "/help/plain?write=Why%3F"
    assert not shown(lacking).all("p", "handover")
    found = answered(quoted(TREATY, "two of them"))
    assert not shown(found, hands_over=True).all("p", "handover")


def test_it_gives_a_number_only_when_numbers_are_calibrated() -> None:
    quote = quoted(TREATY, "two of them")
    assert "%" not in shown(answered(quote)).text
    assert "87%" in shown(answered(quote, calibrated=True)).text


@pytest.mark.parametrize("text", HOSTILE)
def test_it_shows_whatever_stands_in_a_document_as_text(text: str) -> None:
    page = document(
        ("heading", text),
        ("paragraph", f"{text} is quoted."),
        ("item", text),
        ("header", f"{text} | b"),
        ("row", f"{text} | c"),
        ("code", text),
        uri=f"docs/{text}.md",
        title=text,
        updated=text,
        language=text,
        url=text,
    )
    roles: tuple[Role, ...] = ("answer", "agrees", "differs", "closest")
    quotes = [quoted(page, f"{text} is quoted.", role) for role in roles]
    for verdict in ("answered", "unsure", "none"):
        reply = render.answer(answered(*quotes, verdict=verdict))
        turn = parsed(render.turn("turn-1", text, reply))
        assert {node.name for node in turn.all("*")} <= SHOWN
        assert not [n for node in turn.all("*") for n in node.attributes if n.startswith("on")]
        assert all(n.attributes["href"].startswith("/source/") for n in turn.all("a"))  # type: ignore[union-attr]
        assert turn.one("h2").text == f"You asked: {text}"
        assert plain(text) in plain(turn.one("div", "reply").text)


def test_it_cuts_a_long_question_where_it_is_shown_again() -> None:
    turn = parsed(render.turn("turn-1", "x" * 10_000_000, render.refusal("Too long.")))
    assert len(turn.one("h2").text) < 500


def test_it_escapes_what_an_attribute_holds() -> None:
    assert element("p", "", title='"<&') == '<p title="&quot;&lt;&amp;"></p>'


def test_it_marks_nothing_where_nothing_is_to_be_marked() -> None:
    assert "<mark>" not in show(TREATY, TREATY.blocks, Slice("exact", 0, 0))
