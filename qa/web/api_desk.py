"""The API's routes for what visitors leave behind: feedback, messages to the owner."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from qa.desk import Desk
from qa.desk.messages import Message
from qa.web import schema, token
from qa.web.api import REFUSALS, problems
from qa.web.service import Service


def router(service: Service, desk: Desk) -> APIRouter:
    routes = APIRouter(tags=["desk"])
    key = desk.database.secret("token")
    within = service.settings.reply_within

    @routes.get(
        "/token",
        summary="What a message has to carry",
        responses={200: {"model": schema.Token}, **problems(403, 413, 421, 429, 500)},
    )
    def new_token() -> JSONResponse:
        return JSONResponse({"token": token.made(key), "reply_within": within})

    @routes.post(
        "/message",
        summary="Write to the owner",
        responses={200: {"model": schema.Receipt}, **problems(400, *REFUSALS, 500)},
    )
    def message(given: schema.Message) -> JSONResponse:
        """Stored before it is acknowledged; the same `key` again gives the same reference."""
        if wrong := token.problem(key, given.token) or blank(given):
            return JSONResponse({"error": wrong}, 422)
        stored = accepted(desk, given)
        service.metrics.messages.inc()
        return JSONResponse({"reference": stored.reference, "reply_within": within})

    @routes.post(
        "/feedback",
        summary="Say whether an answer helped",
        responses={200: {"model": schema.Stored}, **problems(400, 404, *REFUSALS, 500)},
    )
    def feedback(given: schema.Feedback) -> JSONResponse:
        """One verdict an answer: the last one counts. Nothing is stored while the log is off."""
        service.metrics.feedback.labels(str(given.helpful).lower()).inc()
        if not desk.questions.kept:
            return JSONResponse({"stored": False})
        if not desk.questions.judge(given.answer, given.helpful, given.reason):
            return JSONResponse({"error": "No answer with this id is in the log."}, 404)
        return JSONResponse({"stored": True})

    return routes


def blank(given: schema.Message) -> str | None:
    """What is left empty, once invisible characters are gone."""
    if not given.name or not given.message:
        return "A message has to have a name and a text."
    return None


def accepted(desk: Desk, given: schema.Message) -> Message:
    """Stored; as spam, and not sent, when the field that people do not see was filled in."""
    turns = tuple(turn.model_dump() for turn in given.conversation)
    written = Message(given.name, given.email, given.message, turns, given.page)
    return desk.messages.add(written, given.key, spam=bool(given.confirm))
