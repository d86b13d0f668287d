"""Search by words: BM25 as an immutable sparse matrix, one column a term, and words' closeness.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). Written by
us because it must be loaded without pickle, be shared by threads and stem by language.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.proximity import closeness
from index.words import ENGLISH, language_code, stems, tokens

VERSION = 2  # of terms, weights and files: another one makes every index be built again

# The usual values; on SQuAD train, SQuADShifts Amazon and Reddit none of K1 .6 to 1.8 and B .3 to
# .75 gave a better MRR (1,500 questions each).
K1 = 1.2
B = 0.75

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Lexical:
    """`rows[starts[t] : starts[t + 1]]` are the passages with term `t`, `weights` their scores.

    `words[bounds[row] : bounds[row + 1]]` are the terms of a passage in their order.
    `forms` are all words as the passages have them, folded, and `columns` their terms.
    """

    languages: tuple[str, ...]
    terms: dict[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: Scores
    bounds: NDArray[np.int64]
    words: NDArray[np.int32]
    forms: tuple[str, ...]
    columns: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def scores(self, query: str) -> Scores:
        """`(passages,)`: BM25 of each; all zero when no word is known."""
        scores = np.zeros(len(self), np.float32)
        for term, count in Counter(chain(*self._query(query))).items():
            column = slice(*self.starts[term : term + 2])
            scores[self.rows[column]] += count * self.weights[column]
        return scores

    def closeness(self, query: str, rows: NDArray[np.int64]) -> Scores:
        """`(rows,)`: what the closeness of the query's words in these passages adds to BM25."""
        places = self._query(query)
        idf = {term: self._idf(term) for term in chain(*places)}
        pairs = {pair for two in pairwise(places) for pair in product(*two)}
        lengths = self.bounds[rows + 1] - self.bounds[rows]
        words = [self.words[self.bounds[row] : self.bounds[row + 1]] for row in rows]
        return closeness(idf, pairs, np.concatenate([self.words[:0], *words]), lengths)

    def _query(self, query: str) -> list[list[int]]:
        """For each word its known stems in the languages of the index, mostly one or none."""
        found = list(tokens(query))
        forms = zip(*(stems(found, language) for language in self.languages), strict=True)
        return [[self.terms[f] for f in dict.fromkeys(form) if f in self.terms] for form in forms]

    def knows(self, word: str) -> bool:
        """Whether a passage has a folded word, or another form of it."""
        return any(stems([word], language)[0] in self.terms for language in self.languages)

    def passages_with(self, column: int) -> int:
        return int(self.starts[column + 1] - self.starts[column])

    def _idf(self, term: int) -> float:
        having = self.passages_with(term)
        return math.log1p((len(self) - having + 0.5) / (having + 0.5))

    def save(self, folder: Path) -> None:
        for name in _TEXTS:
            text = "\n".join(getattr(self, name)).encode()
            np.save(folder / f"{name}.npy", np.frombuffer(text, np.uint8))
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)


_TEXTS = ("terms", "languages", "forms")
_ARRAYS = ("starts", "rows", "weights", "bounds", "words", "columns")


def load(folder: Path) -> Lexical:
    """What `Lexical.save` wrote there."""
    names = (*_TEXTS, *_ARRAYS)
    stored = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in names}
    terms, languages, forms = (
        tuple(stored[name].tobytes().decode().splitlines()) for name in _TEXTS
    )
    return Lexical(
        languages=languages,
        terms={term: column for column, term in enumerate(terms)},
        forms=forms,
        **{name: stored[name] for name in _ARRAYS},
    )


def build(texts: Sequence[str], languages: Sequence[str | None] | None = None) -> Lexical:
    """The index of `texts`, each stemmed by its language (`en`, `de-AT`; None: English)."""
    terms: dict[str, int] = {}
    columns_of: dict[str, _Columns] = {}
    found, lengths = array("i"), array("q")
    for text, language in zip(texts, languages or [None] * len(texts), strict=True):
        code = language_code(language)
        if code not in columns_of:
            columns_of[code] = _Columns(terms, code)
        column_of = columns_of[code]
        before = len(found)
        found.extend(column_of[word] for word in tokens(text))
        lengths.append(len(found) - before)
    bounds = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    words = np.frombuffer(found, np.int32)
    languages_found = tuple(sorted(columns_of)) or (ENGLISH,)
    weighted = _weighted(words, bounds, len(terms))
    known = dict(chain.from_iterable(columns.items() for columns in columns_of.values()))
    forms, columns = tuple(known), np.array(list(known.values()), np.int32)
    return Lexical(languages_found, terms, *weighted, bounds, words, forms, columns)


class _Columns(dict[str, int]):
    """The column of a word's stem, looked up once for each word of a language."""

    def __init__(self, terms: dict[str, int], language: str) -> None:
        self._terms = terms
        self._language = language

    def __missing__(self, word: str) -> int:
        (term,) = stems([word], self._language)
        self[word] = column = self._terms.setdefault(term, len(self._terms))
        return column


def _weighted(
    words: NDArray[np.int32], bounds: NDArray[np.int64], terms: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], Scores]:
    """Each column's start; its rows and their BM25 weights."""
    lengths = np.diff(bounds)
    size = len(lengths)
    row_of_word = np.repeat(np.arange(size), lengths)
    cells, counts = np.unique(words.astype(np.int64) * size + row_of_word, return_counts=True)
    columns, rows = np.divmod(cells, max(size, 1))
    having = np.bincount(columns, minlength=terms)
    starts = np.concatenate([[0], np.cumsum(having)])
    idf = np.log1p((size - having + 0.5) / (having + 0.5))
    saturation = K1 * (1 - B + B * lengths[rows] / max(len(words) / max(size, 1), 1))
    weights = np.repeat(idf, having) * counts * (K1 + 1) / (counts + saturation)
    return starts, rows.astype(np.int32), weights.astype(np.float32)
