"""The reader without training: the sentence that is nearest to the question in meaning and words.

It is the floor that a trained reader must beat, and what runs when no weights are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from corpus.document import Slice
from corpus.passages import units
from index.encoder import Encoder
from index.search import Hit, Index
from qa.answer import Span
from qa.coverage import Asked, in_context
from qa.meaning import Meanings

# How much each counts: the sentence's meaning (cosine), the question's words in it and in what
# introduces it (share), its passage's score. Fitted on the tuning half of tests/faq.jsonl (softmax
# over a question's sentences, rounded): right first quotes .62 by meaning in context alone, .70 so
# (cross-validated). After a change: python -m benchmarks.answers
SENTENCE, WORDS, PASSAGE = 0.5, 0.9, 0.15
MAX_UNIT_CHARACTERS = 700  # of a longer one (code, a table row) only the beginning is compared

NOTICE = "No trained reader is installed: answers are whole sentences."

DIGEST = sha256(repr((1, SENTENCE, WORDS, PASSAGE)).encode()).hexdigest()


def open(encoder: Encoder, index: Index) -> SentenceReader:
    return SentenceReader(Meanings(encoder), index)


@dataclass(frozen=True, slots=True)
class SentenceReader:
    """See `qa.readers.Reader`."""

    meanings: Meanings
    index: Index
    name: str = "sentences"
    digest: str = DIGEST
    notice: str = NOTICE
    languages: None = None

    def read(self, question: str, hits: Sequence[Hit]) -> list[list[Span]]:
        found = [(hit, unit) for hit in hits for unit in _units(hit)]
        if not found:
            return [[] for _ in hits]
        nearness = self.meanings.cosines(question, [_text(hit, unit) for hit, unit in found])
        languages = {hit.passage.document.language or "en" for hit in hits}
        asked = Asked.of(question, languages, self.index.lexical)
        spans: dict[int, list[Span]] = {hit.rank: [] for hit in hits}
        for (hit, unit), cosine in zip(found, nearness, strict=True):
            document = hit.passage.document
            text = in_context(document, unit, MAX_UNIT_CHARACTERS)
            words = asked.share_in(text, document.language or "en")
            score = SENTENCE * float(cosine) + WORDS * words + PASSAGE * hit.score
            start = max(unit.start, hit.passage.start) - hit.passage.start
            end = min(unit.end, hit.passage.end) - hit.passage.start
            spans[hit.rank].append(Span(start, end, score, words, float(cosine)))
        return [sorted(spans[hit.rank], key=lambda span: (-span.score, span.start)) for hit in hits]


def _units(hit: Hit) -> list[Slice]:
    """What can answer: a table's header alone cannot."""
    passage = hit.passage
    inside = units(passage.document, passage.start, passage.end)
    return [unit for unit in inside if unit.kind != "header"]


def _text(hit: Hit, unit: Slice) -> str:
    return unit.of(hit.passage.document.text)[:MAX_UNIT_CHARACTERS]
