"""A question and a place in a row of a table in, the row and the cell that the question names out.

A reader that sees a table as lines of text finds the right table and often the wrong column: what
stands beside a number does not say what it is. The header and the rows' first cells do.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.cells import cells
from corpus.document import Document, Slice
from corpus.passages import context
from index.words import ENGLISH, stems, tokens
from qa.coverage import telling
from qa.place import Place, group, moved

PREFIX = 3  # letters of a shortened word in a header: "Wed"


def chosen(question: str, places: Sequence[Place]) -> list[Place]:
    """The places in their order, those in tables at the row and the cell that are asked for.

    Where no header tells one of several values from the others, the place is the whole row.
    """
    asked = stems(telling(question), ENGLISH)
    found: dict[object, Place] = {}
    for number, place in enumerate(places):
        its = _chosen(asked, place) if place.unit.kind == "row" else place
        found.setdefault(number if its is place else (its.where, its.span.start), its)
    return list(found.values())


def _chosen(asked: Sequence[str], place: Place) -> Place:
    document = place.hit.passage.document
    row = _row(asked, document, place.unit)
    start = place.hit.passage.start + place.span.start
    at = next((i for i, cell in enumerate(_cells(document, place.unit)) if start <= cell.end), 0)
    values = _cells(document, row)
    at = min(at, len(values) - 1)  # the other row may have fewer
    part = _part(asked, document, row, values, at)
    if not any(character.isalnum() for character in part.of(document.text)):
        part = row  # that nothing stands there is told by what stands beside it
    return place if part == values[at] and row == place.unit else moved(place, part)


def _part(
    asked: Sequence[str], document: Document, row: Slice, values: list[Slice], at: int
) -> Slice:
    """The cell that is asked for, or the row. `at` is the cell that the reader chose."""
    named = _words(values[0].of(document.text))
    if len(values) == 2:  # a name and its value: what is asked by its name is not the name
        return values[1 if named and named <= set(asked) else at]
    header = next((p for p in context(document, row.start) if p.kind == "header"), None)
    names = _texts(document, header) if header else []
    if len(names) != len(values):
        return values[at]
    rest = [word for word in asked if word not in named]  # what names the row names no column
    fits = [sum(any(_is(word, name) for name in _words(text)) for word in rest) for text in names]
    best = [i for i, fit in enumerate(fits) if 0 < fit == max(fits)]
    if at in best or not (best or (at and _rivals(document, values, at))):
        return values[at]
    return values[best[0]] if len(best) == 1 else row


def _row(asked: Sequence[str], document: Document, row: Slice) -> Slice:
    """The one row that the question names by its first cell, if that is another one."""
    named = [
        other
        for other in group(document, row)
        if (words := _words(_texts(document, other)[0])) and words <= set(asked)
    ]
    return named[0] if len(named) == 1 else row


def _rivals(document: Document, values: Sequence[Slice], at: int) -> bool:
    """Whether another cell, but for the first, holds a value of the same kind: a number beside a
    number."""
    numeric = [any(c.isdigit() for c in value.of(document.text)) for value in values]
    return numeric[at] and sum(numeric[1:]) > 1


def _cells(document: Document, row: Slice) -> list[Slice]:
    text = row.of(document.text)
    return [Slice("cell", row.start + start, row.start + end) for start, end in cells(text)]


def _texts(document: Document, row: Slice) -> list[str]:
    return [cell.of(document.text) for cell in _cells(document, row)]


def _words(text: str) -> set[str]:
    return set(stems(tokens(text), ENGLISH))


def _is(word: str, name: str) -> bool:
    """Whether a word of the question is one of a header, or that one is short for it."""
    short, long = sorted((word, name), key=len)
    return word == name or (len(short) >= PREFIX and long.startswith(short))
