"""A passage altered so that it does not answer its question any more, or so that it still does.

The question stays as somebody asked it: whether it is answered cannot be told by its manner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from corpus.sentences import sentences
from qa.training.negatives import NAME, NUMBER, OPPOSITES, TOO_COMMON, WORD, YEAR
from qa.training.questions import Question

CUT = 0.35  # share of the passages whose answer is cut out, where something in it can be exchanged
KINDRED = 0.3  # share of the words that may be exchanged for one of their kind: some mean the same
LEFT = 40  # characters of a passage that must be left

_Near = Mapping[str, Sequence[str]]
_Spans = tuple[tuple[int, int], ...]
_Places = list[tuple[int, int]]


def altered(
    question: Question, passage: str, others: Sequence[str], near: _Near, random: Random
) -> tuple[str, _Spans] | None:
    """The passage not answering: without the sentences that have the answer's words, or with a
    name, number or word of the question exchanged in them for one of `others` (passages), of this
    passage, or of its kind (`near_words`); and where what was the answer stands in it. None when
    there is no way."""
    inside, _ = _parted(question, passage)
    if random.random() >= CUT:
        asked = question.text.casefold()
        told = [(s, e) for s, e in inside if any(s <= a < e for a, _ in question.spans)]
        exchanged = _exchanged(
            question, passage, told, lambda w: _says(asked, w), others, near, random
        )
        if exchanged:
            return _put(passage, question.spans, *exchanged)
    left = passage
    for start, end in reversed(inside):
        left = left[:start] + left[end:]
    return (left.strip(), ()) if len(left.strip()) >= LEFT else None


def kept(
    question: Question, passage: str, others: Sequence[str], near: _Near, random: Random
) -> tuple[str, _Spans]:
    """The passage still answering, with something exchanged in its other sentences that the
    question does not name, and the answer's places in it; as it was when there is nothing."""
    _, outside = _parted(question, passage)
    asked = question.text.casefold()
    exchanged = _exchanged(
        question, passage, outside, lambda w: not _says(asked, w), others, near, random
    )
    return _put(passage, question.spans, *exchanged) if exchanged else (passage, question.spans)


def _put(passage: str, spans: _Spans, start: int, end: int, other: str) -> tuple[str, _Spans]:
    by = len(other) - (end - start)
    moved = tuple((s + by, e + by) if s >= end else (s, e) for s, e in spans)
    return passage[:start] + other + passage[end:], moved


def _parted(question: Question, passage: str) -> tuple[_Places, _Places]:
    """The sentences that have the answer's words, and the others."""
    answers = {passage[start:end].casefold() for start, end in question.spans}
    inside: _Places = []
    outside: _Places = []
    for start, end in sentences(passage):
        said = passage[start:end].casefold()
        has = any(answer in said for answer in answers)
        has = has or any(start < e and s < end for s, e in question.spans)
        (inside if has else outside).append((start, end))
    return inside, outside


def _exchanged(
    question: Question,
    passage: str,
    places: Sequence[tuple[int, int]],
    fits: Callable[[str], bool],
    others: Sequence[str],
    near: _Near,
    random: Random,
) -> tuple[int, int, str] | None:
    """What of `places`, outside of the answer, is exchanged, and for what."""
    said = set(WORD.findall(passage.lower()))
    asked = question.text.casefold()
    told = " ".join(passage[start:end] for start, end in question.spans)
    ways: list[tuple[int, int, list[str]]] = []
    for pattern in (NAME, NUMBER, WORD):
        pool = sorted(
            {
                other[0]
                for text in (passage, *others)
                for other in pattern.finditer(text)
                if len(other[0]) > 1 and other[0] not in told
                if pattern is not NAME or not _begins(text, other.start())
            }
        )
        for match in pattern.finditer(passage):
            start, end = match.span()
            if not any(s <= start and end <= e for s, e in places) or not fits(match[0]):
                continue
            if any(start < e and s < end for s, e in question.spans):
                continue
            if pattern is NAME and _begins(passage, start):
                continue
            if pattern is WORD:
                if match[0] in TOO_COMMON:
                    continue
                fresh = [OPPOSITES[match[0]]] if match[0] in OPPOSITES else []
                if not fresh and random.random() < KINDRED:
                    fresh = [word for word in near.get(match[0], ()) if word not in said]
            elif pattern is NUMBER and YEAR.fullmatch(match[0]):
                fresh = [str(int(match[0]) + random.choice((-1, 1)) * random.randint(1, 12))]
            else:
                fresh = pool
            fresh = [name for name in fresh if name != match[0] and not _says(asked, name)]
            if fresh:
                ways.append((start, end, fresh))
    if not ways:
        return None
    start, end, fresh = random.choice(ways)
    return start, end, random.choice(fresh)


def _begins(text: str, start: int) -> bool:
    """Whether a word begins a sentence there, by which it may have its capital."""
    return not text[:start].strip() or text[:start].rstrip()[-1] in ".?!"


def _says(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text))
