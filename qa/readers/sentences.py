"""The reader without training: the sentence that is nearest to the question in meaning and words.

It is the floor that a trained reader must beat, and what runs when no weights are there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.document import Slice
from corpus.passages import context, units
from index.encoder import Encoder
from index.search import Hit, Index
from index.words import stems, tokens
from qa.answer import Span

# How much each counts: the sentence's meaning (cosine), the question's words in it and in what
# introduces it (share), its passage's score. Fitted on the tuning half of tests/faq.jsonl (softmax
# over a question's sentences, rounded): right first quotes .62 by meaning in context alone, .70 so
# (cross-validated). After a change: python -m benchmarks.answers
SENTENCE, WORDS, PASSAGE = 0.5, 0.9, 0.15
MAX_UNIT_CHARACTERS = 700  # of a longer one (code, a table row) only the beginning is compared

NOTICE = "No trained reader is installed: answers are whole sentences."

# Words of a question that say what kind of thing is asked, not what about.
_ASKING = frozenset(
    """
    a an the of to in on at for by with from as is are was were be been do does did has have had can
    could will would shall should may might must i me my we our you your it its they their them this
    that these those there and or not what which who whom whose when where why how if about into
    than then so any some please tell explain mean means meaning define definition
    """.split()
)


def open(encoder: Encoder, index: Index) -> SentenceReader:
    return SentenceReader(encoder, index)


@dataclass(frozen=True, slots=True)
class SentenceReader:
    """See `qa.readers.Reader`."""

    encoder: Encoder
    index: Index
    name: str = "sentences"
    notice: str = NOTICE

    def read(self, question: str, hits: Sequence[Hit]) -> list[list[Span]]:
        found = [(hit, unit) for hit in hits for unit in _units(hit)]
        if not found:
            return [[] for _ in hits]
        vectors = self.encoder.encode([self._cut(_text(hit, unit)) for hit, unit in found])
        cosines = vectors @ self.encoder.encode_query(question)
        asked = self._weights(question, hits)
        spans: dict[int, list[Span]] = {hit.rank: [] for hit in hits}
        for (hit, unit), cosine in zip(found, cosines, strict=True):
            words = _coverage(asked, _in_context(hit, unit), hit.passage.document.language or "en")
            score = SENTENCE * float(cosine) + WORDS * words + PASSAGE * hit.score
            start = max(unit.start, hit.passage.start) - hit.passage.start
            end = min(unit.end, hit.passage.end) - hit.passage.start
            spans[hit.rank].append(Span(start, end, score, words))
        return [sorted(spans[hit.rank], key=lambda span: (-span.score, span.start)) for hit in hits]

    def _weights(self, question: str, hits: Sequence[Hit]) -> dict[str, float]:
        """The question's telling stems and how rare each is among the indexed passages."""
        words = [word for word in tokens(question) if word not in _ASKING]
        languages = {hit.passage.document.language or "en" for hit in hits}
        found = {stem for language in languages for stem in stems(words, language)}
        return {stem: self._rarity(stem) for stem in found}

    def _rarity(self, stem: str) -> float:
        lexical = self.index.lexical
        column = lexical.terms.get(stem)
        passages = 0 if column is None else int(np.diff(lexical.starts[column : column + 2])[0])
        return math.log(1 + len(lexical) / (passages + 0.5))

    def _cut(self, text: str) -> str:
        room = self.encoder.max_tokens - self.encoder.special_tokens
        offsets = self.encoder.offsets(text)
        return text if len(offsets) <= room else text[: offsets[room - 1][1]]


def _units(hit: Hit) -> list[Slice]:
    """What can answer: a table's header alone cannot."""
    passage = hit.passage
    inside = units(passage.document, passage.start, passage.end)
    return [unit for unit in inside if unit.kind != "header"]


def _text(hit: Hit, unit: Slice) -> str:
    return unit.of(hit.passage.document.text)[:MAX_UNIT_CHARACTERS]


def _in_context(hit: Hit, unit: Slice) -> str:
    """A unit after what tells what it is about: its headings, its header or introduction."""
    document = hit.passage.document
    before = [lead.of(document.text) for lead in context(document, unit.start)]
    return "\n".join([*document.heading_path(unit.start), *before, _text(hit, unit)])


def _coverage(asked: dict[str, float], text: str, language: str) -> float:
    """The share of the question's telling words that a text has, weighted by rarity."""
    total = sum(asked.values())
    if not total:
        return 0.0
    words = list(tokens(text))
    there = {*words, *stems(words, language)}
    return sum(weight for stem, weight in asked.items() if stem in there) / total
