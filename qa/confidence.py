"""What the pipeline knows about its best place in, the probability that it is right out.

A logistic regression over a few features (Kamath, Jia and Liang, "Selective Question Answering
under Domain Shift", 2020, show that such a calibrator beats the model's own probability). Its
numbers are kept with the digests of what they were fitted for and set aside for anything else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa import agreement
from qa.coverage import Asked
from qa.place import Place

SCHEMA = 5
SHIPPED = Path(__file__).resolve().parent / "weights" / "calibration.json"
OWN = "calibration.json"  # the owner's, in the store

NEARLY = 1e-4  # cosines that differ by less are the same, but for rounding
FAR = 15.0  # the margin from which on a larger one tells no more; of a place that stands alone, too
# Tried beside these and taken out, because they told no more of held-out questions or made small
# sites unsure: the kind of question, which search found the passage and at what rank, how many
# places agree, which of the question's words are there (the score has them), the span's length. No
# score of search but the cosine is here: how high they go depends on how many passages there are.
FEATURES = (
    "score",  # of the best span, see the reader
    "answerability",  # its sentence's, as a logit
    "margin",  # to the best span of another page, for a page's next sentence is no rival
    "nearest",  # whether none of the others is nearer the question in meaning
    "cosine",  # its passage's, with the question
    "asked",  # log of the number of telling words asked
)

Features = NDArray[np.float64]


def features(places: Sequence[Place], asked: Asked) -> Features:
    """`(FEATURES,)` of the best of `places`, which are best first and at least one."""
    best = places[0]
    hit, span = best.hit, best.span
    answerability = min(max(span.answerability, 1e-6), 1 - 1e-6)
    return np.array(
        [
            span.score,
            math.log(answerability / (1 - answerability)),
            _margin(places),
            float(span.nearness > max(place.span.nearness for place in places) - NEARLY),
            hit.cosine,
            math.log1p(len(asked.weights)),
        ]
    )


def _margin(places: Sequence[Place]) -> float:
    """How far the best place's score is above that of any that is about something else on another
    page, or, where all are of one page, in another passage. One that differs is shown beside it."""
    best = places[0]
    page = best.hit.passage.document.uri
    others = [p for p in places if p.words != best.words and agreement.role(best, p) is None]
    elsewhere = [place for place in others if place.hit.passage.document.uri != page]
    rivals = elsewhere or [place for place in others if place.hit.rank != best.hit.rank]
    return min([FAR, *(best.span.score - place.span.score for place in rivals)])


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted curve and the two thresholds chosen on it.

    `made_for` names the digests of encoder, reader and fusion; `facts` says what it was fitted
    on, for what aim and with which result.
    """

    made_for: dict[str, str]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    answer_at: float
    suggest_at: float
    calibrated: bool
    facts: dict[str, Any]

    def probability(self, of: Features) -> float:
        """From 0 to 1; 0 where a feature is no number."""
        standard = (of - np.array(self.mean)) / np.array(self.scale)
        logit = float(standard @ np.array(self.weights)) + self.bias
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit)))) if math.isfinite(logit) else 0.0

    def to_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "features": list(FEATURES), **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        """Raises ValueError when it is of another version or is not whole."""
        if value.get("schema") != SCHEMA or value.get("features") != list(FEATURES):
            raise ValueError("it was made by another version of Quoth")
        try:
            rows = ("mean", "scale", "weights")
            numbers = {name: tuple(map(float, value[name])) for name in rows}
            if any(len(given) != len(FEATURES) for given in numbers.values()):
                raise ValueError("it has another number of features")
            return cls(
                made_for=dict(value["made_for"]),
                bias=float(value["bias"]),
                answer_at=float(value["answer_at"]),
                suggest_at=float(value["suggest_at"]),
                calibrated=bool(value["calibrated"]),
                facts=dict(value["facts"]),
                **numbers,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"it lacks or garbles {error}") from error


def read(file: Path) -> list[Calibration]:
    """Every calibration in a file. Raises ValueError, naming the file, when it cannot be read."""
    try:
        return [Calibration.from_json(one) for one in json.loads(file.read_bytes())]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} is no calibration ({error})") from error
