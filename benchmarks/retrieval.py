"""How well each way of searching finds the passage that a question was written for.

    python -m benchmarks.retrieval --data DIR [--cache DIR]    writes benchmarks/retrieval.md

DIR (or QUOTH_DATA) holds `reader-dev/`; without it the benchmark says so and ends. A dataset's
unique passages are its corpus, every question is asked, and a passage that is longer than the
encoder reads is halved until its pieces fit: all systems rank pieces, and a passage stands where
its best piece does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import fusion, lexical, vectors
from index.encoder import Encoder, Vectors, open_encoder
from qa.evaluation.significance import bootstrap, over

DATASETS = ("squad1-dev-24-articles", "squadshifts-new-wiki")
BASELINE, OURS = "z-scores, .7 dense", "Quoth"
WITHOUT_VECTOR = "BM25"
TIMED = 200  # questions encoded one by one, as visitors ask them
RESAMPLES, SEED = 10_000, 0
TABLE = Path(__file__).with_suffix(".md")

Ranks = NDArray[np.float64]  # of the passage asked about, 1 the best; inf where it is not found


@dataclass(frozen=True, slots=True)
class Dataset:
    name: str
    sha256: str
    passages: list[str]
    questions: list[str]
    gold: list[int]  # the passage of each question


@dataclass(frozen=True, slots=True)
class Search:
    """The searches that are compared: from a question and its vector to rows, best first."""

    engine: vectors.Engine
    lexical: lexical.Lexical

    def dense(self, question: str, vector: Vectors) -> vectors.Rows:
        return self.engine.search(vector, fusion.CANDIDATES)[0]

    def bm25(self, question: str, vector: Vectors) -> vectors.Rows:
        return fusion.best(self.lexical.scores(question), fusion.CANDIDATES)

    def reciprocal_ranks(self, question: str, vector: Vectors) -> vectors.Rows:
        """Cormack, Clarke and Buettcher (2009): 1 / (60 + rank), added up."""
        scores = np.zeros(len(self.engine), np.float32)
        for rows in (self.dense(question, vector), self.bm25(question, vector)):
            scores[rows] += 1 / (61 + np.arange(len(rows)))
        return np.argsort(-scores, kind="stable")

    def z_scores(self, question: str, vector: Vectors) -> vectors.Rows:
        words = self.lexical.scores(question)
        by_words = fusion.best(words, fusion.CANDIDATES)
        rows = np.union1d(self.dense(question, vector), by_words)
        dense = fusion.standardised(self.engine.vectors(rows) @ vector)
        scores = 0.7 * dense + 0.3 * fusion.standardised(words[rows])
        return rows[np.argsort(-scores, kind="stable")]

    def quoth(self, question: str, vector: Vectors) -> vectors.Rows:
        return fusion.rank(question, vector, self.engine, self.lexical).rows

    def systems(self) -> dict[str, Callable[[str, Vectors], vectors.Rows]]:
        return {
            "dense": self.dense,
            WITHOUT_VECTOR: self.bm25,
            "reciprocal ranks": self.reciprocal_ranks,
            BASELINE: self.z_scores,
            OURS: self.quoth,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("QUOTH_DATA"))
    parser.add_argument("--cache", type=Path, help="folder that keeps the vectors for the next run")
    options = parser.parse_args(arguments)
    files = [Path(options.data or ".") / "reader-dev" / f"{name}.json" for name in DATASETS]
    if not all(file.is_file() for file in files):
        sys.stdout.write(f"skipped: {files[0]} is not there; name its folder with --data DIR\n")
        return 0
    encoder = open_encoder()
    with tempfile.TemporaryDirectory() as folder:
        cache = options.cache or Path(folder)
        tables = [compared(read(file), encoder, cache) for file in files]
    text = "\n".join([*_heading(encoder), *tables])
    TABLE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def read(file: Path) -> Dataset:
    """A dataset in SQuAD's format."""
    source = file.read_bytes()
    passages: dict[str, int] = {}
    questions, gold = [], []
    for article in json.loads(source)["data"]:
        for paragraph in article["paragraphs"]:
            number = passages.setdefault(paragraph["context"], len(passages))
            questions += [question["question"] for question in paragraph["qas"]]
            gold += [number] * len(paragraph["qas"])
    digest = hashlib.sha256(source).hexdigest()
    return Dataset(file.stem, digest, list(passages), questions, gold)


def compared(data: Dataset, encoder: Encoder, cache: Path) -> str:
    """One dataset's table."""
    pieces = [pieces_of(passage, encoder) for passage in data.passages]
    owner = np.repeat(np.arange(len(pieces)), [len(its) for its in pieces])
    rows = [piece for its in pieces for piece in its]
    asked = encoded(data.questions, encoder, cache)
    with tempfile.TemporaryDirectory() as folder:
        engine = vectors.load("faiss")
        engine.build(encoded(rows, encoder, cache), Path(folder))
        search = Search(engine.open(Path(folder)), lexical.build(rows))
    ranks: dict[str, Ranks] = {}
    encoding = seconds_to_encode(data.questions[:TIMED], encoder)
    seconds: dict[str, float] = {}
    for name, system in search.systems().items():
        started = time.perf_counter()
        found = [system(*question) for question in zip(data.questions, asked, strict=True)]
        searching = (time.perf_counter() - started) / len(found)
        seconds[name] = searching if name == WITHOUT_VECTOR else encoding + searching
        ranks[name] = np.array(
            [rank_of(gold, owner[rows]) for gold, rows in zip(data.gold, found, strict=True)]
        )
    return "\n".join(_table(data, len(rows), ranks, seconds))


def pieces_of(text: str, encoder: Encoder) -> list[str]:
    """The text, or its halves' pieces where it is too long; cut before a word where it has any."""
    offsets = encoder.offsets(text)
    if len(offsets) <= encoder.max_tokens - encoder.special_tokens:
        return [text]
    half = len(offsets) // 2
    starts = [at for at in range(1, half + 1) if offsets[at - 1][1] < offsets[at][0]]
    cut = offsets[starts[-1] if starts else half][0]
    return pieces_of(text[:cut], encoder) + pieces_of(text[cut:], encoder)


def encoded(texts: list[str], encoder: Encoder, cache: Path) -> Vectors:
    key = hashlib.sha256("\0".join([encoder.digest, *texts]).encode()).hexdigest()
    file = cache / f"{key[:16]}.npy"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, encoder.encode(texts), allow_pickle=False)
    found: Vectors = np.load(file, allow_pickle=False)
    return found


def seconds_to_encode(questions: list[str], encoder: Encoder) -> float:
    started = time.perf_counter()
    for question in questions:
        encoder.encode_query(question)
    return (time.perf_counter() - started) / len(questions)


def rank_of(gold: int, passages: NDArray[np.int64]) -> float:
    """Where `gold` first stands among the passages found, each counted once; inf when nowhere."""
    at = np.flatnonzero(passages == gold)
    return float(len(np.unique(passages[: at[0]])) + 1) if len(at) else np.inf


def _heading(encoder: Encoder) -> list[str]:
    return [
        "# Retrieval: finding the passage that a question was written for",
        "",
        "Written by `python -m benchmarks.retrieval --data DIR`, which says how passages are cut,",
        f"with {encoder.name} on {os.cpu_count()} cores ({platform.machine()}, Python "
        f"{platform.python_version()}), {datetime.now(UTC).date()}.",
        "",
        "MRR is the mean of 1 / rank over all questions, hit@k the share whose passage is among",
        f"the first k. Dense and BM25 give their {fusion.CANDIDATES} best pieces, and each fusion",
        "ranks these together. Time is one question's, its encoding included where that is needed,",
        "as a multiple of the dense search's.",
        "",
    ]


def _table(
    data: Dataset, rows: int, ranks: dict[str, Ranks], seconds: dict[str, float]
) -> list[str]:
    lines = [
        f"## {data.name}",
        "",
        f"{len(data.questions):,} questions, {len(data.passages):,} passages in {rows:,} pieces; "
        f"SHA-256 of the data {data.sha256[:16]}.",
        "",
        "| search | MRR | hit@1 | hit@5 | hit@10 | time |",
        "|---|---|---|---|---|---|",
    ]
    for name, its in ranks.items():
        hits = " | ".join(f"{(its <= k).mean():.3f}" for k in (1, 5, 10))
        ratio = seconds[name] / seconds["dense"]
        lines.append(f"| {name} | {(1 / its).mean():.3f} | {hits} | {ratio:.2f} |")
    gain = 1 / ranks[OURS] - 1 / ranks[BASELINE]
    low, high = bootstrap(over(gain), len(gain), RESAMPLES, SEED)
    lines += [
        "",
        f"MRR of {OURS} minus that of {BASELINE}: {gain.mean():+.3f}, paired bootstrap 95 % "
        f"interval {low:+.3f} to {high:+.3f} ({RESAMPLES:,} resamples of the questions, "
        f"seed {SEED}).",
        "",
    ]
    return lines


if __name__ == "__main__":
    sys.exit(main())
