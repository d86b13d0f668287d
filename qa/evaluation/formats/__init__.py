"""A test set's file in, Questions out, and back: one file for each format, found by its suffixes.

A format is a module with `SUFFIXES`, `rows(path, problems)` and `write(path, questions)`. Sets are
read and written row by row, so that one may be as long as the disk is large; only SQuAD's JSON is
one value. Files whose name begins with `_` are what several formats share.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from corpus.document import Unreadable
from qa.evaluation import records
from qa.evaluation.questions import BadTestSet, Question
from qa.evaluation.records import Problems

Row = tuple[int, dict[str, Any]]


class Format(Protocol):
    SUFFIXES: tuple[str, ...]

    def rows(self, path: Path, problems: Problems) -> Iterator[Row]:
        """Each row's line and its cells by column; what is wrong is noted in `problems`."""
        ...

    def write(self, path: Path, questions: Iterable[Question]) -> None: ...


def read(path: Path, needs_gold: bool = True) -> list[Question]:
    """All questions of a file; raises BadTestSet, a ValueError, with every problem in it."""
    problems = Problems()
    found = list(stream(path, problems, needs_gold))
    if problems:
        raise BadTestSet(path, problems, problems.more)
    if not found:
        raise ValueError(f"{path} holds no question")
    return found


def stream(path: Path, problems: Problems, needs_gold: bool = True) -> Iterator[Question]:
    """The questions of a file one after the other; what is wrong is added to `problems`."""
    kind = _format(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty")
    try:
        yield from records.questions(kind.rows(path, problems), problems, needs_gold)
    except Unreadable as reason:
        raise ValueError(f"{path} {reason}") from None


def write(path: Path, questions: Iterable[Question]) -> None:
    """Write a test set in the format that the suffix names."""
    kind = _format(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kind.write(path, questions)
    except OSError as error:
        raise ValueError(f"{path} could not be written: {error.strerror}") from None


@cache
def suffixes() -> dict[str, Format]:
    """The format that reads each suffix."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    modules = (import_module(f"{__name__}.{name}") for name in names if name[0] != "_")
    formats = [cast(Format, module) for module in modules]
    return {suffix: kind for kind in formats for suffix in kind.SUFFIXES}


def _format(path: Path) -> Format:
    known = suffixes()
    if path.suffix.lower() not in known:
        raise ValueError(
            f"{path} is no test set: its suffix must be one of {', '.join(sorted(known))} "
            "(.json is SQuAD's format)"
        )
    return known[path.suffix.lower()]
