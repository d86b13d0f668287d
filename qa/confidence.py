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

from qa.place import Place

SCHEMA = 4
SHIPPED = Path(__file__).resolve().parent / "weights" / "calibration.json"
OWN = "calibration.json"  # the owner's, in the store

# Chosen one by one by how well they tell right answers on sites that they were not fitted to.
# Tried beside these and taken out, because they told no more: the score itself and its margin to
# the best on another page, the kind of question, whether both searches found the passage or had it
# first, how many places agree, how many words were asked, the span's length; and what told a little
# more but in an odd way: the more of the question's words no passage says, the surer it would be.
FEATURES = (
    "share",  # log of the best place's share of exp(score / TEMPERATURE) among all places
    "answerable",  # the highest logit of answerability among the passages
    "cosine",  # of the best place's passage with the question
    "nearest",  # whether no other place is nearer to the question in meaning
    "answerability",  # the logit of the best place's passage
)
TEMPERATURE = 6.0

Features = NDArray[np.float64]


def features(places: Sequence[Place]) -> Features:
    """`(FEATURES,)` of the best of `places`, which are best first and at least one."""
    best = places[0]
    scores = np.array([place.span.score for place in places])
    return np.array(
        [
            -math.log(np.exp((scores - best.span.score) / TEMPERATURE).sum()),
            _logit(max(place.span.answerability for place in places)),
            best.hit.cosine,
            float(best.span.cosine >= max(place.span.cosine for place in places)),
            _logit(best.span.answerability),
        ]
    )


def _logit(probability: float) -> float:
    probability = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(probability / (1 - probability))


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
