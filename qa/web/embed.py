"""The widget's files in, what a browser loads out: the script under its version, its languages.

The version is of the content, so that `widget-VERSION.js` never changes.
"""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from qa.settings import Settings
from qa.snippet import FRAME_OPTIONS
from qa.web.markup import Html, element

FOLDER = Path(__file__).parent / "widget"
LANGUAGES = tuple(sorted(path.stem for path in (FOLDER / "languages").glob("*.json")))
FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"


@cache
def script() -> bytes:
    """The widget, its style sheet within."""
    style = (FOLDER / "widget.css").read_text("utf-8")
    if any(mark in style for mark in ("`", "${", "\\")):
        raise ValueError(
            "widget.css holds a mark that a JavaScript template would take for its own"
        )
    return (FOLDER / "widget.js").read_text("utf-8").replace("/*STYLE*/", style).encode()


@cache
def version() -> str:
    return hashlib.sha256(script()).hexdigest()[:12]


@cache
def integrity() -> str:
    """What browsers compare the script with, as in the attribute `integrity`."""
    return "sha384-" + b64encode(hashlib.sha384(script()).digest()).decode()


def mount(app: FastAPI, settings: Settings, root_path: str) -> None:
    """Adds the routes of the widget: the script, its languages, the page for a frame."""

    @app.get("/widget.js", include_in_schema=False)
    def newest(request: Request) -> Response:
        return _file(request, script(), "text/javascript", BRIEFLY)

    @app.get("/widget-{asked}.js", include_in_schema=False)
    def versioned(request: Request, asked: str) -> Response:
        if asked != version():
            sentence = "That version is not here; `quoth widget --fixed` prints the line anew."
            return PlainTextResponse(sentence, 404)
        return _file(request, script(), "text/javascript", FOREVER)

    @app.get("/widget/{language}.json", include_in_schema=False)
    def words(request: Request, language: str) -> Response:
        if language not in LANGUAGES:
            return PlainTextResponse(f"The widget speaks {', '.join(LANGUAGES)}.", 404)
        body = (FOLDER / "languages" / f"{language}.json").read_bytes()
        return _file(request, body, "application/json", BRIEFLY)

    @app.get("/frame", include_in_schema=False)
    def frame(request: Request) -> Response:
        given = {name: request.query_params.get(name, "")[:500] for name in FRAME_OPTIONS}
        allowed = " ".join(["'self'", *settings.origins])
        policy = (
            "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
            f"form-action 'none'; frame-ancestors {allowed}"
        )
        return HTMLResponse(
            _frame({"title": settings.title, **{k: v for k, v in given.items() if v}}, root_path),
            headers={"content-security-policy": policy},
        )


def _frame(options: Mapping[str, str], root_path: str) -> str:
    data = {f"data-{name}": value for name, value in options.items()}
    loaded = element("script", src=f"{root_path}/widget.js", data_mode="frame", defer="", **data)
    head = Html(
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="robots" content="noindex">' + element("title", options["title"])
    )
    language = options.get("language", "en")
    return f"<!doctype html>{element('html', element('head', head, loaded), lang=language)}"


def _file(request: Request, body: bytes, media_type: str, caching: str) -> Response:
    headers = {"cache-control": caching, "vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        body = _packed(body)
    return Response(body, media_type=media_type, headers=headers)


@cache
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
