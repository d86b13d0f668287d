"""quoth evaluate: verdicts, figures and reports over a small site, and runs that are broken off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import qa
from qa.evaluation import formats, measures
from qa.evaluation.asking import Asker, Options
from qa.evaluation.questions import Gold, Question
from qa.evaluation.report import html
from qa.evaluation.result import Run
from qa.evaluation.run import evaluate
from qa.settings import load

ROOT = Path(__file__).resolve().parent.parent

SET = """{"id": "back", "question": "when do I get my money back", "gold": [{"page": "returns.md", "quote": "paid back within 14 days"}], "tags": ["money"]}
{"id": "page", "question": "Where do the parcels leave the warehouse?", "gold": [{"page": "shipping"}]}
{"id": "cut", "question": "When does the express parcel arrive?", "gold": [{"page": "returns.md", "quote": "The money is paid back"}]}
{"id": "gone", "question": "Is gift wrapping free?", "gold": [{"page": "gifts.md", "quote": "Every single gift is wrapped in golden paper by our own elves."}]}
{"id": "far", "question": "who won the cup final in 1966", "gold": []}
{"id": "long", "question": "%s", "gold": []}
""" % ("why " * 400)  # noqa: E501


@pytest.fixture
def asker(site, tmp_path, encoder) -> Asker:
    from index.build import update
    from index.files import Store

    store = Store(tmp_path / "store")
    update(store, encoder, [site])
    # Whole sentences, so that what is right does not hang on what the trained reader has learned.
    given = {"store": store.path, "reader": "sentences"}
    return Asker(store.current(), encoder, load(given, {}, tmp_path / "none"))


@pytest.fixture
def asked(tmp_path) -> list[Question]:
    (tmp_path / "set.jsonl").write_text(SET)
    return formats.read(tmp_path / "set.jsonl")


def verdicts(value) -> dict[str, tuple[str, str | None]]:
    return {
        question["id"]: (question["verdict"], question["loss"]) for question in value["questions"]
    }


def test_each_question_has_its_verdict_and_what_lost_it(asker, asked):
    value = evaluate(Run("set", asked, asker, Options()))
    assert verdicts(value) == {
        "back": ("right", None),
        "page": ("right", None),
        "cut": ("wrong_page", "not read"),
        "gone": ("missed", "not indexed"),
        "far": ("rightly_refused", None),
        "long": ("rightly_refused", None),
    }
    by_id = {question["id"]: question for question in value["questions"]}
    assert by_id["back"]["answer"] == (
        "The money is paid back within 14 days after the goods have arrived."
    )
    assert by_id["cut"]["expected"]["text"] == "The money is paid back"
    assert by_id["long"]["remark"].startswith("The question has 1,599 characters")
    assert [gold["status"] for gold in by_id["gone"]["gold"]] == ["gone"]
    assert value["metrics"]["right_quote"]["value"] == 0.5
    assert value["metrics"]["refused"]["value"] == 1
    assert value["waterfall"][0] == {"step": "answerable", "lost": 0, "left": 4}
    assert value["waterfall"][-1]["left"] == 2
    assert value["groups"]["tag"]["money"]["right"] == 1


def test_always_answer_counts_first_answers_that_are_held_back(asker, asked):
    value = evaluate(Run("set", asked, asker, Options(always_answer=True)))
    found = verdicts(value)
    assert found["far"] == ("wrongly_answered", None)
    assert found["gone"] == ("wrong_page", "not indexed")
    assert found["long"] == ("rightly_refused", None)  # cannot be asked at all
    assert value["metrics"]["answered"]["value"] == pytest.approx(5 / 6, abs=1e-4)


def test_retrieval_only_gives_ranks_and_reads_nothing(asker, asked):
    full = evaluate(Run("set", asked, asker, Options()))
    value = evaluate(Run("set", asked, asker, Options(retrieval_only=True)))
    assert set(value["metrics"]) == {
        name for name, measure in measures.MEASURES.items() if not measure.reading
    }
    for name, figure in value["metrics"].items():
        assert figure == full["metrics"][name]
    assert all(question["verdict"] is None for question in value["questions"])
    assert "<h1>set</h1>" in html(value)


def test_a_hidden_page_makes_a_question_unanswerable(asker):
    text = "when do I get my money back"
    open_, left_out = (
        Question("1", text, (Gold("returns.md"),)),
        Question("2", text, hidden=("returns.md",)),
    )
    first, second = asker.outcomes([open_, left_out], Options())
    assert (first.verdict, second.verdict) == ("right", "rightly_refused")
    assert second.first.uri != "shop/returns.md"


def test_what_was_said_before_a_question_is_passed_on(asker):
    text = "and what does that cost?"
    gold = (Gold("shipping.html", "costs 19 euros"),)
    before = ({"question": "When does it arrive?", "uri": "shop/help/shipping.html"},)
    alone, after = asker.outcomes(
        [Question("1", text, gold), Question("2", text, gold, history=before)], Options()
    )
    assert (alone.verdict, alone.ranks) == ("wrong_page", (2,))
    assert (after.verdict, after.ranks) == ("right", (1,))


def test_two_runs_differ_in_times_alone(asker, asked, encoder):
    again = Asker(asker.index.generation, encoder, asker.settings)  # nothing is remembered
    first, second = (evaluate(Run("set", asked, one, Options())) for one in (asker, again))
    for value in (first, second):
        del value["created"], value["timing"]
    assert first == second


def test_digests_tell_sets_and_documents_apart(asker, asked, site, tmp_path, encoder):
    from index.build import update
    from index.files import Store

    header = Run("set", asked, asker, Options()).header()
    again = Run("set", list(reversed(asked)), asker, Options()).header()
    assert header == again
    other = Run("set", asked[1:], asker, Options()).header()
    assert header["set"]["digest"] != other["set"]["digest"]
    (site / "contact.txt").write_text("Another text stands here now.")
    update(Store(tmp_path / "store"), encoder, [site])
    changed = Asker(Store(tmp_path / "store").current(), encoder, asker.settings)
    later = Run("set", asked, changed, Options()).header()
    assert header["index"]["documents_digest"] != later["index"]["documents_digest"]


def test_the_command_writes_every_report(quoth, site, tmp_path):
    (tmp_path / "set.jsonl").write_text(SET)
    out = {name: tmp_path / f"out.{name}" for name in ("json", "html", "markdown", "junit")}
    flags = [part for name, path in out.items() for part in (f"--{name}", path)]
    done = quoth("evaluate", tmp_path / "set.jsonl", "--docs", site, *flags)
    assert done.returncode == 0, done.stderr
    assert "Right quote                 0.500  (" in done.stdout
    assert "lost: not indexed 1, not read 1" in done.stdout
    assert "3 asked one by one" not in done.stdout
    value = json.loads(out["json"].read_text())
    assert (value["schema"], value["set"]["questions"]) == (1, 6)
    assert "p50_ms" in value["timing"]
    page = out["html"].read_text()
    assert "default-src 'none'" in page
    assert "src=" not in page.replace("img-src", "")
    assert "| Right quote | 0.500 |" in out["markdown"].read_text()
    (suite,) = ElementTree.parse(out["junit"]).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("6", "2")
    assert [case.get("name") for case in suite if len(case)] == [
        "cut: When does the express parcel arrive?",
        "gone: Is gift wrapping free?",
    ]
    assert "golds: 3 found, 1 gone; `quoth testset check` names" in done.stdout
    assert not list(tmp_path.glob("*.partial"))


def test_reports_hold_what_documents_and_questions_say_as_text(asker):
    evil = "</script><script>alert(1)</script> `x` | [y](z)"
    value = evaluate(Run(evil, [Question("1", evil, (Gold(None, evil),))], asker, Options()))
    page = html(value)
    assert "<script>alert" not in page
    assert page.count("<script") == 2
    from qa.evaluation.junit import junit
    from qa.evaluation.summary import markdown

    ElementTree.fromstring(junit(value).encode())
    assert "<script>" not in markdown(value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "none.jsonl"], "no such file"),
        (["evaluate", "set.jsonl", "--docs", "nowhere"], "no such file or folder"),
        (["evaluate", "set.jsonl", "--docs", ".", "--store", "x"], "give one of them"),
        (["evaluate", "set.jsonl", "--json", "no/folder/out.json"], "there is no folder"),
        (["evaluate", "set.jsonl", "--html", "."], "is a folder"),
        (["evaluate", "set.jsonl", "--json", "./set.jsonl"], "is read from; name another file"),
        (["evaluate", "set.jsonl", "--gate", "none.toml"], "no such file"),
        (["evaluate", "set.jsonl", "--lower", "because"], "--set-floors"),
        (["evaluate", "set.jsonl", "--reader", "none"], "no reader called 'none'"),
        (["compare", "a.json", "b.json"], "no such file"),
        (["compare", "set.jsonl", "set.jsonl"], "is no result of `quoth evaluate --json`"),
        (["gaps", "set.txt"], "its suffix must be one of"),
        (["why", "?"], "the question has no word in it"),
        (["testset", "make", "set.jsonl"], "invalid choice: 'make'"),
        (["testset", "leave-one-out", "set.jsonl"], "name it with --out FILE"),
        (["testset", "check", "set.jsonl", "--pages", "x"], "--pages is for from-faq"),
    ],
)
def test_bad_arguments_are_one_sentence_and_status_2(quoth, site, tmp_path, arguments, said):
    (tmp_path / "elsewhere" / "set.jsonl").write_text(SET)
    if "none" in arguments:
        arguments = [*arguments, "--docs", site]
    done = quoth(*arguments)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert said in line


def test_without_an_index_it_is_status_4_and_names_what_to_run(quoth, tmp_path):
    (tmp_path / "set.jsonl").write_text(SET)
    for command in (["evaluate", tmp_path / "set.jsonl"], ["gaps", tmp_path / "set.jsonl"]):
        done = quoth(*command)
        assert done.returncode == 4
        assert "run `quoth index PATH` first" in done.stderr


def _started(store: Path, folder: Path, after: int = 0) -> subprocess.Popen[str]:
    """An evaluation of the set in the folder, when it has answered some more questions."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUOTH_")}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "qa.cli", "evaluate", "set.jsonl",
         "--store", str(store), "--json", "out.json"],
        cwd=folder, env={**kept, "PYTHONPATH": str(Path(qa.__file__).parent.parent)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A suite that runs in the background has interrupts ignored, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    journal = folder / "out.json.partial"
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        if journal.exists() and journal.read_text("utf-8").count("\n") > after + 4:
            return process
        time.sleep(0.02)
    raise AssertionError(process.communicate())


def test_a_run_that_is_killed_or_interrupted_goes_on_from_where_it_was(
    sample_store, quoth, tmp_path
):
    journal = tmp_path / "out.json.partial"
    lines = (ROOT / "tests" / "faq.jsonl").read_text("utf-8").splitlines()[:18]
    (tmp_path / "set.jsonl").write_text("\n".join(lines), "utf-8")
    process = _started(sample_store, tmp_path)
    process.kill()
    process.communicate()
    kept = journal.read_text("utf-8")
    journal.write_text(kept + '{"id": "g1', "utf-8")  # a last line that was not finished
    process = _started(sample_store, tmp_path, after=kept.count("\n"))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode in (130, -signal.SIGINT), said
    assert "answers are kept in out.json.partial: run the same command again" in said
    after = journal.read_text("utf-8").splitlines()
    assert after[: len(kept.splitlines()) - 1] == kept.splitlines()[:-1]
    arguments = ("evaluate", tmp_path / "set.jsonl", "--store", sample_store)
    done = quoth(*arguments, "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    value = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert len(value["questions"]) == 18
    assert value["timing"]["asked"] <= 18 - (len(after) - 2)
    assert not journal.exists()
    assert quoth(*arguments, "--json", tmp_path / "whole.json").returncode == 0
    whole = json.loads((tmp_path / "whole.json").read_text("utf-8"))
    assert (value["questions"], value["metrics"]) == (whole["questions"], whole["metrics"])


def test_what_another_run_left_is_not_taken_for_this_one(asker, asked, tmp_path):
    journal = tmp_path / "out.partial"
    lines = [{"set": "another"}, {"id": "back", "verdict": "right"}]
    journal.write_text("\n".join(map(json.dumps, lines)) + "\n")
    value = evaluate(Run("set", asked, asker, Options()), journal)
    assert value["timing"]["asked"] == 6
    assert value["questions"][0]["answer"]


def test_help_lists_the_commands(quoth):
    told = quoth("--help").stdout
    for command in ("evaluate", "compare", "why", "gaps", "testset"):
        assert f"\n    {command}" in told
