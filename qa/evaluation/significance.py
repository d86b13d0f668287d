"""Figures over a sample of questions in, how far chance moves them out.

A `Statistic` takes the places of questions, drawn with repetition, and returns a figure over these;
`over(values)` makes the mean one. Every draw is seeded: equal input gives equal output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qa.evaluation import metrics

Places = NDArray[np.intp]
Statistic = Callable[[Places], float]

RESAMPLES, SEED = 1_000, 0
LEVEL = 0.95
Z = 1.959964  # the deviations of a normal distribution that hold it


class Interval(NamedTuple):
    low: float
    high: float


class Difference(NamedTuple):
    """New minus base, its interval, and how often chance alone would bring as large a one."""

    value: float
    low: float
    high: float
    p: float


class Flips(NamedTuple):
    """Questions that only one of two runs has right, and the chance of so uneven a split."""

    lost: int
    gained: int
    p: float


def over(values: ArrayLike) -> Statistic:
    """The mean of the values at the places drawn; nan values are left out."""
    array = np.asarray(values, dtype=np.float64)
    return lambda places: metrics.mean(array[places])


def bootstrap(
    statistic: Statistic, size: int, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """The percentile bootstrap's 95 % interval over `size` questions; nan when there are none.

    Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979).
    """
    return _interval(_draws(statistic, size, resamples, seed))


def paired_bootstrap(
    base: Statistic, new: Statistic, size: int, resamples: int = RESAMPLES, seed: int = SEED
) -> Difference:
    """How far two runs over the same questions are apart: both are drawn at the same places.

    Efron and Tibshirani, "An Introduction to the Bootstrap" (1993); Koehn, "Statistical
    Significance Tests for Machine Translation Evaluation" (2004). `p` is two-sided: twice the share
    of draws on the other side of 0, and never 0, as no finite number of draws shows that.
    """
    everything = np.arange(size)
    value = new(everything) - base(everything) if size else math.nan
    draws = _draws(lambda places: new(places) - base(places), size, resamples, seed)
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return Difference(value, math.nan, math.nan, math.nan)
    side = min((defined <= 0).sum(), (defined >= 0).sum())
    p = min(1.0, 2 * (float(side) + 1) / (len(defined) + 1))
    return Difference(value, *_interval(defined), p)


def mcnemar(base: ArrayLike, new: ArrayLike) -> Flips:
    """Whether two runs over the same questions are right equally often, from those that flipped.

    McNemar, "Note on the sampling error of the difference between correlated proportions" (1947),
    in its exact form: under no difference each flip goes either way with probability 1/2.
    """
    before, after = np.asarray(base) > 0, np.asarray(new) > 0
    lost, gained = int((before & ~after).sum()), int((~before & after).sum())
    flips = lost + gained
    tail = sum(math.comb(flips, k) for k in range(min(lost, gained) + 1))
    return Flips(lost, gained, min(1.0, 2 * tail / 2**flips))


def _draws(statistic: Statistic, size: int, resamples: int, seed: int) -> NDArray[np.float64]:
    if not size:
        return np.empty(0)
    random = np.random.default_rng(seed)
    return np.array([statistic(random.integers(size, size=size)) for _ in range(resamples)])


def _interval(draws: NDArray[np.float64]) -> Interval:
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return Interval(math.nan, math.nan)
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share of few, where a bootstrap of all or none would say that it is
    certain (Wilson, "Probable Inference", 1927).

    >>> [round(end, 3) for end in wilson(4, 4)]
    [0.51, 1.0]
    """
    share, squared = hits / of, Z * Z / of
    centre = (share + squared / 2) / (1 + squared)
    half = Z * math.sqrt(share * (1 - share) / of + squared / (4 * of)) / (1 + squared)
    return max(0.0, centre - half), min(1.0, centre + half)
