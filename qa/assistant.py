"""One question's way: understand, retrieve, read, decide, quote. Start here."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from corpus.document import Document, Passage
from index.search import Hit, Index
from qa import citation, confidence, steps
from qa.answer import Answer, Quote, Role, Span, Verdict
from qa.examples import examples
from qa.freshness import Freshness
from qa.question import understood
from qa.readers import Reader
from qa.settings import Settings
from qa.suggest import Suggestions

CLOSEST = 3  # passages shown when the documents do not answer
ALSO = 3  # other places shown beside an answer
MARGIN = 0.05  # how far another place's score may be below the answer's
REASONS: dict[Verdict, tuple[str, str]] = {
    "answered": ("found", "The documents say this."),
    "unsure": ("low_confidence", "These passages are close, but may not answer the question."),
    "none": ("not_in_documents", "The documents do not say."),
}


class Place(NamedTuple):
    """Where an answer may stand."""

    hit: Hit
    span: Span


class Assistant:
    """Answers from one open index. Safe to share between threads."""

    def __init__(self, index: Index, reader: Reader, settings: Settings) -> None:
        self.index = index
        self.reader = reader
        self.settings = settings
        self.freshness = Freshness(index)

    def ask(self, question: str) -> Answer:
        """What the documents say to a question, in their words; that they do not is an answer too.

        Raises ValueError, in a sentence for the visitor, for a question that cannot be asked.
        """
        clock = _Clock()
        question = understood(question, self.settings.question_characters)
        hits = self.index.search(question, self.settings.passages_read)
        clock.lap("retrieve")
        places = self._read(question, hits)
        clock.lap("read")
        certainty = confidence.confidence(places[0].span.score) if places else 0.0
        verdict = confidence.verdict(certainty, self.settings.answer_at, self.settings.suggest_at)
        answered = verdict == "answered"
        code, reason = REASONS[verdict]
        answer = Answer(
            id=uuid.uuid4().hex,
            question=question,
            verdict=verdict,
            confidence=certainty,
            calibrated=confidence.CALIBRATED,
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

    def suggestions(self) -> Suggestions:
        """What to ask and where to look, from the documents' headings."""
        return self._suggestions

    @cached_property
    def _suggestions(self) -> Suggestions:
        return Suggestions(self.index)

    @cached_property
    def models(self) -> dict[str, str]:
        encoder = self.index.manifest["encoder"]
        return {
            "encoder": f"{encoder['name']}@{encoder['digest'][:12]}",
            "reader": self.reader.name,
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
        return self._read(question, self.index.search(question, self.settings.passages_read))

    def _read(self, question: str, hits: Sequence[Hit]) -> list[Place]:
        """Every span of every passage, best first; a sentence in two passages counts once."""
        found: dict[tuple[str, int], Place] = {}
        for hit, spans in zip(hits, self.reader.read(question, hits), strict=True):
            for span in spans:
                where = hit.passage.document.uri, hit.passage.start + span.start
                if where not in found or found[where].span.score < span.score:
                    found[where] = Place(hit, span)
        return sorted(found.values(), key=lambda place: (-place.span.score, place.hit.rank))

    def _quotes(self, places: Sequence[Place]) -> tuple[Quote, ...]:
        """The best place and others that say the same: equal passages, then near-equal scores."""
        best = places[0]
        quotes = [self._cite(best.hit.passage, best.span, "answer")]
        quotes += [self._cite(also, best.span, "agrees") for also in best.hit.also]
        seen = {quote.passage.document.uri for quote in quotes}
        for hit, span in places[1:]:
            uri = hit.passage.document.uri
            if span.score >= best.span.score - MARGIN and uri not in seen:
                seen.add(uri)
                quotes.append(self._cite(hit.passage, span, "agrees"))
        return tuple(quotes[: 1 + ALSO])

    def _closest(self, places: Sequence[Place]) -> tuple[Quote, ...]:
        """The best sentence of each of the nearest passages."""
        best: dict[int, Place] = {}
        for place in places:
            best.setdefault(place.hit.rank, place)
        nearest = list(best.values())[:CLOSEST]
        return tuple(self._cite(hit.passage, span, "closest") for hit, span in nearest)

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
        steps.done(step)

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": (time.perf_counter() - self._started) * 1000}
