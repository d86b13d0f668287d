"""Nearness in meaning: vectors of texts are kept, a bounded number of them, and told the same."""

from __future__ import annotations

import numpy as np
import pytest

from qa import meaning
from qa.meaning import Meanings


class Counting:
    """An encoder of word counts that remembers what it was asked to encode."""

    max_tokens, special_tokens = 5, 2

    def __init__(self):
        self.encoded = []

    def encode(self, texts):
        self.encoded += texts
        return np.array([[text.count("a"), text.count("b")] for text in texts], np.float32)

    def encode_query(self, text):
        return np.array([text.count("a"), text.count("b")], np.float32)

    def offsets(self, text):
        return [(at, at + 1) for at in range(len(text))]


def test_a_text_is_encoded_once_however_often_it_is_compared():
    meanings = Meanings(encoder := Counting())
    assert list(meanings.cosines("a", ["a", "b", "a"])) == [1, 0, 1]
    assert list(meanings.cosines("b", ["b", "ab"])) == [1, 1]
    assert encoder.encoded == ["a", "b", "ab"]


def test_of_a_long_text_the_beginning_is_compared():
    assert list(Meanings(Counting()).cosines("b", ["aaabbb"])) == [0]


def test_nothing_to_compare_is_no_error():
    assert len(Meanings(Counting()).cosines("a", [])) == 0


def test_only_the_texts_met_last_are_kept(monkeypatch):
    monkeypatch.setattr(meaning, "KEPT", 2)
    meanings = Meanings(encoder := Counting())
    for text in ("a", "b", "a", "ab", "a", "b"):
        meanings.cosines("a", [text])
    assert encoder.encoded == ["a", "b", "ab", "b"]


@pytest.mark.parametrize("kept", [0, 1])
def test_more_texts_than_are_kept_are_compared_all(monkeypatch, kept):
    monkeypatch.setattr(meaning, "KEPT", kept)
    assert list(Meanings(Counting()).cosines("a", ["a", "b", "ab"])) == [1, 0, 1]
