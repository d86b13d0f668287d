"""The fusion of both searches: which passages it ranks, and by what."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index import fusion, lexical, vectors
from index.encoder import Encoder, open_encoder
from index.proximity import PAIR_WEIGHT, STRETCH, STRETCH_WEIGHT
from index.vectors import Engine

PASSAGES = [
    "A state becomes a party to a treaty by ratification, accession, approval or acceptance.",
    "The red notice asks police worldwide to locate a person pending extradition.",
    "A reservation excludes the legal effect of certain provisions of a treaty.",
    "The 24/7 network answers requests for the preservation of computer data at any hour.",
    "The depositary keeps the original text and tells the parties of each notification.",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder()


@pytest.fixture(scope="module")
def engine(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("vectors")
    module = vectors.load("faiss")
    module.build(encoder.encode(PASSAGES), folder)
    return module.open(folder)


def ranked(question: str, encoder: Encoder, engine: Engine) -> fusion.Ranking:
    vector = encoder.encode_query(question)
    return fusion.rank(question, vector, engine, lexical.build(PASSAGES))


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("How does a country join a convention?", 0),
        ("red notice", 1),
        ("24/7", 3),
        ("who informs the parties", 4),
    ],
)
def test_it_finds_by_meaning_and_by_words(
    question: str, row: int, encoder: Encoder, engine: Engine
) -> None:
    assert ranked(question, encoder, engine).rows[0] == row


def test_it_ranks_each_candidate_once_and_never_lets_a_score_rise(
    encoder: Encoder, engine: Engine
) -> None:
    ranking = ranked("What is a reservation to a treaty?", encoder, engine)
    assert sorted(ranking.rows.tolist()) == list(range(len(PASSAGES)))
    assert (np.diff(ranking.scores) <= 0).all()
    assert ranking.dense.all()
    assert ranking.lexical[ranking.rows == 2].all()


def test_it_ranks_by_meaning_alone_without_a_known_word(encoder: Encoder, engine: Engine) -> None:
    question = "Zusammenarbeit"
    ranking = ranked(question, encoder, engine)
    by_meaning, _ = engine.search(encoder.encode_query(question), len(PASSAGES))
    assert ranking.rows.tolist() == by_meaning.tolist()
    assert not ranking.lexical.any()


def test_it_ranks_nothing_in_an_empty_index(encoder: Encoder, tmp_path: Path) -> None:
    module = vectors.load("faiss")
    module.build(encoder.encode([]), tmp_path)
    empty = module.open(tmp_path)
    ranking = fusion.rank("treaty", encoder.encode_query("treaty"), empty, lexical.build([]))
    assert len(ranking.rows) == len(ranking.scores) == 0


def test_its_candidates_are_the_best_of_each_search() -> None:
    scores = np.array([0, 3, 1, 0, 2, 2], np.float32)
    assert fusion.best(scores, 2).tolist() in ([1, 4], [1, 5])
    assert fusion.best(scores, 99).tolist() == [1, 4, 5, 2]


@given(arrays(np.float32, st.integers(0, 30), elements=st.floats(-50, 50, width=16)))
def test_it_standardises_any_scores(scores: fusion.Scores) -> None:
    standardised = fusion.standardised(scores)
    assert standardised.shape == scores.shape
    assert np.isfinite(standardised).all()
    if standardised.any():
        assert standardised.mean() == pytest.approx(0, abs=1e-3)
        assert standardised.std() == pytest.approx(1, abs=1e-3)
        assert np.array_equal(np.argsort(standardised[np.argsort(scores)]), np.arange(len(scores)))


def closeness(passages: list[str], query: str) -> list[float]:
    found: list[float] = lexical.build(passages).closeness(query, np.arange(len(passages))).tolist()
    return found


def test_closeness_prefers_words_that_meet_to_words_that_are_far_apart() -> None:
    far = "notice " + "and so on " * STRETCH + "urgent"
    near = "the notice that was urgent " + "and so on " * STRETCH
    apart, together, neither = closeness([far, near, "something else"], "urgent notice")
    assert together > apart > neither == 0


def test_closeness_prefers_a_pair_in_the_questions_order() -> None:
    inverted, same = closeness(["a notice is red", "a red notice is"], "red notice")
    assert same > inverted


def test_closeness_adds_what_it_says() -> None:
    index = lexical.build(["a red notice", "blue", "green", "a letter"])
    idf = [float(np.log1p((4 - 1 + 0.5) / (1 + 0.5)))] * 2  # red, notice: in one of four passages
    expected = STRETCH_WEIGHT * sum(idf) + PAIR_WEIGHT * sum(idf)
    assert index.closeness("red notice", np.array([0, 1])).tolist() == pytest.approx([expected, 0])


def test_closeness_does_not_depend_on_the_other_candidates() -> None:
    index = lexical.build(PASSAGES)
    question = "the legal effect of provisions of a treaty on parties"
    together = index.closeness(question, np.arange(len(PASSAGES)))
    alone = [index.closeness(question, np.array([row]))[0] for row in range(len(PASSAGES))]
    assert together.tolist() == pytest.approx(alone)
    assert index.closeness(question, np.array([], np.int64)).shape == (0,)


@given(st.lists(st.text("ab c", max_size=60), min_size=1, max_size=5), st.text("ab cd"))
def test_closeness_is_the_plain_count(passages: list[str], query: str) -> None:
    index = lexical.build(passages)
    words = [index.terms[word] for word in query.split() if word in index.terms]
    assert closeness(passages, query) == pytest.approx(
        [_plain(passage.split(), query.split(), index) for passage in passages], rel=1e-5
    )
    assert words or not any(closeness(passages, query))


def _plain(passage: list[str], query: list[str], index: lexical.Lexical) -> float:
    def idf(word: str) -> float:
        having = int(np.diff(index.starts)[index.terms[word]])
        return float(np.log1p((len(index) - having + 0.5) / (having + 0.5)))

    half = STRETCH // 2
    stretches = [passage[max(0, at) : at + STRETCH] for at in range(-half, len(passage), half)]
    best = max(sum(idf(w) for w in {*query} & {*stretch}) for stretch in stretches)
    pairs = {*pairwise(query)} & {*pairwise(passage)}
    return STRETCH_WEIGHT * best + PAIR_WEIGHT * sum(idf(a) + idf(b) for a, b in pairs)
