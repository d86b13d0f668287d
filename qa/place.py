"""Where an answer may stand: a hit, a span in it, and the unit around that."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from corpus.document import Document, Slice
from corpus.passages import GROUPS, units
from index.search import Hit
from index.words import tokens
from qa.answer import Span

_YES_NO = re.compile(
    r"(is|are|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had)"
    r"(n['’]t)?\b",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Place:
    """`unit` is the first sentence, item or row that the span touches, whole; `words` are the
    span's own, folded, so that two places that say the same can be told."""

    hit: Hit
    span: Span
    unit: Slice
    words: str
    aside: bool = False  # whether it speaks of another thing than what is asked for

    @property
    def where(self) -> tuple[str, int]:
        """Its page, and where its unit begins there."""
        return self.hit.passage.document.uri, self.unit.start

    @property
    def opening(self) -> Slice | None:
        """The first unit of its section, where that is whole in its passage."""
        passage = self.hit.passage
        section = passage.document.section_at(self.unit.start)
        first = units(passage.document, section.start, self.unit.end)[:1]
        inside = first and passage.start <= first[0].start and first[0].end <= passage.end
        return first[0] if inside else None


def ranked(hits: Sequence[Hit], spans: Sequence[Sequence[Span]]) -> list[Place]:
    """Every span of every passage, best first; of those that overlap in a page only the best.

    Spans without a letter or digit are left out, and those in a table's header.
    """
    found = [_place(hit, span) for hit, its in zip(hits, spans, strict=True) for span in its]
    found.sort(key=lambda place: (-place.span.score, place.hit.rank))
    kept: list[Place] = []
    taken: dict[str, list[tuple[int, int]]] = {}
    for place in found:
        passage = place.hit.passage
        start, end = passage.start + place.span.start, passage.start + place.span.end
        there = taken.setdefault(passage.document.uri, [])
        told = place.words and place.unit.kind != "header"  # which names values and is none
        if told and all(end <= other[0] or start >= other[1] for other in there):
            there.append((start, end))
            kept.append(place)
    return kept


def group(document: Document, unit: Slice) -> list[Slice]:
    """The items or rows that `unit` is one of, in order; none of what is neither."""
    kinds = GROUPS.get(unit.kind, ())
    at = bisect_right(document.blocks, unit.start, key=lambda block: block.start)
    before = takewhile(lambda block: block.kind in kinds, reversed(document.blocks[:at]))
    after = takewhile(lambda block: block.kind in kinds, document.blocks[at:])
    return [*reversed(list(before)), *after]


def moved(place: Place, part: Slice) -> Place:
    """The place with the whole of another part of its document as its span."""
    return _place(place.hit, over(place, part.start, part.end))


def over(place: Place, start: int, end: int) -> Span:
    """The place's span from one offset of its document to another, beyond its passage too."""
    offset = place.hit.passage.start
    return replace(place.span, start=start - offset, end=end - offset)


def last_sentence(question: str) -> str:
    """What is asked, where a story stands before it."""
    return _SENTENCE.split(question.strip())[-1]


def is_yes_no(question: str) -> bool:
    """Whether what is asked is a yes or a no.

    >>> is_yes_no("We live nearby. Can members bring guests?"), is_yes_no("Who may come?")
    (True, False)
    """
    return bool(_YES_NO.match(last_sentence(question)))


def _place(hit: Hit, span: Span) -> Place:
    passage = hit.passage
    start, end = passage.start + span.start, passage.start + span.end
    inside = units(passage.document, start, end)
    unit = inside[0] if inside else Slice("sentence", start, end)
    return Place(hit, span, unit, " ".join(tokens(passage.document.text[start:end])))
