"""A test set and an index in, every question asked, the result out; what is done is never lost.

While a run goes on its outcomes lie beside the result's file, one a line, so that a run that was
killed or interrupted goes on from there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from index.files import replace
from qa.assistant import Assistant
from qa.evaluation import metrics
from qa.evaluation.measures import Figure
from qa.evaluation.result import Run, result
from qa.evaluation.significance import bootstrap

TIMED = 30  # questions that are asked one by one, as visitors ask, to tell how long an answer takes

Progress = Callable[[str, int, int], None]


class Interrupted(Exception):
    """A run was stopped; the message says what is kept and how to go on."""


def evaluate(
    run: Run,
    journal: Path | None = None,
    timed: Assistant | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Ask every question and return the result (see `qa.evaluation.result`).

    With `journal` the outcomes are kept in that file until the result is returned, and those of an
    earlier run over the same set, index, models and settings are not asked again. `timed` is an
    assistant that is asked some of the questions one by one beforehand.

    Raises Interrupted on Ctrl-C.
    """
    header = run.header()
    done: dict[str, dict[str, Any]] = {}
    try:
        timing = _timing(run, timed)
        with _opened(journal, header, done) as keep:
            started, before = time.perf_counter(), len(done)
            left = [question for question in run.questions if question.id not in done]
            progress("asking", before, len(run.questions))
            for outcome in run.asker.outcomes(left, run.options):
                done[outcome.question.id] = keep(outcome.to_json())
                progress("asking", len(done), len(run.questions))
            seconds = time.perf_counter() - started
    except KeyboardInterrupt:
        raise Interrupted(_kept(journal, len(done), len(run.questions))) from None
    timing |= {
        "asked": len(left),
        "seconds": round(seconds, 1),
        "questions_per_second": round(len(left) / seconds, 2) if left else None,
    }
    return result(header, [done[question.id] for question in run.questions], timing)


def _kept(journal: Path | None, done: int, total: int) -> str:
    if journal is None:
        return "interrupted; with --json FILE what is done would be kept"
    return (
        f"interrupted; {done:,} of {total:,} answers are kept in {journal}: "
        "run the same command again to go on"
    )


@contextmanager
def _opened(
    journal: Path | None, header: dict[str, Any], done: dict[str, dict[str, Any]]
) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """A function that keeps an outcome; `done` is filled with those kept by an earlier run."""
    if journal is None:
        yield lambda outcome: outcome
        return
    try:
        done.update(_read(journal, header))
        begun = "".join(map(_line, (header, *done.values())))
        replace(journal, begun.encode("utf-8", "surrogatepass"))  # whole, whatever happens now
        with journal.open("a", encoding="utf-8", errors="surrogatepass") as file:
            yield lambda outcome: _append(file, outcome)
    except OSError as error:
        raise ValueError(f"{journal} could not be written: {error.strerror}") from None


def _append(file: TextIO, value: dict[str, Any]) -> dict[str, Any]:
    file.write(_line(value))
    file.flush()
    return value


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _read(journal: Path, header: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The outcomes of an earlier run of the same; a last line that was not finished is left."""
    if not journal.is_file():
        return {}
    values = []
    for line in journal.read_text("utf-8", "replace").splitlines():
        try:
            values.append(json.loads(line))
        except ValueError:
            break
    if not values or values[0] != json.loads(json.dumps(header)):
        return {}
    return {value["id"]: value for value in values[1:]}


def _timing(run: Run, assistant: Assistant | None) -> dict[str, Any]:
    """How long an answer takes, from some questions spread over the set."""
    if assistant is None:
        return {}
    spread = np.unique(np.linspace(0, len(run.questions) - 1, TIMED).astype(int))
    took = []
    for place in spread:
        started = time.perf_counter()
        try:
            assistant.ask(run.questions[place].text, run.questions[place].history)
        except ValueError:
            continue
        took.append((time.perf_counter() - started) * 1000)
    return {f"p{q}_ms": _latency(q, took) for q in (50, 95)}


def _latency(q: float, took: list[float]) -> dict[str, Any]:
    values = np.array(took)
    low, high = bootstrap(lambda places: metrics.percentile(q, values[places]), len(values))
    found = Figure(metrics.percentile(q, values), low, high, len(values)).to_json()
    return {name: value if value is None else round(value, 1) for name, value in found.items()}
