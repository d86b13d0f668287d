"""Questions in, Hits out: one open generation, searched by meaning and by words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.document import Document, Passage
from index import fusion, lexical, spelling, vectors
from index.encoder import Encoder, Vectors
from index.files import FORMAT, Generation, IndexUnusable
from index.texts import Source, Texts


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: ranks run 1..k and scores never rise.

    `found` says which search had it among its best: dense, lexical or both. `cosine` is its
    vector's with the question's. `also` holds the passages of other places with the same text.
    """

    passage: Passage
    score: float
    rank: int
    found: str
    cosine: float
    also: tuple[Passage, ...] = ()


class Index:
    """One generation, open. Safe to share between threads; never changes."""

    def __init__(self, generation: Generation, encoder: Encoder) -> None:
        """Raises IndexUnusable for an index of another format or encoder."""
        manifest = generation.manifest
        if not generation.is_current_format:
            raise IndexUnusable(
                f"the index in {generation.folder} has format {manifest['format']} and this "
                f"version of Quoth reads {FORMAT}: run `quoth index` to make it anew"
            )
        if manifest["encoder"]["digest"] != encoder.digest:
            raise IndexUnusable(
                f"the index in {generation.folder} was made with {manifest['encoder']['name']} "
                f"({manifest['encoder']['digest'][:12]}) and the encoder is {encoder.name} "
                f"({encoder.digest[:12]}): run `quoth index` to make it anew"
            )
        self.generation = generation
        self.manifest: dict[str, Any] = manifest
        self.texts = Texts(generation.folder)
        self.lexical = lexical.load(generation.folder / "lexical")
        engine = vectors.load(manifest["settings"]["engine"])
        self._engine = engine.open(generation.folder / "vectors")
        self._encoder = encoder

    def search(self, query: str, k: int = 8) -> list[Hit]:
        """The `k` best passages, or all; of equal scores the one indexed first.

        Raises IndexUnusable if the encoder gives something else than numbers.
        """
        if not len(self._engine):
            return []
        vector = self._encoder.encode_query(query)
        if not np.isfinite(vector).all():
            raise IndexUnusable(f"{self._encoder.name} gives no numbers: install its weights again")
        ranking = self.rank(query, vector)
        rows = ranking.rows[:k]
        cosines = self._engine.vectors(rows) @ vector
        return [
            self._hit(rank, int(row), ranking, float(cosine))
            for rank, (row, cosine) in enumerate(zip(rows, cosines, strict=True), 1)
        ]

    def rank(self, query: str, vector: Vectors) -> fusion.Ranking:
        """Every candidate's row, best first, for a question and its vector."""
        return fusion.rank(query, vector, self._engine, self.lexical)

    def mended(self, query: str) -> str:
        """The question with misspelled words as the documents spell them."""
        return spelling.mended(query, self.lexical, self._is_common)

    def document(self, uri: str) -> Document | None:
        return self.texts.document(uri)

    def source(self, uri: str) -> Source | None:
        return self.texts.source(uri)

    def _is_common(self, word: str) -> bool:
        """Whether the encoder has a word, or what it is formed of, as one piece."""
        return any(len(self._encoder.offsets(form)) == 1 for form in spelling.without_ending(word))

    def _hit(self, rank: int, row: int, ranking: fusion.Ranking, cosine: float) -> Hit:
        first, *also = self.texts.passages(row)
        dense, words = ranking.dense[rank - 1], ranking.lexical[rank - 1]
        found = "both" if dense and words else "dense" if dense else "lexical"
        return Hit(first, float(ranking.scores[rank - 1]), rank, found, cosine, tuple(also))
