"""Vector engines: one file each in this folder, found by its name.

An engine's module has `build(matrix, folder)`, which writes the `(rows, dimensions)` float32
unit vectors into an empty folder, and `open(folder)`, which returns an `Engine`.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


class Engine(Protocol):
    """Vectors that can be searched by several threads at once. Row numbers are the matrix's."""

    def __len__(self) -> int: ...

    def search(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The `k` best rows (or all, if fewer) and their inner products, best first.

        ValueError for a query of another length or with a number that is not finite.
        """
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of `rows`, in their order."""
        ...


class EngineModule(Protocol):
    def build(self, matrix: Vectors, folder: Path) -> None: ...
    def open(self, folder: Path) -> Engine: ...


def known() -> list[str]:
    """The name of every engine, installed or not."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> EngineModule:
    """The engine called `name`; ValueError for none, ImportError for one that lacks its library."""
    if name not in known():
        raise ValueError(f"no vector engine called {name!r}; known: {', '.join(known())}")
    return cast(EngineModule, importlib.import_module(f"{__name__}.{name}"))
