"""A hang, a bomb or a crash in a reader costs one file, never the run."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from corpus.document import Unreadable
from corpus.formats import load
from corpus.limits import INPUT_BYTES, TEXT_BYTES, Limits
from corpus.sandbox import Sandbox

PAGE = b"# Refunds\n\nYou have 30 days."
# Elements that never close: the time to parse them grows with the square of their number.
ENDLESS = b"<div>" * 200_000
# Each of these takes 200 bytes of memory for its 3.
BOMB = b"<p>" * 6_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


def pids(parent: int) -> list[int]:
    """The worker processes that a process has started and that are still there."""
    found = subprocess.run(
        ["ps", "-o", "pid=,stat=,args=", "--ppid", str(parent)], capture_output=True, text=True
    )
    lines = [line.split() for line in found.stdout.splitlines()]
    return [int(words[0]) for words in lines if words[1][0] != "Z" and "corpus.sandbox" in words]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("markdown", PAGE),
        ("html", "<title>Rückgabe</title><p>30 Tage 👩‍👧".encode()),
        ("text", b"Refunds\n\nYou have 30 days.\n"),
    ],
)
def test_it_gives_what_the_format_gives(sandbox: Sandbox, name: str, data: bytes) -> None:
    assert sandbox.read(name, data, "a/b") == load(name).read(data, "a/b")


def test_it_reads_for_many_threads(sandbox: Sandbox) -> None:
    sources = [f"# Page {n}\n\nText of {n}.".encode() for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda data: sandbox.read("markdown", data, "x"), sources))
    assert [document.title for document in found] == [f"Page {n}" for n in range(40)]
    assert len(pids(os.getpid())) == 2


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("html", b"<b>" * 600 + b"deep", "nests its elements more than 512 deep"),
        ("text", b"\0" * 100, "NUL"),
        ("text", b" \n ", "holds no text"),
        ("text", b"a" * INPUT_BYTES + b"b", "is larger than 20 MB"),
        ("text", b"word " * (TEXT_BYTES // 4), "holds more than 5 MB of text"),
        ("no such", b"a", "could not be read as no such"),
    ],
)
def test_it_says_why_a_file_was_not_read(
    sandbox: Sandbox, name: str, data: bytes, reason: str
) -> None:
    with pytest.raises(Unreadable, match=reason):
        sandbox.read(name, data, "x")
    assert sandbox.read("markdown", PAGE, "x").title == "Refunds"


def test_it_stops_a_reader_that_takes_too_much_processor_time() -> None:
    with Sandbox(1, Limits(cpu_s=1)) as sandbox:
        sandbox.read("markdown", PAGE, "x")
        with pytest.raises(Unreadable, match="took more than 1 s of processor time"):
            sandbox.read("html", ENDLESS, "x")
        assert sandbox.read("markdown", PAGE, "x").title == "Refunds"


def test_it_stops_a_reader_that_takes_too_long() -> None:
    sandbox = Sandbox(1, Limits(wall_s=0.5))
    with sandbox, pytest.raises(Unreadable, match=r"took more than 0\.5 s"):
        sandbox.read("html", ENDLESS, "x")


def test_it_stops_a_reader_that_takes_too_much_memory() -> None:
    with Sandbox(1, Limits(memory_bytes=300_000_000)) as sandbox:
        with pytest.raises(Unreadable, match=r"needs more than 0\.3 GB of memory"):
            sandbox.read("html", BOMB, "x")
        assert sandbox.read("markdown", PAGE, "x").title == "Refunds"


def test_it_goes_on_after_a_crash() -> None:
    before = set(pids(os.getpid()))
    with Sandbox(1) as sandbox:
        sandbox.read("markdown", PAGE, "x")
        (worker,) = set(pids(os.getpid())) - before
        threading.Timer(0.3, os.kill, (worker, signal.SIGSEGV)).start()
        with pytest.raises(Unreadable, match=r"crashed its reader \(SIGSEGV\)"):
            sandbox.read("html", ENDLESS, "x")
        assert sandbox.read("markdown", PAGE, "x").title == "Refunds"


def test_it_replaces_a_worker_after_so_many_files() -> None:
    before = set(pids(os.getpid()))
    seen = []
    with Sandbox(1, Limits(files_per_worker=3)) as sandbox:
        for _ in range(6):
            sandbox.read("markdown", PAGE, "x")
            seen.append(set(pids(os.getpid())) - before)
    assert seen[0] == seen[1] != seen[3] == seen[4]
    assert seen[2] == seen[5] == set()


def test_it_limits_processor_time_for_each_file_alone() -> None:
    long = b"word *word* `code`\n\n" * 6_000
    with Sandbox(1, Limits(cpu_s=2)) as sandbox:
        for _ in range(5):
            sandbox.read("markdown", long, "x")


def test_it_leaves_no_process_behind() -> None:
    before = pids(os.getpid())
    with Sandbox() as sandbox:
        sandbox.read("markdown", PAGE, "x")
    assert pids(os.getpid()) == before
    sandbox.close()
    with pytest.raises(Unreadable, match="the sandbox is closed"):
        sandbox.read("markdown", PAGE, "x")


def test_it_ends_a_read_when_it_is_closed() -> None:
    with Sandbox(1) as sandbox, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(sandbox.read, "html", ENDLESS, "x")
        time.sleep(0.5)
        sandbox.close()
        assert isinstance(reading.exception(timeout=5), Unreadable)


PARENT = """
import os, sys, time
from corpus.sandbox import Sandbox
sandbox = Sandbox(1)
sandbox.read("markdown", b"# a", "x")
print("ready", flush=True)
{then}
"""


def _parent(then: str) -> "subprocess.Popen[str]":
    root = str(Path(__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": root, "SECRET_TOKEN": "not for parsers"}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert parent.stdout
    assert parent.stdout.readline() == "ready\n"
    return parent


def test_its_workers_end_when_the_program_is_killed() -> None:
    with _parent("time.sleep(60)") as parent:
        (worker,) = pids(parent.pid)
        parent.kill()
    for _ in range(50):
        if not Path(f"/proc/{worker}/status").exists():
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")


def test_its_workers_know_no_secrets() -> None:
    with _parent("time.sleep(60)") as parent:
        (worker,) = pids(parent.pid)
        environment = Path(f"/proc/{worker}/environ").read_bytes()
        parent.kill()
    assert b"PYTHONPATH" in environment
    assert b"SECRET_TOKEN" not in environment


def test_its_workers_load_no_model_library() -> None:
    code = "import sys, corpus.sandbox; print(*sys.modules)"
    root = str(Path(__file__).parent.parent)
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert not {"torch", "numpy", "onnxruntime", "selectolax"} & set(found.stdout.split())


def test_it_blames_no_file_when_no_worker_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Sandbox(1) as sandbox, pytest.raises(RuntimeError, match="could be started"):
        sandbox.read("markdown", PAGE, "x")
