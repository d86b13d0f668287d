"""What was answered and what is right in, one figure out: each metric is one plain function.

Texts are compared as SQuAD's official script does. `gains` are what each result found is worth, in
their order (1 right, 0 wrong). `confidence` and `right` run over questions: how sure the answer
was, and whether it was right (1 or 0). A figure that nothing defines, as of no questions, is nan.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

BINS = 15  # of a reliability diagram, as in Guo et al.
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_UNSPACED = "\u2e80-\u9fff\uac00-\ud7ff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


# Answers


def normalised(text: str) -> str:
    """Lower case without ASCII punctuation, English articles and superfluous space.

    Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text" (2016), and the
    script published with it.

    >>> normalised("The  U.S. Senate!")
    'us senate'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def exact_match(answer: str, references: Sequence[str]) -> float:
    """1 when the normalised answer equals any reference (Rajpurkar et al. 2016).

    Without references the question has no answer, and only the empty answer is right (Rajpurkar et
    al., "Know What You Don't Know", 2018).
    """
    return float(any(normalised(answer) == normalised(one) for one in _worded(references)))


def token_f1(answer: str, references: Sequence[str]) -> float:
    """The harmonic mean of token precision and recall with the best reference, as `exact_match`."""
    return max(_f1(normalised(answer).split(), normalised(r).split()) for r in _worded(references))


def _worded(references: Sequence[str]) -> Sequence[str]:
    """References that have a word; the empty answer when none has."""
    return [reference for reference in references if normalised(reference)] or [""]


def _f1(answer: Sequence[str], reference: Sequence[str]) -> float:
    if not answer or not reference:
        return float(answer == reference)
    common = sum((Counter(answer) & Counter(reference)).values())
    return 2 * common / (len(answer) + len(reference))


def contains_quote(shown: str, exact: str, references: Sequence[str]) -> float:
    """1 when what is shown holds all words of a reference, or the exact words lie within one.

    Quoth's own: a whole sentence is as right as the words in it that were asked for, and some words
    of a right sentence are right. Words are compared whole and in their order; case, punctuation
    and white space do not count.

    >>> contains_quote("It opens on 3 May.", "It opens on 3 May.", ["3 May"])
    1.0
    >>> contains_quote("It opens on 13 May.", "It opens on 13 May.", ["3 May"])
    0.0
    """
    around, inner = words(shown), words(exact)
    golds = [gold for reference in references if (gold := words(reference)).strip()]
    return float(any(gold in around or (inner.strip() and inner in gold) for gold in golds))


def words(text: str) -> str:
    """The folded words of a text, each between two spaces; a CJK character is a word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return f" {' '.join(_WORD.findall(folded))} "


# Retrieval


def hit_at(k: int, gains: ArrayLike) -> float:
    """1 when something right is among the first k (trec_eval's success_k)."""
    return float(np.any(_values(gains)[:k] > 0))


def reciprocal_rank(gains: ArrayLike) -> float:
    """1 / the rank of the first right result, 0 when there is none; its mean is MRR.

    Voorhees, "The TREC-8 Question Answering Track Report" (1999).
    """
    found = np.flatnonzero(_values(gains) > 0)
    return 1 / (1 + float(found[0])) if len(found) else 0.0


def ndcg_at(k: int, gains: ArrayLike, relevant: int) -> float:
    """Discounted gain of the first k, divided by that of the best possible order; nan without any.

    Järvelin and Kekäläinen, "Cumulated Gain-based Evaluation of IR Techniques" (2002), with
    trec_eval's discount, log2(1 + rank), for binary gains; `relevant` counts all that is right.
    """
    if not relevant:
        return math.nan
    ideal = np.ones(min(k, relevant))
    return float(_discounted(_values(gains)[:k]) / _discounted(ideal))


def recall_at(k: int, gains: ArrayLike, relevant: int) -> float:
    """The share of all that is right found among the first k (trec_eval's recall_k)."""
    return float(np.sum(_values(gains)[:k] > 0)) / relevant if relevant else math.nan


def _discounted(gains: Values) -> float:
    return float(np.sum(gains / np.log2(np.arange(2, len(gains) + 2))))


# Deciding whether to answer


class Curve(NamedTuple):
    """`risk[i]` is the share of wrong answers when the surest `coverage[i]` are given."""

    coverage: Values
    risk: Values


def auroc(confidence: ArrayLike, right: ArrayLike) -> float:
    """The chance that a right answer is surer than a wrong one, ties counting half.

    The area under the receiver operating characteristic as the Mann-Whitney statistic: Hanley and
    McNeil (1982). 0.5 is chance; nan when all are right or all are wrong.
    """
    sure, good = _values(confidence), _values(right) > 0
    positives, negatives = int(good.sum()), int((~good).sum())
    if not positives or not negatives:
        return math.nan
    _, place, count = np.unique(sure, return_inverse=True, return_counts=True)
    mid_rank = (np.cumsum(count) - (count - 1) / 2)[place]
    above = mid_rank[good].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> Curve:
    """The selective risk at every coverage that a threshold can give, from the surest on.

    El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification" (2010). Answers
    of equal confidence are given together or not at all.
    """
    sure, good = _values(confidence), _values(right)
    order = np.argsort(-sure, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(sure[order]) != 0, True)) if len(sure) else order
    given = ends + 1.0
    return Curve(given / max(len(sure), 1), np.cumsum(1 - good[order])[ends] / given)


def aurc(confidence: ArrayLike, right: ArrayLike) -> float:
    """The area under the risk-coverage curve: the mean risk over all coverages; lower is better.

    Geifman, Uziel and El-Yaniv, "Bias-Reduced Uncertainty Estimation" (2019).
    """
    curve = risk_coverage(confidence, right)
    if not len(curve.coverage):
        return math.nan
    return float(np.sum(np.diff(curve.coverage, prepend=0.0) * curve.risk))


def coverage_at_risk(risk: float, confidence: ArrayLike, right: ArrayLike) -> float:
    """The largest share of questions that can be answered with at most this share of wrong ones.

    Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks" (2017).
    """
    curve = risk_coverage(confidence, right)
    within = curve.coverage[curve.risk <= risk + 1e-12]
    return float(within.max()) if len(within) else 0.0 if len(curve.coverage) else math.nan


# Confidence as a probability


class Bin(NamedTuple):
    """Answers of about one confidence: how many, how sure on average, how many of them right."""

    size: int
    confidence: float
    right: float


def reliability(confidence: ArrayLike, right: ArrayLike, bins: int = BINS) -> list[Bin]:
    """The bins of equal width, (0, 1/15] and so on, that hold any answer (Guo et al. 2017)."""
    sure, good = _values(confidence), _values(right)
    which = np.clip(np.ceil(sure * bins) - 1, 0, bins - 1).astype(int)
    found = [which == at for at in np.unique(which)]
    return [Bin(int(b.sum()), float(sure[b].mean()), float(good[b].mean())) for b in found]


def ece(confidence: ArrayLike, right: ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error: how far confidence is from the share right, bin by bin.

    Naeini, Cooper and Hauskrecht (2015); Guo et al., "On Calibration of Modern Neural Networks"
    (2017), with their 15 bins.
    """
    found = reliability(confidence, right, bins)
    total = sum(one.size for one in found)
    if not total:
        return math.nan
    return sum(one.size * abs(one.confidence - one.right) for one in found) / total


def brier(confidence: ArrayLike, right: ArrayLike) -> float:
    """The mean squared distance of confidence from the outcome.

    Brier, "Verification of Forecasts Expressed in Terms of Probability" (1950), for one event.
    """
    return mean((_values(confidence) - _values(right)) ** 2)


# Sums


def mean(values: ArrayLike) -> float:
    """The mean of those that are defined; nan when none is."""
    defined = _values(values)
    defined = defined[~np.isnan(defined)]
    return float(defined.mean()) if len(defined) else math.nan


def percentile(q: float, values: ArrayLike) -> float:
    """The q-th percentile, between two values in proportion (Hyndman and Fan 1996, type 7)."""
    found = _values(values)
    return float(np.percentile(found, q)) if len(found) else math.nan


def _values(given: ArrayLike) -> Values:
    return np.asarray(given, dtype=np.float64)
