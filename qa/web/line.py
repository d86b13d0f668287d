"""Questions in, answers out: few at once, some in line, and no more than that."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import anyio
import anyio.to_thread

from corpus.document import Document
from qa import steps
from qa.answer import Answer
from qa.suggest import Suggestions

Turns = Sequence[Mapping[str, Any]]  # as Assistant.ask takes them
SMOOTHING = 0.2  # how much the last answer's time counts in the expected one
FIRST_GUESS_S = 0.5


class Assistant(Protocol):
    """What is asked here, from several threads at once."""

    def ask(self, question: str, history: Sequence[Any] = ()) -> Answer: ...
    def document(self, uri: str) -> Document | None: ...
    def examples(self, count: int) -> list[str]: ...
    def info(self) -> dict[str, Any]: ...
    def suggestions(self) -> Suggestions: ...


class Busy(RuntimeError):
    """The line is full; worth asking again after `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("Too many people are asking at this moment; please try again shortly.")
        self.retry_after_s = retry_after_s


class Line:
    """Belongs to one event loop."""

    def __init__(self, assistant: Assistant, at_once: int, waiting: int) -> None:
        self._assistant = assistant
        self._at_once = at_once
        self._places = at_once + waiting
        self._limiter: anyio.CapacityLimiter | None = None
        self._takes_s = FIRST_GUESS_S
        self._tasks: set[asyncio.Task[Answer]] = set()

    @property
    def length(self) -> int:
        """How many questions are being answered or wait."""
        return len(self._tasks)

    @property
    def is_full(self) -> bool:
        return self.length >= self._places

    def ask(
        self, question: str, turns: Turns = (), heard: Callable[[str], None] | None = None
    ) -> asyncio.Task[Answer]:
        """The answer in time. The task holds a place until its thread is done.

        Raises Busy at once when every place is taken; the task raises what `ask` raises. `heard`
        is called in the answering thread, with each step that is done.
        """
        if self.is_full:
            raise Busy(max(1, math.ceil(self.length * self._takes_s / self._at_once)))
        task = asyncio.create_task(self._in_turn(question, turns, heard))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _in_turn(
        self, question: str, turns: Turns, heard: Callable[[str], None] | None
    ) -> Answer:
        self._limiter = self._limiter or anyio.CapacityLimiter(self._at_once)

        def answered() -> tuple[Answer, float]:
            started = time.perf_counter()
            with steps.heard(heard or (lambda step: None)):
                answer = self._assistant.ask(question, turns)
            return answer, time.perf_counter() - started

        answer, took_s = await anyio.to_thread.run_sync(answered, limiter=self._limiter)
        self._takes_s += SMOOTHING * (took_s - self._takes_s)
        return answer
