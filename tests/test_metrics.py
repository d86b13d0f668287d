"""Every metric against another implementation of it, or an example that was worked by hand."""

from __future__ import annotations

import math
from dataclasses import fields

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, Success, nDCG
from scipy import stats
from sklearn import metrics as sklearn_metrics

from qa.evaluation import metrics
from qa.evaluation.measures import Columns, abstention_precision, refused
from qa.evaluation.significance import bootstrap, mcnemar, over, paired_bootstrap, wilson

# Published predictions of a BERT reader on SQuAD 2.0 dev ("Normans"), with the references there and
# the values that the official script gives to them.
OFFICIAL = [
    ("France", ["France"], 1, 1),
    ("10th and 11th centuries", ["in the 10th and 11th centuries"], 0, 0.888889),
    ("10th", ["10th century", "the first half of the 10th century", "10th"], 1, 1),
    ("Richard I of Normandy", ["Richard I"], 0, 0.666667),
    ("King Charles III of West Francia", ["King Charles III"], 0, 0.666667),
    ("river Epte", ["Epte", "Seine"], 0, 0.666667),
    ('Norseman, Viking"', ["Norseman, Viking", "Viking"], 1, 1),
    ("north", ["the north"], 1, 1),
    ("Christian", ["Catholic", "Catholic orthodoxy"], 0, 0),
    ("", [], 1, 1),
    ("", ["Rollo"], 0, 0),
    ("Normandy", [], 0, 0),
]

answers = st.lists(
    st.tuples(st.integers(0, 8).map(lambda n: n / 8), st.booleans()), min_size=2, max_size=60
)


@pytest.mark.parametrize(("answer", "references", "exact", "f1"), OFFICIAL)
def test_answers_score_as_the_official_squad_script_has_it(answer, references, exact, f1):
    assert metrics.exact_match(answer, references) == exact
    assert metrics.token_f1(answer, references) == pytest.approx(f1, abs=1e-6)


def test_a_reference_of_punctuation_alone_is_none_as_in_the_official_script():
    assert metrics.exact_match("", ["the ..."]) == 1
    assert metrics.token_f1("something", ["the ..."]) == 0


@pytest.mark.parametrize(
    ("shown", "exact", "references", "right"),
    [
        ("Goods come back within 30 days of delivery.", "within 30 days", ["30 days"], 1),
        ("Goods come back within 130 days of delivery.", "within 130 days", ["30 days"], 0),
        ("It costs 12 euros.", "12 euros", ["It costs 12 euros, in Norway"], 1),
        ("the  “Red Notice”", "red", ['The "red notice"'], 1),
        ("It costs 12 euros.", "", ["something else"], 0),
        ("It costs 12 euros.", "12", ["..."], 0),
        ("条約は東京で署名された。", "東京", ["東京で"], 1),
    ],
)
def test_a_quote_is_contained_by_whole_words(shown, exact, references, right):
    assert metrics.contains_quote(shown, exact, references) == right


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 5), st.integers(1, 12))
def test_rankings_score_as_in_ir_measures(gains, missed, k):
    relevant = sum(gains) + missed
    judged = [("q", f"d{at}", 1) for at, gain in enumerate(gains) if gain]
    judged += [("q", f"missed{at}", 1) for at in range(missed)]
    run = [ir_measures.ScoredDoc("q", f"d{at}", -float(at)) for at in range(len(gains))]
    if not relevant:
        assert math.isnan(metrics.ndcg_at(k, gains, 0))
        assert math.isnan(metrics.recall_at(k, gains, 0))
        return
    theirs = ir_measures.calc_aggregate(
        [nDCG @ k, RR, R @ k, Success @ k], [ir_measures.Qrel(*one) for one in judged], run
    )
    assert metrics.ndcg_at(k, gains, relevant) == pytest.approx(theirs[nDCG @ k])
    assert metrics.reciprocal_rank(gains) == pytest.approx(theirs[RR])
    assert metrics.recall_at(k, gains, relevant) == pytest.approx(theirs[R @ k])
    assert metrics.hit_at(k, gains) == pytest.approx(theirs[Success @ k])


@given(answers)
def test_auroc_and_brier_are_those_of_scikit_learn(pairs):
    confidence, right = map(list, zip(*pairs, strict=True))
    assert metrics.brier(confidence, right) == pytest.approx(
        sklearn_metrics.brier_score_loss(right, confidence, labels=[False, True])
    )
    if len(set(right)) < 2:
        assert math.isnan(metrics.auroc(confidence, right))
    else:
        theirs = sklearn_metrics.roc_auc_score(right, confidence)
        assert metrics.auroc(confidence, right) == pytest.approx(theirs)


@given(answers)
def test_precision_and_recall_of_abstention_are_those_of_scikit_learn(pairs):
    answered, answerable = (np.array(values) > 0 for values in zip(*pairs, strict=True))
    rest = {f.name: np.zeros(len(answered)) for f in fields(Columns)}
    columns = Columns(**{**rest, "answered": answered, "answerable": answerable})
    of = (abstention_precision(columns), refused(columns))
    ours = [values[~np.isnan(values)] for values in of]
    theirs = (
        sklearn_metrics.precision_score(~answerable, ~answered, zero_division=np.nan),
        sklearn_metrics.recall_score(~answerable, ~answered, zero_division=np.nan),
    )
    assert [len(values) for values in ours] == [(~answered).sum(), (~answerable).sum()]
    means = [values.mean() if len(values) else np.nan for values in ours]
    assert means == pytest.approx(theirs, nan_ok=True)


def test_risk_coverage_is_the_example_worked_by_hand():
    confidence, right = [0.9, 0.8, 0.7, 0.6], [1, 0, 1, 1]
    curve = metrics.risk_coverage(confidence, right)
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert metrics.aurc(confidence, right) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert metrics.coverage_at_risk(0.3, confidence, right) == 1
    assert metrics.coverage_at_risk(0.2, confidence, right) == 0.25


def test_equal_confidence_is_answered_together():
    curve = metrics.risk_coverage([0.5, 0.9, 0.5, 0.5], [0, 1, 1, 0])
    assert curve.coverage.tolist() == [0.25, 1]
    assert curve.risk.tolist() == [0, 0.5]
    assert metrics.aurc([0.5, 0.9, 0.5, 0.5], [0, 1, 1, 0]) == pytest.approx(0.75 * 0.5)
    assert metrics.coverage_at_risk(0.1, [0.5, 0.5], [1, 0]) == 0


@given(answers)
def test_the_order_of_the_questions_changes_no_figure(pairs):
    confidence, right = map(np.array, zip(*pairs, strict=True))
    order = np.random.default_rng(1).permutation(len(pairs))
    for one in (metrics.aurc, metrics.ece, metrics.brier, metrics.auroc):
        there = one(confidence[order], right[order])
        assert there == pytest.approx(one(confidence, right), nan_ok=True)


def test_calibration_error_is_the_example_worked_by_hand():
    # Two of 15 bins: (14/15, 1] holds .95 and 1.0, half right; (3/15, 4/15] holds .25, wrong.
    confidence, right = [0.95, 1.0, 0.25], [1, 0, 0]
    assert metrics.ece(confidence, right) == pytest.approx(2 / 3 * 0.475 + 1 / 3 * 0.25)
    assert [b.size for b in metrics.reliability(confidence, right)] == [1, 2]


@pytest.mark.parametrize(("confidence", "place"), [(0.0, 0), (1 / 15, 0), (0.5, 7), (1.0, 14)])
def test_a_bin_ends_at_its_upper_edge(confidence, place):
    everything = [(at + 0.5) / 15 for at in range(15)]
    found = metrics.reliability([*everything, confidence], [1] * 16)
    assert [b.size for b in found].index(2) == place


@pytest.mark.parametrize("q", [50, 95, 99])
def test_percentiles_are_scipys(q):
    values = np.random.default_rng(0).exponential(size=37)
    assert metrics.percentile(q, values) == pytest.approx(stats.scoreatpercentile(values, q))


def test_what_is_undefined_is_nan_and_left_out_of_means():
    nothing = (metrics.auroc, metrics.aurc, metrics.ece, metrics.brier)
    assert all(math.isnan(metric([], [])) for metric in nothing)
    assert math.isnan(metrics.coverage_at_risk(0.1, [], []))
    assert math.isnan(metrics.percentile(50, []))
    assert metrics.mean([1, math.nan, 3]) == 2
    assert math.isnan(metrics.mean([]))


def test_the_bootstrap_interval_is_scipys_within_the_noise_of_drawing():
    values = np.random.default_rng(3).random(400) < 0.7
    ours = bootstrap(over(values), len(values), resamples=4_000)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=4_000, rng=1)
    assert ours == pytest.approx(tuple(theirs.confidence_interval), abs=0.005)
    assert bootstrap(over(values), len(values)) == bootstrap(over(values), len(values))
    assert all(math.isnan(end) for end in bootstrap(over([]), 0))


def test_the_interval_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(5)
    draws = [random.random(100) < 0.6 for _ in range(200)]
    ends = [bootstrap(over(draw), 100, resamples=400) for draw in draws]
    covered = np.mean([low <= 0.6 <= high for low, high in ends])
    assert 0.89 < covered <= 0.99


def test_the_paired_bootstrap_sees_a_small_steady_gain_that_two_intervals_do_not():
    hard = np.random.default_rng(7).random(500)
    base, new = (hard < 0.5).astype(float), (hard < 0.54).astype(float)
    found = paired_bootstrap(over(base), over(new), 500)
    assert found.value == pytest.approx(new.mean() - base.mean())
    assert 0 < found.low < found.value < found.high
    assert found.p < 0.01
    assert bootstrap(over(base), 500).high > bootstrap(over(new), 500).low
    same = paired_bootstrap(over(base), over(base), 500)
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80))
def test_mcnemar_is_scipys_binomial_test_of_the_flips(pairs):
    base, new = [before for before, _ in pairs], [after for _, after in pairs]
    found = mcnemar(base, new)
    assert found.lost == sum(b and not n for b, n in pairs)
    assert found.gained == sum(n and not b for b, n in pairs)
    flips = found.lost + found.gained
    expected = stats.binomtest(found.lost, flips).pvalue if flips else 1.0
    assert found.p == pytest.approx(expected)


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (4, 4), (3, 7), (55, 100)])
def test_the_interval_of_a_share_is_that_of_scipy(hits, of):
    reference = stats.binomtest(hits, of).proportion_ci(method="wilson")
    assert wilson(hits, of) == pytest.approx((reference.low, reference.high), abs=1e-6)
