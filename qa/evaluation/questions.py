"""What a test set is made of: questions, and for each what would answer it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from qa.evaluation import metrics

SHOWN = 20  # problems that an error lists

# How a question begins, the longest first, and the type that it then is of.
_BEGINNINGS = {
    "how many": "how many",
    "how much": "how many",
    "how long": "how many",
    "how old": "how many",
    "how often": "how many",
    "how": "how",
    "what": "what",
    "which": "which",
    "whose": "who",
    "whom": "who",
    "who": "who",
    "when": "when",
    "where": "where",
    "why": "why",
}
_YES_NO = frozenset(
    "is are was were be am do does did has have had can could will would shall should may might "
    "must isn't aren't don't doesn't didn't can't".split()
)


@dataclass(frozen=True, slots=True)
class Gold:
    """One place that answers: on `page` (a uri, address, path or title), the words of `quote`.

    Either may be missing. `context` is text around the quote that tells equal quotes apart.
    """

    page: str | None = None
    quote: str | None = None
    context: str | None = None

    def to_json(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the places any of which answers it; none when the documents do not.

    `history` is what was said before, as `Assistant.ask` takes it. `hidden` names pages that are
    kept out of the search for this question.
    """

    id: str
    text: str
    gold: tuple[Gold, ...] = ()
    tags: tuple[str, ...] = ()
    history: tuple[Any, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return bool(self.gold)

    @property
    def references(self) -> list[str]:
        return [gold.quote for gold in self.gold if gold.quote]

    @property
    def type(self) -> str:
        """What kind of thing is asked for, by how the question begins (in English)."""
        words = self.text.casefold().replace("’", "'").split()
        for beginning, kind in _BEGINNINGS.items():
            if words[: len(beginning.split())] == beginning.split():
                return kind
        return "yes or no" if words and words[0] in _YES_NO else "other"

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "id": self.id,
            "question": self.text,
            "gold": [gold.to_json() for gold in self.gold],
            "tags": list(self.tags),
            "history": list(self.history),
        }
        return value | ({"hidden": list(self.hidden)} if self.hidden else {})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a test set, and where."""

    line: int
    column: str
    what: str

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"line {self.line:,}{column}: {self.what}"


class BadTestSet(ValueError):
    """A test set that cannot be used; the message names every problem, one a line."""

    def __init__(self, name: object, problems: Sequence[Problem], more: int = 0) -> None:
        count = len(problems) + more
        shown = [str(problem) for problem in problems[:SHOWN]]
        rest = [f"and {count - SHOWN:,} more"] if count > SHOWN else []
        head = f"{name} has {count:,} problem{'s' if count > 1 else ''}:"
        super().__init__("\n  ".join([head, *shown, *rest]))
        self.problems = tuple(problems)


def same(question: Question) -> tuple[str, str, tuple[str, ...]]:
    """What two questions share that are one: their words without case and punctuation, what was
    said before and what is hidden."""
    return metrics.words(question.text), repr(question.history), question.hidden


def merged(questions: Sequence[Question]) -> list[Question]:
    """The questions, where all gold that one is given anywhere in the set counts wherever it is
    asked: two people who wrote down different answers to it are both right.

    A question that is said not to be answered keeps to that.
    """
    golds: dict[object, dict[Gold, None]] = {}
    for question in questions:
        golds.setdefault(same(question), {}).update(dict.fromkeys(question.gold))
    return [
        replace(q, gold=tuple(dict.fromkeys([*q.gold, *golds[same(q)]]))) if q.gold else q
        for q in questions
    ]


def digest(questions: Iterable[Question]) -> str:
    """The SHA-256 of what is asked and what would answer it, in whatever order."""
    lines = sorted(json.dumps(q.to_json(), ensure_ascii=False, sort_keys=True) for q in questions)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
