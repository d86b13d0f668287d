"""`python -m benchmarks.evaluating --data DIR`: how much faster a set is evaluated than asked.

Indexes the articles of a set in SQuAD's format (DIR, or QUOTH_DATA, holds `reader-dev/`), then goes
through its questions in rounds. Each round asks some questions one by one as visitors do, evaluates
many others as `quoth evaluate` does, and does so once more with `--retrieval-only`, so that all
three meet the same machine. Prints the questions a second of each and the two ratios.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from qa.environment import prepare

prepare()

from index.build import update  # noqa: E402
from index.encoder import open_encoder  # noqa: E402
from index.files import Generation, Store  # noqa: E402
from qa.assemble import assembled  # noqa: E402
from qa.evaluation import formats  # noqa: E402
from qa.evaluation.asking import Asker, Options  # noqa: E402
from qa.evaluation.documents import prepared  # noqa: E402
from qa.evaluation.questions import Question  # noqa: E402
from qa.settings import Settings, load  # noqa: E402

SET = "squad1-dev-24-articles.json"
ROUNDS = 10
ONE_BY_ONE = 10  # of the questions that are evaluated every so-manieth is asked one by one, too
ALONE, BATCHED, FOUND = "one by one", "evaluated", "evaluated, retrieval only"

Rates = dict[str, float]
Ways = dict[str, Callable[[list[Question]], Iterable[object]]]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("QUOTH_DATA"))
    parser.add_argument("--questions", type=int, default=5_000)
    parser.add_argument("--readers", nargs="+", default=[load().reader], metavar="NAME")
    given = parser.parse_args(arguments)
    file = Path(given.data or ".") / "reader-dev" / SET
    if not file.is_file():
        _tell(f"skipped: {file} is not there; name its folder with --data DIR")
        return 0
    for reader, rates in measured(file, given.questions, given.readers):
        for name, rate in rates.items():
            told = f"{rate:8.2f} questions a second, {rate / rates[ALONE]:6.2f} times"
            _tell(f"{reader:<12} {name:<26} {told}")
    return 0


def measured(file: Path, count: int, readers: Sequence[str]) -> Iterator[tuple[str, Rates]]:
    """Questions a second, each way, over a set in SQuAD's format and its own articles."""
    questions = formats.read(file)[:count]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        update(store, open_encoder(), [prepared(file, Path(folder))])
        for reader in readers:
            settings = load({"store": store.path, "reader": reader})
            ways = _ways(store.current(), settings, questions)
            for ask in ways.values():
                list(ask(questions[:ONE_BY_ONE]))
            yield reader, _rates(ways, questions)


def _ways(generation: Generation, settings: Settings, questions: list[Question]) -> Ways:
    alone = assembled(generation, open_encoder(), settings)
    batched, found = (Asker(generation, open_encoder(), settings) for _ in range(2))
    for asker in (batched, found):  # gold is looked up before the clock runs
        for question in questions:
            asker.matcher.target(question)
    return {
        ALONE: lambda some: [alone.ask(one.text, one.history) for one in some[::ONE_BY_ONE]],
        BATCHED: lambda some: list(batched.outcomes(some, Options())),
        FOUND: lambda some: list(found.outcomes(some, Options(retrieval_only=True))),
    }


def _rates(ways: Ways, questions: list[Question]) -> Rates:
    asked: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    size = -(-len(questions) // ROUNDS)
    for start in range(0, len(questions), size):
        for name, ask in ways.items():
            started = time.perf_counter()
            asked[name] += len(list(ask(questions[start : start + size])))
            seconds[name] += time.perf_counter() - started
    return {name: asked[name] / seconds[name] for name in ways}


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
