"""The formats that can be read, one file each in this folder, found by the file's name.

A format is a module with `SUFFIXES` (lower case, with the dot), `VERSION` (raised whenever the
same bytes give another document) and `read(data, uri)`, which raises `Unreadable` with its reason.
It imports its parser inside `read`, so that a parser that is not installed costs only the files
that need it. Files whose name begins with `_` are what several formats share.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import Protocol, cast

from corpus.document import Document


class Format(Protocol):
    SUFFIXES: tuple[str, ...]
    VERSION: int

    def read(self, data: bytes, uri: str) -> Document: ...


@cache
def known() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def load(name: str) -> Format:
    if name not in known():
        raise ValueError(f"no format called {name!r}; known: {', '.join(known())}")
    return cast(Format, import_module(f"{__name__}.{name}"))


@cache
def suffixes() -> dict[str, str]:
    """The name of the format that reads each suffix, by suffix."""
    found = {suffix: name for name in known() for suffix in load(name).SUFFIXES}
    return dict(sorted(found.items()))


def by_suffix(path: str | PurePath) -> str | None:
    """The name of the format that reads a file of this name; None if none does."""
    return suffixes().get(PurePath(path).suffix.lower())
