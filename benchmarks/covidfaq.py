"""CovidFAQ as documents and a test set: each of its answers a page, each real query a question.

    python -m benchmarks.covidfaq --data DIR --out OUT
    quoth evaluate OUT/covidfaq.jsonl --docs OUT/covidfaq

DIR (or QUOTH_DATA) holds `faq/covidfaq/query_answer_pairs.json`. The FAQ's own questions are left
out: a page has the words of its answer alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from qa.evaluation import formats
from qa.evaluation.questions import Gold, Question

NAME = "covidfaq"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("QUOTH_DATA"))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    file = Path(given.data or ".") / "faq" / NAME / "query_answer_pairs.json"
    if not file.is_file():
        sys.stdout.write(f"skipped: {file} is not there; name its folder with --data DIR\n")
        return 0
    pairs = json.loads(file.read_bytes())
    names = {answer: f"answer-{n:02}.html" for n, answer in enumerate(_answers(pairs), 1)}
    pages = given.out / NAME
    pages.mkdir(parents=True, exist_ok=True)
    for answer, name in names.items():
        (pages / name).write_text(f"<!doctype html>\n<p>{escape(answer)}</p>\n", "utf-8")
    questions = [_question(pair, names) for pair in pairs if pair["query_type"] == "user_query"]
    formats.write(given.out / f"{NAME}.jsonl", questions)
    sys.stdout.write(f"{len(names)} pages and {len(questions):,} questions are in {given.out}\n")
    return 0


def _answers(pairs: Sequence[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(pair["answer"] for pair in pairs))


def _question(pair: dict[str, str], names: dict[str, str]) -> Question:
    gold = Gold(f"{NAME}/{names[pair['answer']]}", pair["answer"])
    return Question(pair["id"], " ".join(pair["question"].split()), (gold,))


if __name__ == "__main__":
    sys.exit(main())
