"""Questions and passages in, batches of word pieces with the places of the answers out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.sentences import sentences
from qa.readers.spans.reader import MAX_LEAD_TOKENS, MAX_TOKENS, asked_pieces
from qa.training.altered import altered, kept
from qa.training.negatives import changed
from qa.training.noise import typed
from qa.training.questions import Data, Question

MADE_UP_LEAD_TOKENS = 12  # of what could stand above a passage that has no heading
WINDOW = 2_048  # groups that are sorted by length together

# Share of each source's questions that an epoch asks, all where none is given: SQuAD's are most
# like what is asked of documents, and our own.
SHARE = {
    "squadshifts-amazon": 0.6,
    "squadshifts-reddit": 0.6,
    "policyqa-dev": 0.6,
    "nqswap-train": 0.5,
    "qamr-dev": 0.4,
}
LEAD = 0.35  # share of passages with a heading before them, as they have in use
WHOLE = 0.6  # share of passages that are not cropped
CROPPED_TO = (40, 130)  # word pieces
CHANGED = 0.3  # share of questions asked once more so that their passage does not answer
ALTERED = 0.3  # share of questions whose passage is there once more so that it does not answer
ALTERED_OF = "squad1-train-part"  # and ours: other sources say much of what is asked again
KEPT = 0.25  # share of passages that are altered so that they still do
OWN = 0.25  # share of negatives that are another part of the very same passage
# Shares of questions beside no other passage, one, two and more.
NEGATIVES = (0.35, 0.45, 0.2)
SITE_NEGATIVES = (0.1, 0.3, 0.3, 0.3)  # of a help site's question
_NAME = re.compile(r"\b(?:[A-Z][\w'-]+(?: (?=[A-Z]))?){1,4}")

_NO_NAMES = frozenset(
    "The A An In It This That He She They We You On At For And But If When As".split()
)

Pieces = list[int]


@dataclass(frozen=True, slots=True)
class Pair:
    """One question beside one passage, `[CLS] question [SEP] (lead [SEP]) body [SEP]`.

    `starts` and `ends` are places of the first and last word piece of what answers; none when
    the passage does not.
    """

    pieces: Pieces
    second: int  # where the passage's side begins
    body: tuple[int, int]
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def unanswered(self) -> Pair:
        return replace(self, starts=(), ends=())


Group = list[Pair]  # sequences of one question, whose spans compete


@dataclass(frozen=True, slots=True)
class Body:
    """A passage's word pieces, where each lies in it, where sentences begin, what stands above."""

    pieces: Pieces
    offsets: list[tuple[int, int]]
    breaks: list[int]
    lead: Pieces
    has_lead: bool  # always, as in a help site; a lead that is made up stands above some

    def places(self, span: tuple[int, int]) -> tuple[int, int]:
        """The first and last word piece that a span of code points touches."""
        first = bisect_right(self.offsets, span[0], key=lambda piece: piece[1])
        last = bisect_right(self.offsets, span[1] - 1, key=lambda piece: piece[0]) - 1
        return min(first, len(self.offsets) - 1), max(last, first)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """`(sequences, length)` arrays; `group` numbers the question of each sequence."""

    pieces: NDArray[np.int64]
    mask: NDArray[np.int64]
    types: NDArray[np.int64]
    body: NDArray[np.bool_]
    starts: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    group: NDArray[np.int64]

    @property
    def groups(self) -> int:
        return int(self.group[-1]) + 1


class Inputs:
    """Makes sequences of a data set's questions; everything random comes from a given seed."""

    def __init__(
        self,
        data: Data,
        mined: NDArray[np.int32],
        near: Mapping[str, Sequence[str]],
        tokenizer: Tokenizer,
    ) -> None:
        self.data = data
        self.near = near
        self.mined = {id(q): row for q, row in zip(data.questions, mined, strict=True)}
        self.tokenizer = tokenizer
        self.cls, self.sep = tokenizer.encode("").ids
        encoded = tokenizer.encode_batch(data.passages, add_special_tokens=False)
        self.bodies = [
            Body(of.ids, of.offsets, _breaks(text, of.offsets), self._lead(row), row in data.leads)
            for row, (text, of) in enumerate(zip(data.passages, encoded, strict=True))
        ]

    def ordered(self, epoch: str) -> list[Question]:
        """The questions of an epoch in the order of their training; the same for the same name."""
        random = Random(epoch)
        chosen = [
            question
            for question in self.data.training()
            if random.random() < SHARE.get(self.data.source[question.passage], 1.0)
            or question.is_ours
        ]
        random.shuffle(chosen)
        return chosen

    def batches(self, questions: Sequence[Question], window: str, tokens: int) -> list[Batch]:
        """The batches of some questions, in an order by chance; the same for the same name.

        Of at most `tokens` word pieces each, padding included, unless one question has more.
        """
        random = Random(window)
        groups = [group for question in questions for group in self.groups(question, random)]
        batches = list(_batches(groups, tokens))
        random.shuffle(batches)
        return batches

    def groups(self, question: Question, random: Random) -> Iterator[Group]:
        """A question's sequences, and sometimes a second question that is not answered."""
        target = MAX_TOKENS if random.random() < WHOLE else random.randint(*CROPPED_TO)
        asked = typed(question.text, random)
        passages, number = self.data.passages, question.passage
        rows = [int(row) for row in self.mined[id(question)] if row >= 0]
        found = passages[number], [passages[row] for row in rows[:3]], self.near, random
        body, spans = self.bodies[number], question.spans
        if spans and random.random() < KEPT:
            text, spans = kept(question, *found)
            body = self._altered(number, text)
        group = [self.sequence(asked, body, spans, target, random)]
        shares = SITE_NEGATIVES if question.site else NEGATIVES
        for _ in range(random.choices(range(len(shares)), shares)[0]):
            other = self._elsewhere(asked, question, target, random)
            if other is not None and random.random() < OWN:
                group.append(other)
            elif rows:
                # The first ones are the hardest, and what is met in use.
                row = rows.pop(min(int(random.expovariate(0.6)), len(rows) - 1))
                group.append(self.sequence(asked, self.bodies[row], (), target, random))
        yield group
        if question.spans and random.random() < CHANGED:
            other_asked = changed(question, *found)
            if other_asked is not None:
                text = typed(other_asked, random)
                body = self.bodies[number]
                yield [self.sequence(text, body, question.spans, target, random).unanswered()]
        is_told = question.is_ours or self.data.source[number] == ALTERED_OF
        if question.spans and is_told and random.random() < ALTERED:
            left = altered(question, *found)
            if left is not None:
                body = self._altered(number, left[0])
                yield [self.sequence(asked, body, left[1], target, random).unanswered()]

    def sequence(
        self,
        asked: str,
        body: Body,
        spans: Sequence[tuple[int, int]],
        target: int,
        random: Random,
        bounds: tuple[int, int] | None = None,
    ) -> Pair:
        """A question beside a crop of a passage that holds the first of `spans`."""
        head = [self.cls, *asked_pieces(asked, self.tokenizer), self.sep]
        second = len(head)
        if (body.has_lead or random.random() < LEAD) and body.lead:
            head += [*body.lead, self.sep]
        room = MAX_TOKENS - len(head) - 1
        places = [body.places(span) for span in spans]
        keep = places[0] if places else None
        low, high = bounds or (0, len(body.pieces))
        first, last = _crop(body.breaks, keep, low, high, min(target, room), random)
        shift = len(head) - first
        pieces = body.pieces[first:last]
        inside = [(s, e) for s, e in places if first <= s <= e < last]
        return Pair(
            [*head, *pieces, self.sep],
            second,
            (len(head), len(head) + len(pieces)),
            tuple(start + shift for start, _ in inside),
            tuple(end + shift for _, end in inside),
        )

    def _altered(self, row: int, text: str) -> Body:
        """Passage `row` with another text."""
        encoded = self.tokenizer.encode(text, add_special_tokens=False)
        offsets = encoded.offsets
        return replace(
            self.bodies[row], pieces=encoded.ids, offsets=offsets, breaks=_breaks(text, offsets)
        )

    def _elsewhere(
        self, asked: str, question: Question, target: int, random: Random
    ) -> Pair | None:
        """Another part of the question's own passage, without the answer's words; None if none."""
        body, text = self.bodies[question.passage], self.data.passages[question.passage]
        if not question.spans:
            return None
        breaks, offsets = body.breaks, body.offsets
        answers = {text[start:end].casefold() for start, end in question.spans}
        runs: list[tuple[int, int]] = []
        for start, end in zip(breaks, breaks[1:], strict=False):
            sentence = text[offsets[start][0] : offsets[end - 1][1]].casefold()
            if any(answer in sentence for answer in answers):
                continue
            if runs and runs[-1][1] == start:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((start, end))
        if not runs:
            return None
        longest = max(runs, key=lambda run: run[1] - run[0])
        return self.sequence(asked, body, (), target, random, longest)

    def _lead(self, row: int) -> Pieces:
        """What stands above a passage, or could: the name that it says most often."""
        passage = self.data.passages[row]
        if row in self.data.leads:
            pieces: Pieces = self.tokenizer.encode(
                self.data.leads[row], add_special_tokens=False
            ).ids
            return pieces[:MAX_LEAD_TOKENS]
        names = Counter(n.strip() for n in _NAME.findall(passage) if n not in _NO_NAMES)
        if not names:
            return []
        name = max(names, key=lambda n: (names[n], len(n)))
        pieces = self.tokenizer.encode(name, add_special_tokens=False).ids
        return pieces[:MADE_UP_LEAD_TOKENS]


def _breaks(passage: str, offsets: list[tuple[int, int]]) -> list[int]:
    """The word piece at which each sentence begins, and the number of all."""
    starts = [start for start, _ in offsets]
    found = {bisect_right(starts, start - 1) for start, _ in sentences(passage)}
    return [*sorted(place for place in found if place < len(starts)), len(starts)]


def _crop(
    breaks: list[int],
    keep: tuple[int, int] | None,
    low: int,
    high: int,
    target: int,
    random: Random,
) -> tuple[int, int]:
    """Word pieces from `low` to `high`, at most `target`, by whole sentences where they fit."""
    if high - low <= target:
        return low, high
    inner = [place for place in breaks if low <= place < high]
    if keep is None:
        first = random.choice([place for place in inner if place <= high - target // 2] or [low])
        return first, min(first + target, high)
    at = max(bisect_right(inner, keep[0]) - 1, 0)
    first = max(inner[at] if inner else low, keep[1] + 1 - target, low)
    last = min(next((p for p in inner if p > keep[1]), high), first + target)
    while last - first < target and (first > low or last < high):
        before = max((p for p in inner if p < first), default=low)
        after = min((p for p in inner if p > last), default=high)
        if (random.random() < 0.5 and first > low) or last >= high:
            first = max(before, last - target)
            if first != before:
                break
        else:
            last = min(after, first + target)
            if last != after:
                break
    return first, last


def _batches(groups: Sequence[Group], tokens: int) -> Iterator[Batch]:
    ordered = sorted(groups, key=lambda group: max(len(s.pieces) for s in group))
    waiting: list[Group] = []
    for group in ordered:
        longest = _padded(group)
        if waiting and (sum(map(len, waiting)) + len(group)) * longest > tokens:
            yield batch(waiting)
            waiting = []
        waiting.append(group)
    if waiting:
        yield batch(waiting)


def _padded(sequences: Sequence[Pair]) -> int:
    """The length that all of them are brought to."""
    return -8 * (-max(len(s.pieces) for s in sequences) // 8)


def batch(groups: Sequence[Group]) -> Batch:
    sequences = [sequence for group in groups for sequence in group]
    length = _padded(sequences)
    shape = len(sequences), length
    pieces, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
    body, starts, ends = (np.zeros(shape, np.bool_) for _ in range(3))
    for row, one in enumerate(sequences):
        pieces[row, : len(one.pieces)] = one.pieces
        mask[row, : len(one.pieces)] = 1
        types[row, one.second : len(one.pieces)] = 1
        body[row, slice(*one.body)] = True
        starts[row, list(one.starts)] = True
        ends[row, list(one.ends)] = True
    number = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return Batch(pieces, mask, types, body, starts, ends, number)
