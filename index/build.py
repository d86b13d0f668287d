"""Folders in, a published generation out; what has not changed is neither read nor encoded again.

A document is read again when its bytes, its extractor or its root's address changed. A passage is
encoded again when its text, leads included, is new to this encoder.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpus import Document, Unreadable, formats, passages, split
from corpus.language import detect
from corpus.sandbox import Sandbox
from corpus.sources import folder
from index import lexical, vectors
from index.encoder import Encoder, Vectors
from index.files import Generation, IndexUnusable, Store
from index.texts import Source, Texts, TextsWriter

NAMELESS = "the index is damaged and no longer says which folders it was made of"
READERS = 2  # workers that read files, one thread here for each

_log = logging.getLogger("quoth")

Progress = Callable[[str, int, int], None]
Skipped = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Root:
    """A folder or file that is indexed. Its name begins the uris of its documents."""

    name: str
    path: str
    base_url: str | None = None


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
    seconds: float


@dataclass(frozen=True, slots=True)
class _Read:
    source: Source
    document: Document


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
            previous = _Previous(store)
            try:
                roots, fresh = _roots(previous, paths, base_url, forget, stored)
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
    previous: _Previous,
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
    try:
        for read in _documents(roots, fresh, previous, skipped, progress):
            writer.add(
                read.source, read.document, split(read.document, encoder, encoder.max_tokens)
            )
            hashes[read.source.uri] = read.source.sha256
            extractors[read.document.extractor] = read.document.version
            languages[read.document.language or "en"] += 1
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
        seconds=time.monotonic() - started,
    )


class _Previous:
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
        self.roots = _roots_in(newest or {})
        self.is_nameless = newest is None and store.exists()
        self.lent: list[Root] = []
        try:
            self.generation = store.current()
        except IndexUnusable:
            return
        self.manifest = self.generation.manifest
        self.hashes = self.manifest["documents"]
        self.texts = Texts(self.generation.folder)
        self.lent = _roots_in(self.manifest)

    def holds(self, body: dict[str, Any]) -> bool:
        """Whether an index with this manifest is what is published, whole."""
        generation = self.generation
        current = (
            generation is not None
            and generation.is_current_format
            and generation.number == self.published
        )
        return current and all(self.manifest.get(key) == value for key, value in body.items())

    def stored(self, root: Root) -> Iterator[_Read]:
        if self.texts:
            for source in self.texts.sources():
                if source.root == root.name:
                    document = self.texts.document(source.uri)
                    assert document is not None
                    yield _Read(source, document)

    def document(self, uri: str, sha256: str, extractor: str, version: int) -> Document | None:
        """The stored document, if reading the same bytes again would give the same."""
        if self.texts is None or self.hashes.get(uri) != sha256:
            return None
        found = self.texts.document(uri)
        if found and (found.extractor, found.version) == (extractor, version):
            return found
        return None

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


def _roots(
    previous: _Previous,
    paths: Sequence[Path],
    base_url: str | None,
    forget: Sequence[str],
    stored: bool,
) -> tuple[list[Root], list[Root]]:
    """All roots of the next index, and those of them whose files are looked at."""
    if base_url and len(paths) != 1:
        count = f"{len(paths)} are" if paths else "none is"
        raise ValueError(
            f"{base_url} is the address of one folder or file and {count} named: "
            "index each with its own address"
        )
    if previous.is_nameless and not paths:
        raise ValueError(f"{NAMELESS}: run `quoth index` with all your folders")
    if previous.is_nameless:
        _log.warning("%s; the new one is made of those that are named now", NAMELESS)
    roots = {root.path: root for root in previous.roots}
    for named in forget:
        del roots[_known(named, roots.values()).path]
    wanted = [_wanted(path, base_url, roots) for path in paths]
    if not roots and not forget:
        raise ValueError("nothing to index: name a folder or a file")
    lost = [root for root in roots.values() if root not in (*wanted, *previous.lent)]
    if stored and lost:
        raise ValueError(f"the text of {lost[0].path} is not stored any more: run `quoth index`")
    if not (paths or forget or stored):
        wanted = list(roots.values())
    return _by_name(roots.values()), [*wanted, *lost]


def _wanted(path: Path, base_url: str | None, roots: dict[str, Root]) -> Root:
    """The root at a path, which is now among `roots`."""
    resolved = str(path.resolve())
    if not Path(resolved).exists():
        raise ValueError(f"{path}: no such file or folder")
    old = roots.get(resolved)
    name = old.name if old else _free_name(path.resolve().name, roots.values())
    roots[resolved] = Root(name, resolved, base_url or (old.base_url if old else None))
    return roots[resolved]


def _known(named: str, roots: Iterable[Root]) -> Root:
    """The root that is called so, by name or path."""
    resolved = str(Path(named).resolve())
    for root in roots:
        if named == root.name or resolved == root.path:
            return root
    names = ", ".join(root.path for root in roots) or "none"
    raise ValueError(f"{named} is not indexed; what is: {names}")


def _free_name(name: str, roots: Iterable[Root]) -> str:
    """A root's name that no other has: a second `docs` becomes `docs-2`."""
    base = name.encode("utf-8", "replace").decode() or "root"
    taken = {root.name for root in roots}
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _roots_in(manifest: dict[str, Any]) -> list[Root]:
    return [Root(**root) for root in manifest.get("roots", ())]


def _by_name(roots: Iterable[Root]) -> list[Root]:
    return sorted(roots, key=lambda root: root.name)


def _documents(
    roots: list[Root],
    fresh: list[Root],
    previous: _Previous,
    skipped: list[Skipped],
    progress: Progress,
) -> Iterator[_Read]:
    """Every root's documents in order of root and path; what cannot be read goes to `skipped`."""
    with Sandbox(READERS) as sandbox:
        for root in roots:
            if root not in fresh:
                yield from previous.stored(root)
                skipped.extend(_skipped_before(previous, root))
                continue
            before = len(skipped)
            count = 0
            lender = previous if root in previous.lent else None
            for read in _read_root(root, lender, sandbox, skipped, progress):
                count += 1
                yield read
            if not count:
                raise ValueError(_nothing_read(root, skipped[before:]))


def _read_root(
    root: Root,
    lender: _Previous | None,
    sandbox: Sandbox,
    skipped: list[Skipped],
    progress: Progress,
) -> Iterator[_Read]:
    found = list(folder.walk(Path(root.path)))
    progress("reading", 0, len(found))
    with ThreadPoolExecutor(READERS) as threads:
        reads = threads.map(lambda file: _read(root, file, lender, sandbox), found)
        try:
            for done, (file, read) in enumerate(zip(found, reads, strict=True), 1):
                progress("reading", done, len(found))
                if isinstance(read, _Read):
                    yield read
                else:
                    skipped.append((_uri(root, file), read))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            sandbox.close()
            raise


def _read(
    root: Root, file: folder.Found, lender: _Previous | None, sandbox: Sandbox
) -> _Read | str:
    """One file's document, or the reason why there is none."""
    if file.reason or file.format is None:
        return file.reason or "is of no known format"
    uri, relative = _uri(root, file), _relative(root, file)
    try:
        status = file.path.stat()
        data = folder.read_bytes(file.path)
        sha256 = hashlib.sha256(data).hexdigest()
        version = formats.load(file.format).VERSION
        document = lender and lender.document(uri, sha256, file.format, version)
        if not document:
            read = sandbox.read(file.format, data, uri)
            document = replace(
                read,
                url=folder.resolve_url(read.url, root.base_url, file.relative),
                language=_primary(read.language) or detect(read.text),
            )
        if all(block.kind == "heading" for block in document.blocks):
            return "has no text in it"
    except OSError as error:
        return f"could not be read: {error.strerror}"
    except Unreadable as reason:
        return str(reason)
    source = Source(uri, root.name, relative, status.st_size, status.st_mtime_ns, sha256)
    return _Read(source, document)


def _relative(root: Root, file: folder.Found) -> str:
    """The path below the root; empty when the root is the file itself."""
    return file.relative if Path(root.path).is_dir() else ""


def _uri(root: Root, file: folder.Found) -> str:
    relative = _relative(root, file)
    return f"{root.name}/{relative}" if relative else root.name


def _primary(language: str | None) -> str | None:
    """The primary subtag of a language tag: `en` of `en-GB`."""
    return language.replace("_", "-").split("-")[0].lower() if language else None


def _skipped_before(previous: _Previous, root: Root) -> list[Skipped]:
    pairs = [(uri, reason) for uri, reason in previous.manifest.get("skipped", ())]
    return [pair for pair in pairs if pair[0] == root.name or pair[0].startswith(f"{root.name}/")]


def _nothing_read(root: Root, skipped: list[Skipped]) -> str:
    suffixes = ", ".join(formats.suffixes())
    if not skipped:
        return f"{root.path} holds no document; what is read: {suffixes}"
    uri, reason = skipped[0]
    return (
        f"no document in {root.path} could be read; {len(skipped)} skipped, first {uri}: {reason}"
    )


def _encode(
    writer: TextsWriter, encoder: Encoder, engine: str, previous: _Previous, progress: Progress
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
