"""Roots in, their documents out, one at a time; what has not changed is taken from the index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from corpus import Unreadable, formats
from corpus.language import detect
from corpus.sandbox import Sandbox
from corpus.sources import folder
from index.previous import Entry, Previous
from index.roots import Root
from index.texts import Source

READERS = 2  # workers that read files, one thread here for each

Progress = Callable[[str, int, int], None]
Skipped = tuple[str, str]


def documents(
    roots: list[Root],
    fresh: list[Root],
    previous: Previous,
    skipped: list[Skipped],
    progress: Progress,
) -> Iterator[Entry]:
    """Every root's documents in order of root and path; what cannot be read goes to `skipped`."""
    with Sandbox(READERS) as sandbox:
        for root in roots:
            if root not in fresh:
                yield from previous.stored(root)
                skipped.extend(previous.skipped(root))
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
    lender: Previous | None,
    sandbox: Sandbox,
    skipped: list[Skipped],
    progress: Progress,
) -> Iterator[Entry]:
    found = list(folder.walk(Path(root.path)))
    progress("reading", 0, len(found))
    with ThreadPoolExecutor(READERS) as threads:
        reads = threads.map(lambda file: _read(root, file, lender, sandbox), found)
        try:
            for done, (file, read) in enumerate(zip(found, reads, strict=True), 1):
                progress("reading", done, len(found))
                if isinstance(read, tuple):
                    yield read
                else:
                    skipped.append((_uri(root, file), read))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            sandbox.close()
            raise


def _read(root: Root, file: folder.Found, lender: Previous | None, sandbox: Sandbox) -> Entry | str:
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
    return source, document


def _relative(root: Root, file: folder.Found) -> str:
    """The path below the root; empty when the root is the file itself."""
    return file.relative if Path(root.path).is_dir() else ""


def _uri(root: Root, file: folder.Found) -> str:
    relative = _relative(root, file)
    return f"{root.name}/{relative}" if relative else root.name


def _primary(language: str | None) -> str | None:
    """The primary subtag of a language tag: `en` of `en-GB`."""
    return language.replace("_", "-").split("-")[0].lower() if language else None


def _nothing_read(root: Root, skipped: list[Skipped]) -> str:
    suffixes = ", ".join(formats.suffixes())
    if not skipped:
        return f"{root.path} holds no document; what is read: {suffixes}"
    uri, reason = skipped[0]
    return (
        f"no document in {root.path} could be read; {len(skipped)} skipped, first {uri}: {reason}"
    )
