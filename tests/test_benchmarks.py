"""Benchmarks measure commands as a user runs them, and make sets of what they are given."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from qa.evaluation import formats
from qa.evaluation.questions import merged

indexing = pytest.importorskip("benchmarks.indexing", reason="not in the wheel")
covidfaq = pytest.importorskip("benchmarks.covidfaq")
evaluating = pytest.importorskip("benchmarks.evaluating")


def test_it_measures_a_folder_and_writes_a_row(site: Path) -> None:
    found = indexing.measured("the shop", site)
    assert (found.documents, found.passages) == (3, 7)
    assert "3 documents, 7 passages" in found.first.output
    assert "nothing has changed" in found.again.output
    for run in (found.first, found.again):
        assert 0 < run.seconds < 120
        assert 50 < run.memory_mb < 4000
    table = indexing.table([found], "Beside other work.")
    assert "\n\nBeside other work.\n\n| corpus |" in table
    assert re.search(r"^\| the shop \| [\d.]+ MB \| 3 \| 7 \| [\d.]+ \| ", table, re.M)


def test_a_command_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such file or folder"):
        indexing.quoth("index", tmp_path / "nowhere", "--store", tmp_path / "store")


def test_evaluating_is_measured_beside_asking(tmp_path: Path) -> None:
    said = {
        "Parcels leave on Monday. They arrive on Tuesday.": ("When do parcels leave?", "Monday"),
        "The shop is open till six.": ("How long is it open?", "six"),
    }
    paragraphs = [
        {
            "context": context,
            "qas": [
                {"id": f"{word}-{at}", "question": question, "answers": [{"text": word}]}
                for at in range(10)
            ],
        }
        for context, (question, word) in said.items()
    ]
    file = tmp_path / "set.json"
    file.write_text(json.dumps({"data": [{"title": "The_Shop", "paragraphs": paragraphs}]}))
    ((reader, rates),) = evaluating.measured(file, 20, ["sentences"])
    assert reader == "sentences"
    assert list(rates) == [evaluating.ALONE, evaluating.BATCHED, evaluating.FOUND]
    assert rates[evaluating.FOUND] > rates[evaluating.BATCHED] > 0


def test_a_set_of_queries_becomes_pages_of_answers_and_questions(tmp_path: Path) -> None:
    pairs = [
        {"id": "1", "query_type": "faq", "question": "Shall I?", "answer": "You shall."},
        {"id": "2", "query_type": "user_query", "question": "should  i", "answer": "You shall."},
        {"id": "3", "query_type": "user_query", "question": "Should I?", "answer": "Not <now>."},
    ]
    folder = tmp_path / "faq" / "covidfaq"
    folder.mkdir(parents=True)
    (folder / "query_answer_pairs.json").write_text(json.dumps(pairs))
    assert covidfaq.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    pages = sorted((tmp_path / "out" / "covidfaq").iterdir())
    assert [page.read_text().splitlines()[1] for page in pages] == [
        "<p>You shall.</p>", "<p>Not &lt;now&gt;.</p>",
    ]  # fmt: skip
    first, second = merged(formats.read(tmp_path / "out" / "covidfaq.jsonl"))
    assert (first.text, set(first.gold)) == ("should i", set(second.gold))
    assert len(first.gold) == 2
