"""An index and documents in, the same index without them out, as if they had never been indexed.

What only rests on the whole collection (how rare a word is) still counts them. For measuring: a
question whose page is hidden has no answer.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from index.lexical import Lexical, Scores
from index.search import Index
from index.vectors import Engine, Rows, Vectors


def without(index: Index, uris: Collection[str]) -> Index:
    """`index` without any text of these documents, also where another one has it too."""
    rows = _rows(index, uris)
    if not len(rows):
        return index
    hiding = copy.copy(index)
    hiding._engine = _Engine(index._engine, rows)
    columns = {field.name: getattr(index.lexical, field.name) for field in fields(Lexical)}
    hiding.lexical = _Lexical(**columns, hidden=rows)
    return hiding


def _rows(index: Index, uris: Collection[str]) -> Rows:
    known = [uri for uri in uris if index.source(uri)]
    passages = [passage for uri in known for passage in index.texts.passages_of(uri)]
    return np.unique(np.array([index.texts.row(passage) for passage in passages], np.int64))


@dataclass(frozen=True, slots=True)
class _Engine:
    engine: Engine
    hidden: Rows

    def __len__(self) -> int:
        return len(self.engine)

    def search(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        rows, scores = self.engine.search(query, k + len(self.hidden))
        kept = ~np.isin(rows, self.hidden)
        return rows[kept][:k], scores[kept][:k]

    def vectors(self, rows: Rows) -> Vectors:
        return self.engine.vectors(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Lexical(Lexical):
    hidden: NDArray[np.int64]

    def scores(self, query: str) -> Scores:
        scores = Lexical.scores(self, query)
        scores[self.hidden] = 0
        return scores
