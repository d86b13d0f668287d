"""What a question is at, for whoever listens in the thread or task that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@contextmanager
def heard(listener: Callable[[str], None]) -> Iterator[None]:
    """Calls `listener` with the name of each step that is done in this context."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def done(step: str) -> None:
    if (listener := _listener.get()) is not None:
        listener(step)
