"""A question in an address in, a page with its answer out, for browsers without JavaScript."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from qa.desk.database import DeskUnusable
from qa.web import render, schema, token
from qa.web.api_desk import accepted, blank
from qa.web.assets import address
from qa.web.guard import UNSTORED
from qa.web.line import Busy
from qa.web.markup import Html, element, join
from qa.web.service import Service

_log = logging.getLogger("quoth")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_FIELDS = 12
_FORM = (
    ("name", "Your name", "text"),
    ("email", "Your e-mail address", "email"),
    ("message", "Your message", "textarea"),
)


def mount(app: FastAPI, service: Service, root_path: str) -> None:
    @app.get("/plain", include_in_schema=False)
    async def ask(q: str = "", write: str = "") -> HTMLResponse:
        """`q` is asked; `write` is only put into the letter to the owner."""
        status, reply = (200, Html()) if not q.strip() else await _reply(service, q, root_path)
        form = _form(service, root_path, write or q)
        return _page(service, root_path, join(reply, form), q, status)

    @app.post("/plain/message", include_in_schema=False)
    async def write(request: Request) -> HTMLResponse:
        given = _given(await request.body())
        if service.desk is None:
            return _page(service, root_path, render.refusal("Nothing is taken here."), "", 404)
        try:
            message = schema.Message.model_validate(given)
        except ValidationError as error:
            return _again(service, root_path, schema.problem(list(error.errors())), given)
        key = service.desk.database.secret("token")
        if wrong := token.problem(key, message.token) or blank(message):
            return _again(service, root_path, wrong, given)
        try:
            stored = await run_in_threadpool(accepted, service.desk, message)
        except DeskUnusable as error:
            _log.error("nothing was stored: %s", error)
            return _again(service, root_path, UNSTORED, given, 503)
        service.metrics.messages.inc()
        told = element(
            "div",
            element("h2", "Your message has arrived."),
            element("p", "Its reference: ", element("strong", stored.reference)),
            element("p", f"You can expect a reply within {service.settings.reply_within}."),
        )
        return _page(service, root_path, told, "", 200)


async def _reply(service: Service, question: str, root_path: str) -> tuple[int, Html]:
    started = time.perf_counter()
    try:
        answer = await asyncio.shield(service.line.ask(question))
    except Busy as error:
        return 503, render.refusal(str(error))
    except ValueError as error:
        return 422, render.refusal(str(error))
    await service.answered(answer.to_json(), None, time.perf_counter() - started)
    return 200, render.turn("turn", question, render.answer(answer, root_path))


def _given(body: bytes) -> dict[str, str]:
    """A form's fields; the last of a name counts."""
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def _again(
    service: Service, root_path: str, sentence: str, given: dict[str, str], status: int = 422
) -> HTMLResponse:
    form = _form(service, root_path, "", given)
    return _page(service, root_path, join(render.refusal(sentence), form), "", status)


def _form(
    service: Service, root_path: str, question: str, given: dict[str, str] | None = None
) -> Html:
    """The form to write to the owner, filled in as far as it was."""
    if service.desk is None:
        return Html()
    kept = {"message": question, **(given or {})}
    carried = {
        "token": token.made(service.desk.database.secret("token")),
        "key": kept.get("key") or str(uuid.uuid4()),
    }
    fields = [
        element(
            "p",
            element("label", label, for_=name),
            element("textarea", kept.get(name, ""), name=name, id=name, rows=5, maxlength=5000)
            if kind == "textarea"
            else _input(name, kept.get(name, ""), id=name, required="", type=kind),
        )
        for name, label, kind in _FORM
    ]
    return element(
        "form",
        element("h2", "Write to us"),
        *fields,
        *(_input(name, value, type="hidden") for name, value in carried.items()),
        element(
            "p",
            element("label", "Leave this empty", _input("confirm", "", autocomplete="off")),
            class_="unseen",
            aria_hidden="true",
        ),
        element("p", element("button", "Send")),
        action=f"{root_path}/plain/message",
        method="post",
        class_="letter",
    )


def _input(name: str, value: str, **attributes: str) -> Html:
    made = element("input", name=name, value=value, **attributes)
    return Html(made.removesuffix("</input>"))


def _page(service: Service, root_path: str, body: Html, question: str, status: int) -> HTMLResponse:
    title = service.settings.title
    head = join(
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="robots" content="noindex">'),
        element("title", title),
        Html(f'<link rel="icon" href="{address("quoth.svg", root_path)}">'),
        Html(f'<link rel="stylesheet" href="{address("quoth.css", root_path)}">'),
    )
    asking = element(
        "form",
        element("label", "Your question", for_="q"),
        _input("q", question, id="q", maxlength="1000", required=""),
        element("button", "Ask"),
        action=f"{root_path}/plain",
        method="get",
        class_="asking",
    )
    notices = [element("p", n, class_="note") for n in service.assistant.info()["notices"]]
    heading = element("h1", title, dir="auto")
    main = element("main", heading, *notices, asking, body, class_="plain")
    page = element(
        "html", element("head", head), element("body", main, class_="reading"), lang="en"
    )
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return HTMLResponse(f"<!doctype html>{page}", status, headers)
