"""The benchmarks of indexing and serving measure what a user meets, and write a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from serving import GRADIO
from serving import serving as served

from qa.assistant import Assistant

indexing = pytest.importorskip("benchmarks.indexing", reason="not in the wheel")
serving = pytest.importorskip("benchmarks.serving", reason="not in the wheel")


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


@GRADIO
def test_it_tells_answers_that_differ_and_errors_from_those_that_are_right(
    assistant: Assistant,
) -> None:
    questions = ["What is a treaty?", "What is a Red Notice?"]
    with served(assistant) as address:
        expected, seconds = serving.asked_alone(address, questions)
        load = serving.among_clients(address, expected, clients=2, seconds=1)
        wrong = {questions[0]: expected[questions[1]]}
        differing = serving.among_clients(address, wrong, clients=1, seconds=0.2)
    failing = serving.among_clients(address, expected, clients=1, seconds=0.2)
    assert len(seconds) == 2
    assert len(load.seconds) >= 2
    assert (load.errors, load.different) == (0, 0)
    assert differing.different == len(differing.seconds) > 0
    assert failing.errors == len(failing.seconds) > 0
    table = serving.table([load], "Beside other work.")
    assert re.search(
        r"^\| API, 2 clients for 1 s \| \d+ \| \d+ \| \d+ \| .+ \| 0 \| 0 \|$", table, re.M
    )
