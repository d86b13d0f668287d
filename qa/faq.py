"""A question that a heading asks or names in, the places that stand below that heading first out.

Whoever writes an FAQ answers in the first sentence below the question. A reader that knows the
question's words only may prefer a later one, which says something about the same in more words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from corpus.document import Document, Slice
from corpus.passages import introduces, units
from index.words import ENGLISH, stems, tokens
from qa.place import Place, last_sentence, moved

# What the score of a place below the very question is raised by, and of the first one once more.
BELOW, FIRST = 6.0, 6.0

_HOW_TO = re.compile(
    r"how (to|(do|does|can|could|should|would|must) (i|we|you|one|people|somebody|someone))\b"
)
_WHAT = frozenset("what who when where why how which".split())
_DO = frozenset("do does did".split())
_SMALL = frozenset(
    "a an the of to in on at for by with from my your our i you we it they this these".split()
)


class _Asked(NamedTuple):
    """What a question or a heading asks: its question word, if that matters, and other stems."""

    word: str
    about: frozenset[str]

    def beside(self, title: frozenset[str]) -> _Asked:
        return _Asked(self.word, self.about - title)


def raised(question: str, places: Sequence[Place]) -> list[Place]:
    """The places, best first, with those raised that stand below what is asked as a heading. Of a
    list that the first paragraph there introduces, that sentence is the place."""
    asked = _asked(last_sentence(question))
    found: dict[object, Place] = {}
    for number, place in enumerate(places):
        document, opening = place.hit.passage.document, place.opening
        path = document.heading_path(place.unit.start)
        if not path or not _same(asked, path[-1], document.title):
            found[number] = place
            continue
        listing = _listing(document, opening) if opening else None
        if listing:
            place = moved(place, listing)
        first = listing or (place.unit == opening and _is_question(path[-1]))
        by = BELOW + FIRST if first else BELOW
        its = replace(place, span=replace(place.span, score=place.span.score + by))
        found.setdefault(its.where if listing else number, its)
    return sorted(found.values(), key=lambda place: -place.span.score)


def _listing(document: Document, opening: Slice) -> Slice | None:
    """The sentence that introduces a list, as the last one of the paragraph that opens here."""
    block = next(block for block in document.blocks if block.end >= opening.end)
    last = units(document, block.start, block.end)[-1]
    return last if introduces(document, last) else None


def _same(asked: _Asked, heading: str, title: str) -> bool:
    """Whether a heading asks this, itself or on a page whose title says the rest."""
    its, named = _asked(heading), _asked(title).about
    if named <= asked.about:
        asked, its = asked.beside(named), its.beside(named)
    return asked == its


def _is_question(heading: str) -> bool:
    return heading.rstrip().endswith("?") or _asked(heading).word != ""


def _asked(text: str) -> _Asked:
    """What a text asks, whether it does so directly or not; how to do something is named.

    >>> _asked("How is Interpol organised?") == _asked("How Interpol is organised")
    True
    >>> _asked("How do I reset my password?") == _asked("Resetting your password")
    True
    """
    words = list(tokens(text))
    word = ""
    if how_to := _HOW_TO.match(" ".join(words)):
        words = words[len(how_to[0].split()) :]
    elif words and words[0] in _WHAT:
        word, words = words[0], [other for other in words[1:] if other not in _DO]
    return _Asked(word, frozenset(stems([w for w in words if w not in _SMALL], ENGLISH)))
