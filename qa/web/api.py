"""The API's routes that answer questions: ask, ask as events, suggest. See `docs/api.md`."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse

from qa.answer import Answer
from qa.web import schema
from qa.web.guard import BROKEN
from qa.web.line import Busy, Turns
from qa.web.service import Service

SUGGESTED = 5

_log = logging.getLogger("quoth")
_STEPS = {"retrieve": "reading"}  # what begins when a step is done


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": schema.Problem} for status in statuses}


REFUSALS = (403, 411, 413, 415, 421, 422, 429, 503)


def router(service: Service) -> APIRouter:
    routes = APIRouter(tags=["questions"])

    @routes.post(
        "/ask",
        summary="Answer a question",
        responses={200: {"model": schema.Answer}, **problems(400, *REFUSALS, 500)},
    )
    async def ask(given: schema.Question) -> JSONResponse:
        started = time.perf_counter()
        try:
            asked = service.line.ask(given.question, _turns(given))
            answer = (await asyncio.shield(asked)).to_json()
        except (Busy, ValueError) as error:
            return refusal(error)
        await service.answered(answer, given.page, time.perf_counter() - started)
        return JSONResponse(answer)

    @routes.post(
        "/ask/stream",
        summary="Answer a question, telling of each step",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"text/event-stream": {}}, "description": "The events."},
            **problems(400, *REFUSALS, 500),
        },
    )
    async def ask_stream(given: schema.Question) -> Response:
        events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def heard(step: str) -> None:
            if begun := _STEPS.get(step):
                loop.call_soon_threadsafe(events.put_nowait, (begun, {}))

        events.put_nowait(("searching", {}))
        try:
            asked = service.line.ask(given.question, _turns(given), heard)
        except Busy as error:
            return refusal(error)
        service.keep(asyncio.create_task(_concluded(service, asked, given.page, events)))
        return StreamingResponse(
            _written(events),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no", "cache-control": "no-store"},
        )

    @routes.get(
        "/suggest",
        summary="Example questions, next questions, headings to type ahead over",
        responses={200: {"model": schema.Suggestions}, **problems(403, 413, 421, 422, 429, 500)},
    )
    def suggest(
        q: Annotated[str, Query(max_length=200, description="What is typed so far.")] = "",
        after: Annotated[
            str, Query(max_length=2000, description="The `uri` of the quote just shown.")
        ] = "",
    ) -> JSONResponse:
        suggestions = service.assistant.suggestions()
        return JSONResponse(
            {
                "examples": service.assistant.examples(SUGGESTED) if not (q or after) else [],
                "next": suggestions.after(after, SUGGESTED) if after else [],
                "headings": [
                    {"text": h.text, "title": h.title, "link": h.link}
                    for h in suggestions.ahead(q, SUGGESTED)
                ],
                "notices": service.assistant.info()["notices"],
            }
        )

    return routes


def refusal(error: Exception) -> JSONResponse:
    """503 for a full line, 422 for a question that cannot be asked."""
    if isinstance(error, Busy):
        headers = {"retry-after": str(error.retry_after_s)}
        return JSONResponse({"error": str(error)}, 503, headers)
    return JSONResponse({"error": str(error)}, 422)


def _turns(given: schema.Question) -> Turns:
    return [turn.model_dump() for turn in given.history]


async def _concluded(
    service: Service,
    asked: asyncio.Task[Answer],
    page: str | None,
    events: asyncio.Queue[tuple[str, Any]],
) -> None:
    """Puts the last event, whether or not anybody still reads them."""
    started = time.perf_counter()
    try:
        answer = (await asked).to_json()
        await service.answered(answer, page, time.perf_counter() - started)
        events.put_nowait(("answer", answer))
    except ValueError as error:
        events.put_nowait(("error", {"error": str(error)}))
    except Exception:
        _log.exception("a question was not answered")
        events.put_nowait(("error", {"error": BROKEN}))


async def _written(events: asyncio.Queue[tuple[str, Any]]) -> AsyncIterator[str]:
    name = ""
    while name not in ("answer", "error"):
        name, data = await events.get()
        yield f"event: {name}\ndata: {json.dumps(data)}\n\n"
