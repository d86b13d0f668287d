"""Hits in, the spans that answer out: windows, decoding, and one score over all passages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.document import Passage, Slice
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

# As in training.
MAX_TOKENS = 256
MAX_QUESTION_TOKENS = 64
MAX_LEAD_TOKENS = 48
MAX_UNIT_CHARACTERS = 700  # of a longer sentence or row the beginning is compared
STRIDE = 2  # a window begins each half of a window
BATCH = 4  # windows run at once, so that little of a batch is padding

# The best places and the best of each passage: their meaning is compared with the question's, the
# others count as LOWEST. Comparing more puts no more right places first, nor does comparing those
# that are further below the best, where meaning cannot lift them to the top.
LOOKED_AT = 6
COMPARED_WITHIN = 20.0  # of the best score
LOWEST = 0.0
READ_AGAIN = 6  # of the best places then, the sentence is read once more, by itself
READ_AGAIN_WITHIN = 10.0  # of the best score then

# A place's score over all passages is a weighted sum: of the span's logits; of its passage's logit
# of answering at all; of how well search found that; of the share of the question's telling words
# that its sentence has, and of their cosine, both with what the sentence stands below (headings,
# introduction, header); of its sentence's logit of answering, read by itself below the headings.
# Fitted by python -m qa.training.fit; the first is 1.
WEIGHTS: tuple[float, ...] = (1.0, 0.303, 2.49, 0.928, 15.9, 0.63)

NEARNESS, ALONE = 4, 5
NOT_AT_ALL = -20.0  # for a logit that is no number

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
        within = COMPARED_WITHIN, READ_AGAIN_WITHIN
        numbers = (WEIGHTS, LOOKED_AT, READ_AGAIN, MAX_TOKENS, MAX_QUESTION_TOKENS, MAX_LEAD_TOKENS)
        return sha256(repr((self.network.digest, *numbers, *within)).encode()).hexdigest()

    def read(self, question: str, hits: Sequence[Hit]) -> list[list[Span]]:
        spans: list[list[Span]] = [[] for _ in hits]
        for hit, found, signals in self.signals(question, hits):
            spans[hit].append(span(found, signals))
        return [sorted(its, key=lambda span: (-span.score, span.start)) for its in spans]

    def signals(self, question: str, hits: Sequence[Hit]) -> list[tuple[int, Found, Signals]]:
        """The number of its hit, the span, and what WEIGHTS weigh, of every place."""
        asked = Asked.of(question, {_language(hit) for hit in hits}, self.lexical)
        places, sentences, texts = [], [], []
        for number, (found, says) in enumerate(self.found(question, hits)):
            hit = hits[number]
            passage, document = hit.passage, hit.passage.document
            inside = units(document, passage.start, passage.end)
            for one in found:
                at = bisect_right(inside, passage.start + one.start, key=lambda u: u.start) - 1
                unit = inside[at] if at >= 0 else Slice("sentence", passage.start, passage.end)
                sentences.append(unit)
                texts.append(in_context(document, unit, MAX_UNIT_CHARACTERS))
                words = asked.share_in(texts[-1], _language(hit))
                signals = np.array([one.score, says, hit.score, words, LOWEST, 0.0])
                places.append((number, one, signals))
        if not places:
            return []
        order = _best(places, COMPARED_WITHIN)
        first = {places[at][0]: at for at in reversed(order)}  # of each passage
        compared = sorted({*order[:LOOKED_AT], *first.values()})
        near = self._meanings.cosines(question, [texts[at] for at in compared])
        for at, cosine in zip(compared, near, strict=True):
            places[at][2][NEARNESS] = cosine if np.isfinite(cosine) else LOWEST
        of = [(number, sentence) for (number, *_), sentence in zip(places, sentences, strict=True)]
        again = list(dict.fromkeys(of[at] for at in _best(places, READ_AGAIN_WITHIN)[:READ_AGAIN]))
        pairs = [(hits[number].passage, sentence) for number, sentence in again]
        alone = dict(zip(again, self._alone(question, pairs), strict=True))
        lowest = min(alone.values())  # what is not read again must not gain by that
        for (*_, signals), sentence in zip(places, of, strict=True):
            signals[ALONE] = alone.get(sentence, lowest)
        return places

    def _alone(self, question: str, sentences: Sequence[tuple[Passage, Slice]]) -> list[float]:
        """For each sentence of a passage the logit of its answering by itself."""
        asked = asked_pieces(question, self.network.tokenizer)
        pairs = []
        for passage, sentence in sentences:
            head, second = self._head(asked, passage)
            text = sentence.of(passage.document.text)
            body = self.network.tokenizer.encode(text, add_special_tokens=False).ids
            body = body[: MAX_TOKENS - len(head) - 1]
            inside = len(head), len(head) + len(body)
            pairs.append(Pair([*head, *body, self.network.marks[1]], second, inside))
        says = self.network.run(pairs)[2]
        return [float(logit) for logit in np.where(np.isfinite(says), says, NOT_AT_ALL)]

    def found(self, question: str, hits: Sequence[Hit]) -> list[tuple[list[Found], float]]:
        """For each hit its spans, best first, and the logit of its answering at all."""
        asked = asked_pieces(question, self.network.tokenizer)
        windows = [
            window for at, hit in enumerate(hits) for window in self._windows(at, hit, asked)
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
        passage, sep = hit.passage, self.network.marks[1]
        encoded = self.network.tokenizer.encode(passage.text, add_special_tokens=False)
        head, second = self._head(asked, passage)
        inside = units(passage.document, passage.start, passage.end)
        begin = [unit.start - passage.start for unit in inside]
        pieces = pieces_of(passage.text, encoded.offsets, begin)
        room = MAX_TOKENS - len(head) - 1
        for low in range(0, max(1, len(pieces) - room // STRIDE), room // STRIDE):
            high = min(low + room, len(pieces))
            body = len(head), len(head) + high - low
            pair = Pair([*head, *encoded.ids[low:high], sep], second, body)
            yield _Window(at, pair, pieces.part(low, high))

    def _head(self, asked: list[int], passage: Passage) -> tuple[list[int], int]:
        """What stands before a text of the passage, and where the passage's side begins."""
        cls, sep = self.network.marks
        head = [cls, *asked, sep]
        leads = "\n".join(lead.of(passage.document.text) for lead in passage.leads)
        if not leads:
            return head, len(head)
        before = self.network.tokenizer.encode(leads, add_special_tokens=False).ids
        return [*head, *before[:MAX_LEAD_TOKENS], sep], len(head)


def _best(places: Sequence[tuple[int, Found, Signals]], within: float) -> list[int]:
    """The numbers of those that score so much less than the best at most, best first, by what is
    known of them by now."""
    scores = np.array([signals for *_, signals in places]) @ np.array(WEIGHTS)
    order = np.argsort(-scores, kind="stable")
    best: list[int] = order[scores[order] >= scores.max() - within].tolist()
    return best


def asked_pieces(question: str, tokenizer: Tokenizer) -> list[int]:
    """A question as word pieces; of one that is too long what its last question mark ends, because
    before it or after it stands a story."""
    pieces: list[int] = tokenizer.encode(question, add_special_tokens=False).ids
    if len(pieces) > MAX_QUESTION_TOKENS and (end := question.rfind("?") + 1):
        pieces = tokenizer.encode(question[:end], add_special_tokens=False).ids
    return pieces[-MAX_QUESTION_TOKENS:]


def span(found: Found, signals: Signals) -> Span:
    """A place with its score over all passages."""
    answering = float(1 / (1 + np.exp(-signals[ALONE])))
    score = float(signals @ np.array(WEIGHTS))
    return Span(found.start, found.end, score, answering, float(signals[NEARNESS]))


def _language(hit: Hit) -> str:
    return hit.passage.document.language or ENGLISH
