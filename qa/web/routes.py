"""Every address that answers: what for, how often, and how much it takes. Nothing else is let in.

`tests/test_routes.py` walks the application's routes and holds them against this list.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["asks", "reads", "messages"]  # which rate limit counts a request

API = "/api/v1"
SMALL, LARGE = 8_000, 128_000
# The longest question that settings allow, escaped, three times over.
GRADIO_BODY = 256_000


class Route(NamedTuple):
    """`pattern` is of the path below the root path; `json` that a body has to be JSON."""

    methods: tuple[str, ...]
    pattern: str
    purpose: str
    limit: Kind | None = None
    max_bytes: int = 0
    json: bool = False


_READ = ("GET", "HEAD")
ROUTES = (
    Route(("POST",), f"{API}/ask", "a question's answer", "asks", LARGE, True),
    Route(("POST",), f"{API}/ask/stream", "the same, as events", "asks", LARGE, True),
    Route(("POST",), f"{API}/feedback", "whether an answer helped", "reads", SMALL, True),
    Route(("POST",), f"{API}/message", "a message to the owner", "messages", LARGE, True),
    Route(("GET",), f"{API}/token", "what a message has to carry", "reads"),
    Route(("GET",), f"{API}/suggest", "examples, next questions, headings", "reads"),
    Route(("GET",), f"{API}/health", "that the process runs"),
    Route(("GET",), f"{API}/ready", "whether it can answer"),
    Route(("GET",), f"{API}/metrics", "counts for Prometheus", "reads"),
    Route(("GET",), f"{API}/openapi.json", "the description of the above", "reads"),
    Route(_READ, "/", "the chat page"),
    Route(_READ, "/health", "that the process runs"),
    Route(_READ, r"/source/.+", "the indexed text of a document", "reads"),
    Route(_READ, r"/web/.+", "our style sheets and scripts"),
    Route(_READ, r"/widget(?:-[0-9a-f]{12})?\.js", "the widget"),
    Route(_READ, r"/widget/[a-z]{2}\.json", "the widget's words in a language"),
    Route(_READ, "/frame", "the widget as a page, to be framed"),
    Route(_READ, "/plain", "asking without JavaScript", "asks"),
    Route(("POST",), "/plain/message", "writing without JavaScript", "messages", LARGE),
    # Of the 84 routes that Gradio mounts, what its page asks for.
    Route(_READ, r"/(?:config|theme\.css|robots\.txt|favicon\.ico)", "the chat page"),
    Route(_READ, r"/(?:assets|static|svelte)/.+", "the chat page"),
    Route(_READ, r"/gradio_api/(?:info|startup-events|queue/data|heartbeat/\w+)", "the chat page"),
    Route(("POST",), "/gradio_api/queue/join", "a question of the chat page", "asks", GRADIO_BODY),
    Route(("POST",), r"/gradio_api/(?:reset|cancel|run/predict)", "the chat page", "reads", SMALL),
)


def matching(path: str) -> list[Route]:
    return [route for route in ROUTES if re.fullmatch(route.pattern, path, re.DOTALL)]
