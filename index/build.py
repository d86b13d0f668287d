"""Folders in, a published generation out; what has not changed is neither read nor encoded again.

A document is read again when its bytes, its extractor or its root's address changed. A passage is
encoded again when its text, leads included, is new to this encoder.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus import passages, split
from index import lexical, vectors
from index.encoder import Encoder, Vectors
from index.files import IndexUnusable, Store
from index.left_out import LeftOut
from index.previous import Previous
from index.reading import Progress, Skipped, documents
from index.roots import Root, chosen
from index.texts import TextsWriter

NAMELESS = "the index is damaged and no longer says which folders it was made of"

_log = logging.getLogger("quoth")


@dataclass(frozen=True, slots=True)
class Report:
    """What an update did. Nothing is published when nothing had changed."""

    generation: int
    published: bool
    documents: int
    passages: int
    added: int
    changed: int
    gone: int
    encoded: int
    skipped: tuple[Skipped, ...]
    left_out: dict[str, Any]
    seconds: float


def update(
    store: Store,
    encoder: Encoder,
    paths: Sequence[Path] = (),
    *,
    base_url: str | None = None,
    forget: Sequence[str] = (),
    stored: bool = False,
    engine: str = "faiss",
    progress: Progress = lambda stage, done, total: None,
) -> Report:
    """Add or refresh `paths` (every known root when there are none) and publish the result.

    `forget` names roots to drop, by path or name. With `stored` the index is made anew from the
    text that it holds and no source is touched, as after an upgrade. `progress` is told a stage
    ("reading", "encoding"), how much of it is done and of how much.

    Of an index that is damaged beyond use every root is read again. Raises ValueError for a path
    that cannot be indexed or forgotten, IndexUnusable when the store
    cannot be written. Either way, and when interrupted, the index in use stays as it was.
    """
    started = time.monotonic()
    vectors.load(engine)
    try:
        with store.writing() as building:
            previous = Previous(store)
            try:
                _check_named(previous, paths)
                roots, fresh = chosen(
                    previous.roots, previous.lent, paths, base_url, forget, stored
                )
                return _build(
                    store, building, encoder, engine, previous, roots, fresh, progress, started
                )
            finally:
                previous.close()
    except (OSError, sqlite3.Error) as error:
        # NumPy tells of a full disk in a number of bytes, without the system's own words.
        reason = getattr(error, "strerror", None) or f"the disk may be full: {error}"
        unchanged = "; the one in use is unchanged" if store.exists() else ""
        raise IndexUnusable(
            f"the index in {store.path} could not be written ({reason}){unchanged}"
        ) from error


def _build(
    store: Store,
    building: Path,
    encoder: Encoder,
    engine: str,
    previous: Previous,
    roots: list[Root],
    fresh: list[Root],
    progress: Progress,
    started: float,
) -> Report:
    writer = TextsWriter(building)
    skipped: list[Skipped] = []
    hashes: dict[str, str] = {}
    extractors: dict[str, int] = {}
    languages: Counter[str] = Counter()
    left_out = LeftOut()
    try:
        for source, document in documents(roots, fresh, previous, skipped, progress):
            cuts = previous.passages(document, encoder)
            if cuts is None:
                cuts = split(document, encoder, encoder.max_tokens)
            writer.add(source, document, cuts)
            hashes[source.uri] = source.sha256
            extractors[document.extractor] = document.version
            languages[document.language or "en"] += 1
            left_out.add(document)
    finally:
        writer.close()
    body = {
        "encoder": {
            "name": encoder.name,
            "digest": encoder.digest,
            "dimensions": encoder.dimensions,
        },
        "settings": {
            "engine": engine,
            "lexical": lexical.VERSION,
            "max_tokens": encoder.max_tokens,
            "split": passages.VERSION,
        },
        "extractors": dict(sorted(extractors.items())),
        "roots": [asdict(root) for root in roots],
        "documents": hashes,
        "languages": dict(languages.most_common()),
        "passages": writer.passages,
        "rows": len(writer.texts),
        "skipped": [list(pair) for pair in skipped],
        "left_out": left_out.to_json(),
    }
    old = previous.hashes
    changed = sum(old[uri] != sha256 for uri, sha256 in hashes.items() if uri in old)
    encoded = 0
    if previous.holds(body) and previous.generation:
        generation, published = previous.generation, False
    else:
        matrix, encoded = _encode(writer, encoder, engine, previous, progress)
        for name in ("vectors", "lexical"):
            (building / name).mkdir()
        vectors.load(engine).build(matrix, building / "vectors")
        lexical.build(writer.texts, writer.languages).save(building / "lexical")
        keep = previous.generation.number if previous.generation else None
        generation, published = store.publish(building, body, keep), True
    return Report(
        generation=generation.number,
        published=published,
        documents=len(hashes),
        passages=writer.passages,
        added=len(hashes.keys() - old.keys()),
        changed=changed,
        gone=len(old.keys() - hashes.keys()),
        encoded=encoded,
        skipped=tuple(skipped),
        left_out=left_out.to_json(),
        seconds=time.monotonic() - started,
    )


def _check_named(previous: Previous, paths: Sequence[Path]) -> None:
    """Refuses to go on from an index of unknown roots unless some are named."""
    if previous.is_nameless and not paths:
        raise ValueError(f"{NAMELESS}: run `quoth index` with all your folders")
    if previous.is_nameless:
        _log.warning("%s; the new one is made of those that are named now", NAMELESS)


def _encode(
    writer: TextsWriter, encoder: Encoder, engine: str, previous: Previous, progress: Progress
) -> tuple[Vectors, int]:
    """The vectors of all rows, and how many of them had to be encoded."""
    matrix = np.empty((len(writer.texts), encoder.dimensions), np.float32)
    known, lent = previous.vectors(encoder, writer.digests)
    matrix[known] = lent
    new = sorted(set(range(len(writer.texts))) - set(known))
    done = 0

    def count(texts: int) -> None:
        nonlocal done
        done += texts
        progress("encoding", done, len(new))

    if new:
        progress("encoding", 0, len(new))
        matrix[new] = encoder.encode([writer.texts[row] for row in new], count)
    return matrix, len(new)
