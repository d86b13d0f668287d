"""A page's own questions: what stands first below one answers it."""

from __future__ import annotations

import pytest
from pages import document

from corpus.document import Passage
from index.search import Hit
from qa import faq
from qa.answer import Span
from qa.place import ranked

FIRST = "We deliver on Thursdays."
SECOND = "Tools of more than 40 kg are not delivered."


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Do you deliver?", FIRST),
        ("do you deliver", FIRST),
        ("I live in Kent. Do you deliver?", FIRST),
        ("Do you deliver heavy tools?", SECOND),
    ],
)
def test_the_first_sentence_below_the_very_question_comes_first(question: str, first: str) -> None:
    its = document(
        ("heading", "Questions"), ("heading", "Do you deliver?"), ("paragraph", f"{FIRST} {SECOND}")
    )
    at = its.text.index(FIRST)
    hit = Hit(Passage(its, at, len(its.text)), 0.0, 1, "both", 0.0)
    later = len(FIRST) + 1
    spans = [Span(0, len(FIRST), 20.0, 0.5), Span(later, later + len(SECOND), 22.0, 0.5)]
    best = faq.raised(question, ranked([hit], [spans]))[0]
    assert best.unit.of(its.text) == first


@pytest.mark.parametrize("before", ["", "The club has been there since May. "])
@pytest.mark.parametrize(
    ("question", "is_it"),
    [
        ("What does the club do?", True),
        ("what do the clubs do", True),
        ("What does the club not do?", False),
        ("Who does the club do it for?", False),
        ("What does the bar do?", False),
    ],
)
def test_a_heading_may_ask_indirectly_and_its_list_is_shown_whole(
    question: str, is_it: bool, before: str
) -> None:
    its = document(
        ("heading", "The club"),
        ("heading", "What the club does"),
        ("paragraph", f"{before}The club does this:"),
        ("item", "it lends tools;"),
        ("item", "it mends bicycles."),
    )
    hit = Hit(Passage(its, its.blocks[2].start, len(its.text)), 0.0, 1, "both", 0.0)
    spans = [
        Span(at := hit.passage.text.index(words), at + len(words), score, 0.5)
        for words, score in [("lends tools", 20.0), ("mends bicycles", 19.0)]
    ]
    places = faq.raised(question, ranked([hit], [spans]))
    assert len(places) == (1 if is_it else 2)
    assert (places[0].unit.of(its.text) == "The club does this:") == is_it


@pytest.mark.parametrize(
    ("question", "heading", "title"),
    [
        ("How do I reset my password?", "Resetting your password", "Accounts"),
        ("how can I return items", "Return an item", "Shop"),
        ("opening hours", "Opening hours", "Town hall"),
        ("How does a request for legal aid work?", "How a request works", "Legal aid"),
        ("What does legal aid cost?", "What it costs", "Legal aid"),
    ],
)
def test_what_a_heading_asks_is_told_from_its_words_and_its_page_s_title(
    question: str, heading: str, title: str
) -> None:
    text = "It goes by itself once somebody has asked. The office is in Bergen."
    its = document(("heading", title), ("heading", heading), ("paragraph", text), title=title)
    hit = Hit(Passage(its, its.blocks[-1].start, len(its.text)), 0.0, 1, "both", 0.0)
    scores = [
        faq.raised(asked, ranked([hit], [[Span(0, 5, 20.0, 0.5)]]))[0].span.score
        for asked in (question, "Where is the office?")
    ]
    assert scores[0] >= scores[1] + faq.BELOW
