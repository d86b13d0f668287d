"""quoth calibrate: thresholds for an aim on one's own questions, kept in the store."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from qa import open_store
from qa.confidence import FEATURES
from qa.evaluation import calibration, formats
from qa.evaluation.calibrating import keep

SET = Path(__file__).resolve().parent / "faq.jsonl"


@pytest.fixture
def store(sample_store, tmp_path) -> Path:
    return Path(shutil.copytree(sample_store, tmp_path / "store"))


def test_it_keeps_thresholds_in_the_store_and_answers_by_them(quoth, store, site, tmp_path):
    asked = formats.read(SET)[:40]
    formats.write(tmp_path / "set.csv", asked)
    done = quoth("calibrate", tmp_path / "set.csv", "--store", store, "--aim", "0.2")
    assert done.returncode == 0, done.stderr
    answerable = sum(question.answerable for question in asked)
    assert f"40 of the set, and {answerable} of them again without the pages" in done.stdout
    assert "for the aim of 20.0%" in done.stdout
    (made,) = json.loads((store / "calibration.json").read_text())
    facts = made["facts"]
    assert (facts["asked"], facts["hidden"], facts["aim"]) == (40, answerable, 0.2)
    assert facts["wrong"] <= 0.2
    assert [row[0] for row in facts["curve"]] == [0.01, 0.02, 0.05, 0.1, 0.2]
    assert facts["curve"][-1][1:] == [made["answer_at"], facts["answered"]]
    told = quoth("ask", "What is a Red Notice?", "--store", store)
    assert "set aside" not in told.stderr
    answer = open_store(store).ask("What is a Red Notice?")
    assert answer.calibrated
    assert answer.answered == (answer.confidence >= made["answer_at"])
    done = quoth("index", site, "--store", store)
    assert done.returncode == 0, done.stderr
    assert open_store(store).ask("What is a Red Notice?").calibrated


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--aim", "0"], "'0' is no share"),
        (["--aim", "5"], "'5' is no share; what would do is 0.05 for 5 %"),
        (["--aim", "few"], "'few' is no share"),
        ([], "too few to calibrate with; at least 40"),
    ],
)
def test_what_cannot_be_calibrated_is_one_sentence(quoth, store, tmp_path, arguments, said):
    formats.write(tmp_path / "set.csv", formats.read(SET)[:3])
    done = quoth("calibrate", tmp_path / "set.csv", "--store", store, *arguments)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert said in line
    assert not (store / "calibration.json").exists()


def test_a_question_is_judged_by_a_curve_that_never_saw_it():
    random = np.random.default_rng(1)
    rows = random.normal(size=(20, len(FEATURES)))
    twice = np.repeat(np.arange(20), 2)
    right = random.random(20) < 0.5
    alone = calibration.cross_fitted(rows[twice], right[twice], np.ones(40))
    together = calibration.cross_fitted(rows[twice], right[twice], np.ones(40), twice)
    assert np.allclose(together[::2], together[1::2])
    sure = [np.abs(found - ~right[twice]).mean() for found in (alone, together)]
    assert sure[0] > sure[1] + 0.05  # its twin gives it away where they are apart


def test_it_takes_the_place_of_one_for_the_same_models_alone(tmp_path):
    random = np.random.default_rng(2)
    rows, right = random.normal(size=(60, len(FEATURES))), random.random(60) < 0.5
    one, other = (calibration.fit(rows, right, {"reader": name}, aim=0.5) for name in "ab")
    again = calibration.fit(rows, right, {"reader": "a"}, aim=0.4)
    for made in (one, other, again):
        keep(tmp_path, made)
    kept = json.loads((tmp_path / "calibration.json").read_text())
    assert [(c["made_for"]["reader"], c["facts"]["aim"]) for c in kept] == [("b", 0.5), ("a", 0.4)]
