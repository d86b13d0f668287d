"""Both searches' scores in, one ranking out.

Every engine can do the same: it needs the best rows of each search, and of all these candidates the
vector, the BM25 score and the words in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import lexical as words
from index import proximity
from index.lexical import Lexical
from index.vectors import Engine, Rows, Vectors

Scores = NDArray[np.float32]

# The candidates are the best of each search, together.
CANDIDATES = 100
# The share of the meaning (dense); the words (lexical) have the rest.
# Tuned with 1,500 questions each of SQuAD train, SQuADShifts Amazon and Reddit, MRR at .4, .5, .6:
# .933 .936 .934, .460 .454 .435, .623 .613 .598. Such questions repeat the passage's words more
# than a visitor's do, so not lower. After a change: python -m benchmarks.retrieval
DENSE = 0.5
# Names what decides the scores: what was fitted to them does not hold for others.
_NEAR = f"{proximity.STRETCH}-{proximity.STRETCH_WEIGHT}-{proximity.PAIR_WEIGHT}"
DIGEST = f"z-{CANDIDATES}-{DENSE}-{words.VERSION}-{words.K1}-{words.B}-{_NEAR}"


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Candidates, best first: row, score, and whether each search had it among its best."""

    rows: Rows
    scores: Scores
    dense: NDArray[np.bool_]
    lexical: NDArray[np.bool_]


def rank(query: str, vector: Vectors, engine: Engine, lexical: Lexical) -> Ranking:
    """The candidates for a question; of equal scores the lower row first."""
    by_meaning, _ = engine.search(vector, CANDIDATES)
    bm25 = lexical.scores(query)
    by_words = best(bm25, CANDIDATES)
    rows = np.union1d(by_meaning, by_words)
    words = bm25[rows] + lexical.closeness(query, rows)
    scores = fuse(engine.vectors(rows) @ vector, words)
    order = np.argsort(-scores, kind="stable")
    rows = rows[order]
    return Ranking(rows, scores[order], np.isin(rows, by_meaning), np.isin(rows, by_words))


def best(scores: Scores, k: int) -> Rows:
    """The `k` best rows with any score above 0, best first."""
    rows = np.flatnonzero(scores > 0)
    if len(rows) > k:
        rows = rows[np.argpartition(-scores[rows], k)[:k]]
    return rows[np.argsort(-scores[rows], kind="stable")]


def fuse(dense: Scores, lexical: Scores) -> Scores:
    """One score for each candidate, from both searches' scores of the same candidates."""
    return DENSE * standardised(dense) + (1 - DENSE) * standardised(lexical)


def standardised(scores: Scores) -> Scores:
    """Mean 0 and deviation 1 over the candidates; all 0 where the scores do not differ."""
    if not len(scores):
        return scores
    spread = scores.std()
    centred: Scores = scores - scores.mean()
    return centred / spread if spread > 1e-6 else np.zeros_like(scores)
