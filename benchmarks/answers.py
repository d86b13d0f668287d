"""`python -m benchmarks.answers`: how well the bundled documents' test questions are answered.

Asks every question of tests/faq.jsonl of an index of corpus/sample made for the run, and prints for
the tuning and the reporting half:

    page       the first quote is from a page that holds a right answer
    quote      the first quote is a right answer, word for word
    quote@3    one of the best three places is
    auroc      how well confidence tells right first quotes from wrong ones and from questions
               that the documents do not answer (0.5 is chance)
    answered, right    at the set thresholds: share of all questions answered, and of those right
    refused    share of the unanswerable questions that are not answered

`--misses` lists what went wrong in the tuning half.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa.environment import prepare

prepare()

from index.build import update  # noqa: E402
from index.encoder import open_encoder  # noqa: E402
from index.files import Store  # noqa: E402
from qa import citation, open_store  # noqa: E402
from qa.answer import Quote  # noqa: E402
from qa.assistant import Assistant  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
HALVES = ("tuning", "report")


@dataclass(frozen=True, slots=True)
class Outcome:
    question: dict[str, Any]
    best: Quote | None
    score: float
    page: bool
    ranks: tuple[int, ...]  # of the places that are right, from 1
    answered: bool

    @property
    def right(self) -> bool:
        return 1 in self.ranks


def outcomes(assistant: Assistant, questions: Sequence[dict[str, Any]]) -> list[Outcome]:
    return [_outcome(assistant, question) for question in questions]


def _outcome(assistant: Assistant, question: dict[str, Any]) -> Outcome:
    _, places, certainty = assistant.considered(question["question"])
    quotes = [citation.cite(p.hit.passage, p.span, "answer") for p in places[:3]]
    best = quotes[0] if quotes else None
    pages = {gold["uri"] for gold in question["gold"]}
    return Outcome(
        question,
        best,
        certainty,
        best is not None and best.passage.document.uri in pages,
        tuple(rank for rank, quote in enumerate(quotes, 1) if _is_right(quote, question["gold"])),
        assistant.ask(question["question"]).answered,
    )


def _is_right(quote: Quote, gold: Sequence[dict[str, str]]) -> bool:
    """Whether what is shown holds a gold text of its page, or is one of its sentences."""
    document = quote.passage.document
    shown = _plain(" ".join(part.of(document.text) for part in quote.parts))
    exact = _plain(quote.exact.of(document.text))
    golds = [_plain(g["quote"]) for g in gold if g["uri"] == document.uri]
    return any(text in shown or exact in text for text in golds)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def row(found: Sequence[Outcome]) -> dict[str, float]:
    answerable = [o for o in found if o.question["gold"]]
    others = [o for o in found if not o.question["gold"]]
    answered = [o for o in found if o.answered]
    return {
        "page": _share([o.page for o in answerable]),
        "quote": _share([o.right for o in answerable]),
        "quote@3": _share([bool(o.ranks) for o in answerable]),
        "auroc": auroc([o.score for o in found], [o.right for o in found]),
        "answered": _share([o.answered for o in found]),
        "right": _share([o.right for o in answered]),
        "refused": _share([not o.answered for o in others]),
    }


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else float("nan")


def auroc(scores: Sequence[float], right: Sequence[bool]) -> float:
    """The chance that a right one scores above a wrong one, ties counting half (Mann-Whitney)."""
    good = np.array([s for s, r in zip(scores, right, strict=True) if r])
    bad = np.array([s for s, r in zip(scores, right, strict=True) if not r])
    above = (good[:, None] > bad).sum() + 0.5 * (good[:, None] == bad).sum()
    return float(above / (len(good) * len(bad)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--misses", action="store_true")
    given = parser.parse_args()
    lines = (ROOT / "tests" / "faq.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        update(Store(store), open_encoder(), [ROOT / "corpus" / "sample"])
        assistant = open_store(store)
        found = {
            half: outcomes(assistant, [q for q in questions if half in q["tags"]])
            for half in HALVES
        }
    rows = {half: row(results) for half, results in found.items()}
    names = list(rows["tuning"])
    _tell(f"{'half':<10}" + "".join(f"{name:>10}" for name in names))
    for half, values in rows.items():
        _tell(f"{half:<10}" + "".join(f"{values[name]:>10.3f}" for name in names))
    if given.misses:
        for outcome in found["tuning"]:
            if outcome.right != bool(outcome.question["gold"]) or not (
                outcome.right or outcome.answered is False
            ):
                _tell(_told(outcome))


def _told(outcome: Outcome) -> str:
    best = outcome.best
    shown = best and f"{best.passage.document.uri}: {best.exact.of(best.passage.document.text)}"
    gold = "; ".join(f"{g['uri']}: {g['quote']}" for g in outcome.question["gold"][:2]) or "none"
    return (
        f"\n{outcome.question['id']} {outcome.score:.3f} {outcome.question['question']}\n"
        f"   shown {shown}\n   gold {gold}"
    )


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
