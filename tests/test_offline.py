"""With the network refused in the process itself, everything works as before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from serving import ask, served_by

import qa

PACKAGE = Path(qa.__file__).resolve().parent.parent
APP = Path(__file__).resolve().parent.parent / "app.py"

# Loaded by every Python started with it in its path, workers included. An audit hook cannot be
# removed and sees what goes around `socket.socket`; what it refuses it also writes down, so that a
# library which lives with the refusal is found out.
REFUSE = """
import os, sys

LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", None)

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host not in LOCAL:
        with open(os.environ["REFUSED"], "a") as file:
            file.write(f"{sys.argv}: {event} {host}\\n")
        raise OSError(101, "Network is unreachable")

sys.addaudithook(refuse)
"""


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """Where refused connections are written down."""
    return tmp_path / "refused"


@pytest.fixture
def environment(tmp_path: Path, refused: Path) -> dict[str, str]:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(REFUSE)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUOTH_")}
    return {**kept, "PYTHONPATH": f"{hooks}:{PACKAGE}", "REFUSED": str(refused)}


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_the_hook_refuses_and_notes_what_leaves_the_machine(environment, refused):
    code = (
        "import urllib.request as r\n"
        "for host in ('example.org', '192.0.2.1'):\n"
        "    try: r.urlopen(f'http://{host}/', timeout=5)\n"
        "    except OSError as error: print('Network is unreachable' in str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\nTrue\n"
    assert len(refused.read_text().splitlines()) == 2


def test_indexing_and_asking_need_no_network(environment, refused, empty, site):
    for arguments in (["index", site], ["ask", "gift cards"], ["verify"], ["info"]):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "qa.cli", *map(str, arguments)],
            cwd=empty, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert not refused.exists(), refused.read_text()


@pytest.mark.skipif(not APP.exists(), reason="starts app.py, which is not here")
def test_the_chat_needs_no_network(environment, refused, empty, sample_store):
    shutil.copytree(sample_store, empty / "store")
    with served_by([sys.executable, APP], cwd=empty, env=environment) as address:
        assert httpx.get(f"{address}/").is_success
        assert "<mark>" in ask(address, "What is extradition?")
    assert not refused.exists(), refused.read_text()


def _can_unshare() -> bool:
    command = shutil.which("unshare")
    return bool(command) and not subprocess.run([command, "-n", "true"], check=False).returncode


@pytest.mark.skipif(not _can_unshare(), reason="the system makes no network of its own for tests")
def test_it_works_where_there_is_no_network_at_all(environment, empty, site):
    for arguments in (["index", site], ["ask", "gift cards"]):
        done = subprocess.run(
            ["unshare", "-n", sys.executable, "-P", "-m", "qa.cli", *map(str, arguments)],
            cwd=empty, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
