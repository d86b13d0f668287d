"""What every route of the API works with, and what happens after each answer."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import anyio.to_thread

from qa.desk import Desk
from qa.settings import Settings
from qa.web.line import Assistant, Line
from qa.web.metrics import Metrics

_log = logging.getLogger("quoth")
access = logging.getLogger("quoth.access")


class Service:
    def __init__(self, assistant: Assistant, settings: Settings, desk: Desk | None) -> None:
        self.assistant = assistant
        self.settings = settings
        self.desk = desk
        self.line = Line(assistant, settings.at_once, settings.waiting)
        self.metrics = Metrics(
            lambda: self.line.length, lambda: desk.outbox.pending() if desk else 0
        )
        self._kept: set[asyncio.Task[None]] = set()

    def keep(self, task: asyncio.Task[None]) -> None:
        """Holds on to a task until it is done; the event loop alone would not."""
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def answered(self, answer: dict[str, Any], page: str | None, seconds: float) -> None:
        """`record`, in a thread of its own."""
        await anyio.to_thread.run_sync(self.record, answer, page, seconds)

    def record(self, answer: dict[str, Any], page: str | None, seconds: float) -> None:
        """Counts and logs an answer. What goes wrong here costs no visitor their answer."""
        self.metrics.answers.labels(answer["verdict"]).inc()
        self.metrics.seconds.observe(seconds)
        access.info(
            json.dumps(
                {
                    "event": "answered",
                    "id": answer["id"],
                    "verdict": answer["verdict"],
                    "generation": answer["generation"],
                    "ms": round(1000 * seconds, 1),
                }
            )
        )
        if self.desk is None:
            return
        try:
            self.desk.questions.add(answer, page)
        except Exception:
            _log.exception("a question was not logged")
