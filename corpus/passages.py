"""A Document in, the Passages to encode out: sentence-aware, inside a token budget.

A passage never crosses a heading, and what its reader has seen by then (headings, a table's header
row, a list's introduction) goes before it as leads. Nothing is cut off unseen: whatever does not
fit into one passage stands in the next.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Protocol

from corpus.document import Document, Passage, Section, Slice
from corpus.sentences import sentences

VERSION = 3  # raise it when the same document would be cut differently; an index is then rebuilt
MAX_TOKENS = 256
# Of a full budget; of a smaller one at most a fifth and a quarter.
HEADING_TOKENS = 48
CONTEXT_TOKENS = 64  # a table's header row or a list's introduction
OVERLAP_TOKENS = 40  # a last sentence up to this long begins the next passage too
MIN_TOKENS = 16
# A first sentence of so few words ("Parking.", "Yes.") leads in the next: alone it says nothing.
LEAD_IN_WORDS = {"paragraph": 3, "item": 5, "step": 5}
# What stands between a block and what introduces it.
GROUPS = {"item": ("item", "step"), "step": ("item", "step"), "row": ("row",), "code": ()}


class Tokenizer(Protocol):
    """What `split` needs of an encoder: its word pieces, so that the budget is counted in them."""

    @property
    def special_tokens(self) -> int: ...

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """`(start, end)` in code points of every word piece, without special ones, uncut."""
        ...


def split(document: Document, tokenizer: Tokenizer, max_tokens: int = MAX_TOKENS) -> list[Passage]:
    """Passages in reading order; every block in which there is a letter or digit is in them.

    Leads, body and special tokens of each come to at most `max_tokens` word pieces. Raises
    ValueError when the limit leaves no room for a body beside full leads.
    """
    if max_tokens - tokenizer.special_tokens < MIN_TOKENS:
        raise ValueError(f"a limit of {max_tokens} tokens leaves no room for text beside headings")
    return list(_Splitter(document, tokenizer, max_tokens).passages())


def units(document: Document, start: int = 0, end: int | None = None) -> list[Slice]:
    """What can be quoted whole between two offsets: each sentence, list item's sentence, row, code.

    The kind is `sentence` in a paragraph, otherwise that of the block. Headings are left out. A
    unit that the offsets cut is given whole. The few words that lead in a sentence go with it.
    """
    end = len(document.text) if end is None else end
    blocks = document.blocks
    found: list[Slice] = []
    first = bisect_right(blocks, start, key=lambda block: block.end)
    last = bisect_left(blocks, end, key=lambda block: block.start)
    for block in blocks[first:last]:
        found.extend(unit for unit in _units_of(document, block) if _overlap(unit, start, end))
    return found


def context(document: Document, offset: int) -> list[Slice]:
    """What the list, table or code that holds `offset` is not understood without.

    That is its table's header row, or the sentence ending in a colon that introduces it.
    """
    blocks = document.blocks
    at = bisect_right(blocks, offset, key=lambda block: block.start) - 1
    group = GROUPS.get(blocks[at].kind) if at >= 0 else None
    if group is None:
        return []
    at -= 1
    while at >= 0 and blocks[at].kind in group:
        at -= 1
    if at < 0:
        return []
    before = blocks[at]
    if group == GROUPS["row"]:
        return [before] if before.kind == "header" else []
    if not introduces(document, before):
        return []
    sentence = _units_of(document, before)[-1]
    return [Slice("introduction", sentence.start, sentence.end)]


def introduces(document: Document, part: Slice) -> bool:
    """Whether a paragraph, an item or a sentence of theirs announces what stands below it.

    It ends in a colon, or stands before code and does not end at all: "The command is".
    """
    if part.kind not in ("paragraph", "sentence", "item", "step"):
        return False
    last = document.text[part.end - 1]
    if last in ":：":
        return True
    at = bisect_left(document.blocks, part.end, key=lambda block: block.start)
    before_code = at < len(document.blocks) and document.blocks[at].kind == "code"
    return before_code and (last.isalnum() or last == ",")


class _Splitter:
    """One document; holds its token offsets, so that a slice is counted by bisection."""

    def __init__(self, document: Document, tokenizer: Tokenizer, max_tokens: int) -> None:
        self.document = document
        self.tokenizer = tokenizer
        self.budget = max_tokens - tokenizer.special_tokens
        self.heading_tokens = min(HEADING_TOKENS, self.budget // 5)
        self.context_tokens = min(CONTEXT_TOKENS, self.budget // 4)
        pieces = tokenizer.offsets(document.text)
        self.starts = [start for start, _ in pieces]
        self.ends = [end for _, end in pieces]

    def passages(self) -> Iterator[Passage]:
        for section, group in self._sections():
            headings = self._headings(section)
            body: list[Slice] = []
            for unit in group:
                if body and not self._fits(headings, [*body, unit]):
                    yield self._passage(headings, body)
                    body = self._overlap(headings, body, unit)
                while not body and not self._fits(headings, [unit]):
                    piece, unit = self._cut(headings, unit)
                    yield self._passage(headings, [piece])
                body.append(unit)
            if body:
                yield self._passage(headings, body)

    def _sections(self) -> Iterator[tuple[Section, list[Slice]]]:
        """Each section with its units; those before the first heading come without one."""
        sections = [Section(0), *self.document.sections]
        for at, section in enumerate(sections):
            end = sections[at + 1].start if at + 1 < len(sections) else len(self.document.text)
            if section.start < end:
                group = units(self.document, section.start, end)
                worded = [u for u in group if any(c.isalnum() for c in u.of(self.document.text))]
                yield section, worded

    def _headings(self, section: Section) -> list[Slice]:
        """The heading path within its budget, kept from the leaf upwards."""
        kept: list[Slice] = []
        room = self.heading_tokens
        for heading in reversed(section.headings):
            cut = self._shorten(heading, room)
            if cut is None or (kept and cut != heading):
                break
            kept.insert(0, cut)
            room -= self._count(cut.start, cut.end)
        return kept

    def _leads(self, headings: list[Slice], body: list[Slice]) -> list[Slice]:
        before = context(self.document, body[0].start)
        return headings + [cut for s in before if (cut := self._shorten(s, self.context_tokens))]

    def _fits(self, headings: list[Slice], body: list[Slice]) -> bool:
        return self._excess(headings, body) <= 0

    def _excess(self, headings: list[Slice], body: list[Slice]) -> int:
        """Tokens over the budget: estimated by bisection and, when that is close, counted for real.

        Pieces of a text need not add up to those of the whole in every tokenizer, so the estimate
        alone would not do.
        """
        leads = self._leads(headings, body)
        parts = [*leads, Slice("body", body[0].start, body[-1].end)]
        estimate = sum(self._count(part.start, part.end) for part in parts)
        if not 0.8 < estimate / self.budget < 2:
            return estimate - self.budget
        passage = self._passage(headings, body)
        return len(self.tokenizer.offsets(passage.encoded)) - self.budget

    def _passage(self, headings: list[Slice], body: list[Slice]) -> Passage:
        leads = tuple(self._leads(headings, body))
        return Passage(self.document, body[0].start, body[-1].end, leads)

    def _overlap(self, headings: list[Slice], body: list[Slice], unit: Slice) -> list[Slice]:
        last = body[-1]
        short = self._count(last.start, last.end) <= OVERLAP_TOKENS
        if last.kind == "sentence" and short and self._fits(headings, [last, unit]):
            return [last]
        return []

    def _cut(self, headings: list[Slice], unit: Slice) -> tuple[Slice, Slice]:
        """The longest beginning of a unit that fits, ending between words if it can; the rest."""
        first = bisect_left(self.starts, unit.start)
        last = bisect_left(self.starts, unit.end)
        low, high = 1, max(1, min(last - first - 1, 2 * self.budget))
        while low < high:
            middle = math.ceil((low + high) / 2)
            end = self.starts[first + middle]
            if self._fits(headings, [Slice(unit.kind, unit.start, end)]):
                low = middle
            else:
                high = middle - 1
        if first + low >= len(self.starts):
            raise ValueError(f"{self.document.uri}: not one word fits into {self.budget} tokens")
        at = self._between_words(first + low, first)
        start = self.starts[at]
        piece = self.document.text[unit.start : start]
        return (
            Slice(unit.kind, unit.start, unit.start + len(piece.rstrip())),
            Slice(unit.kind, start, unit.end),
        )

    def _between_words(self, at: int, first: int) -> int:
        """The token at or before `at` that begins a line of code or a word; `at` if none does."""
        for candidate in range(at, max(first, at - 60), -1):
            if self.document.text[self.starts[candidate] - 1].isspace():
                return candidate
        return at

    def _shorten(self, part: Slice, room: int) -> Slice | None:
        """The beginning of `part` in at most `room` tokens, or None when not one fits."""
        if self._count(part.start, part.end) <= room:
            return part
        first = bisect_left(self.starts, part.start)
        if room < 1 or first + room > len(self.ends):
            return None
        return Slice(part.kind, part.start, min(part.end, self.ends[first + room - 1]))

    def _count(self, start: int, end: int) -> int:
        return bisect_left(self.starts, end) - bisect_left(self.starts, start)


def _units_of(document: Document, block: Slice) -> list[Slice]:
    if block.kind == "heading":
        return []
    if block.kind not in ("paragraph", "item", "step"):
        return [block]
    kind = "sentence" if block.kind == "paragraph" else block.kind
    text = block.of(document.text)
    spans = sentences(text)
    if len(spans) > 1 and len(text[slice(*spans[0])].split()) <= LEAD_IN_WORDS[block.kind]:
        spans[:2] = [(spans[0][0], spans[1][1])]
    return [Slice(kind, block.start + start, block.start + end) for start, end in spans]


def _overlap(unit: Slice, start: int, end: int) -> bool:
    return unit.start < end and unit.end > start
