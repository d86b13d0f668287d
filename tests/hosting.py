"""A site of somebody else's for tests: pages on an origin of its own, with headers as told."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Pages = dict[str, tuple[str, dict[str, str]]]  # path: page, headers


@contextlib.contextmanager
def hosting(pages: Pages, port: int = 0) -> Iterator[str]:
    """The address; `pages` may be added to while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page, headers = pages.get(self.path.partition("?")[0], ("", {}))
            body = page.encode()
            self.send_response(200 if page else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
