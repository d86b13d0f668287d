"""What is marked: the words, the sentence that settles it, or a whole list or table."""

from __future__ import annotations

import pytest
from pages import document

from corpus.document import Document, Passage
from index.search import Hit
from qa.answer import Span
from qa.citation import cite
from qa.place import ranked
from qa.shown import MOST, shown

WARRANTY = document(
    ("heading", "Warranty"),
    ("paragraph", "The warranty covers:"),
    ("item", "broken glass;"),
    ("item", "the switch."),
    title="Lamps",
)
CLAIM = document(
    ("heading", "Making a claim"),
    ("step", "Write to us."),
    ("step", "Put the lamp into its box."),
    ("step", "Take it to the post office."),
    title="Lamps",
)
HOURS = document(
    ("heading", "Opening hours"),
    ("header", "Day | Opens | Closes"),
    ("row", "Monday | 9:00 | 17:00"),
    ("row", "Saturday | 10:00 | 14:00"),
    title="The shop",
)


@pytest.mark.parametrize(
    ("page", "read", "question", "parts"),
    [
        (WARRANTY, "broken glass", "What does the warranty cover?", 3),
        (WARRANTY, "broken glass", "What is covered by the warranty?", 3),
        (WARRANTY, "broken glass", "Does the warranty cover glass?", 2),
        (WARRANTY, "the switch", "Which part of the lamp does it cover?", 2),
        (CLAIM, "its box", "How do I claim?", 4),
        (CLAIM, "its box", "steps to make a claim", 4),
        (CLAIM, "its box", "Where does the lamp go?", 2),
        (HOURS, "17:00", "What are the opening hours?", 3),
        (HOURS, "14:00", "When do you close on Saturday?", 2),
    ],
)
def test_a_question_for_all_of_it_gets_the_whole_list(
    page: Document, read: str, question: str, parts: int
) -> None:
    # The passage ends where the words do: the list goes on behind it.
    at = page.text.index(read)
    hit = Hit(Passage(page, 0, at + len(read)), 0.0, 1, "both", 0.0)
    (place,) = ranked([hit], [[Span(at, at + len(read), 20.0, 0.5)]])
    quote = cite(hit.passage, shown(question, place), "answer")
    assert len(quote.parts) == parts
    assert quote.parts[0].kind in ("header", "introduction", "sentence")
    assert [part.of(page.text) for part in quote.parts][-1] in page.text


def test_of_a_long_table_the_row_is_shown() -> None:
    rows = [("row", f"Day {n} | 9:00") for n in range(MOST["row"] + 1)]
    page = document(("heading", "Opening hours"), ("header", "Day | Opens"), *rows)
    at = page.text.index("9:00")
    hit = Hit(Passage(page, 0, len(page.text)), 0.0, 1, "both", 0.0)
    (place,) = ranked([hit], [[Span(at, at + 4, 20.0, 0.5)]])
    assert len(cite(hit.passage, shown("opening hours", place), "answer").parts) == 2


def test_a_list_that_nothing_introduces_is_quoted_below_its_heading() -> None:
    at = CLAIM.text.index("Put")
    quote = cite(Passage(CLAIM, 0, len(CLAIM.text)), Span(at, at + 3, 1.0, 1.0), "closest")
    assert [part.of(CLAIM.text) for part in quote.parts] == [
        "Making a claim", "Put the lamp into its box."
    ]  # fmt: skip
