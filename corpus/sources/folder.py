"""A file or folder in, the readable files in it out, with a reason for each that is left out."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote, urljoin, urlsplit

from corpus import formats
from corpus.document import Unreadable
from corpus.limits import INPUT_BYTES

IN_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"  # all else is written as per cent and its code
TOO_LARGE = f"is larger than {INPUT_BYTES // 10**6} MB"
NO_PERMISSION = "may not be read: no permission"
KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A file below a root: `format` reads it, unless there is a `reason` why it is not read.

    `relative` is its POSIX path below the root, `path` the file itself, behind any links.
    """

    path: Path
    relative: str
    size: int = 0
    format: str | None = None
    reason: str | None = None


def walk(root: Path) -> Iterator[Found]:
    """Every file at or below `root` but the hidden ones, in the order of their paths.

    A link is followed when it leads to something below the root. Raises ValueError when `root`
    does not exist or may not be read.
    """
    try:
        top = root.resolve(strict=True)
        is_folder = stat.S_ISDIR(top.stat().st_mode)
    except PermissionError:
        raise ValueError(f"{root}: {NO_PERMISSION}") from None
    except (OSError, RuntimeError):
        raise ValueError(f"{root}: no such file or folder") from None
    if not is_folder:
        found = _file(top, root.name)
        if found.reason == NO_PERMISSION:
            raise ValueError(f"{root}: {found.reason}")
        return iter([found])
    if reason := _names(top)[1]:
        raise ValueError(f"{root}: {reason}")
    return _below(top)


def read_bytes(path: Path) -> bytes:
    """The content of a regular file; raises `Unreadable` if it has become anything else."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable("is no longer there") from None
    except PermissionError:
        raise Unreadable(NO_PERMISSION) from None
    except OSError as error:
        raise Unreadable(f"could not be opened: {error.strerror}") from None
    try:
        kind = stat.S_IFMT(os.fstat(file).st_mode)
        if kind != stat.S_IFREG:
            raise Unreadable(f"is {KINDS.get(kind, 'no file')}")
        with os.fdopen(file, "rb", closefd=False) as opened:
            data = opened.read(INPUT_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"could not be read: {error.strerror}") from None
    finally:
        os.close(file)
    if len(data) > INPUT_BYTES:
        raise Unreadable(TOO_LARGE)
    return data


def state(
    path: Path, size: int, mtime_ns: int, sha256: str
) -> Literal["current", "changed", "missing"]:
    """How a source stands to what was indexed of it; it is read only if its time has changed."""
    try:
        path = path.resolve(strict=True)
        now = path.stat()
    except (OSError, RuntimeError):
        return "missing"
    if not stat.S_ISREG(now.st_mode):
        return "missing"
    if now.st_size != size:
        return "changed"
    if now.st_mtime_ns == mtime_ns:
        return "current"
    try:
        return "current" if hashlib.sha256(read_bytes(path)).hexdigest() == sha256 else "changed"
    except Unreadable:
        return "missing"


def resolve_url(document_url: str | None, base_url: str | None, relative_path: str) -> str | None:
    """The public address: the document's own, else that of its path below `base_url`.

    >>> resolve_url(None, "https://example.org/docs", "a b/c.html")
    'https://example.org/docs/a%20b/c.html'
    """
    base = base_url.rstrip("/") + "/" if base_url else ""
    if document_url and (base or _has_scheme(document_url)):
        address = document_url if _has_scheme(document_url) else urljoin(base, document_url)
        if _is_public(address):
            return quote(address, safe=IN_ADDRESSES)
    return base + quote(relative_path) if base else None


def _below(top: Path) -> Iterator[Found]:
    """Depth first; with each entry go the real folders above it, which no link may lead back to."""
    todo: list[tuple[Path, str, tuple[Path, ...]]] = [(top, "", ())]
    linked: set[Path] = set()
    while todo:
        path, relative, above = todo.pop()
        if not _is_utf8(relative):
            shown = os.fsencode(relative).decode("utf-8", "replace")
            yield Found(path, shown, reason="has a name that is not UTF-8; rename it")
            continue
        is_link = path.is_symlink()
        if is_link:
            try:
                path = path.resolve(strict=True)
            except (OSError, RuntimeError):
                yield Found(path, relative, reason="is a link that leads nowhere")
                continue
            if not path.is_relative_to(top):
                yield Found(path, relative, reason="is a link that leads out of the folder")
                continue
        if not path.is_dir():
            yield _file(path, relative)
            continue
        if is_link and (path in above or path in linked):
            yield Found(path, relative, reason="is a link to a folder that is read already")
            continue
        if is_link:
            linked.add(path)
        names, reason = _names(path)
        if reason:
            yield Found(path, relative, reason=reason)
        prefix = f"{relative}/" if relative else ""
        todo += [(path / name, prefix + name, (*above, path)) for name in reversed(names)]


def _names(folder: Path) -> tuple[list[str], str | None]:
    """The names in a folder but the hidden ones, sorted; or why it cannot be listed."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
        return [name for name in names if not name.startswith(".")], None
    except PermissionError:
        return [], NO_PERMISSION
    except OSError as error:
        return [], f"could not be listed: {error.strerror}"


def _file(path: Path, relative: str) -> Found:
    try:
        now = path.lstat()
    except OSError as error:
        return Found(path, relative, reason=f"could not be read: {error.strerror}")
    reader = formats.by_suffix(relative)
    if not stat.S_ISREG(now.st_mode):
        reason = f"is {KINDS.get(stat.S_IFMT(now.st_mode), 'no file')}"
    elif reader is None:
        reason = _not_read(relative)
    elif now.st_size == 0:
        reason = "is empty"
    elif now.st_size > INPUT_BYTES:
        reason = TOO_LARGE
    elif not _may_read(path):
        reason = NO_PERMISSION
    else:
        return Found(path, relative, now.st_size, reader)
    return Found(path, relative, now.st_size, reader, reason)


def _not_read(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    read = ", ".join(formats.suffixes())
    return f"has {f'the suffix {suffix}' if suffix else 'no suffix'}; read are {read}"


def _may_read(path: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(path, os.R_OK, effective_ids=effective)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_public(address: str) -> bool:
    """An absolute address that a browser opens: http or https with a host."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _has_scheme(address: str) -> bool:
    try:
        return bool(urlsplit(address).scheme)
    except ValueError:
        return True
