"""How close together passages have a question's words: what BM25, which counts words, leaves out.

After Metzler and Croft, "A Markov random field model for term dependencies" (2005): words side by
side in the question that are side by side in the passage, and the words that meet in one stretch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

# Words in a stretch; two rows of stretches overlap by half. Tuned with 1,500 questions each of
# SQuAD train, SQuADShifts Amazon and Reddit: 12 to 30 words, 1 to 3 times BM25's unit for a stretch
# and 0.5 to 1.2 for pairs all lie within .004 MRR of each other. MRR by z-scores, dense 0.5:
# without .921, .412, .575; with stretches and pairs .936, .454, .613.
# After a change: python -m benchmarks.retrieval
STRETCH = 20
STRETCH_WEIGHT = 2.0
PAIR_WEIGHT = 0.8


def closeness(
    idf: Mapping[int, float],
    pairs: Collection[tuple[int, int]],
    words: NDArray[np.int32],
    lengths: NDArray[np.int64],
) -> Scores:
    """`(passages,)`, in BM25's unit: add it to a passage's BM25 score.

    `idf` has the question's known terms, `pairs` those of them that follow each other there.
    `words` are the terms of all passages, one passage after the other, of these `lengths`.
    """
    terms = np.array(sorted(idf), np.int32)
    if not len(terms) or not len(words):
        return np.zeros(len(lengths), np.float32)
    weights = np.array([idf[term] for term in terms.tolist()])
    slots = np.minimum(np.searchsorted(terms, words), len(terms) - 1)
    hits = np.flatnonzero(terms[slots] == words)
    passages = np.repeat(np.arange(len(lengths)), lengths)[hits]
    places = hits - (np.cumsum(lengths) - lengths)[passages]
    found = _Found(slots[hits], passages, places, len(lengths))
    asked = np.searchsorted(terms, np.array(sorted(pairs), np.int32).reshape(-1, 2))
    score = STRETCH_WEIGHT * found.best_stretch(weights) + PAIR_WEIGHT * found.pairs(weights, asked)
    return score.astype(np.float32)


class _Found(NamedTuple):
    """The question's words in the passages: which, in which passage, at which place there."""

    slots: NDArray[np.int64]
    passages: NDArray[np.int64]
    places: NDArray[np.int64]
    size: int

    def best_stretch(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weight of the different words in each passage's best stretch."""
        best = np.zeros(self.size)
        a_passage = int(self.places.max(initial=0)) // STRETCH + 2
        for shift in (0, STRETCH // 2):
            stretches = self.passages * a_passage + (self.places + shift) // STRETCH
            has = np.zeros((self.size * a_passage, len(weights)), np.bool_)
            has[stretches, self.slots] = True
            best = np.maximum(best, (has @ weights).reshape(self.size, a_passage).max(1))
        return best

    def pairs(self, weights: NDArray[np.float64], asked: NDArray[np.int64]) -> NDArray[np.float64]:
        """The weight of the different `asked` pairs of slots that each passage has."""
        count = len(weights)
        column = np.full(count * count, len(asked))
        column[asked[:, 0] * count + asked[:, 1]] = np.arange(len(asked))
        follows = (np.diff(self.passages) == 0) & (np.diff(self.places) == 1)
        has = np.zeros((self.size, len(asked) + 1), np.bool_)
        codes = self.slots[:-1] * count + self.slots[1:]
        has[self.passages[:-1][follows], column[codes[follows]]] = True
        weight: NDArray[np.float64] = has[:, :-1] @ weights[asked].sum(1)
        return weight
