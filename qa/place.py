"""Where an answer may stand: a hit, a span in it, and the unit around that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.document import Slice
from corpus.passages import units
from index.search import Hit
from index.words import tokens
from qa.answer import Span


@dataclass(frozen=True, slots=True)
class Place:
    """`unit` is the first sentence, item or row that the span touches, whole; `words` are the
    span's own, folded, so that two places that say the same can be told."""

    hit: Hit
    span: Span
    unit: Slice
    words: str


def ranked(hits: Sequence[Hit], spans: Sequence[Sequence[Span]]) -> list[Place]:
    """Every span of every passage, best first; of those that overlap in a page only the best.

    Spans without a letter or digit are left out.
    """
    found = [_place(hit, span) for hit, its in zip(hits, spans, strict=True) for span in its]
    found.sort(key=lambda place: (-place.span.score, place.hit.rank))
    kept: list[Place] = []
    taken: dict[str, list[tuple[int, int]]] = {}
    for place in found:
        passage = place.hit.passage
        start, end = passage.start + place.span.start, passage.start + place.span.end
        there = taken.setdefault(passage.document.uri, [])
        if place.words and all(end <= other[0] or start >= other[1] for other in there):
            there.append((start, end))
            kept.append(place)
    return kept


def _place(hit: Hit, span: Span) -> Place:
    passage = hit.passage
    start, end = passage.start + span.start, passage.start + span.end
    inside = units(passage.document, start, end)
    unit = inside[0] if inside else Slice("sentence", start, end)
    return Place(hit, span, unit, " ".join(tokens(passage.document.text[start:end])))
