"""The index there is in, what it can lend to the next one out: roots, documents, vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from corpus import Document, Passage, passages
from index import vectors
from index.encoder import Encoder, Vectors
from index.files import Generation, IndexUnusable, Store
from index.roots import Root, roots_in
from index.texts import Source, Texts

Entry = tuple[Source, Document]


class Previous:
    """What the index in use can lend to the next one; nothing when there is none to read.

    `roots` are those of the newest index, `lent` those whose documents can be taken over.
    """

    def __init__(self, store: Store) -> None:
        self.generation: Generation | None = None
        self.manifest: dict[str, Any] = {}
        self.texts: Texts | None = None
        self.hashes: dict[str, str] = {}
        self.published = store.published()
        newest = store.manifest()
        self.roots = roots_in(newest or {})
        self.is_nameless = newest is None and store.exists()
        self.lent: list[Root] = []
        try:
            self.generation = store.current()
        except IndexUnusable:
            return
        self.manifest = self.generation.manifest
        self.hashes = self.manifest["documents"]
        self.texts = Texts(self.generation.folder)
        self.lent = roots_in(self.manifest)

    def holds(self, body: dict[str, Any]) -> bool:
        """Whether an index with this manifest is what is published, whole."""
        generation = self.generation
        current = (
            generation is not None
            and generation.is_current_format
            and generation.number == self.published
        )
        return current and all(self.manifest.get(key) == value for key, value in body.items())

    def stored(self, root: Root) -> Iterator[Entry]:
        if self.texts:
            for source in self.texts.sources():
                if source.root == root.name:
                    document = self.texts.document(source.uri)
                    assert document is not None
                    yield source, document

    def document(self, uri: str, sha256: str, extractor: str, version: int) -> Document | None:
        """The stored document, if reading the same bytes again would give the same."""
        if self.texts is None or self.hashes.get(uri) != sha256:
            return None
        found = self.texts.document(uri)
        if found and (found.extractor, found.version) == (extractor, version):
            return found
        return None

    def passages(self, document: Document, encoder: Encoder) -> list[Passage] | None:
        """The stored passages of a document that is the same and would be cut the same."""
        if self.texts is None or document.uri not in self.hashes:
            return None
        settings = self.manifest["settings"]
        cut = self.manifest["encoder"]["digest"], settings["split"], settings["max_tokens"]
        if cut != (encoder.digest, passages.VERSION, encoder.max_tokens):
            return None
        return self.texts.passages_of(document.uri) if self.texts.holds(document) else None

    def vectors(self, encoder: Encoder, digests: Sequence[bytes]) -> tuple[list[int], Vectors]:
        """Which of the texts with these digests are encoded already, and their vectors."""
        empty = np.empty((0, encoder.dimensions), np.float32)
        if self.texts is None or self.manifest["encoder"]["digest"] != encoder.digest:
            return [], empty
        assert self.generation is not None
        rows = self.texts.digests()
        known = [at for at, digest in enumerate(digests) if digest in rows]
        if not known:
            return [], empty
        engine = vectors.load(self.manifest["settings"]["engine"])
        opened = engine.open(self.generation.folder / "vectors")
        return known, opened.vectors(np.array([rows[digests[at]] for at in known]))

    def close(self) -> None:
        if self.texts:
            self.texts.close()

    def skipped(self, root: Root) -> list[tuple[str, str]]:
        """What was left out of a root, each with the reason."""
        pairs = [(uri, reason) for uri, reason in self.manifest.get("skipped", ())]
        return [
            pair for pair in pairs if pair[0] == root.name or pair[0].startswith(f"{root.name}/")
        ]
