"""Data sets in SQuAD's format in, Passages and Questions out, and a part held out of training."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from index.encoder import open_encoder
from qa.training import pages

# Of each file: the share of its questions that is used, and the share of its passages held out.
# SQuAD's passages come article by article, so the last ones are articles of their own.
# QAMR asks 34 questions of each of 500 sentences: a sample is enough of it.
FILES = {
    "squad1-train-part": (1.0, 0.06),
    "squadshifts-amazon": (1.0, 0.06),
    "squadshifts-reddit": (1.0, 0.06),
    "policyqa-dev": (1.0, 0.0),
    "nqswap-train": (1.0, 0.0),
    "qamr-dev": (0.2, 0.0),
}
# Of these the offset is the answer's first whole-word occurrence, which may be the wrong one.
GUESSED = re.compile(r"routerlens|flan|lw_")
# Our own questions over some of these passages: in other words than theirs, or almost answered;
# the last ones in the manner of SQuAD 2.0.
CLOSE = ("close", "closer", "closest", "nearest")
WRITTEN = tuple(
    Path(__file__).parent / "data" / f"{name}.jsonl" for name in ("written", "more", *CLOSE)
)
MARKUP = re.compile(r"</?[A-Z][a-z]?>")  # Natural Questions leaves tags like <P> in its passages


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of passage number `passage`, and every `(start, end)` that may answer it.

    No spans: the passage does not answer. `written` names the file of WRITTEN, `site` the
    help site of `qa.training.pages`.
    """

    text: str
    passage: int
    spans: tuple[tuple[int, int], ...]
    written: str = ""
    site: str = ""

    @property
    def is_ours(self) -> bool:
        return bool(self.written or self.site)


@dataclass(frozen=True, slots=True)
class Data:
    """`source` is the file of each passage, or its help site. `leads` are what stands above those
    of help sites. `held_out` numbers the passages that no training question or negative comes from.
    """

    passages: list[str]
    source: list[str]
    questions: list[Question]
    held_out: frozenset[int]
    leads: dict[int, str] = field(default_factory=dict)

    def training(self) -> list[Question]:
        return [q for q in self.questions if q.passage not in self.held_out]

    def development(self) -> list[Question]:
        return [q for q in self.questions if q.passage in self.held_out]


def read(folder: Path, sites: Path = pages.FOLDER) -> Data:
    """Everything under `folder`/reader-train and the help sites in `sites`. Raises ValueError when
    a file is missing."""
    passages: dict[str, int] = {}
    source: list[str] = []
    questions: list[Question] = []
    held_out: set[int] = set()
    for name, (used, held) in FILES.items():
        file = folder / "reader-train" / f"{name}.json"
        if not file.is_file():
            raise ValueError(f"{file} is not there; name the data's folder with --data")
        paragraphs = list(_paragraphs(file))
        for at, paragraph in enumerate(paragraphs):
            text = MARKUP.sub(lambda tag: " " * len(tag[0]), paragraph["context"])
            number = passages.setdefault(text, len(passages))
            if number == len(source):
                source.append(name)
                if at >= len(paragraphs) * (1 - held):
                    held_out.add(number)
            questions += [
                _question(asked, text, number)
                for asked in paragraph["qas"]
                if share_of(asked["question"]) < used
            ]
    questions += _written(passages)
    data = Data(list(passages), source, questions, frozenset(held_out))
    return _with_sites(data, sites)


def normalised(passage: str) -> str:
    """A passage by its words alone, to tell whether two are the same."""
    return " ".join(re.findall(r"\w+", passage.casefold()))


def _paragraphs(file: Path) -> Iterator[dict[str, Any]]:
    for article in json.loads(file.read_bytes())["data"]:
        yield from article["paragraphs"]


def _question(asked: dict[str, Any], text: str, number: int) -> Question:
    return Question(" ".join(asked["question"].split()), number, _spans(asked, text))


def _written(passages: Mapping[str, int]) -> Iterator[Question]:
    """WRITTEN names a passage by `named` and an answer in it, if it has one, by its place."""
    numbers = {named(text): number for text, number in passages.items()}
    lines = ((file, line) for file in WRITTEN for line in file.read_text("utf-8").splitlines())
    for file, line in lines:
        one = json.loads(line)
        if one["passage"] in numbers:
            for text, *place in one["questions"]:
                spans = ((place[0], place[1]),) if place else ()
                yield Question(text, numbers[one["passage"]], spans, written=file.stem)


def _with_sites(data: Data, folder: Path) -> Data:
    encoder = open_encoder()
    held_out = set(data.held_out)
    for page in pages.read(folder):
        passages, asked = pages.cut(page, encoder)
        first = len(data.passages)
        for number, passage in enumerate(passages, first):
            data.passages.append(passage.text)
            data.source.append(page.site)
            data.leads[number] = "\n".join(lead.of(page.document.text) for lead in passage.leads)
            if page.site in pages.HELD_OUT:
                held_out.add(number)
        for text, number, *place in asked:
            spans = ((place[0], place[1]),) if place[1] else ()
            data.questions.append(Question(text, first + number, spans, site=page.site))
    return replace(data, held_out=frozenset(held_out))


def named(passage: str) -> str:
    return hashlib.sha256(passage.encode()).hexdigest()[:16]


def _spans(asked: dict[str, Any], text: str) -> tuple[tuple[int, int], ...]:
    """The span that most annotators chose, or every occurrence where the offset is a guess."""
    given = Counter(
        (a["answer_start"], a["answer_start"] + len(a["text"])) for a in asked.get("answers", ())
    )
    if not given:
        return ()
    start, end = max(given, key=lambda span: (given[span], span[0] - span[1]))
    if not GUESSED.search(str(asked.get("source", ""))):
        return ((start, end),)
    answer = re.escape(text[start:end])
    return tuple(m.span() for m in re.finditer(rf"(?<!\w){answer}(?!\w)", text)) or ((start, end),)


def share_of(text: str) -> float:
    """A number from 0 to 1 that only the text decides."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
