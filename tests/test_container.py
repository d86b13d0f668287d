"""The Dockerfile's commands, run as an ordinary user in a tree that is read-only but for /data.

No image can be built where tests run; namespaces of the kernel give the same conditions.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = ROOT / "Dockerfile"
# A writable folder, the rest of the tree read-only; then a user without any power over it.
READ_ONLY = 'mount --bind "$0" "$0" && cd "$0" && mount -o remount,bind,ro / && exec "$@"'
ORDINARY = ("unshare", "--user", "--map-user=10001", "--map-group=10001")

pytestmark = pytest.mark.skipif(not DOCKERFILE.exists(), reason="reads the Dockerfile")


def told(name: str) -> list[str]:
    """The arguments of an instruction in its JSON form."""
    (found,) = re.findall(rf"^{name}.*?(\[.*\])$", DOCKERFILE.read_text("utf-8"), re.M)
    return list(json.loads(found))


def contained(folder: Path, *command: str) -> list[str]:
    inside = ["bash", "-c", READ_ONLY, str(folder), *ORDINARY, *command]
    return ["unshare", "--mount", *inside]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    probe = contained(tmp_path, "bash", "-c", f"! touch {ROOT}/x && touch {tmp_path}/x && id -u")
    done = shutil.which("unshare") and subprocess.run(probe, capture_output=True, text=True)
    if not done or done.stdout.strip() != "10001":
        pytest.skip("this machine gives no namespaces to run a container's commands in")
    return tmp_path


def test_what_it_copies_is_there_and_it_ends_as_an_ordinary_user():
    text = DOCKERFILE.read_text("utf-8")
    copied = " ".join(re.findall(r"^COPY (?!--)(.+) \S+$", text, re.M)).split()
    assert {"corpus", "index", "qa", "constraints.txt"} <= set(copied)
    allowed = (ROOT / ".dockerignore").read_text("utf-8")
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}\n" in allowed
    assert re.findall(r"^USER (\d+)$", text, re.M) == ["10001"]


def test_its_commands_serve_from_a_read_only_tree(data: Path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    assert told("ENTRYPOINT") == ["quoth"]
    quoth = [sys.executable, "-P", "-m", "qa.cli", *told("CMD"), "--port", port]
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(data),
        "QUOTH_HOST": "0.0.0.0", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    check = told("HEALTHCHECK")
    assert check[0] == "python"
    check = [sys.executable, *(part.replace(":7860", f":{port}") for part in check[1:])]
    served = subprocess.Popen(
        contained(data, *quoth), cwd=data, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while subprocess.run(check, capture_output=True).returncode:
            assert served.poll() is None, served.communicate()[0]
            assert time.monotonic() < deadline, "it does not get healthy"
            time.sleep(1)
        asked = subprocess.run(
            contained(data, sys.executable, "-P", "-m", "qa.cli", "ask", "What is a treaty?"),
            cwd=data, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert asked.returncode == 0, asked.stderr
        assert "treaty" in asked.stdout
    finally:
        served.send_signal(signal.SIGINT)
        said, _ = served.communicate(timeout=60)
    assert f"Quoth answers at http://0.0.0.0:{port}/" in said
    assert served.returncode == 0, said
