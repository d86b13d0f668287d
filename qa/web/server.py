"""An assistant in, the web application out: the chat page, the pages of sources, health.

`run` serves it until it is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web import assets, page
from qa.web.front import front
from qa.web.guard import Guard, path_below
from qa.web.page import Assistant
from qa.web.source import missing_page, source_page

STOP_WITHIN_S = 2  # browsers keep a stream open; answers take a fraction of this

_SOURCE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def create_app(
    assistant: Assistant, *, title: str = "Ask these documents", root_path: str = ""
) -> FastAPI:
    """The application for any ASGI server. `root_path` is where a proxy puts it, as in `/help`."""
    root_path = normalised(root_path)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Front, title=title, root_path=root_path)
    app.add_middleware(Guard, root_path=root_path)
    app.mount(assets.ROUTE, StaticFiles(directory=assets.FOLDER))

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "generation": str(assistant.info()["generation"])}

    @app.get("/source/{uri:path}")
    def source(uri: str, start: str = "", end: str = "") -> Response:
        document = assistant.document(uri)
        headers = {"content-security-policy": _SOURCE_POLICY}
        if document is None:
            return HTMLResponse(missing_page(uri, root_path), 404, headers)
        body = source_page(document, _offset(start), _offset(end), root_path)
        return HTMLResponse(body, headers=headers)

    page.mount(app, assistant, title=title, root_path=root_path)
    return app


def run(app: FastAPI, host: str, port: int) -> None:
    """Serve until interrupted. Raises OSError when the address is taken or not of this machine."""
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
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
