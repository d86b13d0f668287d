"""`python -m benchmarks.answers [--half tuning|report|sites ...]`: how good first answers are.

Asks every question of tests/faq.jsonl of an index of corpus/sample made for the run, and those of
three help sites (qa/training/data/sites) that nothing was fitted to, each of its own index. Prints
for the tuning half, the reporting half and the sites what `quoth evaluate` measures: of first
answers, held back or not, the share from a right page and with a right quote and how well
confidence tells these from all others; at the set thresholds the share answered, of that the share
right, and of the unanswerable questions the share refused.
"""

from __future__ import annotations

import argparse
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
SITES = ROOT / "qa" / "training" / "data" / "sites"
REPORTED = ("college", "shop", "tenants")  # those that qa.training.fit leaves out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--half", nargs="*", default=["tuning", "report", "sites"])
    options = parser.parse_args()
    faq = asked(ROOT / "tests" / "faq.jsonl", ROOT / "corpus" / "sample")
    sets = {half: [o for o in faq if half in o.question.tags] for half in options.half}
    if "sites" in sets:
        sets["sites"] = [o for n in REPORTED for o in asked(SITES / f"{n}.jsonl", SITES / n)]
    rows = {name: row(outcomes) for name, outcomes in sets.items()}
    names = list(next(iter(rows.values())))
    _tell(f"{'':<10}" + "".join(f"{name:>10}" for name in names))
    for half, values in rows.items():
        _tell(f"{half:<10}" + "".join(f"{values[name]:>10.3f}" for name in names))


def asked(questions: Path, folder: Path) -> list[Outcome]:
    """What comes of asking a set's questions of an index of a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = load({"store": Path(scratch) / "store"})
        encoder = open_encoder(settings.encoder)
        update(Store(settings.store), encoder, [folder])
        asker = Asker(Store(settings.store).current(), encoder, settings)
        return list(asker.outcomes(formats.read(questions), Options()))


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
