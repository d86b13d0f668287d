"""Where an answer may stand: a hit, a span in it, and the unit around that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from corpus.document import Document, Slice
from corpus.passages import context, introduces, units
from index.search import Hit
from index.words import tokens
from qa.answer import Span

FEWEST_LISTED = 2  # items that a list shown as an answer has

_YES_NO = re.compile(
    r"(is|are|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had)"
    r"(n['’]t)?\b",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SEVERAL = re.compile(
    r"\b(which|what)\b(\s+\w+){0,3}\s+(are|were|do|have|must|should|can|need)\b|\b(steps?|list|kinds|"
    r"types|sorts|ways|conditions|requirements|grounds|reasons|examples|ingredients|documents|"
    r"members|parts|elements|stages|exceptions)\b|\bwhat\b.*\bneed\b",
    re.I,
)


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


def moved(place: Place, unit: Slice) -> Place:
    """The place with the whole of another unit of its passage as its span."""
    return _place(place.hit, _within(place, unit))


def last_sentence(question: str) -> str:
    """What is asked, where a story stands before it."""
    return _SENTENCE.split(question.strip())[-1]


def is_yes_no(question: str) -> bool:
    """Whether what is asked is a yes or a no.

    >>> is_yes_no("We live nearby. Can members bring guests?"), is_yes_no("Who may come?")
    (True, False)
    """
    return bool(_YES_NO.match(last_sentence(question)))


def shown(question: str, place: Place) -> Span:
    """The words to mark: of a yes/no question the sentence that settles it, of what introduces
    something the whole, of a question for several things the sentence that introduces them, else
    the span itself."""
    passage, span = place.hit.passage, place.span
    document = passage.document
    if is_yes_no(question) or introduces(document, place.unit):
        return _within(place, place.unit)
    if place.unit.kind in ("item", "step") and _SEVERAL.search(question):
        introduction = context(document, place.unit.start)
        inside = [part for part in introduction if passage.start <= part.start]
        if inside and _lists(document, inside[0], place.unit) >= FEWEST_LISTED:
            return _within(place, inside[0])
    return span


def _place(hit: Hit, span: Span) -> Place:
    passage = hit.passage
    start, end = passage.start + span.start, passage.start + span.end
    inside = units(passage.document, start, end)
    unit = inside[0] if inside else Slice("sentence", start, end)
    return Place(hit, span, unit, " ".join(tokens(passage.document.text[start:end])))


def _within(place: Place, part: Slice) -> Span:
    """The place's span widened or moved to a part of its document, as far as its passage goes."""
    passage, span = place.hit.passage, place.span
    start = max(part.start, passage.start) - passage.start
    end = min(part.end, passage.end) - passage.start
    return replace(span, start=start, end=end)


def _lists(document: Document, introduction: Slice, item: Slice) -> int:
    """How many blocks like `item` follow its list's introduction."""
    following = [block for block in document.blocks if block.start >= introduction.end]
    return len(list(takewhile(lambda block: block.kind == item.kind, following)))
