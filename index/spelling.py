"""A question in, the same with its misspelled words as the documents spell them out."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.lexical import Lexical
from index.words import tokens

SHORTEST = 5  # letters: of a shorter word too many others are one letter away
LONG = 8  # letters from which two may be wrong
_ENDINGS = (
    "s",
    "es",
    "ies",
    "ed",
    "ied",
    "ing",
    "er",
    "ers",
    "ly",
    "al",
    "ical",
    "able",
    "ion",
    "ions",
)
_WORD = re.compile(rf"(?<![\w@])[^\W\d_]{{{SHORTEST},}}(?![\w@])")  # no part of a model's number


def mended(question: str, lexical: Lexical, is_common: Callable[[str], bool]) -> str:
    """Each word that neither the documents nor `is_common` knows, exchanged for the nearest word of
    the documents if that is near enough.

    Near is a letter left out, put in, exchanged or swapped with its neighbour, in a long word two
    (optimal string alignment distance: Damerau, "A technique for computer detection and correction
    of spelling errors", 1964); of equally near ones the one in most passages.
    """

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        folded = "".join(tokens(word))
        if lexical.knows(folded) or is_common(word):
            return word
        near = _nearest(folded, lexical)
        return word if near is None else near.capitalize() if word[0].isupper() else near

    return _WORD.sub(mend, question)


def without_ending(word: str) -> list[str]:
    """A word and what it may be formed of by an English ending.

    >>> without_ending("supposing")
    ['supposing', 'suppos', 'suppose', 'supposy']
    """
    found = [word]
    for ending in _ENDINGS:
        root = word.removesuffix(ending)
        if root != word and len(root) >= 3:
            found += [root, f"{root}e", f"{root}y"]
    return found


def _nearest(word: str, lexical: Lexical) -> str | None:
    limit = 2 if len(word) >= LONG else 1
    near = process.extract(word, lexical.forms, scorer=OSA.distance, score_cutoff=limit, limit=None)
    found = [one for one in near if one[0].isalpha()]
    if not found:
        return None
    distance = np.array([distance for _, distance, _ in found])
    # First letters are seldom wrong.
    other = np.array([form[:1] != word[:1] and form[:1] not in word[:2] for form, _, _ in found])
    passages = np.array([lexical.passages_with(lexical.columns[at]) for _, _, at in found])
    form, _, _ = found[int(np.lexsort((-passages, other, distance))[0])]
    return str(form)
