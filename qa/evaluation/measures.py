"""Outcomes in, named figures with intervals out. A new figure is one function with `@measure`.

It gets the Columns of all questions and returns either a value for each question (nan where it does
not apply; the figure is their mean) or one value for all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.evaluation import metrics
from qa.evaluation.metrics import Values
from qa.evaluation.significance import Interval, Places, Statistic, bootstrap, over

DEPTH = 10  # of the ranking that ndcg and recall look at


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """All outcomes of a run, a row a question. Numbers are nan where they do not apply."""

    answerable: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    page: Values
    quote: Values
    exact: Values
    f1: Values
    confidence: Values
    hit_at_1: Values
    hit_at_5: Values
    hit_at_10: Values
    reciprocal_rank: Values
    ndcg: Values
    recall: Values

    def __len__(self) -> int:
        return len(self.answerable)

    def take(self, places: Places) -> Columns:
        return replace(self, **{f.name: getattr(self, f.name)[places] for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    label: str
    higher_is_better: bool
    of: Callable[[Columns], Values | float]
    reading: bool

    def statistic(self, columns: Columns) -> Statistic:
        """The figure over whichever questions are drawn."""
        value = self.of(columns)
        if isinstance(value, np.ndarray):
            return over(value)
        return lambda places: float(self.of(columns.take(places)))

    def figure(self, columns: Columns) -> Figure:
        value = self.of(columns)
        each = isinstance(value, np.ndarray)
        count = int((~np.isnan(value)).sum()) if each else len(columns)
        found = metrics.mean(value) if each else float(value)
        if math.isnan(found):
            return Figure(found, found, found, count)
        return Figure(found, *bootstrap(self.statistic(columns), len(columns)), count)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, its 95 % interval and over how many questions it was taken."""

    value: float
    low: float
    high: float
    questions: int

    def to_json(self) -> dict[str, Any]:
        return {
            "value": rounded(self.value),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "questions": self.questions,
        }


def rounded(value: float) -> float | None:
    """To four decimals; nan is None."""
    return None if math.isnan(value) else round(value, 4)


MEASURES: dict[str, Measure] = {}


def measure(label: str, higher_is_better: bool = True, reading: bool = True) -> Callable[..., Any]:
    """Registers a figure. `reading`: it says something only when answers were read."""

    def register(of: Callable[[Columns], Values | float]) -> Callable[[Columns], Values | float]:
        MEASURES[of.__name__] = Measure(of.__name__, label, higher_is_better, of, reading)
        return of

    return register


@measure("Right quote")
def right_quote(c: Columns) -> Values:
    """Of the answerable questions: answered with a right quote."""
    return _of(c.answerable, c.answered * c.quote)


@measure("Right page")
def right_page(c: Columns) -> Values:
    """Of the answerable questions: answered from a right page."""
    return _of(c.answerable, c.answered * c.page)


@measure("Rightly refused")
def refused(c: Columns) -> Values:
    """Of the questions that the documents do not answer: not answered (recall of abstention)."""
    return _of(~c.answerable, (~c.answered).astype(float))


@measure("Right of what is answered")
def precision(c: Columns) -> Values:
    """Of what was answered: with a right quote."""
    return _of(c.answered, c.quote * c.answerable)


@measure("All questions handled right")
def accuracy(c: Columns) -> Values:
    """Of all questions: rightly answered or rightly refused."""
    return np.where(c.answerable, c.answered * c.quote, 1.0 - c.answered)


@measure("Answered")
def answered(c: Columns) -> Values:
    """Of all questions: answered, rightly or not (coverage at the set threshold)."""
    return c.answered.astype(float)


@measure("Right of what is refused")
def abstention_precision(c: Columns) -> Values:
    """Of what was refused: the documents do not answer it. Precision of abstention (van Rijsbergen,
    "Information Retrieval", 1979)."""
    return _of(~c.answered, np.where(c.answerable, 0.0, 1.0))


@measure("Exact match")
def exact_match(c: Columns) -> Values:
    """SQuAD's, a refusal being the empty answer."""
    return _squad(c, c.exact)


@measure("Token F1")
def token_f1(c: Columns) -> Values:
    """SQuAD's, a refusal being the empty answer."""
    return _squad(c, c.f1)


@measure("AUROC of confidence")
def auroc(c: Columns) -> float:
    """How well confidence tells right first answers from all others."""
    return metrics.auroc(c.confidence, _first(c))


@measure("Area under risk-coverage", higher_is_better=False)
def aurc(c: Columns) -> float:
    return metrics.aurc(c.confidence, _first(c))


@measure("Coverage at 5 % risk")
def coverage_at_5(c: Columns) -> float:
    """The share of all questions that can be answered with at most 5 % of them wrong."""
    return metrics.coverage_at_risk(0.05, c.confidence, _first(c))


@measure("Coverage at 10 % risk")
def coverage_at_10(c: Columns) -> float:
    return metrics.coverage_at_risk(0.10, c.confidence, _first(c))


@measure("Calibration error (ECE)", higher_is_better=False)
def ece(c: Columns) -> float:
    return metrics.ece(c.confidence, _first(c))


@measure("Brier score", higher_is_better=False)
def brier(c: Columns) -> Values:
    return (c.confidence - _first(c)) ** 2


@measure("hit@1", reading=False)
def hit_at_1(c: Columns) -> Values:
    """Of the answerable questions: the first passage found holds a gold."""
    return c.hit_at_1


@measure("hit@5", reading=False)
def hit_at_5(c: Columns) -> Values:
    return c.hit_at_5


@measure("hit@10", reading=False)
def hit_at_10(c: Columns) -> Values:
    return c.hit_at_10


@measure("MRR", reading=False)
def mrr(c: Columns) -> Values:
    """Over all candidates."""
    return c.reciprocal_rank


@measure("nDCG@10", reading=False)
def ndcg_at_10(c: Columns) -> Values:
    """A passage that brings no further gold counts as irrelevant."""
    return c.ndcg


@measure("Recall@10", reading=False)
def recall_at_10(c: Columns) -> Values:
    """The share of a question's golds that stand in the first ten passages."""
    return c.recall


def columns(questions: Iterable[dict[str, Any]]) -> Columns:
    """From the `questions` of a result."""
    rows = [_row(question) for question in questions]
    names = [field.name for field in fields(Columns)]
    table = {name: np.array([row[name] for row in rows]) for name in names}
    for name in ("answerable", "answered"):
        table[name] = table[name].astype(bool)
    return Columns(**table)


def figures(c: Columns, reading: bool = True) -> dict[str, Figure]:
    """Every figure that applies."""
    asked = [m for m in MEASURES.values() if reading or not m.reading]
    return {measure.name: measure.figure(c) for measure in asked}


def _row(question: dict[str, Any]) -> dict[str, float]:
    first = question["first"] or {}
    gold = question["gold"]
    gains = _gains([one["rank"] for one in gold])
    relevant = len(gains.nonzero()[0]) + sum(one["rank"] is None for one in gold)
    asked = bool(gold)
    return {
        "answerable": asked,
        "answered": question["answered"],
        "page": float(first.get("right_page", False)),
        "quote": float(first.get("right_quote", False)),
        "exact": _number(first.get("exact_match", 0.0)),
        "f1": _number(first.get("token_f1", 0.0)),
        "confidence": question["confidence"],
        "hit_at_1": metrics.hit_at(1, gains) if asked else math.nan,
        "hit_at_5": metrics.hit_at(5, gains) if asked else math.nan,
        "hit_at_10": metrics.hit_at(10, gains) if asked else math.nan,
        "reciprocal_rank": metrics.reciprocal_rank(gains) if asked else math.nan,
        "ndcg": metrics.ndcg_at(DEPTH, gains, relevant),
        "recall": _found_by(DEPTH, [one["rank"] for one in gold]),
    }


def _gains(ranks: Sequence[int | None]) -> Values:
    """1 at each rank where a gold is first met."""
    known = [rank for rank in ranks if rank is not None]
    gains = np.zeros(max(known, default=0))
    gains[np.array(known, int) - 1] = 1
    return gains


def _found_by(k: int, ranks: Sequence[int | None]) -> float:
    return metrics.mean([rank is not None and rank <= k for rank in ranks])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _of(which: NDArray[np.bool_], values: Values) -> Values:
    """The values of some questions, nan elsewhere."""
    return np.where(which, values, math.nan)


def _first(c: Columns) -> Values:
    """Whether the first answer, given or held back, is right."""
    return c.quote * c.answerable


def _squad(c: Columns, scores: Values) -> Values:
    """A refusal scores 1 where there is no answer and 0 where there is one."""
    refusal = np.where(np.isnan(scores), math.nan, 1.0 - c.answerable)
    return np.where(c.answered, scores, refusal)


__all__ = ["MEASURES", "Columns", "Figure", "Interval", "Measure", "columns", "figures", "measure"]
