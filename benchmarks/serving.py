"""How long visitors of `quoth serve` wait for an answer, one alone and 16 at once.

    python -m benchmarks.serving [--clients 16] [--seconds 60] [--note TEXT]    writes serving.md

Questions are those of tests/faq.jsonl. "API" is from sending a question to the last byte of its
answer; "widget" from pressing Enter to the marked quote on the screen, in Chromium. Among clients
each asks one question after the other, and every answer is compared with the one given alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_suffix(".md")
FAQ = ROOT / "tests" / "faq.jsonl"
VARYING = ("id", "timing_ms")
IN_WIDGET = 40  # questions asked in the browser
UP_WITHIN_S = 300
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@dataclass(slots=True)
class Load:
    """What clients saw: seconds of each answer, and how many failed or differed."""

    name: str
    clients: int = 1
    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    different: int = 0


def main() -> None:
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as address:
        questions = [json.loads(line)["question"] for line in FAQ.read_text("utf-8").splitlines()]
        expected, alone = asked_alone(address, questions)
        shown = in_widget(address, [q for q in questions if expected[q]["verdict"] == "answered"])
        load = among_clients(address, expected, given.clients, given.seconds)
    loads = [Load("API, alone", 1, alone), Load("Widget, alone", 1, shown), load]
    TABLE.write_text(table(loads, given.note), "utf-8")
    sys.stdout.write(TABLE.read_text("utf-8"))


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """`quoth serve --sample` in a process of its own, with limits that no client meets."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    roomy = {"ASKS_PER_MINUTE": "1000000", "ASKS_PER_MINUTE_IN_ALL": "1000000"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "qa.cli", "serve", "--sample", "--port", str(port)],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **{f"QUOTH_{name}": value for name, value in roomy.items()},
        },
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + UP_WITHIN_S
        while not _is_up(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("quoth serve did not come up")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


def asked_alone(
    address: str, questions: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], list[float]]:
    """Each question's answer, and the seconds of each, one after the other."""
    expected, seconds = {}, []
    with httpx.Client(base_url=address, timeout=60) as client:
        for question in questions[:5]:
            _ask(client, question)
        for question in questions:
            started = time.perf_counter()
            expected[question] = _ask(client, question)
            seconds.append(time.perf_counter() - started)
    return expected, seconds


def in_widget(address: str, questions: Sequence[str]) -> list[float]:
    """Seconds from Enter to the quote, measured by the page itself."""
    from playwright.sync_api import sync_playwright

    chromium = next(
        (p for p in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser")) if p.exists()),
        None,
    )
    drawn = random.Random(1).sample(list(questions), min(IN_WIDGET, len(questions)))
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        page = browser.new_page()
        page.goto(f"{address}/frame")
        page.locator("quoth-widget textarea").first.wait_for()
        seconds = [float(page.evaluate(TIMED, question)) / 1000 for question in drawn]
        browser.close()
    return seconds


# Types a question, presses Enter, and tells after how many milliseconds a new quote was painted.
TIMED = """async (question) => {
  const root = document.querySelector("quoth-widget").shadowRoot;
  const field = root.querySelector("textarea"), before = root.querySelectorAll("article").length;
  field.value = question;
  const started = performance.now();
  const pressed = { key: "Enter", bubbles: true, cancelable: true };
  field.dispatchEvent(new KeyboardEvent("keydown", pressed));
  for (;;) {
    await new Promise(requestAnimationFrame);
    const last = root.querySelectorAll("article")[before];
    if (last?.querySelector("blockquote, .trouble")) return performance.now() - started;
  }
}"""


def among_clients(
    address: str, expected: dict[str, dict[str, Any]], clients: int, seconds: float
) -> Load:
    """What `clients` see that ask at the same time for so long."""
    load = Load(f"API, {clients} clients for {seconds:.0f} s", clients)
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def visit(number: int) -> None:
        drawn = random.Random(number)
        with httpx.Client(base_url=address, timeout=60) as client:
            while time.monotonic() < until:
                question = drawn.choice(list(expected))
                started = time.perf_counter()
                try:
                    is_same, failed = _ask(client, question) == expected[question], False
                except httpx.HTTPError:
                    is_same, failed = True, True
                took = time.perf_counter() - started
                with lock:
                    load.seconds.append(took)
                    load.errors += failed
                    load.different += not is_same

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def table(loads: Sequence[Load], note: str) -> str:
    lines = [
        "# Answering, measured",
        "",
        f"`python -m benchmarks.serving`, {datetime.now(UTC):%Y-%m-%d}; {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}. " + note,
        "",
        "| way | answers | median, ms | 95 % within, ms | a second | errors | different |",
        "|---|---|---|---|---|---|---|",
    ]
    for load in loads:
        late = statistics.quantiles(load.seconds, n=20)[-1]
        per_second = load.clients * len(load.seconds) / sum(load.seconds)
        lines.append(
            f"| {load.name} | {len(load.seconds):,} | {1000 * statistics.median(load.seconds):.0f} "
            f"| {1000 * late:.0f} | {per_second:.1f} | {load.errors} | {load.different} |"
        )
    return "\n".join(lines) + "\n"


def _ask(client: httpx.Client, question: str) -> dict[str, Any]:
    """An answer without what differs each time."""
    told = client.post("/api/v1/ask", json={"question": question}).raise_for_status().json()
    return {name: value for name, value in told.items() if name not in VARYING}


def _is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/v1/ready").is_success
    except httpx.HTTPError:
        return False


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--note", default="", help="a sentence for above the table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
