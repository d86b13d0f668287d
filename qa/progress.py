"""Progress bars on standard error, one for each stage, none where nobody would see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from index.reading import Progress

_UNITS = {"reading": "files", "encoding": "passages", "asking": "questions"}


@contextmanager
def bars() -> Iterator[Progress]:
    """A function that draws what it is told: a stage, how much of it is done, of how much."""
    shown: dict[str, Any] = {}

    def progress(stage: str, done: int, total: int) -> None:
        if done == 0 or stage not in shown:
            for bar in shown.values():
                bar.close()
            shown[stage] = tqdm(
                total=total, desc=stage, unit=f" {_UNITS[stage]}", leave=False, disable=None
            )
        shown[stage].update(done - shown[stage].n)

    try:
        yield progress
    finally:
        for bar in shown.values():
            bar.close()
