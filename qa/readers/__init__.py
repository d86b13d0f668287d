"""Readers: one file each in this folder, found by its name.

A reader's module has `open(encoder, index)`, which returns a `Reader`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Protocol, cast

from index.encoder import Encoder
from index.search import Hit, Index
from qa.answer import Span


class Reader(Protocol):
    """Finds the words that answer. Safe to share between threads.

    `notice` is what a visitor should know about its answers, or empty. `digest` is of everything
    that decides its scores: what was fitted to one reader's does not hold for another's.
    `languages` are those of the documents that it can read, None for any.
    """

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def notice(self) -> str: ...
    @property
    def languages(self) -> frozenset[str] | None: ...

    def read(self, question: str, hits: Sequence[Hit]) -> list[list[Span]]:
        """For each hit its spans, best first, without overlaps; scores compare across hits."""
        ...


class ReaderModule(Protocol):
    def open(self, encoder: Encoder, index: Index) -> Reader: ...


def known() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ReaderModule:
    """The reader called `name`; ValueError when there is none."""
    if name not in known():
        raise ValueError(f"no reader called {name!r}; known: {', '.join(known())}")
    return cast(ReaderModule, importlib.import_module(f"{__name__}.{name}"))
