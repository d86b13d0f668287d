"""Scores of word pieces in, the best spans out: start and end chosen together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from corpus.cells import BAR

MAX_ANSWER_PIECES = 40
# An address is quoted whole or not at all.
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+\w")


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces in which an answer may stand, with offsets in their passage.

    `unit` numbers the sentence, item or row of each, `cell` the cell of a table: no span goes over
    the end of either. `opens` and `closes` say whether a word begins or ends there.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    unit: NDArray[np.int64]
    cell: NDArray[np.int64]
    opens: NDArray[np.bool_]
    closes: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, low: int, high: int) -> Pieces:
        return Pieces(
            self.starts[low:high],
            self.ends[low:high],
            self.unit[low:high],
            self.cell[low:high],
            self.opens[low:high],
            self.closes[low:high],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """`start` and `end` in the passage's text; `score` is the sum of both logits."""

    start: int
    end: int
    score: float


def pieces_of(text: str, offsets: Sequence[tuple[int, int]], units: Sequence[int]) -> Pieces:
    """`offsets` of the text's word pieces; where its sentences, items and rows begin."""
    starts = np.array([start for start, _ in offsets], np.int64)
    ends = np.array([end for _, end in offsets], np.int64)
    whole = [address.span() for address in _ADDRESS.finditer(text)]
    inside = {at for start, end in whole for at in range(start + 1, end)}
    bars = np.array([bar.start() for bar in BAR.finditer(text)], np.int64)
    return Pieces(
        starts,
        ends,
        np.searchsorted(np.array(units, np.int64), starts, "right"),
        np.searchsorted(bars, starts, "right"),
        np.array([_is_edge(text, start) and start not in inside for start in starts], np.bool_),
        np.array([_is_edge(text, end) and end not in inside for end in ends], np.bool_),
    )


def best_spans(start: NDArray[np.float32], end: NDArray[np.float32], pieces: Pieces) -> list[Found]:
    """The best span of whole words in each sentence, best first, without overlaps.

    Logits that are no numbers (a damaged model's) give none. A span's score is the sum of its
    start's and its end's, of all pairs within a length: Devlin et al., "BERT" (2019), section 4.2.
    """
    at = np.arange(len(pieces))
    length = at[None, :] - at[:, None]
    allowed = (length >= 0) & (length < MAX_ANSWER_PIECES)
    allowed &= pieces.unit[:, None] == pieces.unit[None, :]
    allowed &= pieces.cell[:, None] == pieces.cell[None, :]
    allowed &= pieces.opens[:, None] & pieces.closes[None, :]
    scores = np.where(allowed, start[:, None] + end[None, :], -np.inf)
    scores[np.isnan(scores)] = -np.inf
    found = []
    for first, last in _runs(pieces.unit):
        opening, closing = np.unravel_index(scores[first:last].argmax(), (last - first, len(at)))
        score = float(scores[first + opening, closing])
        if np.isfinite(score):
            opened = int(pieces.starts[first + opening])
            found.append(Found(opened, int(pieces.ends[closing]), score))
    return merged(found)


def merged(found: Sequence[Found]) -> list[Found]:
    """The best of several windows' spans, best first, without overlaps."""
    kept: list[Found] = []
    for span in sorted(found, key=lambda span: -span.score):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return kept


def _runs(unit: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Where each run of equal numbers begins and ends."""
    edges = [0, *(np.flatnonzero(np.diff(unit)) + 1), len(unit)] if len(unit) else [0]
    return [(int(first), int(last)) for first, last in pairwise(edges)]


def _is_edge(text: str, at: int) -> bool:
    """Whether a word begins or ends at `at`."""
    return not (0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum())
