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
from qa.coverage import Asked
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


def test_a_question_that_counts_more_moves_the_threshold():
    probability, right = np.array([0.9, 0.8, 0.7]), np.array([True, False, True])
    assert calibration.threshold(probability, right, 0.25, np.array([1.0, 0.1, 1.0])) == 0.7
    assert calibration.threshold(probability, right, 0.25, np.array([1.0, 9.0, 1.0])) == 0.9


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


def test_the_owners_calibration_comes_before_the_shipped_one(fitted, tmp_path, caplog):
    (tmp_path / "calibration.json").write_text(json.dumps([fitted.to_json()]))
    own = calibrations.of_owner(tmp_path, MADE_FOR)
    assert calibrations.chosen(own, MADE_FOR) == fitted
    assert not caplog.text


def test_a_calibration_for_other_models_is_set_aside_with_a_warning(fitted, tmp_path, caplog):
    (tmp_path / "calibration.json").write_text(json.dumps([fitted.to_json()]))
    made_for = {**MADE_FOR, "encoder": "other"}
    chosen = calibrations.chosen(calibrations.of_owner(tmp_path, made_for), made_for)
    assert chosen.calibrated is False
    assert chosen.weights == fitted.weights  # the same reader's curve still orders answers
    assert "was made for other models and is set aside" in caplog.text


def test_what_a_reader_finds_that_nothing_was_fitted_to_is_never_sure(assistant):
    other = calibrations.chosen((), {**MADE_FOR, "reader": "other"})
    assert not other.calibrated
    for score in (-50.0, 0.0, 1e3):
        certainty = other.probability(np.full(len(FEATURES), score))
        assert other.suggest_at <= certainty < other.answer_at
    digest = assistant.judges[-1].reader.digest
    untrained = calibrations.chosen((), {**MADE_FOR, "reader": digest})
    assert untrained == calibrations.UNTRAINED


def test_thresholds_of_the_settings_come_before_the_calibrations(sample_store):
    question = "What is a Red Notice?"
    assert open_store(sample_store, answer_at=0.0, suggest_at=0.0).ask(question).answered
    assert open_store(sample_store, answer_at=1.0, suggest_at=0.0).ask(question).verdict == "unsure"
    assert open_store(sample_store, answer_at=1.0, suggest_at=1.0).ask(question).verdict == "none"


SAYS = "In passage {number} of {uri} this is {rank}."


def _told(feature: str, *places: tuple[str, int, float, float], says: str = SAYS) -> float:
    """A feature of these places: page, passage of that page, score, nearness to the question."""
    hits, spans = [], []
    for rank, (uri, number, score, nearness) in enumerate(places, 1):
        words = says.format(number=number, uri=uri, rank=rank)
        block = Slice("paragraph", 100 * number, 100 * number + len(words))
        text = " " * block.start + words
        page = Document(uri, text, "", "text", 1, "", (block,))
        hits.append(Hit(Passage(page, block.start, block.end), 0.0, number, "both", 0.0))
        spans.append([Span(0, len(words), score, 0.5, nearness)])
    row = confidence.features(ranked(hits, spans), Asked({}))
    return float(row[FEATURES.index(feature)])


def _margin(*scores: tuple[str, int, float]) -> float:
    return _told("margin", *((uri, number, score, 0.0) for uri, number, score in scores))


def test_only_another_page_rivals_an_answer():
    assert _margin(("a", 1, 9.0), ("a", 1, 8.0), ("a", 2, 7.0), ("b", 3, 3.0)) == 6.0


def test_where_all_is_one_page_another_passage_rivals_it():
    assert _margin(("a", 1, 9.0), ("a", 1, 8.0), ("a", 2, 6.0)) == 3.0
    assert _margin(("a", 1, 9.0), ("a", 1, 8.0)) == confidence.FAR


def test_a_page_that_agrees_or_differs_is_no_rival():
    places = ("a", 1, 9.0, 0.0), ("b", 2, 8.0, 0.0), ("c", 3, 3.0, 0.0)
    for says in ("The treaty has {rank} parties today.", "The treaty has seven parties."):
        told = _told("margin", *places, says=says)
        assert told == (6.0 if "rank" in says else confidence.FAR)
    assert _told("margin", *places) == 1.0


def test_the_best_place_is_nearest_unless_another_one_is_nearer():
    for other, told in ((0.2, 1.0), (0.4, 1.0), (0.6, 0.0)):
        assert _told("nearest", ("a", 1, 9.0, 0.4), ("b", 2, 8.0, other)) == told
