"""The commands that evaluate: their arguments, and what each runs.

Nothing is imported before it is needed, so that `quoth --help` stays quick.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from qa.evaluation.questions import Question

DONE, BAD_INPUT, GATE_FAILED, INTERRUPTED = 0, 2, 3, 130
SETS = "CSV, JSONL, XLSX or SQuAD JSON"


class Command(Protocol):
    """Makes a command's parser, with the options that say which index it works on."""

    def __call__(
        self,
        name: str,
        run: Callable[[argparse.Namespace], int],
        help: str,
        index: bool = True,
    ) -> argparse.ArgumentParser: ...


def register(command: Command) -> None:
    """Adds the commands."""
    one = command("evaluate", evaluate, "Ask a set of questions and measure the answers.")
    one.add_argument("testset", type=Path, metavar="TESTSET", help=SETS)
    _add_docs(one)
    _add_file(one, "json", "the whole result; a run that was stopped goes on from beside FILE")
    _add_file(one, "html", "a report to read, whole in one file")
    _add_file(one, "markdown", "a summary for a pull request")
    _add_file(one, "junit", "a test case for each question, as JUnit's XML")
    _add_file(one, "gate", "floors and a base that the run must hold, as TOML or JSON")
    _add_file(one, "set-floors", "write this run's figures as floors")
    one.add_argument("--lower", metavar="REASON", help="let --set-floors lower floors, and why")
    one.add_argument(
        "--always-answer", action="store_true", help="count first answers that are held back too"
    )
    one.add_argument(
        "--retrieval-only", action="store_true", help="measure what is found; read nothing"
    )

    one = command("calibrate", calibrate, "Choose from which confidence on Quoth answers.")
    one.add_argument("testset", type=Path, metavar="TESTSET", help=SETS)
    one.add_argument(
        "--aim", type=_share, default=0.05, metavar="SHARE",
        help="of the answers shown at most this share may be wrong (0.05)",
    )  # fmt: skip
    one.add_argument("--reader", metavar="NAME", help="the reader")

    one = command("compare", compare, "Compare two results of `quoth evaluate --json`.", False)
    one.add_argument("base", type=Path, metavar="BASE")
    one.add_argument("new", type=Path, metavar="NEW")
    one.add_argument(
        "--common", action="store_true", help="of two sets compare what both ask alike"
    )
    _add_file(one, "json", "the whole comparison")

    one = command("why", why, "Explain step by step how one question is answered.")
    one.add_argument("question", nargs="+", metavar="QUESTION")
    one.add_argument(
        "--gold", action="append", metavar="GOLD", help="a page or a quote that answers it"
    )
    _add_docs(one)

    one = command("gaps", gaps, "Group the questions of a set that are not answered.")
    one.add_argument("testset", type=Path, metavar="TESTSET", help=f"{SETS}; gold is not needed")
    _add_docs(one)
    _add_file(one, "json", "the groups")

    one = command("testset", testset, "Check a test set, or make one.")
    one.add_argument("what", choices=("check", "from-faq", "leave-one-out"))
    one.add_argument("path", type=Path, metavar="PATH", help="a test set; documents for from-faq")
    _add_docs(one)
    _add_file(one, "out", "the test set to write")
    one.add_argument(
        "--pages", type=Path, metavar="DIR", help="from-faq: the documents without the questions"
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; what would do is 0.05 for 5 %")
    return share


def _add_docs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--docs", type=Path, metavar="PATH", help="a folder or file to index for this run alone"
    )
    parser.add_argument("--reader", metavar="NAME", help="the reader")


def _add_file(parser: argparse.ArgumentParser, name: str, help: str) -> None:
    parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=help)


def evaluate(given: argparse.Namespace) -> int:
    from qa.evaluation import formats, gate
    from qa.evaluation.asking import Options
    from qa.evaluation.opening import as_visited, opened
    from qa.evaluation.questions import merged
    from qa.evaluation.result import Run
    from qa.evaluation.run import Interrupted
    from qa.evaluation.run import evaluate as evaluated
    from qa.evaluation.summary import terminal
    from qa.progress import bars

    questions = merged(formats.read(given.testset))
    wanted = gate.load(given.gate) if given.gate else None
    if given.lower and not given.set_floors:
        raise ValueError("--lower gives the reason for --set-floors FILE, which is missing")
    for path in (given.json, given.html, given.markdown, given.junit, given.set_floors):
        _check_writable(path, given.testset)
    journal = given.json and given.json.with_name(given.json.name + ".partial")
    with opened(given) as asker:
        options = Options(given.always_answer, given.retrieval_only)
        run = Run(given.testset.name, questions, asker, options)
        visited = None if given.retrieval_only else as_visited(asker)
        try:
            with bars() as progress:
                value = evaluated(run, journal, visited, progress)
        except Interrupted as interrupted:
            return _failed(str(interrupted), INTERRUPTED)
    _write_reports(given, value)
    if journal:
        journal.unlink(missing_ok=True)
    _tell("\n".join([*asker.assistant.info()["notices"], terminal(value)]))
    if given.set_floors:
        _tell(gate.set_floors(given.set_floors, value, given.lower))
    reasons = gate.reasons(value, wanted) if wanted else []
    if reasons:
        return _failed("\n  ".join([f"{given.gate} is not passed:", *reasons]), GATE_FAILED)
    if wanted:
        _tell(f"{given.gate} is passed")
    return DONE


def calibrate(given: argparse.Namespace) -> int:
    from qa.evaluation import calibrating, formats
    from qa.evaluation.opening import opened
    from qa.evaluation.questions import merged
    from qa.progress import bars

    questions = merged(formats.read(given.testset))
    with opened(given) as asker, bars() as progress:
        made = calibrating.calibrated(questions, asker, given.aim, progress)
    file = calibrating.keep(asker.settings.store, made)
    _tell(calibrating.told(made))
    _tell(
        f"{file} holds it; a server that is running takes it up with the next `quoth index`, "
        "or when it is started again"
    )
    for name in ("answer_at", "suggest_at"):
        if (value := getattr(asker.settings, name)) is not None:
            _tell(f"{name} is set to {value}, which goes before the calibration's")
    return DONE


def compare(given: argparse.Namespace) -> int:
    from qa.evaluation import result
    from qa.evaluation.compare import compare as compared
    from qa.evaluation.compare import told

    _check_writable(given.json, given.base, given.new)
    base, new = result.load(given.base), result.load(given.new)
    names = (given.base.name, given.new.name)
    if names[0] == names[1]:
        names = (str(given.base), str(given.new))
    comparison = compared(base, new, names, given.common)
    if given.json:
        _write(given.json, _json(comparison.to_json()))
    _tell(told(comparison))
    return DONE


def why(given: argparse.Namespace) -> int:
    from qa.evaluation.opening import opened
    from qa.evaluation.why import explained

    question = _one_question(" ".join(given.question), given.gold or [])
    with opened(given) as asker:
        _tell(explained(asker, question))
    return DONE


def _one_question(text: str, gold: list[str]) -> Question:
    from qa.evaluation import records
    from qa.evaluation.records import Problems

    problems = Problems()
    row = {"question": text, "gold": gold} if gold else {"question": text}
    found = list(records.questions([(1, row)], problems, needs_gold=False))
    if not found:
        raise ValueError(f"the {problems[0].column} {problems[0].what}")
    return found[0]


def gaps(given: argparse.Namespace) -> int:
    from qa.evaluation import formats
    from qa.evaluation.asking import Options
    from qa.evaluation.gaps import gaps as found_gaps
    from qa.evaluation.gaps import told
    from qa.evaluation.opening import opened
    from qa.progress import bars

    questions = formats.read(given.testset, needs_gold=False)
    _check_writable(given.json, given.testset)
    with opened(given) as asker, bars() as progress:
        outcomes = []
        progress("asking", 0, len(questions))
        for outcome in asker.outcomes(questions, Options()):
            outcomes.append(outcome)
            progress("asking", len(outcomes), len(questions))
        found = found_gaps(outcomes, asker.encoder)
    if given.json:
        _write(given.json, _json({"schema": 1, "gaps": [gap.to_json() for gap in found]}))
    _tell(told(found, len(questions)))
    return DONE


def testset(given: argparse.Namespace) -> int:
    if given.pages and given.what != "from-faq":
        raise ValueError(f"--pages is for from-faq, not for {given.what}")
    if given.what == "check":
        return _check(given)
    if not given.out:
        raise ValueError(f"quoth testset {given.what} writes a test set: name it with --out FILE")
    _check_writable(given.out)
    return _from_faq(given) if given.what == "from-faq" else _leave_one_out(given)


def _check(given: argparse.Namespace) -> int:
    from qa.evaluation import formats
    from qa.evaluation.checks import check
    from qa.evaluation.opening import opened

    questions = formats.read(given.path)
    with opened(given) as asker:
        report = check(questions, asker)
    _tell(report.told())
    return BAD_INPUT if report.wrong else DONE


def _from_faq(given: argparse.Namespace) -> int:
    from qa.evaluation import derived, formats

    questions, documents = derived.from_faq(given.path)
    formats.write(given.out, questions)
    _tell(f"{len(questions):,} questions are in {given.out}")
    if given.pages:
        for document in documents:
            page = given.pages / f"{document.uri}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(derived.without_questions(document), "utf-8")
        _tell(f"{len(documents):,} documents without these questions are in {given.pages}")
    return DONE


def _leave_one_out(given: argparse.Namespace) -> int:
    from qa.evaluation import formats
    from qa.evaluation.derived import leave_one_out
    from qa.evaluation.opening import opened
    from qa.evaluation.questions import merged

    questions = merged(formats.read(given.path))
    with opened(given) as asker:
        left_out = list(leave_one_out(questions, asker))
    if not left_out:
        raise ValueError(f"no page of {given.path} is in the documents, so none can be hidden")
    formats.write(given.out, left_out)
    _tell(f"{len(left_out):,} questions whose pages are hidden are in {given.out}")
    return DONE


def _write_reports(given: argparse.Namespace, value: dict[str, Any]) -> None:
    from qa.evaluation.junit import junit
    from qa.evaluation.report import html
    from qa.evaluation.summary import markdown

    texts: dict[str, Callable[[], str]] = {
        "json": lambda: _json(value),
        "html": lambda: html(value),
        "markdown": lambda: markdown(value),
        "junit": lambda: junit(value),
    }
    for name, text in texts.items():
        if path := getattr(given, name):
            _write(path, text())


def _check_writable(path: Path | None, *read: Path) -> None:
    """Before hours of work: that the file can be written after them, and is none that is read."""
    if path is None:
        return
    if path.resolve() in [one.resolve() for one in read]:
        raise ValueError(f"{path} is read from; name another file to write")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file to write")
    if not path.resolve().parent.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {path.resolve().parent}")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _write(path: Path, text: str) -> None:
    from index.files import replace

    try:
        replace(path, text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise ValueError(f"{path} could not be written: {error.strerror}") from None


def _tell(text: str) -> None:
    """To standard output, whatever its encoding can show."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()


def _failed(message: str, status: int) -> int:
    sys.stderr.write(f"quoth: {message}\n")
    return status
