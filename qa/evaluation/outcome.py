"""What became of one question: the answer, whether it is right, and where it was lost if not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from qa.answer import Answer, Quote
from qa.evaluation import metrics
from qa.evaluation.gold import Target
from qa.evaluation.questions import Question

Verdict = Literal[
    "right", "wrong_quote", "wrong_page", "missed", "rightly_refused", "wrongly_answered"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
GOOD = ("right", "rightly_refused")

# The ways to lose a question that has an answer, in the order of a question's way.
Loss = Literal[
    "not indexed", "cut", "not asked", "not retrieved", "not ranked", "not read", "below threshold"
]
LOSSES: tuple[Loss, ...] = get_args(Loss)

AROUND = 240  # characters shown before and after the exact words


@dataclass(frozen=True, slots=True)
class First:
    """The first answer, given or held back: what it quotes and whether that is right."""

    text: str
    uri: str
    page: bool
    quote: bool
    exact: float | None
    f1: float | None
    shown: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question's. `ranks` are those of each gold's passage, None where it is no candidate.

    `answered` says whether the first answer counts as given. `verdict` is None when nothing was
    read (retrieval only). `expected` shows what would have answered a lost question.
    """

    question: Question
    statuses: tuple[str, ...]
    ranks: tuple[int | None, ...]
    first: First | None = None
    answered: bool = False
    decision: str = ""
    confidence: float = 0.0
    verdict: Verdict | None = None
    loss: Loss | None = None
    expected: dict[str, Any] | None = None
    remark: str = ""

    def to_json(self) -> dict[str, Any]:
        first, asked = self.first, self.question.to_json()
        golds = zip(asked["gold"], self.statuses, self.ranks, strict=True)
        return {
            "id": self.question.id,
            "question": self.question.text,
            "type": self.question.type,
            "tags": list(self.question.tags),
            "answered": self.answered,
            "decision": self.decision,
            "answer": first.text if first and self.answered else None,
            "confidence": round(self.confidence, 4),
            "uri": first.uri if first else None,
            "gold": [gold | {"status": status, "rank": rank} for gold, status, rank in golds],
            "verdict": self.verdict,
            "loss": self.loss,
            "first": first
            and {
                "answer": first.text,
                "right_page": first.page,
                "right_quote": first.quote,
                "exact_match": first.exact,
                "token_f1": None if first.f1 is None else round(first.f1, 4),
                **first.shown,
            },
            "expected": self.expected,
            **{key: asked[key] for key in ("history", "hidden") if asked.get(key)},
            **({"remark": self.remark} if self.remark else {}),
        }


def first_of(answer: Answer, question: Question, target: Target) -> First | None:
    """The best place of an answer, also of one that was held back; None when there is none."""
    quotes = answer.quotes or answer.closest
    if not quotes:
        return None
    quote = quotes[0]
    document = quote.passage.document
    text = quote.exact.of(document.text)
    references = question.references
    scored = bool(references) or not question.answerable
    return First(
        text=text,
        uri=document.uri,
        page=target.right_page(document.uri),
        quote=target.right_quote(quote),
        exact=metrics.exact_match(text, references) if scored else None,
        f1=metrics.token_f1(text, references) if scored else None,
        shown=_in_context(quote),
    )


def verdict_of(question: Question, first: First | None, answered: bool) -> Verdict:
    if not question.answerable:
        return "wrongly_answered" if answered else "rightly_refused"
    if not answered or first is None:
        return "missed"
    if first.quote:
        return "right"
    return "wrong_quote" if first.page else "wrong_page"


def loss_of(
    target: Target, ranks: Sequence[int | None], read: int, first: First | None, asked: bool
) -> Loss:
    """Where a question that has an answer and got another or none was lost."""
    best = min((rank for rank in ranks if rank is not None), default=None)
    if not target.indexed:
        return "not indexed"
    if target.cut:
        return "cut"
    if not asked:
        return "not asked"
    if first is not None and first.quote:
        return "below threshold"
    if best is None:
        return "not retrieved"
    return "not ranked" if best > read else "not read"


def _in_context(quote: Quote) -> dict[str, Any]:
    """The exact words with what stands around them in their passage, and where that is."""
    document, passage, exact = quote.passage.document, quote.passage, quote.exact
    before = document.text[min(passage.start, exact.start) : exact.start]
    after = document.text[exact.end : max(passage.end, exact.end)]
    if len(before) > AROUND:  # from and to a whole word
        before = "… " + before[-AROUND:].split(None, 1)[-1]
    if len(after) > AROUND:
        after = after[:AROUND].rsplit(None, 1)[0] + " …"
    return {
        "before": before,
        "marked": exact.of(document.text),
        "after": after,
        "title": document.title,
        "heading": list(document.heading_path(exact.start)),
        "url": document.url,
    }
