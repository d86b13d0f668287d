"""Requests in, only those on the list of routes let through; headers that protect a browser out.

Everything here happens before a body is read: host, route, method, origin, type, length, rate.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.settings import Settings
from qa.web.limits import Limits
from qa.web.routes import API, Route, matching
from qa.web.visitor import networks, visitor

BROKEN = "Something went wrong, and the request was not answered. Please try again."
UNSTORED = "This could not be stored at the moment, and nothing was sent. Please try again later."
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANYWHERE = ("0.0.0.0", "::", "")

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
_API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = {
    "content-security-policy": _POLICY,
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_API_HEADERS = {
    **_HEADERS,
    "content-security-policy": _API_POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}


_log = logging.getLogger("quoth")


class Guard:
    """ASGI middleware around the whole application; tells it under which path it is served."""

    def __init__(self, app: ASGIApp, settings: Settings, root_path: str = "") -> None:
        self.app = app
        self.root_path = root_path
        self._hosts = {*LOOPBACK, *settings.hosts} | ({settings.host} - set(ANYWHERE))
        self._origins = set(settings.origins)
        self._proxies = networks(settings.proxies)
        self._limits = Limits(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        path = path_below(self.root_path, scope["path"])
        placed = {
            **scope,
            "root_path": self.root_path,
            "path": self.root_path + path,
            # Gradio would take it for our own name, unchecked.
            "headers": [h for h in scope["headers"] if h[0] != b"x-forwarded-host"],
        }
        refused = self._refusal(scope, path, Headers(scope=scope))
        sent = _Sent(send, _is_api(path))
        try:
            await (refused or self.app)(placed, receive, sent)
        except Exception:
            _log.exception("a request to %s failed", path if matching(path) else "nowhere")
            if sent.started:
                raise
            await _refused(path, 500, BROKEN)(placed, receive, sent)

    def _refusal(self, scope: Scope, path: str, headers: Headers) -> Response | None:
        """Why a request goes no further, cheapest question first; None lets it through."""
        if "*" not in self._hosts and _name(headers.get("host", "")) not in self._hosts:
            return _refused(
                path,
                421,
                "This server is not set up for that host name; the owner can list it in hosts.",
            )
        routes = matching(path)
        if not routes:
            return _refused(path, 404, "Nothing is here.")
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return None
        route = next((r for r in routes if scope["method"] in r.methods), None)
        if route is None:
            allowed = ", ".join(sorted({m for r in routes for m in r.methods}))
            return _refused(path, 405, f"Here only {allowed} is answered.", allow=allowed)
        return (
            self._foreign(scope["method"], path, headers)
            or _unfit(path, route, headers)
            or self._hasty(route, scope, path)
        )

    def _foreign(self, method: str, path: str, headers: Headers) -> Response | None:
        """Browsers say which page asks; others say nothing and carry no visitor's authority.

        Other origins' pages may read what is public, as their browsers let them, but not the API.
        """
        origin = headers.get("origin")
        if origin is None or origin.lower() in self._origins:
            return None
        if method != "POST" and not _is_api(path):
            return None
        if urlsplit(origin).netloc.lower() == headers.get("host", "").lower():
            return None
        return _refused(
            path, 403, "Pages of this origin may not ask here; the owner can list it in origins."
        )

    def _hasty(self, route: Route, scope: Scope, path: str) -> Response | None:
        if route.limit is None:
            return None
        wait_s = self._limits.wait_s(route.limit, visitor(scope, self._proxies))
        if not wait_s:
            return None
        sentence = f"That is more than is answered at a time; please wait {wait_s} seconds."
        return _refused(path, 429, sentence, **{"retry-after": str(wait_s)})


def path_below(root_path: str, path: str) -> str:
    """`path` without the prefix that a proxy may or may not have taken off.

    >>> path_below("/s", "/s/source/a"), path_below("/s", "/source/a"), path_below("/s", "/s")
    ('/source/a', '/source/a', '/')
    """
    if path == root_path or path.startswith(root_path + "/"):
        path = path.removeprefix(root_path)
    return path or "/"


def _unfit(path: str, route: Route, headers: Headers) -> Response | None:
    """A body that is too long, of another type or of unknown length; none where none belongs."""
    length = headers.get("content-length", "0" if not route.max_bytes else "")
    if not length.isascii() or not length.isdecimal() or "transfer-encoding" in headers:
        return _refused(path, 411, "A request with a body has to say how long it is.")
    if len(length) > 12 or int(length) > route.max_bytes:
        return _refused(path, 413, f"This takes at most {route.max_bytes:,} bytes.")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if route.json and kind != "application/json":
        return _refused(path, 415, "This takes a body of the type application/json.")
    return None


def _refused(path: str, status: int, sentence: str, **headers: str) -> Response:
    if _is_api(path):
        return JSONResponse({"error": sentence}, status, headers)
    return PlainTextResponse(sentence, status, headers)


def _is_api(path: str) -> bool:
    return path.startswith(API + "/")


def _name(host: str) -> str:
    """A Host header without its port."""
    name = host.lower()
    return name[: name.rfind("]") + 1] if name.startswith("[") else name.partition(":")[0]


class _Sent:
    """`send` with the headers that every response carries."""

    def __init__(self, send: Send, is_api: bool) -> None:
        self._send = send
        self._headers = _API_HEADERS if is_api else _HEADERS
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)
