"""What a reader finds (Span), what a visitor is shown (Quote) and what `ask` returns (Answer).

`Answer.to_json` is schema 1, which `docs/answer.md` describes field by field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from corpus.document import Passage, Slice

SCHEMA = 1

Verdict = Literal["answered", "unsure", "none", "fixed", "pinned"]
Role = Literal["answer", "agrees", "differs", "closest"]
State = Literal["current", "changed", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Span:
    """Words that may answer: offsets in the passage's text, how well they fit the question.

    `score` ranks spans over all passages of one question. `answerability` (0 to 1) says how
    likely it is that the sentence around it answers at all, `nearness` (a cosine) how near that is
    to the question in meaning, 0 where it was not compared.
    """

    start: int
    end: int
    score: float
    answerability: float
    nearness: float = 0.0


@dataclass(frozen=True, slots=True)
class Quote:
    """A place in a document, ready to be shown.

    `parts` are what is quoted, in reading order: a table's header or a list's introduction, then
    the sentences, items or rows. `sentence` is the whole unit around `exact`, the words that
    answer. All are slices of `passage.document.text`.
    """

    role: Role
    passage: Passage
    parts: tuple[Slice, ...]
    sentence: Slice
    exact: Slice
    state: State = "unknown"
    link: str = ""

    def to_json(self) -> dict[str, Any]:
        document = self.passage.document
        before, marked, after = self._around(self.sentence)
        return {
            "role": self.role,
            "parts": [self._part(part) for part in self.parts],
            "exact": _located(self.exact, document.text),
            "before": before,
            "marked": marked,
            "after": after,
            "sentence": self.sentence.of(document.text),
            "passage": {
                "text": self.passage.text,
                "start": self.passage.start,
                "end": self.passage.end,
            },
            "uri": document.uri,
            "url": document.url,
            "link": self.link,
            "title": document.title,
            "heading": list(document.heading_path(self.exact.start)),
            "anchor": document.section_at(self.exact.start).anchor,
            "page": document.page_at(self.exact.start),
            "updated": document.updated,
            "language": document.language,
            "sha256": document.sha256,
            "state": self.state,
        }

    def _part(self, part: Slice) -> dict[str, Any]:
        before, marked, after = self._around(part)
        located = _located(part, self.passage.document.text)
        return {"kind": part.kind, **located, "before": before, "marked": marked, "after": after}

    def _around(self, part: Slice) -> tuple[str, str, str]:
        """`part` cut into what stands before, within and after the exact words."""
        text = self.passage.document.text
        start = min(max(self.exact.start, part.start), part.end)
        end = max(min(self.exact.end, part.end), start)
        return text[part.start : start], text[start:end], text[end : part.end]


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's outcome. That the documents do not say is a verdict, never an exception."""

    id: str
    question: str
    verdict: Verdict
    confidence: float
    calibrated: bool
    reason_code: str
    reason: str
    quotes: tuple[Quote, ...] = ()
    closest: tuple[Quote, ...] = ()
    generation: str = ""
    models: dict[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()  # what to know about the answers here
    timing_ms: dict[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        return self.verdict in ("answered", "fixed", "pinned")

    @property
    def text(self) -> str | None:
        """The exact words that answer, or None; a fixed reply's words are its reason's."""
        if self.verdict == "fixed":
            return self.reason
        if not self.answered or not self.quotes:
            return None
        quote = self.quotes[0]
        return quote.exact.of(quote.passage.document.text)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "id": self.id,
            "question": self.question,
            "verdict": self.verdict,
            "answered": self.answered,
            "answer": self.text,
            "confidence": round(self.confidence, 4),
            "calibrated": self.calibrated,
            "reason": {"code": self.reason_code, "text": self.reason},
            "quotes": [quote.to_json() for quote in self.quotes],
            "closest": [quote.to_json() for quote in self.closest],
            "generation": self.generation,
            "models": dict(self.models),
            "notices": list(self.notices),
            "timing_ms": {step: round(value, 1) for step, value in self.timing_ms.items()},
        }


def _located(part: Slice, text: str) -> dict[str, Any]:
    return {"text": part.of(text), "start": part.start, "end": part.end}
