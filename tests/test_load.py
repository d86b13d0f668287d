"""The benchmark of serving counts what visitors meet: answers, errors, answers that differ."""

from __future__ import annotations

import re

import pytest
from serving import GRADIO
from serving import serving as served

from qa.assistant import Assistant

serving = pytest.importorskip("benchmarks.serving", reason="not in the wheel")


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
