"""Hits in, the spans that answer out: windows, decoding, and one score over all passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.search import Hit
from qa.answer import Span
from qa.readers.spans.decode import Found, Pieces, best_spans, merged, pieces_of
from qa.readers.spans.network import Network, Pair, Scores

MAX_TOKENS = 256  # as in training
MAX_QUESTION_TOKENS = 64
MAX_LEAD_TOKENS = 48
STRIDE = 2  # a window begins each half of a window
BATCH = 4  # windows run at once, so that little of a batch is padding

# A span's score over all passages: its logits, how surely its passage answers at all, and how
# well search found it. Right first places at PASSAGE 1, 2, 3: .892 .897 .900 of 983 held-out SQuAD
# questions, .579 .592 .605 of the tuning half of tests/faq.jsonl; ANSWERABLE 0 to 1 changes little.
# After a change: python -m qa.training.fit
SPAN, ANSWERABLE, PASSAGE = 1.0, 0.5, 3.0


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

    def __init__(self, network: Network) -> None:
        self.network = network

    @property
    def digest(self) -> str:
        return self.network.digest

    def read(self, question: str, hits: Sequence[Hit]) -> list[list[Span]]:
        return [
            [_span(one, says, hit) for one in found]
            for hit, (found, says) in zip(hits, self.found(question, hits), strict=True)
        ]

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
        blocks = [block.start - passage.start for block in passage.document.blocks]
        pieces = pieces_of(passage.text, encoded.offsets, blocks)
        room = MAX_TOKENS - len(head) - 1
        for low in range(0, max(1, len(pieces) - room // STRIDE), room // STRIDE):
            high = min(low + room, len(pieces))
            body = len(head), len(head) + high - low
            pair = Pair([*head, *encoded.ids[low:high], sep], second, body)
            yield _Window(at, pair, pieces.part(low, high))


def _span(found: Found, says: float, hit: Hit) -> Span:
    score = SPAN * found.score + ANSWERABLE * says + PASSAGE * hit.score
    return Span(found.start, found.end, score, float(1 / (1 + np.exp(-says))))
