"""The side of a sandbox that reads: requests in, Documents or reasons out, within its limits.

A request is a frame of JSON (format, address) and one of the source's bytes, an answer a frame of
JSON; a frame is its length and that many bytes.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import struct
from typing import IO

from corpus import formats
from corpus.document import Unreadable
from corpus.limits import INPUT_BYTES, TEXT_BYTES

LENGTH = struct.Struct(">I")
LARGEST_ANSWER = 4 * TEXT_BYTES  # the text, the page's text, where blocks and sections are
READY = {"ready": True}


def serve(memory_bytes: int, cpu_s: int) -> None:
    """The worker: answers requests until its input ends, as it does when the parent has died."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory_bytes)
    requests, answers = _own_pipes()
    while True:
        try:
            request = json.loads(read_frame(requests, INPUT_BYTES))
            data = read_frame(requests, INPUT_BYTES)
        except EOFError:
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + cpu_s)
        try:
            write_frame(answers, _answer_to(request["format"], data, request["uri"]))
        except MemoryError:
            reason = f"needs more than {memory_bytes / 10**9:g} GB of memory to read"
            write_frame(answers, json.dumps({"reason": reason, "spent": True}).encode())


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Standard input and output, out of reach of a parser that prints, warns or reads."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    write_frame(answers, json.dumps(READY).encode())
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    return requests, answers


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    with contextlib.suppress(OSError, ValueError):  # macOS has no limit on address space
        resource.setrlimit(kind, (value, hard))


def _answer_to(format_name: str, data: bytes, uri: str) -> bytes:
    try:
        document = formats.load(format_name).read(data, uri)
        answer = json.dumps({"document": document.to_json()}, ensure_ascii=False).encode()
        texts = (document.text, document.page_text or "")
        if len(answer) > LARGEST_ANSWER or any(len(t.encode()) > TEXT_BYTES for t in texts):
            raise Unreadable(f"holds more than {TEXT_BYTES // 10**6} MB of text")
        return answer
    except MemoryError:
        raise
    except Unreadable as error:
        reason = str(error)
    except ModuleNotFoundError as error:
        reason = f"is {format_name}, which needs {error.name}, which is not installed"
    except Exception as error:  # whatever a parser raises is about this file
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        reason = f"could not be read as {format_name} ({said})"
    return json.dumps({"reason": reason}).encode()


def write_frame(pipe: IO[bytes], frame: bytes) -> None:
    pipe.write(LENGTH.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()


def read_frame(pipe: IO[bytes], largest: int) -> bytes:
    """The next frame; raises EOFError when the other side has ended, ValueError if it is larger."""
    length = pipe.read(LENGTH.size)
    if len(length) < LENGTH.size:
        raise EOFError
    (size,) = LENGTH.unpack(length)
    if size > largest:
        raise ValueError(f"a frame of {size} bytes")
    frame = pipe.read(size)
    if len(frame) < size:
        raise EOFError
    return frame
