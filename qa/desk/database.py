"""A path in, an open SQLite database out, brought to the newest schema.

Write-ahead log, every commit flushed to the disk, deleted content overwritten.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WAIT_S = 10  # for another process that is writing

# `PRAGMA user_version` counts how many of these a file has been through. Never change one that
# was released; add the next.
MIGRATIONS = (
    """
    CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
    CREATE TABLE messages (
        reference TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, at TEXT NOT NULL, state TEXT NOT NULL,
        name TEXT NOT NULL, email TEXT NOT NULL, message TEXT NOT NULL,
        conversation TEXT NOT NULL, page TEXT
    );
    CREATE INDEX messages_by_email ON messages (email COLLATE NOCASE);
    CREATE TABLE outbox (
        reference TEXT NOT NULL REFERENCES messages ON DELETE CASCADE, channel TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0, sent_at TEXT, error TEXT,
        PRIMARY KEY (reference, channel)
    );
    CREATE TABLE questions (
        id TEXT PRIMARY KEY, at TEXT NOT NULL, question TEXT NOT NULL, verdict TEXT NOT NULL,
        confidence REAL NOT NULL, generation TEXT NOT NULL, page TEXT
    );
    CREATE TABLE feedback (
        id TEXT PRIMARY KEY REFERENCES questions ON DELETE CASCADE, at TEXT NOT NULL,
        helpful INTEGER NOT NULL, reason TEXT NOT NULL
    );
    """,
)


class DeskUnusable(RuntimeError):
    """The desk's file cannot be read or written: a full disk, a damaged file, no permission."""


class Database:
    """One connection under a lock. Safe to share between threads. Raises DeskUnusable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Names and addresses are for the owner's eyes: nobody else may read the file.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise DeskUnusable(f"{path} cannot be opened ({error.strerror})") from error
        self._connection = sqlite3.connect(
            path, timeout=WAIT_S, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        try:
            with self._told():
                for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                    self._connection.execute(f"PRAGMA {pragma}")
                self._connection.execute("PRAGMA secure_delete=ON").fetchall()
            self._migrate()
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on the disk at the end, or none."""
        with self._lock, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A commit that a full disk broke off leaves its transaction open.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        with self._lock, self._told():
            return [dict(row) for row in self._connection.execute(sql, values).fetchall()]

    def secret(self, name: str) -> bytes:
        """A random key of this desk, the same for every process that opens it."""
        with self.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO secrets VALUES (?,?)", (name, secrets.token_bytes(32))
            )
        return bytes(self.rows("SELECT value FROM secrets WHERE name = ?", (name,))[0]["value"])

    def tidy(self) -> None:
        """Empties the write-ahead log, which may still hold what was deleted."""
        with self._lock, self._told():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise DeskUnusable(f"{self._path} cannot be used ({error})") from error

    def _version(self) -> int:
        version = int(self.rows("PRAGMA user_version")[0]["user_version"])
        if version > len(MIGRATIONS):
            raise ValueError(
                f"{self._path} was written by a newer Quoth (schema {version}, "
                f"this one knows {len(MIGRATIONS)}): install that or a newer one"
            )
        return version

    def _migrate(self) -> None:
        # Nothing is written where nothing is to be done: a full disk can still be read from.
        if self._version() == len(MIGRATIONS):
            return
        with self.writing() as connection:
            for migration in MIGRATIONS[self._version() :]:
                # Not executescript, which would commit before it begins.
                for statement in migration.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def now() -> str:
    """The time as it is stored: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
