"""A question that a page asks itself, in a heading, in; the places that stand below it first out.

Whoever writes an FAQ answers in the first sentence below the question. A reader that knows the
question's words only may prefer a later one, which says something about the same in more words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index.words import tokens
from qa.place import Place, last_sentence

# What the score of a place below the very question is raised by, and of the first one once more.
BELOW, FIRST = 3.0, 3.0


def raised(question: str, places: Sequence[Place]) -> list[Place]:
    """The places, best first, with those raised that stand below what is asked as a heading."""
    asked = list(tokens(last_sentence(question)))
    found = [
        replace(place, span=replace(place.span, score=place.span.score + raise_))
        if (raise_ := _raise(asked, place))
        else place
        for place in places
    ]
    return sorted(found, key=lambda place: -place.span.score)


def _raise(asked: list[str], place: Place) -> float:
    document, start = place.hit.passage.document, place.unit.start
    path = document.heading_path(start)
    if not path or list(tokens(path[-1])) != asked:
        return 0.0
    before = [block for block in document.blocks if block.start <= start]
    opens = start == before[-1].start and len(before) > 1 and before[-2].kind == "heading"
    return BELOW + FIRST if opens else BELOW
