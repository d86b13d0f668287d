"""One question's way: understand, retrieve, read, decide, quote. Start here."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from corpus.document import Document, Passage
from index.search import Index
from qa import citation, confidence
from qa.answer import Answer, Quote, Role, Span, Verdict
from qa.confidence import Calibration, Features
from qa.coverage import Asked
from qa.examples import examples
from qa.freshness import Freshness
from qa.place import Place, ranked
from qa.question import understood
from qa.readers import Reader
from qa.settings import Settings

CLOSEST = 3  # passages shown when the documents do not answer
ALSO = 3  # other places shown beside an answer
MARGIN = 0.05  # how far another place's score may be below the answer's
REASONS: dict[Verdict, tuple[str, str]] = {
    "answered": ("found", "The documents say this."),
    "unsure": ("low_confidence", "These passages are close, but may not answer the question."),
    "none": ("not_in_documents", "The documents do not say."),
}


class Assistant:
    """Answers from one open index. Safe to share between threads."""

    def __init__(
        self, index: Index, reader: Reader, calibration: Calibration, settings: Settings
    ) -> None:
        self.index = index
        self.reader = reader
        self.calibration = calibration
        self.settings = settings
        self.thresholds = (
            calibration.answer_at if settings.answer_at is None else settings.answer_at,
            calibration.suggest_at if settings.suggest_at is None else settings.suggest_at,
        )
        self.freshness = Freshness(index)

    def ask(self, question: str) -> Answer:
        """What the documents say to a question, in their words; that they do not is an answer too.

        Raises ValueError, in a sentence for the visitor, for a question that cannot be asked.
        """
        clock = _Clock()
        question = understood(question, self.settings.question_characters)
        hits = self.index.search(question, self.settings.passages_read)
        clock.lap("retrieve")
        places = ranked(hits, self.reader.read(question, hits))
        clock.lap("read")
        certainty = self.certainty(question, places)
        verdict = confidence.verdict(certainty, *self.thresholds)
        answered = verdict == "answered"
        code, reason = REASONS[verdict]
        answer = Answer(
            id=uuid.uuid4().hex,
            question=question,
            verdict=verdict,
            confidence=certainty,
            calibrated=self.calibration.calibrated,
            reason_code=code,
            reason=reason,
            quotes=self._quotes(places) if answered else (),
            closest=() if answered else self._closest(places),
            generation=str(self.index.generation.number),
            models=self.models,
            timing_ms=clock.laps(),
        )
        citation.check(answer.to_json(), self.document)
        return answer

    def document(self, uri: str) -> Document | None:
        """An indexed document by its uri."""
        return self.index.document(uri)

    def examples(self, count: int) -> list[str]:
        """Questions that the documents answer, to show what can be asked."""
        return examples(self.index, count)

    @cached_property
    def models(self) -> dict[str, str]:
        encoder = self.index.manifest["encoder"]
        return {
            "encoder": f"{encoder['name']}@{encoder['digest'][:12]}",
            "reader": f"{self.reader.name}@{self.reader.digest[:12]}",
        }

    def info(self) -> dict[str, Any]:
        """What this assistant answers from, and what a visitor should know about it."""
        manifest = self.index.manifest
        return {
            "generation": manifest["generation"],
            "created": manifest["created"],
            "documents": len(manifest["documents"]),
            "passages": manifest["passages"],
            "languages": manifest["languages"],
            "roots": manifest["roots"],
            "skipped": manifest["skipped"],
            "models": self.models,
            "notices": [self.reader.notice] if self.reader.notice else [],
        }

    def places(self, question: str) -> list[Place]:
        """Every place that may answer a question, best first, without deciding whether one does."""
        question = understood(question, self.settings.question_characters)
        hits = self.index.search(question, self.settings.passages_read)
        return ranked(hits, self.reader.read(question, hits))

    def features(self, question: str, places: Sequence[Place]) -> Features:
        """What confidence goes by, of at least one place."""
        languages = {place.hit.passage.document.language or "en" for place in places}
        asked = Asked.of(question, languages, self.index.lexical)
        return confidence.features(question, places, asked)

    def certainty(self, question: str, places: Sequence[Place]) -> float:
        """The probability that the best place is right; 0 without any."""
        return self.calibration.probability(self.features(question, places)) if places else 0.0

    def _quotes(self, places: Sequence[Place]) -> tuple[Quote, ...]:
        """The best place and others that say the same: equal passages, then near-equal scores."""
        best = places[0]
        quotes = [self._cite(best.hit.passage, best.span, "answer")]
        quotes += [self._cite(also, best.span, "agrees") for also in best.hit.also]
        seen = {quote.passage.document.uri for quote in quotes}
        for place in places[1:]:
            passage, span = place.hit.passage, place.span
            if span.score >= best.span.score - MARGIN and passage.document.uri not in seen:
                seen.add(passage.document.uri)
                quotes.append(self._cite(passage, span, "agrees"))
        return tuple(quotes[: 1 + ALSO])

    def _closest(self, places: Sequence[Place]) -> tuple[Quote, ...]:
        """The best sentence of each of the nearest passages."""
        best: dict[int, Place] = {}
        for place in places:
            best.setdefault(place.hit.rank, place)
        nearest = list(best.values())[:CLOSEST]
        return tuple(self._cite(p.hit.passage, p.span, "closest") for p in nearest)

    def _cite(self, passage: Passage, span: Span, role: Role) -> Quote:
        return citation.cite(passage, span, role, self.freshness.state(passage.document.uri))


class _Clock:
    """Milliseconds of each step and in all."""

    def __init__(self) -> None:
        self._started = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._laps[step] = (now - self._last) * 1000
        self._last = now

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": (time.perf_counter() - self._started) * 1000}
