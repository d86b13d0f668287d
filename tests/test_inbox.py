"""quoth inbox: listed, shown, closed, exported without formulas, deleted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from qa.desk import open_desk
from qa.desk.messages import Message
from qa.inbox import neutral
from qa.settings import Settings

BAD = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store"
    desk = open_desk(Settings(store=path))
    turns = ({"question": "When does it come?", "answer": "On Monday."},)
    desk.messages.add(Message("Ann", "ann@shop.example", "Where is it?\nSince Monday.", turns), "1")
    desk.messages.add(Message(BAD, "bo@shop.example", "+1 @you \x1b[31m"), "2")
    desk.messages.add(Message("Robot", "c@shop.example", "Buy"), "3", spam=True)
    desk.questions.add(
        {
            "id": "a" * 32,
            "question": "-2 and you?",
            "verdict": "none",
            "confidence": 0.1,
            "generation": "1",
        }
    )
    desk.close()
    return path


def references(quoth, store: Path) -> list[str]:
    told = quoth("inbox", "--store", store, "--json", "--all").stdout
    return [message["reference"] for message in json.loads(told)]


def test_it_lists_open_messages_and_others_on_request(quoth, store: Path) -> None:
    lines = quoth("inbox", "--store", store).stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("Ann <ann@shop.example>: Where is it?")
    assert "\x1b" not in "".join(lines)
    everything = quoth("inbox", "--store", store, "--all").stdout
    assert "Robot <c@shop.example> (spam): Buy" in everything


def test_it_shows_one_with_the_conversation_and_closes_it(quoth, store: Path) -> None:
    reference = references(quoth, store)[0]
    shown = quoth("inbox", "--store", store, "show", reference.lower()).stdout
    for words in ("Where is it?\nSince Monday.", "When does it come?", "On Monday.", "State: open"):
        assert words in shown
    assert quoth("inbox", "--store", store, "close", reference).stdout == f"{reference} is closed\n"
    assert "Ann" not in quoth("inbox", "--store", store).stdout
    assert quoth("inbox", "--store", store, "open", reference).stdout == f"{reference} is open\n"


def test_it_exports_cells_that_no_spreadsheet_runs(quoth, store: Path) -> None:
    for action in ("export", "questions"):
        table = quoth("inbox", "--store", store, action).stdout
        rows = list(csv.reader(io.StringIO(table)))
        assert len(rows) == (4 if action == "export" else 2)
        assert not any(cell[:1] in tuple("=+-@\t\r") for row in rows for cell in row if cell)
    assert "asked_from" in quoth("inbox", "--store", store, "questions").stdout
    assert "'=HYPERLINK" in quoth("inbox", "--store", store, "export").stdout
    assert len(json.loads(quoth("inbox", "--store", store, "questions", "--json").stdout)) == 1


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", " =1", "\r=1", "\n@x"])
def test_a_cell_that_would_be_a_formula_is_made_a_text(cell: str) -> None:
    assert neutral(cell) == "'" + cell


def test_a_store_that_is_not_there_is_no_empty_inbox(quoth, tmp_path: Path) -> None:
    done = quoth("inbox", "--store", tmp_path / "mistyped")
    assert done.returncode == 2
    assert f"there is no store in {tmp_path / 'mistyped'}" in done.stderr
    assert not (tmp_path / "mistyped").exists()


def test_it_exports_and_deletes_all_of_a_person(quoth, store: Path) -> None:
    given = json.loads(quoth("inbox", "--store", store, "export", "ann@shop.example").stdout)
    assert [message["name"] for message in given["messages"]] == ["Ann"]
    done = quoth("inbox", "--store", store, "delete", "ANN@shop.example")
    assert done.stdout == "deleted 1 message\n"
    assert len(references(quoth, store)) == 2
    again = quoth("inbox", "--store", store, "delete", "ann@shop.example")
    assert (again.returncode, again.stderr) == (
        2,
        "quoth: nothing is stored under ann@shop.example\n",
    )


def test_it_says_what_is_missing(quoth, store: Path) -> None:
    done = quoth("inbox", "--store", store, "show")
    assert (done.returncode, done.stderr) == (
        2,
        "quoth: quoth inbox show has to be told which: give a reference\n",
    )
    done = quoth("inbox", "--store", store, "show", "Q-0000-0000")
    assert (done.returncode, done.stderr) == (
        2,
        "quoth: no message has the reference Q-0000-0000\n",
    )
