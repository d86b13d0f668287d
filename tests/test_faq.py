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
