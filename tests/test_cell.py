"""Tables: the row and the cell that a question names, whatever the reader made of the row."""

from __future__ import annotations

import pytest
from pages import document

from corpus.document import Document, Passage
from index.search import Hit
from qa.answer import Span
from qa.cell import chosen
from qa.citation import cite
from qa.place import ranked
from qa.shown import shown

HIRE = document(
    ("header", "Bike | Half day | Full day | Week"),
    ("row", "Town bike | 12 | 20 | 85"),
    ("row", "E-bike | 28 | 42 | 190"),
)
HOURS = document(
    ("header", "| Mon | Tue | Wed"),
    ("row", "Reception | 8:00-18:30 | 8:00-17:00 | 8:00-13:00"),
    ("row", "Nurse | mornings | mornings | closed"),
    ("row", "Doctor | 9:00 |  | 10:00"),
    ("row", "Porter | always"),
)
FACTS = document(("row", "E-mail | us@shop.example"), ("row", "Phone | 0123"))


@pytest.mark.parametrize(
    ("page", "read", "question", "answer"),
    [
        (HIRE, "85", "town bike full day price", "20"),
        (HIRE, "85", "e-bike for half a day", "28"),
        (HIRE, "20", "What does a town bike cost for a week?", "85"),
        (HIRE, "20", "What does a town bike cost for a full day?", "20"),
        (HIRE, "20", "What does a town bike cost?", "Town bike | 12 | 20 | 85"),
        (HIRE, "85", "What does a town bike cost for a day?", "Town bike | 12 | 20 | 85"),
        (HIRE, "20", "What does a tandem cost for a full day?", "20"),
        (HOURS, "8:00-18:30", "reception on wednesday", "8:00-13:00"),
        (HOURS, "closed", "Is a nurse there on Tuesdays?", "mornings"),
        (HOURS, "9:00", "doctor on tuesday", "Doctor | 9:00 |  | 10:00"),
        (HOURS, "8:00-13:00", "When is the porter there on Wednesday?", "always"),
        (FACTS, "E-mail", "What is your e-mail?", "us@shop.example"),
        (FACTS, "0123", "What is your phone number?", "0123"),
    ],
)
def test_what_the_question_names_is_the_answer(
    page: Document, read: str, question: str, answer: str
) -> None:
    at = page.text.index(read)
    hit = Hit(Passage(page, 0, len(page.text)), 0.0, 1, "both", 0.0)
    (place,) = chosen(question, ranked([hit], [[Span(at, at + len(read), 20.0, 0.5)]]))
    assert page.text[place.span.start : place.span.end] == answer
    assert place.span.score == 20.0


def test_a_row_beyond_the_passage_is_found() -> None:
    end = HIRE.blocks[1].end
    hit = Hit(Passage(HIRE, 0, end), 0.0, 1, "both", 0.0)
    places = ranked([hit], [[Span(end - 2, end, 20.0, 0.5)]])
    (place,) = chosen("e-bike, a week", places)
    assert place.unit == HIRE.blocks[2]
    assert place.words == "190"
    for question in ("e-bike, a week", "Does an e-bike for a week cost 190?"):
        quote = cite(hit.passage, shown(question, place), "answer")
        assert "190" in quote.exact.of(HIRE.text)
        assert quote.sentence.of(HIRE.text) == "E-bike | 28 | 42 | 190"
