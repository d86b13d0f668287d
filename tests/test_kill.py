"""Killed at random moments while messages come in: each acknowledged one is kept exactly once."""

from __future__ import annotations

import email
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx
import pytest

from qa.desk import open_desk
from qa.settings import Settings
from qa.web import token
from qa.web.routes import API

Controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is missing").Controller
KILLS = 25
SENDERS = 4
HERE = Path(__file__).resolve().parent


class _Postbox:
    def __init__(self) -> None:
        self.letters: list[bytes] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.letters.append(envelope.content)
        return "250 taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class _Senders:
    """Visitors who write one message after another, each until it is acknowledged."""

    def __init__(self, address: str, carried: str) -> None:
        self.acknowledged: dict[str, str] = {}
        self.broken_off = 0
        self._address = address
        self._token = carried
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            key = uuid.uuid4().hex
            given = {
                "name": "Ann",
                "email": "ann@shop.example",
                "message": f"Message {key}",
                "key": key,
                "token": self._token,
            }
            while not self._stop.is_set():
                try:
                    response = httpx.post(f"{self._address}{API}/message", json=given, timeout=10)
                except httpx.TransportError:
                    self.broken_off += 1
                    time.sleep(0.03)
                    continue
                assert response.status_code == 200, response.text
                self.acknowledged[key] = response.json()["reference"]
                break


def started(store: Path, port: int, smtp_port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, HERE / "letterbox.py", store, str(port), str(smtp_port)]
    import qa

    package = str(Path(qa.__file__).resolve().parent.parent)
    served = subprocess.Popen(command, env={"PYTHONPATH": package, "PATH": "/usr/bin:/bin"})
    deadline = time.monotonic() + 60
    while served.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return served
        time.sleep(0.05)
    served.kill()
    served.wait()
    raise AssertionError("the letterbox did not open")


@pytest.mark.timeout(600)
def test_every_acknowledged_message_is_kept_and_sent_through_25_kills(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    drawn = random.Random(20)
    box, smtp_port, port = _Postbox(), free_port(), free_port()
    settings = Settings(store=tmp_path)
    desk = open_desk(settings)
    carried = token.made(desk.database.secret("token"), time.time() - 5)
    desk.close()
    controller = Controller(box, hostname="127.0.0.1", port=smtp_port)
    controller.start()
    request.addfinalizer(controller.stop)
    senders = None
    for _ in range(KILLS):
        served = started(tmp_path, port, smtp_port)
        senders = senders or _Senders(f"http://127.0.0.1:{port}", carried)
        time.sleep(drawn.uniform(0.02, 0.7))
        served.kill()
        served.wait()
    served = started(tmp_path, port, smtp_port)
    senders.stop()
    served.kill()
    served.wait()

    desk = open_desk(
        Settings(
            store=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=smtp_port,
            smtp_security="none",
            mail_from="quoth@shop.example",
            mail_to="owner@shop.example",
        )
    )
    kept = Counter(message.message.removeprefix("Message ") for message in desk.messages.all())
    assert senders.broken_off > 0, "no kill interrupted anybody"
    assert len(senders.acknowledged) > KILLS
    assert {key: kept[key] for key in senders.acknowledged} == dict.fromkeys(
        senders.acknowledged, 1
    )
    assert max(kept.values()) == 1
    with desk.database.writing() as raw:
        raw.execute("UPDATE outbox SET due = 0")
    desk.outbox.send_due()
    assert desk.outbox.pending() == 0
    desk.close()
    sent = Counter(email.message_from_bytes(raw)["Message-ID"] for raw in box.letters)
    references = {f"<{ref.lower()}@shop.example>" for ref in senders.acknowledged.values()}
    assert references <= set(sent)
    # At most what a kill caught between the mail server's yes and ours, and recognisable.
    assert sum(count - 1 for count in sent.values()) <= KILLS
