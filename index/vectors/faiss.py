"""Exact inner products by FAISS over vectors that lie on disk as plain `.npy`.

FAISS's own file format trusts its input, so it is not used, and its search runs over the matrix
itself: nothing is built or held twice. Import this after torch where both are used (the other order
crashes on macOS).
"""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np

from index.vectors import Rows, Vectors

FILE = "vectors.npy"


def build(matrix: Vectors, folder: Path) -> None:
    np.save(folder / FILE, _checked(matrix), allow_pickle=False)


def open(folder: Path) -> ExactEngine:
    return ExactEngine(_checked(np.load(folder / FILE, allow_pickle=False)))


class ExactEngine:
    """See `index.vectors.Engine`."""

    def __init__(self, matrix: Vectors) -> None:
        self._matrix = matrix

    def __len__(self) -> int:
        return len(self._matrix)

    def search(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        if query.shape != self._matrix.shape[1:] or not np.isfinite(query).all():
            raise ValueError(
                f"a query here is {self._matrix.shape[1]} finite numbers, not {query.size} "
                f"of which {np.isfinite(query).sum()} are finite"
            )
        k = min(k, len(self))
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # One thread answers 20,000 x 384 in a quarter of the time that two take; the setting
        # holds for the calling thread only.
        faiss.omp_set_num_threads(1)
        scores, rows = faiss.knn(
            np.ascontiguousarray(query[None], np.float32),
            self._matrix,
            k,
            metric=faiss.METRIC_INNER_PRODUCT,
        )
        found = rows[0] >= 0  # FAISS pads with -1, which in Python is the last row
        return rows[0][found], scores[0][found]

    def vectors(self, rows: Rows) -> Vectors:
        return self._matrix[rows]


def _checked(matrix: Vectors) -> Vectors:
    if matrix.ndim != 2 or matrix.dtype != np.float32 or not np.isfinite(matrix).all():
        raise ValueError(
            f"vectors are finite float32 in rows, not {matrix.dtype} of shape {matrix.shape}"
        )
    return np.ascontiguousarray(matrix)
