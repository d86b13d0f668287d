"""Questions and an assistant in, Outcomes out.

An assistant is asked as a visitor asks it. Only its encoder is wrapped: many questions read the
same passages, and what is encoded once need not be encoded again.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index import fusion
from index.encoder import Encoder, Vectors
from index.files import Generation
from index.hidden import without
from qa import conversation
from qa.answer import Answer
from qa.assemble import assembled
from qa.assistant import Assistant
from qa.evaluation.gold import Match, Matcher, Target
from qa.evaluation.outcome import Outcome, first_of, loss_of, verdict_of
from qa.evaluation.questions import Question
from qa.question import understood
from qa.settings import Settings

_CLOSING = re.compile(r"[.!?…)\]\"'”’»]*")
REMEMBERED = 50_000  # texts whose vectors are kept: 77 MB at 384 dimensions


@dataclass(frozen=True, slots=True)
class Options:
    """How an evaluation asks. `always_answer` counts the first answer even if it is held back."""

    always_answer: bool = False
    retrieval_only: bool = False


class Remembering:
    """An encoder that encodes a text once. See `index.encoder.Encoder`."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._query: tuple[str, Vectors] | None = None
        self.name, self.digest = encoder.name, encoder.digest
        self.dimensions, self.max_tokens = encoder.dimensions, encoder.max_tokens
        self.special_tokens = encoder.special_tokens
        self.offsets = encoder.offsets

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            for text, vector in zip(new, self._encoder.encode(new, progress), strict=True):
                self._vectors[text] = vector
        for text in texts:
            self._vectors.move_to_end(text)
        found = [self._vectors[text] for text in texts]
        while len(self._vectors) > REMEMBERED:
            self._vectors.popitem(last=False)
        return np.array(found, np.float32).reshape(len(texts), self.dimensions)

    def encode_query(self, text: str) -> Vectors:
        if self._query is None or self._query[0] != text:
            self._query = text, self._encoder.encode_query(text)
        return self._query[1]


class Asker:
    """Asks one generation's assistant and judges what it says."""

    def __init__(self, generation: Generation, encoder: Encoder, settings: Settings) -> None:
        self.encoder = Remembering(encoder)
        self.settings = settings
        self.assistant = assembled(generation, self.encoder, settings)
        self.index = self.assistant.index
        self.matcher = Matcher(self.index)

    def outcomes(self, questions: Sequence[Question], options: Options) -> Iterator[Outcome]:
        for question in questions:
            target = self.matcher.target(question)
            one = self._found if options.retrieval_only else self._asked
            yield one(question, target, options)

    def _found(self, question: Question, target: Target, options: Options) -> Outcome:
        return Outcome(
            question=question,
            statuses=tuple(match.status for match in target.matches),
            ranks=self._ranks(question, target),
        )

    def _asked(self, question: Question, target: Target, options: Options) -> Outcome:
        found = self._found(question, target, options)
        remark = ""
        try:
            answer: Answer | None = self.assistant_for(question).ask(
                question.text, question.history
            )
        except ValueError as refusal:
            answer, remark = None, str(refusal)
        first = first_of(answer, question, target) if answer else None
        given = bool(answer and answer.quotes)
        answered = bool(first) and (given or options.always_answer)
        verdict = verdict_of(question, first, answered)
        lost = verdict in ("missed", "wrong_quote", "wrong_page")
        read = self.settings.passages_read
        return Outcome(
            question=question,
            statuses=found.statuses,
            ranks=found.ranks,
            first=first,
            answered=answered,
            decision=answer.verdict if answer else "refused",
            confidence=answer.confidence if answer and first else 0.0,
            verdict=verdict,
            loss=loss_of(target, found.ranks, read, first, answer is not None) if lost else None,
            expected=self._expected(target) if lost else None,
            remark=remark,
        )

    def assistant_for(self, question: Question) -> Assistant:
        """The assistant, without the pages that are hidden for this question."""
        hidden = self._hidden(question)
        if not hidden:
            return self.assistant
        return Assistant(without(self.index, hidden), self.assistant.judges, self.settings)

    def _hidden(self, question: Question) -> list[str]:
        library = self.matcher.library
        return [page.uri for name in question.hidden for page in library.named(name)]

    def _ranks(self, question: Question, target: Target) -> tuple[int | None, ...]:
        """The rank of each gold's best row among the candidates."""
        try:
            asked = understood(question.text, self.settings.question_characters)
        except ValueError:
            return tuple(None for _ in target.matches)
        if not self.index.manifest["rows"]:
            return tuple(None for _ in target.matches)
        rows = self._ranked(self.index.mended(asked), question)
        place = {row: rank for rank, row in enumerate(rows, 1)}
        return tuple(
            min((place[row] for row in wanted if row in place), default=None)
            for wanted in target.rows
        )

    def _ranked(self, asked: str, question: Question) -> list[int]:
        """The rows of all candidates, best first."""
        index = without(self.index, self._hidden(question)) if question.hidden else self.index
        about = conversation.topic(asked, conversation.turns(question.history), index)
        if about is None:
            rows: list[int] = index.rank(asked, self.encoder.encode_query(asked)).rows.tolist()
            return rows
        hits = conversation.search(asked, about, index, 2 * fusion.CANDIDATES)
        return [index.texts.row(hit.passage) for hit in hits]

    def _expected(self, target: Target) -> dict[str, object] | None:
        """The gold that would have answered: the text that is indexed, or else what gold says."""
        best: Match | None = next((m for m in target.matches if m.places), None)
        if best:
            uri, start, end = best.places[0]
            page = self.matcher.library.pages[uri]
            closed = _CLOSING.match(page.text, end)
            text = page.text[start : closed.end() if closed else end]
            return {"uri": uri, "title": page.title, "text": text}
        for match in target.matches:
            return {"uri": next(iter(sorted(match.pages)), None), "title": match.gold.page,
                    "text": match.gold.quote}  # fmt: skip
        return None
