"""A running server for tests, and what a browser's conversation with it looks like on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from qa.desk import Desk
from qa.settings import Settings
from qa.web.line import Assistant
from qa.web.server import create_app

# What Gradio's queue asks of pandas, newer ones call deprecated.
GRADIO = pytest.mark.filterwarnings(
    "ignore:'future.no_silent_downcasting' is deprecated",
    "ignore:The copy keyword is deprecated",
)

# A test asks faster than any visitor.
ROOMY = {
    "asks_per_minute": 100_000,
    "asks_per_minute_in_all": 100_000,
    "messages_per_hour": 100_000,
}


@contextlib.contextmanager
def serving(
    assistant: Assistant,
    desk: Desk | None = None,
    *,
    behind: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    **given: Any,
) -> Iterator[str]:
    """The address of the application, served on a free port by a thread."""

    listener = socket.create_server(("127.0.0.1", 0))
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        # Built inside the loop: where none runs, Gradio opens some that it never closes.
        app = create_app(assistant, Settings(**{**ROOMY, **given}), desk)
        config = uvicorn.Config(
            behind(app), log_level="critical", timeout_graceful_shutdown=1, proxy_headers=False
        )
        servers.append(uvicorn.Server(config))
        await servers[0].serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        while not (servers and servers[0].started):
            assert thread.is_alive(), "the application could not be built"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        if servers:
            servers[0].should_exit = True
        thread.join()
        listener.close()


@contextlib.contextmanager
def served_by(command: Sequence[str | Path], **given: Any) -> Iterator[str]:
    """The address that a command serves at, on a free port; it has to end well when interrupted."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*map(str, command), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **given,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while not _answers(address):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the server does not come up"
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert f"Quoth answers at {address}/" in said


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health").is_success
    except httpx.TransportError:
        return False


def ask(address: str, question: Any) -> str:
    """The turn that the chat page is sent for a question, as HTML."""
    session = uuid.uuid4().hex[:11]
    with httpx.Client(base_url=address, timeout=60) as client:
        dependencies = client.get("/config").raise_for_status().json()["dependencies"]
        asking = next(d for d in dependencies if len(d["inputs"]) == 2 and len(d["outputs"]) == 3)
        client.post(
            "/gradio_api/queue/join",
            content=json.dumps(
                {"data": [question, None], "fn_index": asking["id"], "session_hash": session}
            ),
            headers={"content-type": "application/json"},
        ).raise_for_status()
        last = ""
        with client.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": session}
        ) as events:
            for line in events.iter_lines():
                event = json.loads(line.removeprefix("data: ")) if line else {}
                if event.get("msg") in ("process_generating", "process_completed"):
                    data = event["output"].get("data") or []
                    last = data[0] if data and isinstance(data[0], str) else last
                if event.get("msg") == "process_completed":
                    return last
    raise AssertionError("the stream ended without an answer")
