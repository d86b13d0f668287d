"""Hits in, the spans that answer out: windows, decoding, and one score over all passages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from corpus.document import Slice
from corpus.passages import units
from index.encoder import Encoder
from index.lexical import Lexical
from index.search import Hit
from index.words import ENGLISH
from qa.answer import Span
from qa.coverage import Asked, in_context
from qa.meaning import Meanings
from qa.readers.spans.decode import Found, Pieces, best_spans, merged, pieces_of
from qa.readers.spans.network import Network, Pair, Scores

MAX_TOKENS = 256  # as in training
MAX_QUESTION_TOKENS = 64
MAX_LEAD_TOKENS = 48
MAX_UNIT_CHARACTERS = 700  # of a longer sentence or row the beginning is compared
STRIDE = 2  # a window begins each half of a window
BATCH = 4  # windows run at once, so that little of a batch is padding

LOOKED_AT = 24  # places whose meaning is compared with the question's; the others count as LOWEST
LOWEST = 0.0

# A place's score over all passages is a weighted sum: of the span's logits; of its passage's logit
# of answering at all; of how well search found that; of the share of the question's telling words
# that its sentence has, and of their cosine, both with what the sentence stands below (headings,
# introduction, header). Fitted by python -m qa.training.fit; the first is 1.
WEIGHTS: tuple[float, ...] = (1.0, 0.119, 3.93, 7.0, 29.4)


Signals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Window:
    hit: int  # its place among the hits
    pair: Pair
    pieces: Pieces


class SpanReader:
    """See `qa.readers.Reader`."""

    name = "spans"
    notice = ""
    languages = frozenset({"en"})  # of its training

    def __init__(self, network: Network, encoder: Encoder, lexical: Lexical) -> None:
        self.network = network
        self.encoder = encoder
        self.lexical = lexical
        self._meanings = Meanings(encoder)

    @property
    def digest(self) -> str:
        return sha256(repr((self.network.digest, WEIGHTS)).encode()).hexdigest()

    def read(self, question: str, hits: Sequence[Hit]) -> list[list[Span]]:
        spans: list[list[Span]] = [[] for _ in hits]
        for hit, found, signals in self.signals(question, hits):
            spans[hit].append(span(found, signals))
        return [sorted(its, key=lambda span: (-span.score, span.start)) for its in spans]

    def signals(self, question: str, hits: Sequence[Hit]) -> list[tuple[int, Found, Signals]]:
        """The number of its hit, the span, and what WEIGHTS weigh, of every place."""
        asked = Asked.of(question, {_language(hit) for hit in hits}, self.lexical)
        places, texts = [], []
        for number, (found, says) in enumerate(self.found(question, hits)):
            hit = hits[number]
            passage, document = hit.passage, hit.passage.document
            inside = units(document, passage.start, passage.end)
            for one in found:
                at = bisect_right(inside, passage.start + one.start, key=lambda u: u.start) - 1
                unit = inside[at] if at >= 0 else Slice("sentence", passage.start, passage.end)
                texts.append(in_context(document, unit, MAX_UNIT_CHARACTERS))
                words = asked.share_in(texts[-1], _language(hit))
                signals = np.array([one.score, says, hit.score, words, LOWEST])
                places.append((number, one, signals))
        without = np.array([signals[:4] @ np.array(WEIGHTS[:4]) for *_, signals in places])
        best = np.argsort(-without, kind="stable")[:LOOKED_AT]
        near = self._meanings.cosines(question, [texts[at] for at in best])
        for at, cosine in zip(best, near, strict=True):
            places[at][2][4] = cosine
        return places

    def found(self, question: str, hits: Sequence[Hit]) -> list[tuple[list[Found], float]]:
        """For each hit its spans, best first, and the logit of its answering at all."""
        asked = self.network.tokenizer.encode(question, add_special_tokens=False).ids
        windows = [
            window
            for at, hit in enumerate(hits)
            for window in self._windows(at, hit, asked[:MAX_QUESTION_TOKENS])
        ]
        spans: list[list[Found]] = [[] for _ in hits]
        says = [-np.inf for _ in hits]
        for window, start, end, answerable in self._scored(windows):
            if np.isfinite(answerable):
                body = slice(*window.pair.body)
                spans[window.hit] += best_spans(start[body], end[body], window.pieces)
                says[window.hit] = max(says[window.hit], float(answerable))
        return [(merged(its), logit) for its, logit in zip(spans, says, strict=True)]

    def _scored(
        self, windows: Sequence[_Window]
    ) -> Iterator[tuple[_Window, Scores, Scores, float]]:
        """Each window with its scores; those of a like length are run together."""
        order = sorted(windows, key=lambda window: len(window.pair.pieces))
        for at in range(0, len(order), BATCH):
            some = order[at : at + BATCH]
            yield from zip(some, *self.network.run([window.pair for window in some]), strict=True)

    def _windows(self, at: int, hit: Hit, asked: list[int]) -> Iterator[_Window]:
        """The passage after its leads; one that is too long in windows that overlap by half."""
        passage = hit.passage
        cls, sep = self.network.marks
        leads = "\n".join(lead.of(passage.document.text) for lead in passage.leads)
        encoded = self.network.tokenizer.encode(passage.text, add_special_tokens=False)
        head = [cls, *asked, sep]
        second = len(head)
        if leads:
            before = self.network.tokenizer.encode(leads, add_special_tokens=False).ids
            head += [*before[:MAX_LEAD_TOKENS], sep]
        inside = units(passage.document, passage.start, passage.end)
        begin = [unit.start - passage.start for unit in inside]
        pieces = pieces_of(passage.text, encoded.offsets, begin)
        room = MAX_TOKENS - len(head) - 1
        for low in range(0, max(1, len(pieces) - room // STRIDE), room // STRIDE):
            high = min(low + room, len(pieces))
            body = len(head), len(head) + high - low
            pair = Pair([*head, *encoded.ids[low:high], sep], second, body)
            yield _Window(at, pair, pieces.part(low, high))


def span(found: Found, signals: Signals) -> Span:
    """A place with its score over all passages."""
    answering = float(1 / (1 + np.exp(-signals[1])))
    return Span(found.start, found.end, float(signals @ np.array(WEIGHTS)), answering)


def _language(hit: Hit) -> str:
    return hit.passage.document.language or ENGLISH
