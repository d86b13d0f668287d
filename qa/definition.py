"""A question for what a thing is in; out, whether a passage opens the page named after it, and the
sentence that says it first in a section named after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from corpus.document import Passage, Slice
from index.words import ENGLISH, stems, tokens
from qa.place import Place, moved

# Added to the fused score of a passage that opens a page named after what is asked for. Such a page
# says first what the thing is, in other words than the question's, while its other passages and
# those of its neighbours name the thing more often.
OPENS = 2.5
NAMED_AFTER = 0.5  # share of the title's words that the question has at least
# What the score of the first sentence of a section so named is above the best one in the section.
SAYS_FIRST = 3.0

_ASKS = re.compile(
    r"(?:(?:what|who)(?:['’]s| is| are| was| were)|define|explain|describe|tell me about|"
    r"(?:the )?(?:meaning|definition) of) (?P<thing>.+?)(?: about)?",
    re.I,
)
_MEANS = re.compile(
    r"(?:what (?:does|do) )?(?P<thing>.+?) (?:mean|means|meaning|definition|stand for)", re.I
)
_SAYS_WHAT = re.compile(r"(what (it|this|that) is|what (they|these) are|definition|in brief)", re.I)
_SMALL = frozenset("a an the of to in on at for by with from and or".split())


def thing(question: str) -> frozenset[str]:
    """The stems of what a question wants to be told of; none when it asks something else.

    >>> sorted(thing("What is the Budapest Convention?")), thing("Who may join it?")
    (['budapest', 'convent'], frozenset())
    """
    words = " ".join(question.split()).rstrip(" ?.!")
    asked = _ASKS.fullmatch(words) or _MEANS.fullmatch(words)
    return telling(asked["thing"]) if asked else frozenset()


def opens_its_page(passage: Passage, of: frozenset[str]) -> bool:
    """Whether `passage` has the first words of a page whose title names this thing, or is of that
    page's section on what it is. `of` is not empty."""
    document = passage.document
    title = telling(document.title)
    if not of <= title or len(of) < NAMED_AFTER * len(title):
        return False
    first = next((block for block in document.blocks if block.kind != "heading"), None)
    path = document.heading_path(passage.start)
    return (first is not None and passage.start <= first.start < passage.end) or bool(
        path and _SAYS_WHAT.fullmatch(path[-1])
    )


def said_first(question: str, places: Sequence[Place]) -> list[Place]:
    """The places, best first; of a question for what a thing is, the best in a section of that
    name is moved to the sentence that opens it, where that has the thing as its subject."""
    of = thing(question)
    found = ((place, _says(of, place)) for place in places) if of else iter(())
    opening = next((moved(place, first) for place, first in found if first), None)
    if opening is None:
        return list(places)
    opening = replace(opening, span=replace(opening.span, score=opening.span.score + SAYS_FIRST))
    others = [place for place in places if place.where != opening.where]
    return sorted([opening, *others], key=lambda place: -place.span.score)


def _says(of: frozenset[str], place: Place) -> Slice | None:
    """The first sentence of the place's section, if both begin with the thing's name."""
    document, first = place.hit.passage.document, place.opening
    path = document.heading_path(place.unit.start)
    if not (path and first and telling(path[-1]) == of):
        return None
    return first if _subject(first.of(document.text), len(of)) == of else None


def _subject(sentence: str, words: int) -> frozenset[str]:
    """The stems of a sentence's first words that are not small."""
    found = [word for word in tokens(sentence) if word not in _SMALL]
    return frozenset(stems(found[:words], ENGLISH))


def telling(text: str) -> frozenset[str]:
    """The stems of a text's words but for the small ones."""
    return frozenset(stems([word for word in tokens(text) if word not in _SMALL], ENGLISH))
