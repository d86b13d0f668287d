"""The commands that evaluate: their arguments, and what each runs.

Nothing is imported before it is needed, so that `quoth --help` stays quick.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.evaluation.result import Run
    from qa.settings import Settings

DONE, GATE_FAILED, INTERRUPTED = 0, 3, 130

Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def register(command: Command) -> None:
    """Adds the commands; `command(name, run, help)` makes a parser with the common arguments."""
    one = command("evaluate", evaluate, "Ask a set of questions and measure the answers.")
    one.add_argument("testset", type=Path, metavar="TESTSET", help="CSV, JSONL, XLSX or SQuAD JSON")
    one.add_argument(
        "--docs", type=Path, metavar="PATH", help="a folder or file to index for this run alone"
    )
    for name, help in (
        ("json", "the whole result; a run that is stopped goes on from what lies beside FILE"),
        ("html", "a report to read, whole in one file"),
        ("markdown", "a summary for a pull request"),
        ("junit", "a test case for each question, as JUnit's XML"),
    ):
        one.add_argument(f"--{name}", type=Path, metavar="FILE", help=help)
    one.add_argument(
        "--always-answer",
        action="store_true",
        help="count the first answer even if it is held back",
    )
    one.add_argument(
        "--retrieval-only", action="store_true", help="measure what is found and read nothing"
    )
    one.add_argument("--reader", metavar="NAME", help="the reader to measure")


def evaluate(given: argparse.Namespace) -> int:
    from qa.evaluation import formats
    from qa.evaluation.run import Interrupted
    from qa.evaluation.run import evaluate as evaluated
    from qa.evaluation.summary import terminal
    from qa.progress import bars

    questions = formats.read(given.testset)
    written = [path for path in (given.json, given.html, given.markdown, given.junit) if path]
    for path in written:
        _check_writable(path)
    journal = given.json and given.json.with_name(given.json.name + ".partial")
    with _opened(given) as settings:
        run, assistant = _run(given, questions, settings)
        try:
            with bars() as progress:
                value = evaluated(run, journal, assistant, progress)
        except Interrupted as interrupted:
            return _told(str(interrupted), INTERRUPTED)
    _write_reports(given, value)
    if journal:
        journal.unlink(missing_ok=True)
    sys.stdout.write(terminal(value) + "\n")
    return DONE


def _run(given: argparse.Namespace, questions: Any, settings: Settings) -> tuple[Run, Any]:
    from index.encoder import open_encoder
    from index.files import Store
    from index.search import Index
    from qa import readers
    from qa.assistant import Assistant
    from qa.evaluation.asking import Asker, Options
    from qa.evaluation.result import Run

    encoder = open_encoder(settings.encoder)
    generation = Store(settings.store).current()
    asker = Asker(generation, encoder, settings)
    options = Options(given.always_answer, given.retrieval_only)
    run = Run(given.testset.name, questions, asker, options)
    if given.retrieval_only:
        return run, None
    index = Index(generation, encoder)
    reader = readers.load(settings.reader).open(encoder, index)
    return run, Assistant(index, reader, settings)


@contextmanager
def _opened(given: argparse.Namespace) -> Iterator[Settings]:
    """The settings, over the store or over an index of `--docs` that is gone afterwards."""
    from qa.settings import load

    flags = {name: getattr(given, name, None) for name in ("store", "encoder", "reader")}
    if given.docs is None:
        yield load(flags)
        return
    if given.store:
        raise ValueError("--store and --docs name two things to ask; give one of them")
    from index.build import update
    from index.encoder import open_encoder
    from index.files import Store
    from qa.evaluation.documents import prepared
    from qa.progress import bars

    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        settings = load({**flags, "store": Path(folder) / "store"})
        path = prepared(given.docs, Path(folder))
        with bars() as progress:
            update(
                Store(settings.store),
                open_encoder(settings.encoder),
                [path],
                engine=settings.engine,
                progress=progress,
            )
        yield settings


def _write_reports(given: argparse.Namespace, value: dict[str, Any]) -> None:
    from qa.evaluation.junit import junit
    from qa.evaluation.report import html
    from qa.evaluation.summary import markdown

    texts: dict[str, Callable[[], str]] = {
        "json": lambda: json.dumps(value, ensure_ascii=False, indent=1) + "\n",
        "html": lambda: html(value),
        "markdown": lambda: markdown(value),
        "junit": lambda: junit(value),
    }
    for name, text in texts.items():
        if path := getattr(given, name):
            _write(path, text())


def _check_writable(path: Path) -> None:
    """Before hours of work: that the file can be written afterwards."""
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise ValueError(f"{path} cannot be written: {'it' if path.is_dir() else 'its folder'} "
                         f"{'is a folder' if path.is_dir() else 'does not exist'}")  # fmt: skip


def _write(path: Path, text: str) -> None:
    from index.files import replace

    try:
        replace(path, text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise ValueError(f"{path} could not be written: {error.strerror}") from None


def _told(message: str, status: int) -> int:
    sys.stderr.write(f"quoth: {message}\n")
    return status
