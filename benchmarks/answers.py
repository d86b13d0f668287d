"""`python -m benchmarks.answers`: how well the first answers to tests/faq.jsonl are, half by half.

Asks every question of tests/faq.jsonl of an index of corpus/sample made for the run, and prints
for the tuning and the reporting half what `quoth evaluate` measures: of first answers, held back or
not, the share from a right page and with a right quote and how well confidence tells these from all
others; at the set thresholds the share answered, of that the share right, and of the unanswerable
questions the share refused.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from qa.environment import prepare

prepare()

from index.build import update  # noqa: E402
from index.encoder import open_encoder  # noqa: E402
from index.files import Store  # noqa: E402
from qa.evaluation import formats, measures, metrics  # noqa: E402
from qa.evaluation.asking import Asker, Options  # noqa: E402
from qa.evaluation.outcome import Outcome  # noqa: E402
from qa.settings import load  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
HALVES = ("tuning", "report")


def main() -> None:
    questions = formats.read(ROOT / "tests" / "faq.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        settings = load({"store": Path(folder) / "store"})
        encoder = open_encoder(settings.encoder)
        update(Store(settings.store), encoder, [ROOT / "corpus" / "sample"])
        asker = Asker(Store(settings.store).current(), encoder, settings)
        found = list(asker.outcomes(questions, Options()))
        halves = {half: [o for o in found if half in o.question.tags] for half in HALVES}
        rows = {half: row(outcomes) for half, outcomes in halves.items()}
        names = list(rows["tuning"])
        _tell(f"{'half':<10}" + "".join(f"{name:>10}" for name in names))
        for half, values in rows.items():
            _tell(f"{half:<10}" + "".join(f"{values[name]:>10.3f}" for name in names))


def row(outcomes: Sequence[Outcome]) -> dict[str, float]:
    c = measures.columns(outcome.to_json() for outcome in outcomes)
    return {
        "page": metrics.mean(c.page[c.answerable]),
        "quote": metrics.mean(c.quote[c.answerable]),
        "auroc": measures.auroc(c),
        "answered": metrics.mean(measures.answered(c)),
        "right": metrics.mean(measures.precision(c)),
        "refused": metrics.mean(measures.refused(c)),
    }


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
