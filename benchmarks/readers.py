"""`python -m benchmarks.readers --out DIR`: two readers on the bundled documents, and the verdict.

Evaluates tests/faq.jsonl over corpus/sample with the reader that needs no training and with the
trained one, writes both results and reports into DIR and compares them. `--always-answer` counts
first answers that are held back too, which compares the reading alone and not the thresholds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from qa.cli import main as quoth

ROOT = Path(__file__).resolve().parent.parent
READERS = ("sentences", "spans")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--always-answer", action="store_true")
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    results = [str(given.out / f"{reader}.json") for reader in READERS]
    for reader, result in zip(READERS, results, strict=True):
        status = quoth(
            ["evaluate", str(ROOT / "tests" / "faq.jsonl"), "--docs", str(ROOT / "corpus/sample"),
             "--reader", reader, "--json", result, "--html", result.replace(".json", ".html"),
             *(["--always-answer"] if given.always_answer else [])]
        )  # fmt: skip
        if status:
            return status
    return quoth(["compare", *results, "--json", str(given.out / "comparison.json")])


if __name__ == "__main__":
    sys.exit(main())
