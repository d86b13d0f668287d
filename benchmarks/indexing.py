"""How long it takes to index folders, how much memory, and to ask a question from a cold process.

    python -m benchmarks.indexing "NAME=PATH" ... [--note TEXT]    writes benchmarks/indexing.md

Each command is a process of its own, as on the command line, over an index made for the run.
Memory is the largest resident size of any one of its processes, the workers that read included.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_suffix(".md")
ASKED = 5  # times, of which the median counts
MEMORY_UNIT = 1024 if sys.platform == "linux" else 1  # bytes in a unit of ru_maxrss


@dataclass(frozen=True, slots=True)
class Run:
    """One command: what it printed, its seconds, its processors' seconds and memory in MB."""

    output: str
    seconds: float
    cpu_s: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder measured: from an empty store, once more without a change, and one question."""

    name: str
    megabytes: float
    documents: int
    passages: int
    first: Run
    again: Run
    asked_s: float
    index_mb: float


def quoth(*arguments: str | Path) -> Run:
    """Runs one command and measures it; RuntimeError when it fails."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "qa.cli", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise RuntimeError(said)
    memory_mb = usage.ru_maxrss * MEMORY_UNIT / 1e6
    return Run(said, seconds, usage.ru_utime + usage.ru_stime, memory_mb)


def measured(name: str, path: Path) -> Corpus:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        first = quoth("index", "--store", store, path)
        again = quoth("index", "--store", store)
        facts = json.loads(quoth("info", "--json", "--store", store).output)
        asked = [quoth("ask", "--store", store, "How do I begin?") for _ in range(ASKED)]
        return Corpus(
            name,
            _megabytes(path),
            facts["documents"],
            facts["passages"],
            first,
            again,
            statistics.median(run.seconds for run in asked),
            _megabytes(store),
        )


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def table(found: Sequence[Corpus], note: str = "") -> str:
    help_s = statistics.median(quoth("--help").seconds for _ in range(ASKED))
    columns = (
        "corpus", "size", "documents", "passages", "seconds", "passages/s",
        "processor seconds", "memory", "again", "index", "asked",
    )  # fmt: skip
    rows = [
        f"| {c.name} | {c.megabytes:.2g} MB | {c.documents:,} | {c.passages:,} "
        f"| {c.first.seconds:.1f} | {c.passages / c.first.seconds:.0f} | {c.first.cpu_s:.0f} "
        f"| {c.first.memory_mb:.0f} MB | {c.again.seconds:.1f} s | {c.index_mb:.1f} MB "
        f"| {c.asked_s:.2f} s |"
        for c in found
    ]
    return "\n".join(
        [
            "# Indexing: time and memory",
            "",
            'Written by `python -m benchmarks.indexing "NAME=PATH" ...`',
            f"on {os.cpu_count()} cores ({platform.machine()}, Python "
            f"{platform.python_version()}), {datetime.now(UTC).date()}.",
            "",
            "Seconds are those of `quoth index` into an empty store, start included. *Again* is a",
            "second `quoth index` without any change, *index* its size on disk, *asked* the time",
            f"of `quoth ask` from a cold process (median of {ASKED}). `quoth --help` took "
            f"{help_s:.2f} s.",
            *([f"\n{note}"] if note else []),
            "",
            f"| {' | '.join(columns)} |",
            "|" + "---|" * len(columns),
            *rows,
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--note", default="", help="what else ran on the machine, for the table")
    given = parser.parse_args()
    named = [corpus.partition("=") for corpus in given.corpus]
    missing = [path for _, _, path in named if not Path(path or "?").exists()]
    if missing:
        parser.error(f"no such file or folder: {missing[0] or 'name each as NAME=PATH'}")
    found = [measured(name, Path(path)) for name, _, path in named]
    TABLE.write_text(table(found, given.note), "utf-8")
    sys.stdout.write(TABLE.read_text("utf-8"))


if __name__ == "__main__":
    main()
