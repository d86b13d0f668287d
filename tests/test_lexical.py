"""Search by words: the terms that a text gives, and the scores that they add up to."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import lexical
from index.words import language_code, stems, tokens

PASSAGES = [
    "The treaty entered into force after five ratifications.",
    "Parties shall ratify the treaty; the treaty is then binding.",
    "INTERPOL issues red notices.",
    "The T-CY meets in Strasbourg. The 24/7 network answers at any hour.",
    "Electronic evidence (e-evidence) crosses borders.",
    "",
]


def terms(text: str, language: str = "en") -> list[str]:
    return stems(tokens(text), language)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ratification of treaties", "RATIFICATION OF TREATY"),
        ("T-CY", "TCY"),
        ("cyber-crime", "cybercrime"),
        ("cyber–crime", "cybercrime"),
        ("24/7", "24-7"),
        ("e-evidence", "eevidence"),
        ("U.S.", "US"),
        ("pg_dump", "pgdump"),
        ("1,000,000", "1000000"),
        ("résumé", "resume"),
        ("Ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("Straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("Council’s", "council's"),
        ("Council's", "council"),
        ("C++", "c++"),
        ("条約", "サイバー犯罪条約"),
        ("สนธิ", "อนุสนธิสัญญา"),
    ],
)
def test_it_takes_two_spellings_for_one(one: str, other: str) -> None:
    assert set(terms(one)) & set(terms(other))


@pytest.mark.parametrize(
    ("one", "other"), [("3.5", "35"), ("C++", "C"), ("C#", "C"), ("12", "1,200")]
)
def test_it_keeps_apart_what_differs(one: str, other: str) -> None:
    assert not set(terms(one)) & set(terms(other))


def test_it_finds_the_parts_of_a_joined_word() -> None:
    assert terms("the 24/7 network") == ["the", "24", "7", "247", "network"]
    assert terms("l'avis", "fr") == ["avis"]


def test_it_stems_each_passage_by_its_language() -> None:
    index = lexical.build(["les enfants mangeront", "they were eating", "条約"], ["fr", None, "zh"])
    assert np.flatnonzero(index.scores("manger")).tolist() == [0]
    assert np.flatnonzero(index.scores("eats")).tolist() == [1]
    assert np.flatnonzero(index.scores("条約")).tolist() == [2]
    assert [language_code(tag) for tag in ("de-AT", "PT_br", None, "")] == ["de", "pt", "en", "en"]


def test_it_scores_by_the_formula() -> None:
    index = lexical.build(PASSAGES)
    bags = [Counter(terms(text)) for text in PASSAGES]
    average = sum(bag.total() for bag in bags) / len(bags)
    for query in ("ratified treaties", "the 24/7 network of the T-CY", "treaty treaty notices"):
        for bag, score in zip(bags, index.scores(query), strict=True):
            assert score == pytest.approx(_bm25(terms(query), bag, bags, average), abs=1e-5)


def _bm25(query: list[str], bag: Counter[str], bags: list[Counter[str]], average: float) -> float:
    total = 0.0
    for term in query:
        having = sum(term in other for other in bags)
        idf = math.log(1 + (len(bags) - having + 0.5) / (having + 0.5))
        length = 1 - lexical.B + lexical.B * bag.total() / average
        total += idf * bag[term] * (lexical.K1 + 1) / (bag[term] + lexical.K1 * length)
    return total


@pytest.mark.parametrize("query", ["", "?!", "🙂", "zzz", "\x00", "條"])
def test_it_scores_zero_without_a_known_word(query: str) -> None:
    assert not lexical.build(PASSAGES).scores(query).any()


def test_it_has_no_scores_when_it_is_empty(tmp_path: Path) -> None:
    lexical.build([]).save(tmp_path)
    assert lexical.load(tmp_path).scores("treaty").shape == (0,)
    assert not lexical.build(["", "?"]).scores("treaty").any()


def test_it_scores_the_same_after_saving(tmp_path: Path) -> None:
    index = lexical.build(PASSAGES, ["en", "en", "de", "fr", None, "ja"])
    index.save(tmp_path)
    loaded = lexical.load(tmp_path)
    assert {file.suffix for file in tmp_path.iterdir()} == {".npy"}
    for file in tmp_path.iterdir():
        np.load(file, allow_pickle=False)
    for query in [*PASSAGES, "Strasbourg network"]:
        assert np.array_equal(loaded.scores(query), index.scores(query))


@given(st.lists(st.text(), max_size=6), st.text())
def test_it_takes_any_text(texts: list[str], query: str) -> None:
    index = lexical.build(texts)
    scores = index.scores(query)
    assert scores.shape == (len(texts),)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()
    for term in index.terms:
        assert term.split() == [term]


@given(st.text(min_size=1))
def test_it_finds_a_passage_by_its_own_words(text: str) -> None:
    index = lexical.build([text, "something else altogether"])
    assert not list(tokens(text)) or index.scores(text)[0] > 0
