"""compare, the gate and the floors: what is a difference, and when a run does not pass."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from qa.evaluation import gate, result
from qa.evaluation.compare import compare, told

ROOT = Path(__file__).resolve().parent.parent


def outcome(number: int, right: bool, answerable: bool = True, confidence: float = 0.5):
    verdict = ("right" if right else "missed") if answerable else "rightly_refused"
    answered = answerable and right
    golds = [{"page": "a.md", "quote": "x", "status": "found", "rank": 1}] if answerable else []
    first = {
        "answer": "x", "right_page": answerable, "right_quote": answerable and right,
        "exact_match": float(right), "token_f1": float(right),
    }  # fmt: skip
    return {
        "id": f"q{number}", "question": f"What is {number}?", "type": "what", "tags": [],
        "answered": answered, "decision": "answered", "answer": "x" if answered else None,
        "confidence": confidence, "uri": "a.md", "gold": golds, "verdict": verdict,
        "loss": None if right or not answerable else "not read", "first": first, "expected": None,
    }  # fmt: skip


def value(rights: list[bool], **settings):
    header = {
        "set": {"name": "set", "questions": len(rights), "answerable": len(rights), "digest": "s"},
        "index": {"documents": 1, "passages": 1, "documents_digest": "d", "digest": "i"},
        "models": {"encoder": "e", "reader": "r"},
        "settings": {"always_answer": False, "retrieval_only": False, **settings},
    }
    questions = [outcome(n, r) for n, r in enumerate(rights)]
    return result.result(header, questions, {})


BASE = [n % 2 == 0 for n in range(100)]
BETTER = [n % 2 == 0 or n < 30 for n in range(100)]


def test_a_gain_is_significant_and_its_questions_are_shown():
    found = compare(value(BASE), value(BETTER, reader="new"))
    assert found.figures["right_quote"].value == pytest.approx(0.15)
    assert found.figures["right_quote"].p < 0.01
    assert (found.flips.lost, found.flips.gained) == (0, 15)
    assert found.flips.p == pytest.approx(2 / 2**15)
    text = told(found)
    assert "new handles significantly more questions right" in text
    assert "differs: reader r -> new" in text
    assert "  base: missed: no answer\n  new: right: x (a.md)" in text
    assert "and 5 more that flipped" in text
    written = found.to_json()
    assert written["metrics"]["right_quote"]["significant"]
    assert len(written["flipped"]) == 15
    back = compare(value(BETTER), value(BASE))
    assert "worse" in told(back)


def test_equal_runs_do_not_differ():
    found = compare(value(BASE), value(BASE))
    assert all(d.value == 0 and d.p == 1 for d in found.figures.values())
    assert found.flips == (0, 0, 1)
    assert "nothing differs" in told(found)
    assert "no significant difference" in told(found)


def test_results_that_cannot_be_compared_are_refused_and_doubtful_ones_warned_of():
    base, other = value(BASE), value(BASE)
    other["set"] = {**other["set"], "digest": "another"}
    other["questions"] = copy.deepcopy(other["questions"][:60])
    other["questions"][0]["question"] = "Something else?"
    with pytest.raises(ValueError, match="different questions"):
        compare(base, other)
    found = compare(base, other, common=True)
    assert found.questions == 59
    assert "the sets differ" in told(found)
    moved = value(BASE)
    moved["index"] = {**moved["index"], "documents_digest": "d2"}
    assert "warning: the documents differ" in told(compare(base, moved))
    with pytest.raises(ValueError, match="made with --always-answer"):
        compare(base, value(BASE, always_answer=True))
    other["questions"] = []
    with pytest.raises(ValueError, match="no question in common"):
        compare(base, other, common=True)


def test_a_gate_names_every_reason(tmp_path):
    (tmp_path / "base.json").write_text(json.dumps(value(BETTER)))
    path = tmp_path / "gate.toml"
    path.write_text(
        "[floors]\nright_quote = 0.6\nece = 0.9\nrefused = 0.5\nmrr = 1.0\n"
        '[against]\nbase = "base.json"\nfigures = ["right_quote", "right_page"]\n'
    )
    found = gate.reasons(value(BASE), gate.load(path))
    assert [reason.split(" ")[0] for reason in found] == [
        "right_quote", "refused", "right_quote", "right_page",
    ]  # fmt: skip
    assert found[0] == "right_quote is 0.5000, below its floor 0.6"
    assert "has changed by -0.1500 against base.json" in found[2]
    passing = gate.Gate(floors={"right_quote": 0.5, "brier": 0.9})
    assert gate.reasons(value(BASE), passing) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("gate.toml", "[floors\n", "is no gate"),
        ("gate.json", "[]", "is no gate"),
        ("gate.toml", "floors = 3", "tables of names and values"),
        ("gate.toml", "[floors]\nright = 1", "names right, which is no figure; known: right_quote"),
        ("gate.toml", "[floors]\nmrr = 70", "sets mrr to 70; what would do is 0 to 1"),
        ("gate.toml", "[floor]\nmrr = 0.7", "sets floor, which no gate has"),
        ("gate.toml", "", "asks for nothing"),
    ],
)
def test_a_file_that_is_no_gate_is_one_sentence(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match="gate") as raised:
        gate.load(tmp_path / name)
    assert said in str(raised.value)


def test_floors_rise_freely_and_fall_with_a_reason_alone(tmp_path):
    path = tmp_path / "floors.json"
    gate.set_floors(path, value(BASE), None)
    floors = gate.load(path)
    assert floors.floors["right_quote"] == 0.5
    assert floors.margin == gate.MARGIN
    assert gate.reasons(value(BASE), floors) == []
    gate.set_floors(path, value(BETTER), None)
    assert gate.load(path).floors["right_quote"] == 0.65
    assert gate.reasons(value(BASE), gate.load(path))
    with pytest.raises(ValueError, match=r"would lower right_quote from 0\.65 to 0\.5"):
        gate.set_floors(path, value(BASE), None)
    with pytest.raises(ValueError, match="--lower REASON"):
        gate.set_floors(path, value(BASE), "  ")
    gate.set_floors(path, value(BASE), "the set was too easy")
    (note,) = gate.load(path).lowered
    assert note["reason"] == "the set was too easy"
    assert "right_quote from 0.65 to 0.5" in note["floors"]


def test_floors_of_another_set_or_other_documents_do_not_count(tmp_path):
    path = tmp_path / "floors.json"
    gate.set_floors(path, value(BASE), None)
    other = value(BETTER)
    other["set"] = {**other["set"], "digest": "t"}
    assert "another test set" in gate.reasons(other, gate.load(path))[0]
    with pytest.raises(ValueError, match="floors of another test set"):
        gate.set_floors(path, other, None)


def test_a_drop_within_the_margin_passes():
    floors = gate.Gate(floors={"right_quote": 0.52}, margin=0.02)
    assert gate.reasons(value(BASE), floors) == []
    floors = gate.Gate(floors={"right_quote": 0.53}, margin=0.02)
    assert gate.reasons(value(BASE), floors) == [
        "right_quote is 0.5000, below its floor 0.53 less the margin 0.02"
    ]


def test_the_project_s_own_floors_hold(quoth, sample_store, tmp_path):
    arguments = ["evaluate", ROOT / "tests" / "faq.jsonl", "--store", sample_store]
    done = quoth(*arguments, "--gate", ROOT / "tests" / "floors.json")
    assert done.returncode == 0, done.stderr
    assert "floors.json is passed" in done.stdout


def test_a_run_below_its_floors_is_status_3(quoth, sample_store, tmp_path):
    (tmp_path / "gate.toml").write_text("[floors]\nmrr = 1.0\n")
    arguments = ["evaluate", ROOT / "tests" / "faq.jsonl", "--store", sample_store]
    done = quoth(*arguments, "--retrieval-only", "--gate", tmp_path / "gate.toml")
    assert done.returncode == 3
    assert "gate.toml is not passed:\n  mrr is 0." in done.stderr
