"""Documents read in worker processes, so that a hang, a bomb or a crash costs one file.

A worker is `python -P -m corpus.sandbox`, which runs `corpus.worker`: requests on its standard
input, answers on its standard output.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpus.document import Document, Unreadable
from corpus.limits import INPUT_BYTES, Limits
from corpus.worker import LARGEST_ANSWER, READY, read_frame, serve, write_frame

START_S = 60.0  # 0.2 s on an idle machine; more than this and the machine cannot run workers
PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL")  # all a worker needs


class Sandbox:
    """Workers that are kept alive, one file at a time each; `read` may be called by many threads.

    >>> with Sandbox() as sandbox:
    ...     sandbox.read("markdown", b"# Hello", "hello.md").title
    'Hello'
    """

    def __init__(self, workers: int = 2, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        self._alive: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, format_name: str, data: bytes, uri: str) -> Document:
        """The document that the format reads in `data`; raises `Unreadable` with the reason."""
        if len(data) > INPUT_BYTES:
            raise Unreadable(f"is larger than {INPUT_BYTES // 10**6} MB")
        worker = self._idle.get()
        try:
            if worker is None:
                worker = self._start()
            return worker.read(format_name, data, uri)
        finally:
            if worker is not None and worker.is_spent:
                self._stop(worker)
                worker = None
            self._idle.put(worker)

    def close(self) -> None:
        """Ends all workers, those that are reading too; can be called again."""
        with self._lock:
            self._closed = True
            workers = list(self._alive)
        for worker in workers:
            self._stop(worker)

    def _start(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise Unreadable("was not read: the sandbox is closed")
            worker = _Worker(self._limits)
            self._alive.add(worker)
        try:
            worker.wait_until_ready()
        except BaseException:
            self._stop(worker)
            raise
        return worker

    def _stop(self, worker: _Worker) -> None:
        worker.stop()
        with self._lock:
            self._alive.discard(worker)


class _Worker:
    """The parent's side of one process. What comes back is checked: a parser may be taken over."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._files = 0
        self.is_spent = False
        self._timed_out = False
        arguments = [limits.memory_bytes, limits.cpu_s]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "corpus.sandbox", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is the parent's to handle
        )

    def wait_until_ready(self) -> None:
        """Raises RuntimeError when the process cannot run at all: no file is to blame for that."""
        assert self._process.stderr
        with self._watched(START_S):
            answer = self._answer()
        if answer != READY:
            self._process.kill()
            said = self._process.stderr.read().decode(errors="replace").strip()
            raise RuntimeError(f"no process to read documents in could be started: {said[-500:]}")

    def read(self, format_name: str, data: bytes, uri: str) -> Document:
        self.is_spent = True  # unless an answer comes: what is left in the pipes is unknown
        with self._watched(self._limits.wall_s):
            answer = self._answer({"format": format_name, "uri": uri}, data)
        try:
            read = Document.from_json(answer["document"]) if "document" in answer else None
            reason = "" if read else str(answer["reason"])
            spent = bool(answer.get("spent"))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Unreadable(self._end()) from None
        self._files += 1
        self.is_spent = spent or self._files >= self._limits.files_per_worker
        if read is None:
            raise Unreadable(reason)
        return read

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                with contextlib.suppress(BrokenPipeError):  # the unsent rest of a request
                    pipe.close()

    def _answer(self, request: dict[str, str] | None = None, data: bytes = b"") -> Any:
        """What comes back; None when the process ended, was closed or sent something else."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            if request:
                write_frame(self._process.stdin, json.dumps(request).encode())
                write_frame(self._process.stdin, data)
            return json.loads(read_frame(self._process.stdout, LARGEST_ANSWER))
        except (EOFError, OSError, ValueError, RecursionError):
            return None

    @contextlib.contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        watch = threading.Timer(seconds, self._time_out)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _time_out(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _end(self) -> str:
        """Why there was no answer, from the way the process ended."""
        self._process.kill()
        status = self._process.wait()
        if self._timed_out:
            return f"took more than {self._limits.wall_s:g} s"
        if status == -signal.SIGXCPU:
            return f"took more than {self._limits.cpu_s} s of processor time"
        if status < 0:
            return f"crashed its reader ({signal.Signals(-status).name})"
        return f"crashed its reader (exit status {status})"


def _environment() -> dict[str, str]:
    """For a worker: where modules are found and how text is encoded; no secrets."""
    package = str(Path(__file__).resolve().parent.parent)
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"} | passed_on


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
