"""Requests in, only those that the pages make let through; headers that protect a browser out."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 256_000  # the longest question that settings allow, escaped, three times over

# Of the 84 routes that Gradio mounts, what its page asks for.
_READ = re.compile(
    r"/(?:config|theme\.css|robots\.txt|favicon\.ico|health)?"
    r"|/(?:assets|static|svelte|source|web)/.+"
    r"|/gradio_api/(?:info|startup-events|queue/data|heartbeat/\w+)",
    re.DOTALL,
)
_WRITE = re.compile(r"/gradio_api/(?:queue/join|reset|cancel)")

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


class Guard:
    """ASGI middleware around the whole application; tells it under which path it is served."""

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        path = path_below(self.root_path, scope["path"])
        refused = _refusal(scope["method"], path, Headers(scope=scope))
        placed = {**scope, "root_path": self.root_path, "path": self.root_path + path}
        await (refused or self.app)(placed, receive, _protected(send))


def path_below(root_path: str, path: str) -> str:
    """`path` without the prefix that a proxy may or may not have taken off.

    >>> path_below("/s", "/s/source/a"), path_below("/s", "/source/a"), path_below("/s", "/s")
    ('/source/a', '/source/a', '/')
    """
    if path == root_path or path.startswith(root_path + "/"):
        path = path.removeprefix(root_path)
    return path or "/"


def _refusal(method: str, path: str, headers: Headers) -> PlainTextResponse | None:
    if method in ("GET", "HEAD"):
        return None if _READ.fullmatch(path) else _plain(404, "Nothing is here.")
    if method != "POST" or not _WRITE.fullmatch(path):
        return _plain(404, "Nothing is here.")
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return _plain(411, "A request with a body has to say how long it is.")
    if int(length) > MAX_BODY_BYTES:
        return _plain(413, f"A request may have at most {MAX_BODY_BYTES:,} bytes.")
    return None


def _plain(status: int, sentence: str) -> PlainTextResponse:
    return PlainTextResponse(sentence, status)


def _protected(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
