"""Text in, the terms that the lexical index counts out: folded, split and stemmed by language.

`24/7` gives `24`, `7` and `247`; `T-CY` gives `t`, `cy` and `tcy`, so that `TCY` finds it too.
Scripts written without spaces between words give pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

import Stemmer  # type: ignore[import-not-found, unused-ignore]

ENGLISH = "en"

# Han, Kana, Hangul, Thai, Lao, Myanmar and Khmer: no spaces, or spaces that are not words' ends.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3105-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = rf"[^\W{_UNSPACED}_]+(?:['’][^\W{_UNSPACED}_]+)*"
_TOKEN = re.compile(
    # C++ and C#; words joined without a space; a run of a script without spaces.
    rf"(?P<sharp>\b[a-z](?:\+\+|#)(?!\w))|(?P<joined>{_WORD}(?:[-‐‑–/._&]{_WORD})*)"
    rf"|(?P<run>[{_UNSPACED}]+)"
)
_JOINTS = re.compile(r"[-‐‑–/._&]")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# l'avis, d'abord, qu'il, dell'arte: in French, Italian and Catalan two words.
_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu|[dns]?[ae]ll)['’](?=\w\w)")
_ACCENTS = re.compile("[\u0300-\u036f]")


def language_code(tag: str | None) -> str:
    """`de` of `de-AT` or `de_AT.UTF-8`; English's for no tag."""
    return re.split("[-_.]", tag or ENGLISH)[0].lower()


def tokens(text: str) -> Iterator[str]:
    """The words of `text` as it has them, folded: each part of a joined word, then the whole."""
    text = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    text = _ELIDED.sub(" ", _THOUSANDS.sub("", text))
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match["run"]:
            yield from _pairs(token)
        elif match["sharp"] or token.isalnum() or _NUMBER.fullmatch(token):
            yield token
        else:
            parts = _JOINTS.split(token.replace("’", "'"))
            yield from parts
            if len(parts) > 1:
                yield "".join(parts)


def stems(words: Iterable[str], language: str) -> list[str]:
    """One term a word; as it is in a language without a stemmer. No term has an accent."""
    if language == ENGLISH:  # its stemmer knows no accents, other languages' stemmers need them
        words = [_unaccented(word) for word in words]
    try:
        stemmer = Stemmer.Stemmer(language)  # cheap, and not to be shared between threads
    except KeyError:
        return [_unaccented(word) for word in words]
    return [_unaccented(word) for word in stemmer.stemWords(list(words))]


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _unaccented(word: str) -> str:
    if word.isascii():
        return word
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", plain)
