"""The outcomes of a run in, its result out: one JSON object, schema 1; see docs/evaluation.md.

Two runs over the same index and set on one machine differ in `created` and in times alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from index import fusion
from qa.evaluation import measures, metrics
from qa.evaluation.asking import Asker, Options
from qa.evaluation.measures import Columns, rounded
from qa.evaluation.outcome import GOOD, LOSSES, VERDICTS
from qa.evaluation.questions import Question, digest
from qa.evaluation.significance import wilson

SCHEMA = 1
# The settings that decide what is answered; the thresholds that hold come besides.
DECIDING = ("reader", "passages_read", "question_characters")


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was asked and of what: all that its result must name."""

    name: str
    questions: Sequence[Question]
    asker: Asker
    options: Options

    def header(self) -> dict[str, Any]:
        """The set, index, models and settings, each with what tells it from another."""
        manifest = self.asker.index.manifest
        documents = manifest["documents"]
        index = {key: manifest[key] for key in ("documents", "settings", "extractors", "rows")}
        assistant = self.asker.assistant
        judge = assistant.judges[0]
        settings = {name: getattr(self.asker.settings, name) for name in DECIDING}
        return {
            "set": {
                "name": self.name,
                "questions": len(self.questions),
                "answerable": sum(question.answerable for question in self.questions),
                "digest": digest(self.questions),
            },
            "index": {
                "documents": len(documents),
                "passages": manifest["passages"],
                "documents_digest": _digest(documents),
                "digest": _digest(index),
            },
            "models": {
                **assistant.info()["models"],
                "encoder_digest": manifest["encoder"]["digest"],
                "fusion": fusion.DIGEST,
            },
            "settings": {
                **settings,
                "answer_at": judge.answer_at,
                "suggest_at": judge.suggest_at,
                "calibration": _digest(judge.calibration.to_json())[:12],
                "always_answer": self.options.always_answer,
                "retrieval_only": self.options.retrieval_only,
            },
        }


def result(
    header: dict[str, Any], questions: list[dict[str, Any]], timing: dict[str, Any]
) -> dict[str, Any]:
    """The whole result, from the questions' outcomes as JSON."""
    columns = measures.columns(questions)
    reading = not header["settings"]["retrieval_only"]
    figures = measures.figures(columns, reading)
    return {
        "schema": SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "quoth": version("quoth"),
        **header,
        "metrics": {name: figure.to_json() for name, figure in figures.items()},
        "verdicts": {v: sum(q["verdict"] == v for q in questions) for v in VERDICTS},
        "waterfall": waterfall(questions) if reading else [],
        "groups": groups(questions, columns) if reading else {},
        "curves": curves(columns) if reading else {},
        "timing": timing,
        "questions": questions,
    }


def waterfall(questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the answerable questions how many each step loses and how many are left after it."""
    answerable = [question for question in questions if question["gold"]]
    left = len(answerable)
    steps = [{"step": "answerable", "lost": 0, "left": left}]
    for loss in LOSSES:
        lost = sum(question["loss"] == loss for question in answerable)
        left -= lost
        if lost or loss != "not asked":
            steps.append({"step": loss, "lost": lost, "left": left})
    return steps


def groups(questions: Sequence[dict[str, Any]], columns: Columns) -> dict[str, Any]:
    """How many of each tag's, type's and gold page's questions were handled right."""
    keys: dict[str, Callable[[dict[str, Any]], list[str]]] = {
        "tag": lambda question: question["tags"],
        "type": lambda question: [question["type"]],
        "page": _pages,
    }
    right = np.array([question["verdict"] in GOOD for question in questions], float)
    found: dict[str, Any] = {}
    for kind, names_of in keys.items():
        places: dict[str, list[int]] = {}
        for place, question in enumerate(questions):
            for name in dict.fromkeys(names_of(question)):
                places.setdefault(name, []).append(place)
        largest = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
        found[kind] = {name: _share(right[at], columns.take(np.array(at))) for name, at in largest}
    return found


def curves(columns: Columns) -> dict[str, Any]:
    right = columns.quote * columns.answerable
    curve = metrics.risk_coverage(columns.confidence, right)
    bins = metrics.reliability(columns.confidence, right)
    return {
        "risk_coverage": [
            [round(float(c), 4), round(float(r), 4)] for c, r in zip(*curve, strict=True)
        ],
        "reliability": [
            {"questions": b.size, "confidence": round(b.confidence, 4), "right": round(b.right, 4)}
            for b in bins
        ],
    }


def load(path: Path) -> dict[str, Any]:
    """A result that was written before; ValueError when it is none that can be read."""
    try:
        value: dict[str, Any] = json.loads(path.read_text("utf-8"))
        schema = value["schema"]
        complete = {"set", "index", "models", "settings", "metrics", "questions"} <= value.keys()
    except OSError as error:
        raise ValueError(f"{path}: {(error.strerror or 'not readable').lower()}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path} is no result of `quoth evaluate --json`") from None
    if schema != SCHEMA:
        raise ValueError(f"{path} has schema {schema} and this version of Quoth reads {SCHEMA}")
    if not complete:
        raise ValueError(f"{path} is not a whole result: run `quoth evaluate --json` again")
    return value


def _pages(question: dict[str, Any]) -> list[str]:
    pages = [gold["page"] for gold in question["gold"] if gold.get("page")]
    return pages[:1] or (["(any page)"] if question["gold"] else ["(not answered)"])


def _share(right: metrics.Values, columns: Columns) -> dict[str, Any]:
    low, high = wilson(int(right.sum()), len(right))
    return {
        "questions": len(right),
        "right": rounded(metrics.mean(right)),
        "low": rounded(low),
        "high": rounded(high),
        "answered": rounded(metrics.mean(columns.answered)),
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
