"""A question and a place in, whether the place speaks of another country, year, weekday or edition
than the one that is asked for, or is about somebody else.

A reader takes "China and Russia are not parties" for an answer to "Is Canada a party?", and the
row of 2024 for one to "How many in 2019?": all the words fit but the one that matters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from index.search import Hit
from index.words import ENGLISH
from qa.coverage import in_context
from qa.place import Place, is_yes_no, last_sentence

# Taken from the score of a place that speaks of another, and what its certainty is multiplied by:
# it may be shown among the closest passages, but answers nothing.
ASIDE = 12.0
DOUBTED = 0.3
DENIED = 5.0  # taken from the score where what is asked for is denied
MAX_CHARACTERS = 700  # of a sentence, as the reader compares

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_YEAR = r"(?:1[4-9]|20)\d\d"
_EDITION = r"\d+\.\d+"
# A year that says which of several is asked for, not since when something was.
_ASKED = re.compile(
    rf"\b(?:in|for|during|of) (?:(?:the )?year )?(?:(?P<month>{_MONTH}) )?(?P<year>{_YEAR})\b", re.I
)
# An edition's number, not a price or a share.
_ASKED_EDITION = re.compile(
    rf"\b(?:[A-Z]\w*|[Vv]ersion|[Ee]dition|[Rr]elease) ({_EDITION})\b(?! ?%)"
)
_TIME = re.compile(rf"(?:\b({_MONTH}) )?\b({_YEAR})\b", re.I)
_NUMBERED = re.compile(rf"\b{_EDITION}\b")
_NAME = re.compile(r"\b[A-Z][\w'’-]*(?:(?: (?:of|the|de|and))* [A-Z][\w'’-]*)*")
_WORD = re.compile(r"[^\W_]+")
_WITHIN = re.compile(r"(?<=[a-z,] )[A-Z][^\W_]+")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(
    r"\b(?:(?P<day>(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?)"
    r"|(?P<days>weekdays?|working days?|weekends?|every day|daily))\b"
)
_DAYS = {
    "week": range(5),
    "work": range(5),
    "ends": range(5, 7),
    "ever": range(7),
    "dail": range(7),
}
_TO = re.compile(r"\.?\s*(?:-|–|—|to|until|through)\s*")
_SUBJECT = re.compile(r"(?:The |An? )?([A-Z][^\W_]+) (?:is|are|was|were|has|have|had)\b")
_NOT = re.compile(r"\b(not|cannot|never|no|nor|neither|without|except|outside)\b|n['’]t\b", re.I)
_HOW_MANY_WHY = re.compile(r"(why|what (happens|if)|when|how (long|many|much|often))\b", re.I)
_CLAUSE = re.compile(r"[,;:]| (?:but|and|while|whereas|unless|until|because|if) ")
# What holds for everybody holds for the one who is asked about.
_FOR_ALL = re.compile(
    r"\b(all|any|every|each|only|none|other|others|another|anyone|everyone|whoever|both)\b", re.I
)
_FOR_ALL_BUT = re.compile(r"\b(not|never|no|neither|except|without|refus\w+)\b", re.I)
_POINTS_BACK = re.compile(r"(it|its|they|their|this|these|that|those|he|she|such)\b", re.I)
_NO_NAMES = frozenset(
    """a an and are as at be but by can could did do does for from had has have how i if in is it
    may might must my no not of on or our shall should so than that the their then there these
    they this to was we were what when where which who why will with would yes you your""".split()
)
Name = tuple[str, ...]  # its words, folded

# That a name and a form of it begin with, and in which the shorter may end otherwise: Norwegian.
_FEWEST_LETTERS, _ENDING = 4, 2


def marked(question: str, places: Sequence[Place]) -> list[Place]:
    """The places, best first, those that speak of another behind the others."""
    asked = last_sentence(question)  # a story before it names much that is not asked about
    hits = list({place.hit.rank: place.hit for place in places}.values())
    proper = _Proper.of(hits)
    names = _names(asked) + _lower_case(asked, proper)
    found = [
        replace(place, aside=True, span=replace(place.span, score=place.span.score - ASIDE))
        if _speaks_of_another(asked, _words(question), names, place)
        or _other_subject(names, proper, place)
        else replace(place, span=replace(place.span, score=place.span.score - DENIED))
        if _denies(asked, place)
        else place
        for place in places
    ]
    return sorted(found, key=lambda place: -place.span.score)


def _speaks_of_another(
    asked: str, question: Sequence[str], names: Sequence[Name], place: Place
) -> bool:
    """Whether the place's sentence, with what it stands below, has another edition in the place of
    the one asked for; or another name, for a yes or a no, which a sentence of another year may
    give; or another year, for anything else."""
    document = place.hit.passage.document
    if (document.language or ENGLISH) != ENGLISH:
        return False  # names are told by their capitals, and German has more of these
    sentence = place.unit.of(document.text)[:MAX_CHARACTERS]
    below = f"{document.title}\n{in_context(document, place.unit, MAX_CHARACTERS)}"
    if _other_edition(asked, below) or _other_day(asked, sentence):
        return True
    if is_yes_no(asked):
        return _other_name(names, question, sentence, below)
    return _other_time(asked, below)


def _lower_case(question: str, proper: _Proper) -> tuple[Name, ...]:
    """The words typed in lower case that are names."""
    typed = [word for word in _WORD.findall(question) if word.islower() and word not in _NO_NAMES]
    return tuple((word,) for word in typed if proper.is_name(word))


def _denies(question: str, place: Place) -> bool:
    """Whether what is asked for is told of by saying that it is not so: "does not read PDF"."""
    if is_yes_no(question) or _NOT.search(question) or _HOW_MANY_WHY.match(question):
        return False
    passage = place.hit.passage
    before = passage.document.text[place.unit.start : passage.start + place.span.start]
    return bool(_NOT.search(_CLAUSE.split(before)[-1]))


def _other_time(question: str, text: str) -> bool:
    asked = {(found["month"] or "", found["year"]) for found in _ASKED.finditer(question)}
    there = {(month.casefold(), year) for month, year in _TIME.findall(text)}
    return bool(asked and there) and not any(
        year == its and (not month or not on or month.casefold() == on)
        for month, year in asked
        for on, its in there
    )


def _other_edition(question: str, text: str) -> bool:
    asked = set(_ASKED_EDITION.findall(question))
    there = set(_NUMBERED.findall(text))
    return bool(asked and there) and not asked & there


def _other_day(question: str, sentence: str) -> bool:
    asked, there = weekdays(question), weekdays(sentence)
    return bool(asked and there) and not asked & there


def weekdays(text: str) -> set[int]:
    """The days of the week that a text names, Monday as 0, those within ranges too.

    >>> weekdays("Open Tues – Fri and on Sundays")
    {1, 2, 3, 4, 6}
    """
    named: set[int] = set()
    before: tuple[int, int] | None = None  # a day, and where its name ends
    for match in _DAY.finditer(text.casefold()):
        if match["days"]:
            its = "ends" if match["days"].startswith("weekend") else match["days"][:4]
            named |= set(_DAYS[its])
            continue
        day = _WEEK.index(match["day"][:3])
        if before and _TO.fullmatch(text.casefold()[before[1] : match.start()]):
            named |= {(before[0] + n) % 7 for n in range((day - before[0]) % 7 + 1)}
        named.add(day)
        before = day, match.end()
    return named


def _other_subject(names: Sequence[Name], proper: _Proper, place: Place) -> bool:
    """Whether the place's sentence is about somebody else: it says what a name is or has, and none
    of the names in the question stands in it. What the question is answered with may be a name."""
    document = place.hit.passage.document
    sentence = place.unit.of(document.text)[:MAX_CHARACTERS]
    subject = _SUBJECT.match(sentence)
    if not names or not subject or (document.language or ENGLISH) != ENGLISH:
        return False
    answered_by_it = place.hit.passage.start + place.span.start < place.unit.start + subject.end(1)
    asked = [word for name in names for word in name]  # "European" does not stand for Europol here
    said = any(word.startswith(one[:-1]) for one in asked for word in _words(sentence))
    return proper.is_name(subject[1]) and not answered_by_it and not said


@dataclass(frozen=True, slots=True)
class _Proper:
    """The words that passages write with a capital within sentences, and those without one."""

    capital: frozenset[str]
    small: frozenset[str]

    @classmethod
    def of(cls, hits: Sequence[Hit]) -> _Proper:
        passages = [hit.passage for hit in hits]
        leads = {lead.of(p.document.text) for p in passages for lead in p.leads}
        texts = [*(passage.text for passage in passages), *leads]
        capital = frozenset(word for text in texts for word in _WITHIN.findall(text))
        return cls(capital, frozenset(word for text in texts for word in _WORD.findall(text)))

    def is_name(self, word: str) -> bool:
        return word.capitalize() in self.capital and word.casefold() not in self.small


def _other_name(asked: Sequence[Name], question: Sequence[str], sentence: str, text: str) -> bool:
    if _POINTS_BACK.match(sentence) or (
        _FOR_ALL.search(sentence) and not _FOR_ALL_BUT.search(sentence)
    ):
        return False
    words = _words(text)
    missing = [name for name in asked if not _stands_in(name, words)]
    return bool(missing) and any(not _stands_in(name, question) for name in _names(sentence))


@lru_cache(maxsize=256)
def _names(text: str) -> tuple[Name, ...]:
    """The names in a sentence, each by its words. Its first word may be any, if it stands alone."""
    found = []
    for match in _NAME.finditer(text):
        words = [word.casefold() for word in _WORD.findall(match[0])]
        if match.start() == 0 and len(words) == 1:
            continue
        while words and words[0] in _NO_NAMES:
            words = words[1:]
        if words:
            found.append(tuple(words))
    return tuple(found)


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _stands_in(name: Name, words: Sequence[str]) -> bool:
    """Whether a text has a word of a name or a form of it, its initials or what they stand for."""
    telling = [word for word in name if word not in _NO_NAMES]
    if any(_alike(one, word) for one in telling for word in words):
        return True
    initials = "".join(word[0] for word in telling)
    if len(telling) > 1 and initials in words:
        return True
    meant = [word for word in words if word not in _NO_NAMES]
    return any(
        len(one) > 1
        and any(
            one == "".join(word[0] for word in meant[at : at + len(one)])
            for at in range(len(meant) - len(one) + 1)
        )
        for one in telling
        if len(one) <= _FEWEST_LETTERS
    )


def _alike(one: str, other: str) -> bool:
    common = max(_FEWEST_LETTERS, min(len(one), len(other)) - _ENDING)
    return one == other or (min(len(one), len(other)) >= common and one[:common] == other[:common])
