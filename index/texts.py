"""Documents and passages of one generation in SQLite: written once, then read-only.

A row is a distinct encoded text: one vector, one line of the lexical index. Equal passages of
several documents share a row.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from corpus.document import Document, Passage, Slice

FILE = "texts.sqlite"
CACHED_DOCUMENTS = 64
SHARED_BY = 5  # how many passages of one row are looked up

_SCHEMA = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE, root TEXT NOT NULL, relative TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
    document TEXT NOT NULL, passages TEXT NOT NULL
);
CREATE TABLE passages (
    row INTEGER NOT NULL, document_id INTEGER NOT NULL, ordinal INTEGER NOT NULL
);
CREATE TABLE rows (row INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document's bytes were found, and the size and time of the file then."""

    uri: str
    root: str
    relative: str
    size: int
    mtime_ns: int
    sha256: str


class TextsWriter:
    """Collects documents, and the distinct encoded texts of their passages in `texts`."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / FILE)
        # Whole or not at all is the generation's business, not this file's: no journal needed.
        self._connection.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; {_SCHEMA}"
        )
        self.texts: list[str] = []
        self.digests: list[bytes] = []
        self.languages: list[str] = []
        self._rows: dict[bytes, int] = {}
        self.documents = 0
        self.passages = 0

    def add(self, source: Source, document: Document, passages: Sequence[Passage]) -> None:
        cuts = [[p.start, p.end, p.leads] for p in passages]
        self._connection.execute(
            "INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?)",
            (
                self.documents,
                source.uri,
                source.root,
                source.relative,
                source.size,
                source.mtime_ns,
                source.sha256,
                json.dumps(document.to_json(), ensure_ascii=False),
                json.dumps(cuts),
            ),
        )
        for ordinal, passage in enumerate(passages):
            row = self._row(passage.encoded, document.language or "en")
            self._connection.execute(
                "INSERT INTO passages VALUES (?,?,?)", (row, self.documents, ordinal)
            )
        self.documents += 1
        self.passages += len(passages)

    def close(self) -> None:
        self._connection.executemany("INSERT INTO rows VALUES (?,?)", enumerate(self.digests))
        self._connection.execute("CREATE INDEX passages_by_row ON passages (row)")
        self._connection.commit()
        self._connection.close()

    def _row(self, encoded: str, language: str) -> int:
        digest = sha256(encoded.encode()).digest()
        row = self._rows.setdefault(digest, len(self.texts))
        if row == len(self.texts):
            self.texts.append(encoded)
            self.digests.append(digest)
            self.languages.append(language)
        return row


class Texts:
    """The stored documents and passages. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        # Immutable: the file was verified and nothing writes to it, so SQLite need not lock it.
        self._connection = sqlite3.connect(
            f"{(folder / FILE).resolve().as_uri()}?mode=ro&immutable=1",
            uri=True,
            check_same_thread=False,
        )
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, tuple[Document, list[Passage]]] = OrderedDict()

    def passages(self, row: int) -> list[Passage]:
        """The passages of a row, in the order of their documents; the first few when many do."""
        found = self._query(
            "SELECT uri, ordinal FROM passages JOIN documents ON id = document_id"
            " WHERE row = ? ORDER BY document_id, ordinal LIMIT ?",
            (row, SHARED_BY),
        )
        return [self._load(uri)[1][ordinal] for uri, ordinal in found]

    def document(self, uri: str) -> Document | None:
        return self._load(uri)[0] if self.source(uri) else None

    def holds(self, document: Document) -> bool:
        """Whether this very document, not only one of its address, is stored."""
        return self.document(document.uri) == document

    def passages_of(self, uri: str) -> list[Passage]:
        return self._load(uri)[1]

    def source(self, uri: str) -> Source | None:
        found = self._query(f"{_SOURCES} WHERE uri = ?", (uri,))
        return Source(*found[0]) if found else None

    def sources(self) -> list[Source]:
        """Every document's source, by uri."""
        return [Source(*found) for found in self._query(f"{_SOURCES} ORDER BY uri")]

    def documents(self) -> Iterator[Document]:
        """Every document, by uri, without keeping them."""
        for source in self.sources():
            yield self._load(source.uri)[0]

    def digests(self) -> dict[bytes, int]:
        """The row of each encoded text, by the SHA-256 of the text."""
        return dict(self._query("SELECT digest, row FROM rows"))

    def row(self, passage: Passage) -> int:
        """The row that a passage of this index has."""
        digest = sha256(passage.encoded.encode()).digest()
        return int(self._query("SELECT row FROM rows WHERE digest = ?", (digest,))[0][0])

    def close(self) -> None:
        self._connection.close()

    def _load(self, uri: str) -> tuple[Document, list[Passage]]:
        with self._lock:
            if uri in self._cache:
                self._cache.move_to_end(uri)
                return self._cache[uri]
        sql = "SELECT document, passages FROM documents WHERE uri = ?"
        stored, cuts = self._query(sql, (uri,))[0]
        document = Document.from_json(json.loads(stored))
        passages = [
            Passage(document, start, end, tuple(Slice(*lead) for lead in leads))
            for start, end, leads in json.loads(cuts)
        ]
        with self._lock:
            self._cache[uri] = document, passages
            while len(self._cache) > CACHED_DOCUMENTS:
                self._cache.popitem(last=False)
        return document, passages

    def _query(self, sql: str, values: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._connection.execute(sql, values).fetchall()


_SOURCES = "SELECT uri, root, relative, size, mtime_ns, sha256 FROM documents"
