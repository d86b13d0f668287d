"""Two places that may answer in, whether the second says the same or something else out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.words import ENGLISH, stems, tokens
from qa.answer import Role
from qa.place import Place

# How far below the answer's score another place's may be. A place that says the same in other words
# is told by its words; one that says otherwise, by another number or date in a like sentence.
AGREES_WITHIN, DIFFERS_WITHIN = 4.0, 3.0
ALIKE = 0.5  # share of the shorter sentence's words that the other has, for places that differ
NEARLY = 0.75  # share of both sentences' words that they share, where they are nearly the same
FEWEST = 2  # telling words of these
SHARED = 3  # words that they have in common at least: two prices are not about the same

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_]{3,}")
_MONTHS = frozenset(
    """january february march april may june july august september october november
    december""".split()
)
_DENIES = frozenset("not no never cannot nobody nothing without neither nor".split())
_SMALL = frozenset("the and for its our your their this that with from".split())
_SPELLED = {
    word: str(number)
    for number, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen twenty""".split()
    )
}


def role(answer: Place, other: Place) -> Role | None:
    """`agrees`, `differs`, or None where the other place is about something else."""
    behind = answer.span.score - other.span.score
    if behind <= AGREES_WITHIN and _says_the_same(answer.words, other.words):
        return "agrees"
    return "differs" if behind <= DIFFERS_WITHIN and _differs(answer, other) else None


def latest(places: Sequence[Place]) -> Place:
    """Of the best place and those that differ from it, the one whose page was updated last; the
    best where no page says that it is later. `places` are best first and at least one."""
    best = places[0]
    differing = [place for place in places[1:] if role(best, place) == "differs"]
    return max([best, *differing], key=_updated)


def _updated(place: Place) -> str:
    """The date, which ISO 8601 lets compare as text."""
    return place.hit.passage.document.updated or ""


def _differs(answer: Place, other: Place) -> bool:
    """Another number in a like sentence; or in nearly the same sentence, and within a page only
    there, another number, a "not", or another name."""
    mine, others = _numbers(answer.words), _numbers(other.words)
    numbers = bool(mine and others) and mine != others
    if answer.where[0] != other.where[0] and numbers:
        return _alike(answer, other)
    if any(place.unit.kind in ("row", "item", "step") for place in (answer, other)):
        return False
    if numbers:
        return _nearly_the_same(answer, other)
    if mine or others or answer.where[0] == other.where[0]:
        return False
    if _is_denied(answer) != _is_denied(other):
        return _nearly_the_same(answer, other)
    return _names_another(answer, other) and _nearly_the_same(answer, other)


def _nearly_the_same(one: Place, other: Place) -> bool:
    """Whether two sentences have the same words but for those that answer and for "not"."""
    first, second = (_frame(place) for place in (one, other))
    both = len(first & second)
    return both >= FEWEST and both >= NEARLY * len(first | second)


def _frame(place: Place) -> set[str]:
    answer = place.words.split() if _is_name(place) else []
    words = set(_WORD.findall(_sentence(place))).difference(_SMALL, _DENIES, answer)
    return set(stems(words, ENGLISH))


def _is_denied(place: Place) -> bool:
    return bool(_DENIES & set(re.findall(r"[^\W\d_]+", _sentence(place))))


def _is_name(place: Place) -> bool:
    """Whether all words of the span but small ones have a capital."""
    passage = place.hit.passage
    text = passage.document.text[passage.start + place.span.start : passage.start + place.span.end]
    words = [word for word in _WORD.findall(text) if word not in _SMALL]
    return bool(words) and all(word[0].isupper() for word in words)


def _names_another(one: Place, other: Place) -> bool:
    """Whether both spans are names without a word in common, and neither page is named after
    one: what is said of each of two members differs without a contradiction."""
    if not (_is_name(one) and _is_name(other)):
        return False
    first, second = set(one.words.split()), set(other.words.split())
    titles = {word for place in (one, other) for word in tokens(_title(place))}
    return not first & second and not (first | second) & titles


def _says_the_same(one: str, other: str) -> bool:
    """Equal words, or one within the other."""
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "


def _numbers(words: str) -> set[str]:
    """With the names of months that stand beside a number."""
    spelled = {_SPELLED[word] for word in words.split() if word in _SPELLED}
    digits = set(_NUMBER.findall(words))
    return spelled | digits | (_MONTHS & set(words.split()) if digits else set())


def _alike(one: Place, other: Place) -> bool:
    """Whether the sentences are about the same, by the words that they share.

    A row or an item does not say what it is about: the titles of its page have to be alike, too.
    """
    first, second = (set(_WORD.findall(_sentence(place))) for place in (one, other))
    if len(first & second) < max(SHARED, ALIKE * min(len(first), len(second))):
        return False
    if not any(place.unit.kind in ("row", "item", "step") for place in (one, other)):
        return True
    first, second = (set(_WORD.findall(_title(place))) for place in (one, other))
    return len(first & second) > ALIKE * max(len(first), len(second))


def _sentence(place: Place) -> str:
    return place.unit.of(place.hit.passage.document.text).casefold()


def _title(place: Place) -> str:
    return place.hit.passage.document.title.casefold()
