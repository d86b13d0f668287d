"""A question that a page asks itself, in a heading, in; the places that stand below it first out.

Whoever writes an FAQ answers in the first sentence below the question. A reader that knows the
question's words only may prefer a later one, which says something about the same in more words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corpus.passages import introduces
from index.words import ENGLISH, stems, tokens
from qa.place import Place, last_sentence, moved

# What the score of a place below the very question is raised by, and of the first one once more.
BELOW, FIRST = 3.0, 3.0

_WHAT = frozenset("what who when where why how which".split())
_DO = frozenset("do does did".split())


def raised(question: str, places: Sequence[Place]) -> list[Place]:
    """The places, best first, with those raised that stand below what is asked as a heading. Of a
    list that opens there, what introduces it is the place."""
    asked = _asked(last_sentence(question))
    found: dict[object, Place] = {}
    for number, place in enumerate(places):
        document, opening = place.hit.passage.document, place.opening
        path = document.heading_path(place.unit.start)
        if not path or _asked(path[-1]) != asked:
            found[number] = place
            continue
        if opening and introduces(document, opening):
            place = moved(place, opening)
        by = BELOW + FIRST if place.unit == opening else BELOW
        its = replace(place, span=replace(place.span, score=place.span.score + by))
        found.setdefault(its.where, its)
    return sorted(found.values(), key=lambda place: -place.span.score)


def _asked(text: str) -> list[str]:
    """What a question or a heading asks, whether it does so directly or not.

    >>> _asked("How is Interpol organised?") == _asked("How Interpol is organised")
    True
    """
    words = list(tokens(text))
    if not words or words[0] not in _WHAT:
        return words
    return [words[0], *sorted(stems([word for word in words[1:] if word not in _DO], ENGLISH))]
