"""Text fragments: the shortest that a browser can only take for the words meant, or none."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from browsing import NEEDS_CHROMIUM
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Slice
from corpus.formats import html
from qa.citation import link_to
from qa.fragment import Terms, folded, found, fragment

PAGE = """Home Shop Help
Returns
Goods can be sent back within 30 days of delivery. Sending goods back is free within the country.
Goods can be sent back
When do I get my money back?
The money is paid back within 14 days, by the same way as it was paid.
Norway 30 12 euros
Goods can be sent back
Well-known, and so & on: 100 % café.
"""
MANUAL = Path(os.environ.get("QUOTH_HTML_MANUAL", "/usr/share/doc/postgresql-doc-15/html"))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["When do I get my money back?"], "when do i get my money back?"),
        (["Sending goods back is free within the country."],
         "sending goods back is free within the country."),
        (["The money is paid back within 14 days, by the same way as it was paid."],
         "the money,was paid."),
        (["Norway", "30", "12 euros"], "norway,euros"),
        (["CAFÉ."], "cafe."),
    ],
)  # fmt: skip
def test_it_names_words_whole_or_by_their_beginning_and_end(lines: list[str], text: str) -> None:
    made = fragment(PAGE, lines)
    assert made is not None
    assert unquote(made.removeprefix("text=")) == text


def test_it_tells_equal_places_apart_by_what_stands_around() -> None:
    for before, after, kept in [
        ("within the country.\n\n", "\n\nWhen do I", ("country.-", "-,when do")),
        ("30 | 12 euros\n\n", "\n\nWell-known", ("euros-", "-,well")),
    ]:
        made = fragment(PAGE, ["Goods can be sent back"], before, after)
        assert made is not None
        assert any(mark in unquote(made).replace(",-", "-,") for mark in kept), made


def test_it_gives_none_where_words_are_not_or_cannot_be_told_apart() -> None:
    assert fragment(PAGE, ["No such words"]) is None
    assert fragment(PAGE, ["  "]) is None
    assert fragment(PAGE, ["ood"]) is None
    assert fragment("Twice the same.\nTwice the same.\n", ["Twice the same."]) is None


def test_it_encodes_what_means_something_in_a_fragment() -> None:
    made = fragment(PAGE, ["Well-known, and so & on: 100 % café."])
    assert made is not None
    assert not set("-&% ") & set(made.removeprefix("text=").replace("%2D", "").replace("%", ""))
    assert made.count(",") == 0


@given(st.data())
def test_what_a_browser_marks_is_what_was_meant(data: st.DataObject) -> None:
    """Of any text and any words in it: the place that the fragment leads to holds these words."""
    words = st.sampled_from(["the", "The", "cat", "a", "b", "sat.", "on,", "é", "mat-", "(so)"])
    lines = data.draw(st.lists(st.lists(words, min_size=1, max_size=9), min_size=1, max_size=6))
    page = "\n".join(" ".join(line) for line in lines)
    line = data.draw(st.sampled_from(lines))
    start = data.draw(st.integers(0, len(line) - 1))
    sought = " ".join(line[start : data.draw(st.integers(start + 1, len(line)))])
    made = fragment(page, [sought])
    if made is None:
        return
    place = found(folded(page), decoded(made))
    assert place is not None
    assert folded(page)[slice(*place)] == folded(sought)


def decoded(made: str) -> Terms:
    terms = made.removeprefix("text=").split(",")
    prefix = terms.pop(0)[:-1] if terms[0].endswith("-") else ""
    suffix = terms.pop()[1:] if terms[-1].startswith("-") else ""
    start, end, *_ = [*map(unquote, terms), ""]
    return Terms(start, end, unquote(prefix), unquote(suffix))


def test_a_link_is_the_fragment_else_the_anchor_else_the_page() -> None:
    page = "<title>Help</title><h1>Help</h1><p>Go.</p><h2 id=pay>Pay</h2><p>Same.</p><p>Same.</p>"
    document = html.read(page.encode(), "a.html")
    at = {word: document.text.index(word) for word in ("Go.", "Same.")}
    slices = {word: Slice("exact", start, start + len(word)) for word, start in at.items()}
    assert link_to(document, slices["Go."]).startswith("source/a.html?start=")
    public = replace(document, url="https://shop.example/help")
    assert link_to(public, slices["Go."]) == "https://shop.example/help#:~:text=go."
    same = replace(public, page_text="Same.\nOther.\nSame.")
    assert link_to(same, slices["Same."]) == "https://shop.example/help#pay"
    odd = replace(public, url="https://shop.example/#/help", page_text="Other words")
    assert link_to(odd, slices["Same."]) == "https://shop.example/#/help"


@NEEDS_CHROMIUM
@pytest.mark.skipif(not MANUAL.is_dir(), reason="postgresql-doc-15 is not installed")
def test_chromium_marks_sentences_of_real_documentation_and_nothing_else() -> None:
    deep_links = pytest.importorskip("benchmarks.deep_links", reason="not in the wheel")
    result = deep_links.measured(MANUAL, count=60, seed=3)
    assert result["on_it"] >= 0.95, result
    assert result["outcomes"].get("elsewhere", 0) == 0, result
