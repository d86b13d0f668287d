"""Scores of word pieces in, the best spans out: start and end chosen together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_ANSWER_PIECES = 40
NBEST = 3  # spans of a passage that do not overlap
_CANDIDATES = 60  # pairs looked at for these


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces in which an answer may stand, with offsets in their passage.

    `block` numbers the paragraph, item or row of each: no span goes over its end. `opens` and
    `closes` say whether a word begins or ends there.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    block: NDArray[np.int64]
    opens: NDArray[np.bool_]
    closes: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, low: int, high: int) -> Pieces:
        return Pieces(
            self.starts[low:high],
            self.ends[low:high],
            self.block[low:high],
            self.opens[low:high],
            self.closes[low:high],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """`start` and `end` in the passage's text; `score` is the sum of both logits."""

    start: int
    end: int
    score: float


def pieces_of(text: str, offsets: Sequence[tuple[int, int]], blocks: Sequence[int]) -> Pieces:
    """`offsets` of the text's word pieces; `blocks` are the offsets at which its blocks begin."""
    starts = np.array([start for start, _ in offsets], np.int64)
    ends = np.array([end for _, end in offsets], np.int64)
    return Pieces(
        starts,
        ends,
        np.searchsorted(np.array(blocks, np.int64), starts, "right"),
        np.array([_is_edge(text, start) for start in starts], np.bool_),
        np.array([_is_edge(text, end) for end in ends], np.bool_),
    )


def best_spans(start: NDArray[np.float32], end: NDArray[np.float32], pieces: Pieces) -> list[Found]:
    """The best spans of whole words, best first, without overlaps. Logits that are no numbers
    (a damaged model's) give none.

    The sum of a start's and a later end's logits, over all such pairs within a length and a
    block: Devlin et al., "BERT" (2019), section 4.2.
    """
    if not len(pieces):
        return []
    at = np.arange(len(pieces))
    length = at[None, :] - at[:, None]
    allowed = (length >= 0) & (length < MAX_ANSWER_PIECES)
    allowed &= pieces.block[:, None] == pieces.block[None, :]
    allowed &= pieces.opens[:, None] & pieces.closes[None, :]
    scores = np.where(allowed, start[:, None] + end[None, :], -np.inf).ravel()
    scores[np.isnan(scores)] = -np.inf
    count = min(_CANDIDATES, len(scores))
    order = np.argpartition(-scores, count - 1)[:count]
    found: list[Found] = []
    for flat in order[np.argsort(-scores[order], kind="stable")]:
        if not np.isfinite(scores[flat]) or len(found) == NBEST:
            break
        first, last = divmod(int(flat), len(pieces))
        span = Found(int(pieces.starts[first]), int(pieces.ends[last]), float(scores[flat]))
        if all(span.end <= other.start or span.start >= other.end for other in found):
            found.append(span)
    return found


def merged(found: Sequence[Found]) -> list[Found]:
    """The best of several windows' spans, best first, without overlaps."""
    kept: list[Found] = []
    for span in sorted(found, key=lambda span: -span.score):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return kept[:NBEST]


def _is_edge(text: str, at: int) -> bool:
    """Whether a word begins or ends at `at`."""
    return not (0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum())
