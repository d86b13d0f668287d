"""An assistant in, the web application out: the chat page, the pages of sources, health.

`run` serves it until it is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.answer import SCHEMA
from qa.desk import Desk
from qa.desk.database import DeskUnusable
from qa.settings import Settings
from qa.web import api, api_desk, api_state, assets, embed, page, plain, schema
from qa.web.front import front
from qa.web.guard import UNSTORED, Guard, path_below
from qa.web.line import Assistant
from qa.web.routes import API
from qa.web.service import Service, access
from qa.web.source import missing_page, source_page

UNSTORED_FOR_S = 60  # after which it is worth another try
STOP_WITHIN_S = 2  # browsers keep a stream open; answers take a fraction of this

_log = logging.getLogger("quoth")

_SOURCE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def create_app(
    assistant: Assistant, settings: Settings | None = None, desk: Desk | None = None
) -> FastAPI:
    """The application for any ASGI server; without a desk, it keeps nothing and takes no messages.

    The setting `root_path` is where a proxy puts it, as in `/help`.
    """
    settings = settings or Settings()
    root_path = normalised(settings.root_path)
    app = FastAPI(
        title="Quoth",
        version=str(SCHEMA),
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(Front, title=settings.title, root_path=root_path)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=("GET", "POST"),
        allow_headers=("content-type",),
        expose_headers=("retry-after",),
    )
    app.add_middleware(Guard, settings=settings, root_path=root_path)
    app.mount(assets.ROUTE, StaticFiles(directory=assets.FOLDER))
    service = Service(assistant, settings, desk)
    _add_api(app, service)
    embed.mount(app, settings, root_path)
    plain.mount(app, service, root_path)

    @app.get("/health", include_in_schema=False)
    def health() -> dict[str, str]:
        return {"status": "ok", "generation": str(assistant.info()["generation"])}

    @app.get("/source/{uri:path}", include_in_schema=False)
    def source(uri: str, start: str = "", end: str = "") -> Response:
        document = assistant.document(uri)
        headers = {"content-security-policy": _SOURCE_POLICY}
        if document is None:
            return HTMLResponse(missing_page(uri, root_path), 404, headers)
        body = source_page(document, _offset(start), _offset(end), root_path)
        return HTMLResponse(body, headers=headers)

    page.mount(
        app,
        assistant,
        service.record,
        title=settings.title,
        root_path=root_path,
        hands_over=desk is not None,
    )
    return app


def _add_api(app: FastAPI, service: Service) -> None:
    app.include_router(api.router(service), prefix=API)
    app.include_router(api_state.router(service), prefix=API)
    if service.desk is not None:
        app.include_router(api_desk.router(service, service.desk), prefix=API)

    @app.exception_handler(DeskUnusable)
    async def unstored(request: Request, error: DeskUnusable) -> Response:
        _log.error("nothing was stored: %s", error)
        headers = {"retry-after": str(UNSTORED_FOR_S)}
        return JSONResponse({"error": UNSTORED}, 503, headers)

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"error": schema.problem(list(error.errors()))}, 422)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        if request.url.path.startswith(f"{normalised(service.settings.root_path)}{API}/"):
            return JSONResponse({"error": f"{error.detail}."}, error.status_code, error.headers)
        return PlainTextResponse(str(error.detail), error.status_code, error.headers)


def run(app: FastAPI, host: str, port: int, *, access_log: bool = False) -> None:
    """Serve until interrupted. Raises OSError when the address is taken or not of this machine.

    The access log is a line of JSON for each answer, without question or visitor.
    """
    if access_log:
        access.addHandler(logging.StreamHandler())
        access.setLevel(logging.INFO)
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the Guard knows whom to believe
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    with _listening(host, port) as listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def check_free(host: str, port: int) -> None:
    """Raises OSError when `run` would, before anything slow is done."""
    _listening(host, port).close()


def normalised(root_path: str) -> str:
    """A path with a slash before it and none after; the root is empty.

    >>> normalised("help/"), normalised("/")
    ('/help', '')
    """
    path = root_path.strip("/")
    return f"/{path}" if path else ""


class Front:
    """ASGI middleware that makes Gradio's page ours on its way out."""

    def __init__(self, app: ASGIApp, title: str, root_path: str) -> None:
        self.app = app
        self.title = title
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_below(self.root_path, scope["path"]) != "/":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._response(start["status"], body)(scope, receive, send)

        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, collect)

    def _response(self, status: int, body: bytes) -> Response:
        page = front(body.decode(), title=self.title, root_path=self.root_path)
        return HTMLResponse(page, status)


def _is_news(record: logging.LogRecord) -> bool:
    """Not that streams which browsers keep open were cut when the server stopped."""
    error = record.exc_info[1] if record.exc_info else None
    is_cut = isinstance(error, asyncio.CancelledError) or "graceful shutdown" in str(record.msg)
    return not is_cut


def _offset(given: str) -> int:
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def _listening(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, where = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
    except OSError:
        listener.close()
        raise
    return listener
