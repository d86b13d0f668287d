"""Generations on disk: how an index is published, checked, found again and kept apart from writers.

    store/generations/7/     immutable once there: texts.sqlite, the engines' files,
                             manifest.json and the manifest's own checksum
    store/CURRENT            the number of the generation to serve, replaced atomically
    store/lock               held by the one process that builds

Every file is checked against the manifest's size and SHA-256 before anything is parsed: index
libraries trust what they read, and a damaged index answers without an error.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT = 1

_log = logging.getLogger("quoth")


class IndexUnusable(RuntimeError):
    """There is no index that can be read or written; the message says what to run."""


class Damaged(IndexUnusable):
    """A file of a generation is not what its manifest says."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One verified generation: its files are what its manifest says."""

    number: int
    folder: Path
    manifest: dict[str, Any]

    @property
    def is_current_format(self) -> bool:
        return bool(self.manifest["format"] == FORMAT)


class Store:
    """The folder that holds an index. Nothing is created in it until something is written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether there is any generation, whole or not."""
        return bool(self._numbers())

    def published(self) -> int | None:
        """What CURRENT names, without checking it: cheap enough to ask every second."""
        try:
            return int((self.path / "CURRENT").read_text("ascii"))
        except (OSError, ValueError):
            return None

    def current(self) -> Generation:
        """The newest whole generation, CURRENT's first; IndexUnusable when there is none."""
        numbers = self._numbers()
        published = self.published()
        if not numbers:
            raise IndexUnusable(f"there is no index in {self.path}: run `quoth index PATH` first")
        newest = published if published is not None else numbers[-1]
        reasons = []
        for number in [newest, *(n for n in reversed(numbers) if n < newest)]:
            try:
                found = self.verified(number)
            except Damaged as damage:
                reasons.append(str(damage))
                continue
            for reason in reasons:
                _log.warning("%s; serving generation %d instead", reason, number)
            return found
        run = "run `quoth index`" if self.manifest() else "run `quoth index` with all your folders"
        raise IndexUnusable(f"{reasons[0]}: {run} to build the index again")

    def manifest(self) -> dict[str, Any] | None:
        """The newest manifest that is whole, though its generation's other files may not be.

        What the index was made from can be read in it when there is nothing left to answer from.
        """
        published = self.published()
        numbers = [n for n in self._numbers() if published is None or n <= published]
        for number in reversed(numbers):
            try:
                return self._manifest(number)
            except Damaged:
                continue
        return None

    def verified(self, number: int) -> Generation:
        """A generation with its checksums compared; raises Damaged, naming the file."""
        folder = self.path / "generations" / str(number)
        manifest = self._manifest(number)
        for name, recorded in manifest["files"].items():
            if _recorded(folder / name) != recorded:
                raise Damaged(f"{name} of generation {number} in {self.path} is damaged")
        return Generation(number, folder, manifest)

    def _manifest(self, number: int) -> dict[str, Any]:
        folder = self.path / "generations" / str(number)
        try:
            content = (folder / "manifest.json").read_bytes()
            expected = (folder / "manifest.sha256").read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise Damaged(f"generation {number} in {self.path} has no manifest") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise Damaged(f"the manifest of generation {number} in {self.path} is damaged")
        manifest: dict[str, Any] = json.loads(content)
        if manifest["generation"] != number:
            raise Damaged(f"generation {number} in {self.path} holds another one's manifest")
        return manifest

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """An empty folder to build in, while no other process can; gone afterwards."""
        (self.path / "generations").mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"another process is building the index in {self.path}: wait for it"
                raise IndexUnusable(message) from None
            for left_over in (self.path / "generations").glob("building-*"):
                shutil.rmtree(left_over)  # its builder was killed: we hold the lock
            folder = Path(tempfile.mkdtemp(prefix="building-", dir=self.path / "generations"))
            folder.chmod(0o755)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def publish(self, folder: Path, manifest: dict[str, Any], keep: int | None) -> Generation:
        """Make a built folder the current generation; on any error the old one stays current.

        Of the older ones `keep` alone stays, to be served if the new one is ever damaged.
        """
        numbers = self._numbers()
        number = numbers[-1] + 1 if numbers else 1
        names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        for name in names:
            _sync(folder / name)
        manifest = manifest | {
            "format": FORMAT,
            "generation": number,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": {name: _recorded(folder / name) for name in names},
        }
        content = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True).encode()
        _write(folder / "manifest.json", content)
        _write(folder / "manifest.sha256", hashlib.sha256(content).hexdigest().encode())
        for inner in [*(p for p in folder.rglob("*") if p.is_dir()), folder]:
            _sync(inner)
        target = self.path / "generations" / str(number)
        folder.rename(target)
        _sync(target.parent)
        replace(self.path / "CURRENT", f"{number}\n".encode())
        for old in (old for old in numbers if old != keep):
            shutil.rmtree(self.path / "generations" / str(old), ignore_errors=True)
        return Generation(number, target, manifest)

    def _numbers(self) -> list[int]:
        try:
            names = os.listdir(self.path / "generations")
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            message = f"the index in {self.path} cannot be read: {error.strerror}"
            raise IndexUnusable(message) from error
        return sorted(int(name) for name in names if name.isdecimal())


def replace(path: Path, content: bytes) -> None:
    """Write a small file so that a reader sees the old content or the new one, never a part."""
    temporary = path.with_name(path.name + ".new")
    _write(temporary, content)
    temporary.replace(path)
    _sync(path.parent)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _recorded(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return {"bytes": os.fstat(file.fileno()).st_size, "sha256": digest}
    except OSError:
        return None
