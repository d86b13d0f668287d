"""Confidence: what is fitted, when it holds, and where verdicts part."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from corpus.document import Document, Passage, Slice
from index.search import Hit
from qa import calibrations, confidence, open_store
from qa.answer import Span
from qa.confidence import FEATURES, Calibration, read
from qa.evaluation import calibration
from qa.place import ranked

RANDOM = np.random.default_rng(5)
ROWS = RANDOM.normal(size=(4_000, len(FEATURES)))
CHANCE = 1 / (1 + np.exp(-(2 * ROWS[:, 0] - ROWS[:, 3])))
RIGHT = RANDOM.random(4_000) < CHANCE
MADE_FOR = {"encoder": "e", "reader": "r", "fusion": "f"}


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return calibration.fit(ROWS, RIGHT, MADE_FOR)


def test_the_curve_is_that_of_scikit_learn(fitted):
    standard = (ROWS - ROWS.mean(0)) / ROWS.std(0)
    reference = LogisticRegression(C=1 / calibration.PENALTY, tol=1e-10).fit(standard, RIGHT)
    assert fitted.weights == pytest.approx(reference.coef_[0], abs=1e-4)
    assert fitted.bias == pytest.approx(reference.intercept_[0], abs=1e-4)


def test_probabilities_are_near_the_true_ones(fitted):
    told = np.array([fitted.probability(row) for row in ROWS])
    assert np.abs(told - CHANCE).mean() < 0.06


def test_at_the_threshold_no_more_are_wrong_than_aimed_at():
    probability = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, True])
    assert calibration.threshold(probability, right, 0.0) == 0.8
    assert calibration.threshold(probability, right, 0.2) == 0.5
    assert calibration.threshold(probability[:1], ~right[:1], 0.05) == 1.0


def test_a_looser_aim_answers_more(fitted):
    loose = calibration.fit(ROWS, RIGHT, MADE_FOR, aim=0.2)
    assert loose.answer_at < fitted.answer_at
    assert fitted.suggest_at <= fitted.answer_at


@pytest.mark.parametrize("right", [RIGHT[:20], np.ones(4_000, bool), np.zeros(4_000, bool)])
def test_too_little_to_fit_is_refused_in_a_sentence(right):
    with pytest.raises(ValueError, match="too few to calibrate with; at least 40"):
        calibration.fit(ROWS[: len(right)], right, MADE_FOR)


def test_a_feature_that_is_no_number_gives_no_confidence(fitted):
    row = ROWS[0].copy()
    row[2] = np.nan
    assert fitted.probability(row) == 0.0


def test_a_calibration_survives_its_file(fitted, tmp_path):
    file = tmp_path / "calibration.json"
    file.write_text(json.dumps([fitted.to_json()]))
    assert read(file) == [fitted]


@pytest.mark.parametrize("content", ["", "[1]", "{}", '[{"schema": 1}]', "[null]"])
def test_a_file_that_is_no_calibration_is_named(content, tmp_path):
    file = tmp_path / "calibration.json"
    file.write_text(content or "x")
    if content == "{}":
        assert read(file) == []
        return
    with pytest.raises(ValueError, match=r"calibration.json is no calibration"):
        read(file)


def test_the_owners_calibration_comes_before_the_shipped_one(fitted, tmp_path):
    (tmp_path / "calibration.json").write_text(json.dumps([fitted.to_json()]))
    assert calibrations.chosen(tmp_path, MADE_FOR) == fitted


def test_a_calibration_for_other_models_is_set_aside_with_a_warning(fitted, tmp_path, caplog):
    (tmp_path / "calibration.json").write_text(json.dumps([fitted.to_json()]))
    chosen = calibrations.chosen(tmp_path, {**MADE_FOR, "encoder": "other"})
    assert chosen.calibrated is False
    assert chosen.weights == fitted.weights  # the same reader's curve still orders answers
    assert "was made for other models and is set aside" in caplog.text
    assert calibrations.chosen(tmp_path, {**MADE_FOR, "reader": "other"}) is calibrations.UNFITTED


def test_thresholds_of_the_settings_come_before_the_calibrations(sample_store):
    question = "What is a Red Notice?"
    assert open_store(sample_store, answer_at=0.0, suggest_at=0.0).ask(question).answered
    assert open_store(sample_store, answer_at=1.0, suggest_at=0.0).ask(question).verdict == "unsure"
    assert open_store(sample_store, answer_at=1.0, suggest_at=1.0).ask(question).verdict == "none"


def _features(*scores: tuple[float, float, float]) -> dict[str, float]:
    """Of these places, each in a page of its own: score, answerability, cosine."""
    hits, spans = [], []
    for rank, (score, answerability, cosine) in enumerate(scores, 1):
        words = f"On page {rank} this is said."
        block = Slice("paragraph", 0, len(words))
        page = Document(f"{rank}.txt", words, "", "text", 1, "", (block,))
        hits.append(Hit(Passage(page, 0, len(words)), 0.0, rank, "both", 0.25))
        spans.append([Span(0, len(words), score, answerability, cosine)])
    row = confidence.features(ranked(hits, spans))
    return dict(zip(FEATURES, row, strict=True))


def test_the_share_is_what_the_best_has_of_all_scores():
    assert _features((9.0, 0.5, 0.5))["share"] == 0.0
    assert np.exp(_features((9.0, 0.5, 0.5), (9.0, 0.5, 0.5))["share"]) == pytest.approx(0.5)
    other = 9.0 - confidence.TEMPERATURE * np.log(3)
    assert np.exp(_features((9.0, 0.5, 0), (other, 0.5, 0))["share"]) == pytest.approx(0.75)


def test_the_best_is_nearest_when_no_other_is_nearer_in_meaning():
    assert _features((9.0, 0.5, 0.6), (8.0, 0.5, 0.4))["nearest"] == 1.0
    assert _features((9.0, 0.5, 0.4), (8.0, 0.5, 0.6))["nearest"] == 0.0


def test_another_passage_may_be_the_most_answerable():
    of = _features((9.0, 0.5, 0.5), (8.0, 0.9, 0.5))
    assert (of["answerability"], of["answerable"]) == pytest.approx((0.0, np.log(9)))
    assert np.isfinite(_features((9.0, 1.0, 0.5), (8.0, 0.0, 0.5))["answerable"])
    assert of["cosine"] == 0.25


def test_a_question_that_counts_more_moves_the_threshold():
    probability, right = np.array([0.9, 0.8, 0.7]), np.array([True, False, True])
    assert calibration.threshold(probability, right, 0.25, np.array([1.0, 0.1, 1.0])) == 0.7
    assert calibration.threshold(probability, right, 0.25, np.array([1.0, 9.0, 1.0])) == 0.9
