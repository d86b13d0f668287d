"""Test questions and dialogues: the form that measuring relies on, each answer on its page."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from corpus import formats

HERE = Path(__file__).resolve().parent
KINDS = {
    "pronoun": 12,
    "ellipsis": 12,
    "why": 8,
    "what-about": 10,
    "topic-drift": 6,
    "switch": 12,
}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def dialogues() -> list[dict[str, Any]]:
    return lines("dialogues.jsonl")


def questions() -> list[dict[str, Any]]:
    return lines("faq.jsonl")


def turns() -> list[dict[str, Any]]:
    return [turn for dialogue in dialogues() for turn in dialogue["turns"]]


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_every_line_has_an_id_of_its_own_its_turns_and_its_tags() -> None:
    assert all(dialogue.keys() == {"id", "turns", "tags"} for dialogue in dialogues())
    assert all(turn.keys() == {"question", "gold"} and turn["question"].strip() for turn in turns())
    ids = [dialogue["id"] for dialogue in dialogues()]
    assert len(set(ids)) == len(ids) == 60


def test_every_quote_is_in_the_indexed_text_of_its_page(sample: Path) -> None:
    texts: dict[str, str] = {}
    for gold in (gold for asked in (*turns(), *questions()) for gold in asked["gold"]):
        uri, quote = gold["uri"], folded(gold["quote"])
        assert uri.startswith("sample/"), uri
        if uri not in texts:
            data = (sample.parent / uri).read_bytes()
            texts[uri] = folded(formats.load("markdown").read(data, uri).text)
        assert quote, uri
        assert quote in texts[uri], f"{uri}: {quote}"


def test_each_kind_is_in_equal_halves() -> None:
    assert Counter(tuple(d["tags"]) for d in dialogues()) == {
        (kind, half): count // 2 for kind, count in KINDS.items() for half in ("tuning", "report")
    }
    lengths = Counter((len(d["turns"]), d["tags"][1]) for d in dialogues())
    assert lengths == {(2, "tuning"): 21, (2, "report"): 21, (3, "tuning"): 9, (3, "report"): 9}


def test_the_questions_are_spread_over_the_pages_and_seldom_asked_in_vain() -> None:
    assert sum(not turn["gold"] for turn in turns()) <= 6
    pages = {turn["gold"][0]["uri"] for turn in turns() if turn["gold"]}
    assert len(pages) >= 35
    assert sum(page.startswith("sample/quoth/") for page in pages) >= 6


def test_questions_are_in_two_halves_and_a_quarter_of_them_is_asked_in_vain() -> None:
    keys = {"id", "question", "gold", "tags", "history"}
    assert all(question.keys() == keys and question["question"].strip() for question in questions())
    assert len({question["id"] for question in questions()}) == len(questions()) == 200
    tags = Counter(tag for question in questions() for tag in question["tags"])
    assert (tags["tuning"], tags["report"]) == (100, 100)
    assert (tags["unanswerable-near"], tags["unanswerable-far"]) == (25, 25)
    for question in questions():
        in_vain = {"unanswerable-near", "unanswerable-far"} & set(question["tags"])
        assert bool(in_vain) == (not question["gold"])
        assert len({"tuning", "report"} & set(question["tags"])) == 1
