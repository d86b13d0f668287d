"""Hits in, the spans that answer out: windows, decoding, and one score over all passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.search import Hit
from qa.answer import Span
from qa.readers import Reader
from qa.readers.spans.decode import Found, Pieces, best_spans, merged, pieces_of
from qa.readers.spans.network import Network, Pair

MAX_TOKENS = 256  # as in training
MAX_QUESTION_TOKENS = 64
MAX_LEAD_TOKENS = 48
STRIDE = 2  # a window begins each half of a window

# A span's score over all passages: its logits, how surely its passage answers at all, and how
# well search found it. Fitted on held-out training questions, see qa/weights/CARD.md.
SPAN, ANSWERABLE, PASSAGE = 1.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class _Window:
    hit: int  # its place among the hits
    pair: Pair
    pieces: Pieces


class SpanReader:
    """See `qa.readers.Reader`."""

    name = "spans"
    notice = ""

    def __init__(self, network: Network, untrained: Reader) -> None:
        """`untrained` reads what is not in English, which the network was not trained on."""
        self.network = network
        self.untrained = untrained

    @property
    def digest(self) -> str:
        return self.network.digest

    def read(self, question: str, hits: Sequence[Hit]) -> list[list[Span]]:
        asked = self.network.tokenizer.encode(question, add_special_tokens=False).ids
        windows = [
            window
            for at, hit in enumerate(hits)
            for window in self._windows(at, hit, asked[:MAX_QUESTION_TOKENS])
        ]
        spans: list[list[Span]] = [[] for _ in hits]
        if not windows:
            return spans
        start, end, answerable = self.network.run([window.pair for window in windows])
        for at, hit in enumerate(hits):
            rows = [row for row, window in enumerate(windows) if window.hit == at]
            found = [
                one
                for row in rows
                for one in best_spans(
                    start[row, slice(*windows[row].pair.body)],
                    end[row, slice(*windows[row].pair.body)],
                    windows[row].pieces,
                )
            ]
            if found:
                says = float(max(answerable[row] for row in rows))
                spans[at] = [_span(one, says, hit) for one in merged(found)]
        return spans

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
