"""Places that say the same as an answer, that say otherwise, and that are about something else."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from pages import document

from corpus.document import Passage
from index.search import Hit
from qa.agreement import AGREES_WITHIN, DIFFERS_WITHIN, latest, role
from qa.answer import Span
from qa.place import Place, ranked

_NUMBERS = itertools.count()


def place(
    text: str, words: str, score: float = 20.0, kind: str = "paragraph", **page: Any
) -> Place:
    its = document((kind, text), **{"uri": f"docs/{next(_NUMBERS)}.md", **page})
    at = text.index(words)
    hit = Hit(Passage(its, 0, len(text)), 0.0, 1, "both", 0.0)
    (found,) = ranked([hit], [[Span(at, at + len(words), score, 0.5)]])
    return found


PARTIES = place("The treaty had 76 parties in October 2024.", "76")


@pytest.mark.parametrize("words", ["76", "76 parties"])
def test_the_same_words_agree(words: str) -> None:
    text = "By then 76 parties had joined."
    assert role(PARTIES, place(text, words)) == "agrees"
    assert role(PARTIES, place(text, words, 20.0 - AGREES_WITHIN - 0.1)) is None


def test_another_number_in_a_like_sentence_differs() -> None:
    text = "The treaty had 68 parties in 2023."
    assert role(PARTIES, place(text, "68")) == "differs"
    assert role(PARTIES, place(text, "68", 20.0 - DIFFERS_WITHIN - 0.1)) is None
    assert role(PARTIES, place("The treaty has forty-eight articles.", "forty-eight")) is None


def test_another_month_in_a_like_sentence_differs() -> None:
    answer = place("It entered into force on 1 July 2004.", "1 July 2004")
    assert role(answer, place("It entered into force on 1 August 2004.", "1 August 2004")) == (
        "differs"
    )


@pytest.mark.parametrize("kind", ["row", "item", "step"])
def test_rows_and_items_differ_only_under_titles_that_are_alike(kind: str) -> None:
    def row(date: str, title: str) -> Place:
        return place(f"Opened for signature in {date}", date, kind=kind, title=title)

    answer = row("2001", "Convention on Cybercrime")
    assert role(answer, row("2002", "Convention on Cybercrime, as of 2002")) == "differs"
    assert role(answer, row("2003", "First Additional Protocol to the Convention")) is None


def test_of_documents_that_differ_the_latest_leads() -> None:
    def of(count: int, updated: str | None, score: float) -> Place:
        text = f"The treaty had {count} parties."
        return place(text, str(count), score, updated=updated)

    old, new, undated = of(75, "2024-07-09", 20.0), of(76, "2026-03-14", 19.0), of(74, None, 19.5)
    assert latest([old, undated, new]) is new
    assert latest([new, old]) is new
    assert latest([undated, old]) is old
    assert latest([old, undated]) is old
    other = place("It has forty-eight articles.", "forty-eight", 19.0, updated="2026-03-14")
    assert latest([old, other]) is old
    assert latest([old, of(76, "2026-03-14", 20.0 - DIFFERS_WITHIN - 0.1)]) is old


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("Dogs may travel on the ferry.", "Dogs may not travel on the ferry.", True),
        ("Dogs may travel on the ferry.", "Dogs may not bark on the upper deck.", False),
        ("The *Oslo* office leads the company.", "The *Bergen* office leads the company.", True),
        ("The company is led by *Kari Moe*.", "The company is led by *Ole Ek*.", True),
        ("The company is led by *Kari Moe*.", "Its board is elected by *All Members*.", False),
        ("The company is led by *Kari Moe*.", "The company is led by *Moe*.", False),
        ("The company is led by *a woman*.", "The company is led by *an engineer*.", False),
    ],
)
def test_another_name_and_a_denial_in_nearly_the_same_sentence_differ(
    one: str, other: str, differs: bool
) -> None:
    def of(text: str, **page: Any) -> Place:
        _, words, _ = text.split("*") if "*" in text else ("", text, "")
        return place(text.replace("*", ""), words, **page)

    assert (role(of(one), of(other)) == "differs") == differs
    assert role(of(one, uri="a.md"), of(other, uri="a.md")) != "differs"
    assert role(of(one, title="Kari Moe's Oslo ferry"), of(other)) != "differs" or "*" not in one


def test_within_a_page_only_nearly_the_same_sentence_differs() -> None:
    nine = place("The office opens at 9:00.", "9:00", uri="a.md")
    assert role(nine, place("The office opens at 10:30.", "10:30", uri="a.md")) == "differs"
    saturday = "On Saturdays the upper office opens at 10:30."
    assert role(nine, place(saturday, "10:30", uri="a.md")) is None
    assert role(nine, place(saturday, "10:30", uri="b.md")) == "differs"
    row = place("Office opens at | 10:30", "10:30", kind="row", uri="a.md")
    assert role(nine, row) is None


def test_a_number_in_words_is_that_number() -> None:
    seven = place("The treaty had seven parties in October.", "seven")
    assert role(seven, place("In October the treaty had 7 parties.", "7")) is None
    assert role(seven, place("In October the treaty had 8 parties.", "8")) == "differs"
