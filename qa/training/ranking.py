"""Signals of every place of each question, and which are right, in; what each signal weighs out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped, unused-ignore]

PENALTY = 0.01  # of the squared weights of standardised signals, beside the mean loss
TINY = 1e-300

Signals = Sequence[NDArray[np.float64]]  # of each question `(places, signals)`
Right = Sequence[NDArray[np.bool_]]  # of each question `(places,)`


def fit(signals: Signals, right: Right, counts: NDArray[np.float64]) -> tuple[float, ...]:
    """`(signals,)`, the first one 1: the weights under which right places most probably come first.

    A softmax over a question's places, the right ones' shares added up (the listwise loss of Cao et
    al., "Learning to Rank", 2007, with several right ones). `counts` says how much each question
    counts; those without a right place do not.
    """
    scale = np.concatenate(signals).std(0)
    told = [(of / scale, its, n) for of, its, n in zip(signals, right, counts, strict=True)]
    told = [one for one in told if one[1].any()]
    total = sum(n for *_, n in told)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = PENALTY * float(weights @ weights), 2 * PENALTY * weights
        for of, its, n in told:
            scores = of @ weights
            share = np.exp(scores - scores.max())
            share /= share.sum()
            good = share * its
            value -= n / total * float(np.log(good.sum() + TINY))
            slope = slope - n / total * ((good / (good.sum() + TINY) - share) @ of)
        return value, slope

    found = minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B").x / scale
    return tuple(float(f"{weight:.3g}") for weight in found / found[0])


def first_is_right(signals: Signals, right: Right, weights: Sequence[float]) -> NDArray[np.bool_]:
    """`(questions,)`"""
    pairs = zip(signals, right, strict=True)
    return np.array([its[int((of @ np.array(weights)).argmax())] for of, its in pairs])
