"""Misspelled words are read as the documents spell them; others are left alone."""

from __future__ import annotations

import doctest

import pytest

from index import lexical, spelling

TEXTS = [
    "France has signed the treaty, and other countries may ratify it.",
    "Countermeasures are allowed. Countries have treaties; a treaty binds countries.",
    "The investigation of a crime; the county court.",
]
COMMON = frozenset("please which boots supposing untreated".split())


@pytest.fixture(scope="module")
def words() -> lexical.Lexical:
    return lexical.build(TEXTS)


def mended(question: str, words: lexical.Lexical) -> str:
    return spelling.mended(question, words, lambda word: word.lower() in COMMON)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("has frnace signed", "has france signed"),
        ("has Frnace signed", "has France signed"),
        ("what countermesures are alowed", "what countermeasures are allowed"),
        ("the investigaton", "the investigation"),
        ("a traety", "a treaty"),
        ("many contries", "many countries"),
    ],
)
def test_a_word_near_one_of_the_documents_is_mended(typed, read, words):
    assert mended(typed, words) == read


@pytest.mark.parametrize(
    "question",
    [
        "Which boots, please?",  # words of the language that the documents lack
        "supposing it is untreated",
        "Has France ratified treaties?",  # other forms of the documents' words
        "wen did teh",  # too short to tell
        "Zimbabwe and Kyrgyzstan",  # nothing near
        "TR3ATY 24/7 traety@example.org",
        "the TREATO2 and the traety2 model",  # a model's number is no misspelling
        "",
    ],
)
def test_other_words_are_left_as_they_are(question, words):
    assert mended(question, words) == question


def test_of_equally_near_words_the_one_in_most_passages_is_taken():
    words = lexical.build(["carts", "cards and carts", "carts", "carts and cards"])
    assert mended("carxs", words) == "carts"


def test_a_saved_index_spells_the_same(words, tmp_path):
    words.save(tmp_path)
    assert mended("traety of frnace", lexical.load(tmp_path)) == "treaty of france"


def test_no_word_is_read_as_a_models_number():
    words = lexical.build(["The zorblax1 and the zorblax2 are meters."])
    assert mended("what does the zorblax cost", words) == "what does the zorblax cost"


def test_an_empty_index_mends_nothing():
    assert mended("frnace", lexical.build([])) == "frnace"


def test_the_examples_hold():
    assert doctest.testmod(spelling).failed == 0


def test_a_question_with_typos_finds_what_was_meant(assistant):
    asked = "has frnace signed teh vienna convention on law of treatys"
    assert "france" in assistant.index.mended(asked)
    uris = [hit.passage.document.uri for hit in assistant.hits(assistant.index.mended(asked))]
    assert uris[0] == "sample/vienna-convention-law-of-treaties.md"
