"""What the pipeline knows about its best place in, the probability that it is right out.

A logistic regression over a few features (Kamath, Jia and Liang, "Selective Question Answering
under Domain Shift", 2020, show that such a calibrator beats the model's own probability). Its
numbers are kept with the digests of what they were fitted for and set aside for anything else.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.coverage import Asked, in_context
from qa.place import YES_NO, Place

SCHEMA = 2
SHIPPED = Path(__file__).resolve().parent / "weights" / "calibration.json"
OWN = "calibration.json"  # the owner's, in the store

MAX_CHARACTERS = 700  # of a unit, when its words are compared with the question's
_KINDS: dict[str, re.Pattern[str]] = {
    "who": re.compile(r"\b(who|whom|whose)\b", re.I),
    "when": re.compile(r"\b(when|what (year|date|day|time|month)|which (year|date|day))\b", re.I),
    "where": re.compile(r"\bwhere\b", re.I),
    "how_many": re.compile(r"\bhow (many|much|long|old|often|far|large|big|high)\b", re.I),
    "why": re.compile(r"\bwhy\b", re.I),
    "how": re.compile(r"\bhow\b", re.I),
    "what": re.compile(r"\b(what|which)\b", re.I),
}

# No score of search but the cosine is among them: how high they go depends on how many passages
# there are, and a small site's answers would count as less sure.
FEATURES = (
    "score",  # of the best span, see the reader
    "answerability",  # its logit
    "gap",  # to the best span with other words
    "share",  # of the best span among all, by softmax of scores
    "first",  # whether search had its passage first
    "cosine",  # its passage's, with the question
    "both",  # whether both searches found its passage
    "passage_words",  # share of the question's telling words in its passage
    "unit_words",  # share of them in its sentence and what introduces that
    "agreement",  # log(1 + other places with the same words)
    "asked",  # log of the number of telling words asked
    "length",  # log of the words in the span
    *(f"kind_{name}" for name in (*_KINDS, "yes_no")),
)

Features = NDArray[np.float64]


def kind(question: str) -> str:
    """What kind of question it is: one of who, when, ..., yes_no, or other."""
    if YES_NO.match(question):
        return "yes_no"
    return next((name for name, words in _KINDS.items() if words.search(question)), "other")


def features(question: str, places: Sequence[Place], asked: Asked) -> Features:
    """`(FEATURES,)` of the best of `places`, which are best first and at least one."""
    best = places[0]
    hit, span, document = best.hit, best.span, best.hit.passage.document
    language = document.language or "en"
    unit_text = in_context(document, best.unit, MAX_CHARACTERS)
    scores = np.array([place.span.score for place in places])
    same = [place.words == best.words for place in places]
    others = scores[~np.array(same)]
    answerability = min(max(span.answerability, 1e-6), 1 - 1e-6)
    asked_kind = kind(question)
    return np.array(
        [
            span.score,
            math.log(answerability / (1 - answerability)),
            span.score - others.max() if len(others) else 5.0,
            1 / np.exp(np.minimum(scores - span.score, 0)).sum(),
            float(hit.rank == 1),
            hit.cosine,
            float(hit.found == "both"),
            asked.share_in(hit.passage.encoded, language),
            asked.share_in(unit_text, language),
            math.log(sum(same)),
            math.log1p(len(asked.weights)),
            math.log1p(len(best.words.split())),
            *(float(asked_kind == name) for name in (*_KINDS, "yes_no")),
        ]
    )


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
