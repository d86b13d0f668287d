"""A made-up company's site in, its pages with the help widget on them out: `quoth demo`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).parent / "site"
WIDGET = {"title": "Talk to the founder", "color": "#7a4a12"}
PLACE = b"<!--widget-->"  # where a page has the widget's lines
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}


@contextmanager
def served(port: int, lines: str, help_address: str) -> Iterator[str]:
    """The site's address while it is served on this machine, `lines` on each page.

    Under the policy of a careful site: nothing but its own style and the widget of
    `help_address`. Raises ValueError for a port that cannot be had.
    """
    policy = (
        f"default-src 'none'; style-src 'self'; script-src {help_address}; "
        f"connect-src {help_address}; form-action {help_address}; base-uri 'none'"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0].lstrip("/") or "index.html"
            known = {path.name: path for path in SITE.iterdir() if path.suffix in _TYPES}
            path = known.get(name)
            body = path.read_bytes().replace(PLACE, lines.encode()) if path else b"Nothing is here."
            self.send_response(200 if path else 404)
            self.send_header("content-type", _TYPES[path.suffix] if path else "text/plain")
            self.send_header("content-length", str(len(body)))
            self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(
            f"cannot listen on port {port} ({why}): choose another with --site-port"
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="quoth-demo", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
