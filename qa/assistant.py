"""One question's way: understand, retrieve, read, decide, quote. Start here."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from corpus.document import Document, Passage
from index.search import Hit, Index
from qa import agreement, citation, conversation, replies, steps
from qa.answer import Answer, Quote, Role, Span, Verdict
from qa.examples import examples
from qa.freshness import Freshness
from qa.judgement import Judge
from qa.place import Place
from qa.question import understood
from qa.settings import Settings
from qa.shown import shown
from qa.suggest import Suggestions

CLOSEST = 3  # passages shown when the documents do not answer
ALSO = 8  # other places shown beside an answer
REASONS: dict[Verdict, tuple[str, str]] = {
    "answered": ("found", "The documents say this."),
    "unsure": ("low_confidence", "These passages are close, but may not answer the question."),
    "none": ("not_in_documents", "The documents do not say."),
}
DIFFER = ("documents_differ", "The documents differ; each says this at its own date.")


class Assistant:
    """Answers from one open index. Safe to share between threads."""

    def __init__(self, index: Index, judges: Sequence[Judge], settings: Settings) -> None:
        """Of the judges the first one that takes what search found is asked; the last takes all."""
        self.index = index
        self.judges = judges
        self.settings = settings
        self.freshness = Freshness(index)

    def ask(self, question: str, history: Sequence[Any] = ()) -> Answer:
        """What the documents say to a question, in their words; that they do not is an answer too.

        `history` holds the turns before, oldest first: each a mapping with `question` and, where
        there was an answer, its `answer` and `uri`. They are hints to what the question leans on.
        Raises ValueError, in a sentence for the visitor, for what cannot be asked.
        """
        clock = _Clock()
        question = understood(question, self.settings.question_characters)
        before = conversation.turns(history)
        reply = replies.fixed(question)
        if reply is not None:
            return self._answer(question, "fixed", 1.0, *reply, judge=self.judges[0], clock=clock)
        judge, places, certainty = self.considered(question, before, clock.lap)
        verdict = judge.verdict(certainty)
        found = self._quotes(question, places) if verdict == "answered" else self._closest(places)
        reason = DIFFER if any(q.role == "differs" for q in found) else REASONS[verdict]
        answer = self._answer(
            question, verdict, certainty, *reason, judge=judge, clock=clock, found=found
        )
        citation.check(answer.to_json(), self.document)
        return answer

    def considered(
        self,
        question: str,
        before: Sequence[conversation.Turn] = (),
        done: Callable[[str], None] = lambda step: None,
    ) -> tuple[Judge, list[Place], float]:
        """Who judges, every place that may answer, best first, and the probability that the best
        one is right. Misspelled words are read as the documents spell them."""
        asked = self.index.mended(question)
        instead = conversation.restated(asked, before, self.index)
        if instead:
            asked, before = instead, ()
        hits = self.hits(asked, before)
        done("retrieve")
        judge = self.judge(hits)
        places = judge.places(asked, hits)
        done("read")
        return judge, places, judge.certainty(asked, places, self.index.lexical)

    def hits(self, question: str, before: Sequence[conversation.Turn] = ()) -> list[Hit]:
        """The passages to read for a question after the turns before it, best first."""
        about = conversation.topic(question, before, self.index)
        return conversation.search(question, about, self.index, self.settings.passages_read)

    def judge(self, hits: Sequence[Hit]) -> Judge:
        """Who reads these passages and decides on them."""
        return next(judge for judge in self.judges if judge.takes(hits))

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

    def _models(self, judge: Judge) -> dict[str, str]:
        encoder = self.index.manifest["encoder"]
        return {
            "encoder": f"{encoder['name']}@{encoder['digest'][:12]}",
            "reader": f"{judge.reader.name}@{judge.reader.digest[:12]}",
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
            "models": self._models(self.judges[0]),
            "notices": list(self._notices()),
        }

    def _notices(self) -> tuple[str, ...]:
        notice = self.judges[0].reader.notice
        return (notice,) if notice else ()

    def _answer(
        self,
        question: str,
        verdict: Verdict,
        certainty: float,
        code: str,
        reason: str,
        *,
        judge: Judge,
        clock: _Clock,
        found: tuple[Quote, ...] = (),
    ) -> Answer:
        answered = verdict == "answered"
        return Answer(
            id=uuid.uuid4().hex,
            question=question,
            verdict=verdict,
            confidence=certainty,
            calibrated=judge.calibration.calibrated,
            reason_code=code,
            reason=reason,
            quotes=found if answered else (),
            closest=() if answered else found,
            generation=str(self.index.generation.number),
            models=self._models(judge),
            notices=self._notices(),
            timing_ms=clock.laps(),
        )

    def _quotes(self, question: str, places: Sequence[Place]) -> tuple[Quote, ...]:
        """The best place, or the latest where documents differ; then others that say something
        else instead, and others that say the same."""
        best = agreement.latest(places)
        answer = self._cite(best.hit.passage, shown(question, best), "answer")
        equal = {passage.document.uri: passage for passage in best.hit.also}
        equal.pop(best.where[0], None)
        quotes = [self._cite(passage, best.span, "agrees") for passage in equal.values()]
        page = best.where[0]
        seen: set[object] = {page, best.where, *equal}
        for place in places:
            role = agreement.role(best, place)
            is_beside = role == "differs" and place.where[0] == page
            where = place.where if is_beside else place.where[0]
            if role is not None and where not in seen:
                seen.add(where)
                quotes.append(self._cite(place.hit.passage, place.span, role))
        quotes.sort(key=lambda quote: quote.role != "differs")
        return (answer, *quotes[:ALSO])

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
        steps.done(step)

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": (time.perf_counter() - self._started) * 1000}
