"""Questions in, what does not answer them out: passages that search finds for them, and questions
that are changed so that their own passage does not answer them any more.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from index import fusion, lexical, vectors
from index.encoder import Encoder
from qa.training.questions import Data, Question

# Shares of the changed questions for which any way, a word of its kind, a name or number of other
# passages, or one of the same passage is tried first.
FIRST = (0.25, 0.4, 0.2, 0.15)
NEGATED = 0.2  # share of the negations that are kept: visitors ask why something does not work
MINED = 8  # passages kept of each search
NEAR = (0.4, 0.69)  # cosines of words that mean something else of the same kind, most of them
NEAR_KEPT = 10
SAID = 8  # passages that say a word, at least

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
NAME = re.compile(r"(?<!^)\b(?:[A-Z][\w'-]+(?: (?:of|the|de|and) (?=[A-Z])| (?=[A-Z]))?)+")
WORD = re.compile(r"\b[a-z]{4,}\b")
_ENDINGS = ("ing", "ed", "ly", "ion", "s")
YEAR = re.compile(r"\b[12]\d{3}\b")
TOO_COMMON = frozenset(
    """what which whom whose when where does have been were they their them this that these those
    with from about into than then some such many much kind type name called known""".split()
)
NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


def mine(data: Data, encoder: Encoder, work: Path) -> NDArray[np.int32]:
    """`(questions, MINED)` numbers of passages that search finds, -1 where there are fewer.

    Left out are the passage asked about, those that have the answer's words in them, and for a
    question of training those held out. A help site's question is asked of its site alone: another
    one may answer it. Kept in `work`, so that a second call reads them.
    """
    file = work / "negatives.npy"
    if file.is_file():
        kept: NDArray[np.int32] = np.load(file, allow_pickle=False)
        if len(kept) == len(data.questions):
            return kept
    texts = [
        _beginning(f"{data.leads.get(at, '')}\n{passage}".strip(), encoder)
        for at, passage in enumerate(data.passages)
    ]
    found = np.full((len(data.questions), MINED), -1, np.int32)
    sites = np.array(data.source)
    with tempfile.TemporaryDirectory() as folder:
        engine = vectors.load("faiss")
        encoded = encoder.encode(texts)
        engine.build(encoded, Path(folder))
        searched = engine.open(Path(folder))
        words = lexical.build(texts)
        asked = encoder.encode([question.text for question in data.questions])
        for row, (question, vector) in enumerate(zip(data.questions, asked, strict=True)):
            if question.site:
                own = np.flatnonzero(sites == question.site)
                rows = own[np.argsort(-(encoded[own] @ vector), kind="stable")]
            else:
                rows = fusion.rank(question.text, vector, searched, words).rows[: 3 * MINED]
            wrong = [int(r) for r in rows if _is_wrong(data, question, int(r))][:MINED]
            found[row, : len(wrong)] = wrong
    np.save(file.with_suffix(".part.npy"), found, allow_pickle=False)
    file.with_suffix(".part.npy").replace(file)
    return found


def near_words(data: Data, encoder: Encoder, work: Path) -> dict[str, list[str]]:
    """For each word of the training passages others of its kind: south for north, founded for
    disbanded. Not those that are nearer, which often mean the same, nor those of its stem."""
    file = work / "near.json"
    if file.is_file():
        kept: dict[str, list[str]] = json.loads(file.read_bytes())
        return kept
    texts = [text for at, text in enumerate(data.passages) if at not in data.held_out]
    counts = Counter(word for text in texts for word in set(WORD.findall(text)))
    words = sorted(word for word, count in counts.items() if count >= SAID)
    vectors = encoder.encode(words)
    near = {}
    for word, vector in zip(words, vectors, strict=True):
        cosines = vectors @ vector
        fits = np.flatnonzero((cosines >= NEAR[0]) & (cosines <= NEAR[1]))
        found = [words[at] for at in fits[np.argsort(-cosines[fits], kind="stable")]]
        near[word] = [w for w in found if _is_of_its_kind(w, word)][:NEAR_KEPT]
    part = file.with_suffix(".part")
    part.write_text(json.dumps(near), encoding="utf-8")
    part.replace(file)
    return near


def _is_of_its_kind(word: str, other: str) -> bool:
    """Whether both end alike and do not begin alike."""
    endings = [next((e for e in _ENDINGS if w.endswith(e)), "") for w in (word, other)]
    return endings[0] == endings[1] and word[:4] != other[:4]


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


def changed(
    question: Question,
    passage: str,
    others: Sequence[str],
    near: Mapping[str, Sequence[str]],
    random: Random,
) -> str | None:
    """The question asking something that `passage` does not say, or None when no way is found.

    In the manner of SQuAD 2.0's unanswerable questions (Rajpurkar, Jia, Liang 2018): a name or
    number exchanged for one of `others` (passages) that this passage does not have, or for one that
    it says elsewhere; a word for its opposite or for one of its kind (`near_words`); or a negation
    put in.
    """
    ways: list[Callable[[], str | None]] = [
        partial(_kindred, question, passage, near, random),
        partial(_exchanged, question, passage, others, random),
        partial(_turned, question, passage, random),
        partial(_opposed, question, random),
        partial(_negated, question, random),
    ]
    first = random.choices((None, *ways[: len(FIRST) - 1]), FIRST)[0]
    random.shuffle(ways)
    for way in sorted(ways, key=lambda way: way is not first):
        asked = way()
        if asked is not None and asked != question.text:
            return asked
    return None


def _exchanged(
    question: Question, passage: str, others: Sequence[str], random: Random
) -> str | None:
    year = YEAR.search(question.text)
    if year and random.random() < 0.5:
        other = str(int(year[0]) + random.choice((-1, 1)) * random.randint(1, 12))
        return _put(question.text, year, other) if other not in passage else None
    for pattern in random.sample((NAME, NUMBER), 2):
        inside = [match for match in pattern.finditer(question.text) if len(match[0]) > 1]
        pool = {name for other in others for name in pattern.findall(other) if len(name) > 1}
        fresh = sorted(name for name in pool if name.casefold() not in passage.casefold())
        if inside and fresh:
            return _put(question.text, random.choice(inside), random.choice(fresh))
    return None


def _turned(question: Question, passage: str, random: Random) -> str | None:
    """Asked of another name that the passage has, away from the sentence that answers."""
    inside = [match for match in NAME.finditer(question.text) if match[0] in passage]
    near = "".join(passage[max(0, start - 200) : end + 200] for start, end in question.spans)
    pool = {
        match[0]
        for match in NAME.finditer(passage)
        if passage[match.start() - 2] not in ".?!" and match[0] not in near
    }
    fresh = sorted(name for name in pool if len(name) > 3 and name not in question.text)
    return (
        _put(question.text, random.choice(inside), random.choice(fresh))
        if inside and fresh
        else None
    )


def _kindred(
    question: Question, passage: str, near: Mapping[str, Sequence[str]], random: Random
) -> str | None:
    """A word exchanged for one of its kind that the passage lacks."""
    said = set(WORD.findall(passage.lower()))
    inside = [match for match in WORD.finditer(question.text) if match[0] not in TOO_COMMON]
    random.shuffle(inside)
    for match in inside:
        fresh = [word for word in near.get(match[0], ()) if word not in said]
        if fresh:
            return _put(question.text, match, random.choice(fresh))
    return None


def _opposed(question: Question, random: Random) -> str | None:
    found = [m for m in re.finditer(r"\w+", question.text) if m[0].lower() in OPPOSITES]
    if not found:
        return None
    match = random.choice(found)
    return _put(question.text, match, OPPOSITES[match[0].lower()])


def _negated(question: Question, random: Random) -> str | None:
    match = _NEGATED.search(question.text)
    if match is None or match.start() == 0 or random.random() > NEGATED:
        return None
    short = random.random() < 0.5 and match[0].lower() not in ("may", "can", "will")
    negation = match[0] + ("n't" if short else " not")
    return _put(question.text, match, negation)


def _put(text: str, match: re.Match[str], other: str) -> str:
    return text[: match.start()] + other + text[match.end() :]
