"""Features and whether each first place was right in, a Calibration out: curve and thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.confidence import Calibration, Features
from qa.evaluation import metrics

FOLDS = 10
PENALTY = 1.0  # of the squared weights, beside the sum of the questions' losses
MOST_WRONG = 0.05  # of the answers shown, the default aim
CURVE = (0.01, 0.02, 0.05, 0.1, 0.2)  # shares of wrong answers that a curve is told at
LOST = 0.02  # share of the questions with a right first place that "none" may hide
# "unsure" begins there at the earliest, as a share of answer_at: what has nothing to do with the
# documents gets up to that where the questions fitted to are hard.
SUGGESTED = 2 / 3
FEWEST = 40  # questions; with fewer a curve would follow chance

Right = NDArray[np.bool_]


def fit(
    rows: Features,
    right: Right,
    made_for: Mapping[str, str],
    *,
    aim: float = MOST_WRONG,
    weight: NDArray[np.float64] | None = None,
    groups: NDArray[np.int64] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Calibration:
    """The curve over all questions, and thresholds by the probabilities that each question gets
    from a curve that was fitted without it.

    `rows` is `(questions, FEATURES)`. `weight` says how much each question counts; those
    of one number in `groups` are fitted or judged together. `answer_at` is
    the lowest probability from which on at most `aim` of the answers are wrong; `suggest_at` lies
    where few right places are below. Raises ValueError when there are too few questions, or only
    right or only wrong ones.
    """
    if len(rows) < FEWEST or right.all() or not right.any():
        raise ValueError(
            f"{len(rows)} questions, {int(right.sum())} of them with a right first place, are too "
            f"few to calibrate with; at least {FEWEST} and some of either kind would do"
        )
    weight = np.ones(len(rows)) if weight is None else weight
    mean, scale = rows.mean(0), np.maximum(rows.std(0), 1e-6)
    standard = (rows - mean) / scale
    held_out = cross_fitted(standard, right, weight, groups)
    weights = _curve(standard, right, weight)
    answer_at = threshold(held_out, right, aim, weight)
    below = float(np.quantile(held_out[right], LOST))
    told = {
        "questions": len(rows),
        "right": int(right.sum()),
        "aim": aim,
        "auroc": round(metrics.auroc(held_out, right), 4),
        "ece": round(metrics.ece(held_out, right), 4),
        "answered": round(float(np.average(held_out >= answer_at, weights=weight)), 4),
        "wrong": round(_wrong(held_out, right, answer_at, weight), 4),
        "curve": [_at(held_out, right, most, weight) for most in CURVE],
        **(facts or {}),
    }
    return Calibration(
        made_for=dict(made_for),
        mean=tuple(mean.tolist()),
        scale=tuple(scale.tolist()),
        weights=tuple(weights[:-1].tolist()),
        bias=float(weights[-1]),
        answer_at=round(answer_at, 4),
        suggest_at=round(min(max(below, SUGGESTED * answer_at), answer_at), 4),
        calibrated=True,
        facts=told,
    )


def cross_fitted(
    standard: Features,
    right: Right,
    weight: NDArray[np.float64],
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """`(questions,)` probabilities, each from a curve of the other folds."""
    groups = np.arange(len(right)) if groups is None else np.unique(groups, return_inverse=True)[1]
    fold = (np.random.default_rng(0).permutation(groups.max() + 1) % FOLDS)[groups]
    found = np.empty(len(right))
    for number in range(FOLDS):
        inside = fold == number
        weights = _curve(standard[~inside], right[~inside], weight[~inside])
        found[inside] = _probability(standard[inside], weights)
    return found


def threshold(
    probability: NDArray[np.float64],
    right: Right,
    aim: float,
    weight: NDArray[np.float64] | None = None,
) -> float:
    """The lowest probability from which on at most `aim` of the questions, each counted by its
    `weight`, are wrong; 1 if none."""
    weight = np.ones(len(right)) if weight is None else weight
    order = np.argsort(-probability, kind="stable")
    risk = np.cumsum(weight[order] * ~right[order]) / np.cumsum(weight[order])
    good = np.flatnonzero(risk <= aim)
    return float(probability[order[good[-1]]]) if len(good) else 1.0


def _at(
    probability: NDArray[np.float64], right: Right, most: float, weight: NDArray[np.float64]
) -> list[float]:
    """A share of wrong answers, the threshold that keeps to it and the share then answered."""
    answer_at = threshold(probability, right, most, weight)
    answered = float(np.average(probability >= answer_at, weights=weight))
    return [most, round(answer_at, 4), round(answered, 4)]


def _wrong(
    probability: NDArray[np.float64],
    right: Right,
    answer_at: float,
    weight: NDArray[np.float64],
) -> float:
    shown = probability >= answer_at
    return float(np.average(~right[shown], weights=weight[shown])) if shown.any() else 0.0


def _curve(standard: Features, right: Right, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(FEATURES + 1,)` weights and bias of a logistic regression with a ridge, by Newton's method
    (Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2009, 4.4.1)."""
    x = np.hstack([standard, np.ones((len(standard), 1))])
    y = right.astype(np.float64)
    ridge = PENALTY * np.diag([1.0] * standard.shape[1] + [1e-6])
    found = np.zeros(x.shape[1])
    for _ in range(30):
        p = _probability(standard, found)
        gradient = x.T @ (weight * (y - p)) - ridge @ found
        curvature = (x.T * (weight * np.maximum(p * (1 - p), 1e-9))) @ x + ridge
        step = np.linalg.solve(curvature, gradient)
        found += step
        if np.abs(step).max() < 1e-8:
            break
    return found


def _probability(standard: Features, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    logit = np.clip(standard @ weights[:-1] + weights[-1], -50, 50)
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-logit))
    return probability
