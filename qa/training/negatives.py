"""Questions in, what does not answer them out: passages that search finds for them, and questions
that are changed so that their own passage does not answer them any more.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from index import fusion, lexical, vectors
from index.encoder import Encoder
from qa.training.questions import Data, Question

NEGATED = 0.2  # share of the negations that are kept: visitors ask why something does not work
MINED = 8  # passages kept of each search

# Words that turn a question into another one when they are exchanged (both ways).
_OPPOSITES = """first:last largest:smallest highest:lowest most:least before:after more:fewer
    oldest:youngest longest:shortest north:south east:west northern:southern eastern:western
    increase:decrease win:lose won:lost male:female men:women always:never maximum:minimum
    begin:end began:ended start:finish started:finished early:late earlier:later public:private
    include:exclude included:excluded above:below inside:outside allow:forbid allowed:forbidden
    accept:reject accepted:rejected best:worst major:minor old:new positive:negative rich:poor
    strong:weak upper:lower internal:external support:oppose supported:opposed open:close
    opened:closed buy:sell bought:sold left:right same:different common:rare easy:difficult"""
OPPOSITES = {
    word: other
    for pair in _OPPOSITES.split()
    for word, other in (pair.split(":"), pair.split(":")[::-1])
}
_NEGATED = re.compile(
    r"\b(did|does|do|is|are|was|were|can|could|should|would|will|has|have|had|must|may)\b", re.I
)
_NAME = re.compile(r"(?<!^)\b(?:[A-Z][\w'-]+(?: (?:of|the|de|and) (?=[A-Z])| (?=[A-Z]))?)+")
_WORD = re.compile(r"\b[a-z]{5,}\b")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


def mine(data: Data, encoder: Encoder, work: Path) -> NDArray[np.int32]:
    """`(questions, MINED)` numbers of passages that search finds, -1 where there are fewer.

    Left out are the passage asked about, those that have the answer's words in them, and for a
    question of training those held out. Kept in `work`, so that a second call reads them.
    """
    file = work / "negatives.npy"
    if file.is_file():
        kept: NDArray[np.int32] = np.load(file, allow_pickle=False)
        return kept
    texts = [_beginning(passage, encoder) for passage in data.passages]
    found = np.full((len(data.questions), MINED), -1, np.int32)
    with tempfile.TemporaryDirectory() as folder:
        engine = vectors.load("faiss")
        engine.build(encoder.encode(texts), Path(folder))
        searched = engine.open(Path(folder))
        words = lexical.build(texts)
        asked = encoder.encode([question.text for question in data.questions])
        for row, (question, vector) in enumerate(zip(data.questions, asked, strict=True)):
            rows = fusion.rank(question.text, vector, searched, words).rows[: 3 * MINED]
            wrong = [int(r) for r in rows if _is_wrong(data, question, int(r))][:MINED]
            found[row, : len(wrong)] = wrong
    np.save(file.with_suffix(".part.npy"), found, allow_pickle=False)
    file.with_suffix(".part.npy").replace(file)
    return found


def _beginning(passage: str, encoder: Encoder) -> str:
    """What of a passage the encoder reads."""
    offsets = encoder.offsets(passage)
    room = encoder.max_tokens - encoder.special_tokens
    return passage if len(offsets) <= room else passage[: offsets[room - 1][1]]


def _is_wrong(data: Data, question: Question, row: int) -> bool:
    if row == question.passage or (row in data.held_out) != (question.passage in data.held_out):
        return False
    own, text = data.passages[question.passage], data.passages[row].casefold()
    return not any(own[start:end].casefold() in text for start, end in question.spans)


def changed(question: Question, passage: str, others: Sequence[str], random: Random) -> str | None:
    """The question asking something that `passage` does not say, or None when no way is found.

    In the manner of SQuAD 2.0's unanswerable questions (Rajpurkar, Jia, Liang 2018): a name or
    number exchanged for one of `others` (passages) that this passage does not have, or for one that
    it says elsewhere; a word for its opposite or for another; or a negation put in.
    """
    ways = [_exchanged, _turned, _opposed, _replaced, _negated]
    random.shuffle(ways)
    chance = random.random()
    if chance < 0.6:  # the most natural ways first
        ways.sort(key=lambda way: way is not (_exchanged if chance < 0.35 else _turned))
    for way in ways:
        asked = way(question, passage, others, random)
        if asked is not None and asked != question.text:
            return asked
    return None


def _exchanged(
    question: Question, passage: str, others: Sequence[str], random: Random
) -> str | None:
    for pattern in random.sample((_NAME, _NUMBER), 2):
        inside = [match for match in pattern.finditer(question.text) if len(match[0]) > 1]
        pool = {name for other in others for name in pattern.findall(other) if len(name) > 1}
        fresh = sorted(name for name in pool if name.casefold() not in passage.casefold())
        if inside and fresh:
            return _put(question.text, random.choice(inside), random.choice(fresh))
    return None


def _turned(question: Question, passage: str, others: Sequence[str], random: Random) -> str | None:
    """Asked of another name that the passage has, away from the sentence that answers."""
    inside = [match for match in _NAME.finditer(question.text) if match[0] in passage]
    near = "".join(passage[max(0, start - 200) : end + 200] for start, end in question.spans)
    pool = {
        match[0]
        for match in _NAME.finditer(passage)
        if passage[match.start() - 2] not in ".?!" and match[0] not in near
    }
    fresh = sorted(name for name in pool if len(name) > 3 and name not in question.text)
    return (
        _put(question.text, random.choice(inside), random.choice(fresh))
        if inside and fresh
        else None
    )


def _replaced(
    question: Question, passage: str, others: Sequence[str], random: Random
) -> str | None:
    """A telling word that the passage has, exchanged for one of the same ending that it lacks."""
    said = set(_WORD.findall(passage.lower()))
    inside = [match for match in _WORD.finditer(question.text) if match[0] in said]
    if not inside:
        return None
    match = random.choice(inside)
    ending = match[0][-2:]
    pool = {w for other in others for w in _WORD.findall(other) if w.endswith(ending)}
    fresh = sorted(pool - said)
    return _put(question.text, match, random.choice(fresh)) if fresh else None


def _opposed(question: Question, passage: str, others: Sequence[str], random: Random) -> str | None:
    found = [m for m in re.finditer(r"\w+", question.text) if m[0].lower() in OPPOSITES]
    if not found:
        return None
    match = random.choice(found)
    return _put(question.text, match, OPPOSITES[match[0].lower()])


def _negated(question: Question, passage: str, others: Sequence[str], random: Random) -> str | None:
    match = _NEGATED.search(question.text)
    if match is None or match.start() == 0 or random.random() > NEGATED:
        return None
    short = random.random() < 0.5 and match[0].lower() not in ("may", "can", "will")
    negation = match[0] + ("n't" if short else " not")
    return _put(question.text, match, negation)


def _put(text: str, match: re.Match[str], other: str) -> str:
    return text[: match.start()] + other + text[match.end() :]
