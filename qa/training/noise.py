"""A question as data sets have it in, the same as visitors type it out."""

from __future__ import annotations

import re
from random import Random

TYPO, KEYWORDS, CHATTY, BARE = 0.08, 0.08, 0.05, 0.15  # shares of questions that are changed so

_FILLERS = frozenset(
    """a an the of to in on at for by with from as is are was were be been do does did has have had
    can could will would shall should may might must and or it its that this there what which who
    whom whose when where why how""".split()
)
_OPENINGS = (
    "Hi, I have a question: ",
    "Hello! I would like to know ",
    "Could you tell me ",
    "I could not find this on your site. ",
    "Quick question, ",
    "Please help: ",
    "i was wondering ",
    "We are trying to find out ",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def typed(question: str, random: Random) -> str:
    """At most one of: a typo or two, keywords alone, a chatty opening, no punctuation."""
    chance = random.random()
    if chance < TYPO:
        return _with_typo(_with_typo(question, random) if chance < TYPO / 4 else question, random)
    chance -= TYPO
    if chance < KEYWORDS:
        words = [w for w in re.findall(r"[\w'&.-]+", question) if w.lower() not in _FILLERS]
        return " ".join(words).strip(".") if len(words) > 1 else question
    chance -= KEYWORDS
    if chance < CHATTY:
        return random.choice(_OPENINGS) + question[:1].lower() + question[1:]
    chance -= CHATTY
    return question.rstrip(" ?.!") if chance < BARE else question


def _with_typo(text: str, random: Random) -> str:
    """A letter of a word left out, doubled, exchanged with its neighbour or with another."""
    places = [m.start() + 1 for m in re.finditer(r"[^\W\d_]{4,}", text)]
    if not places:
        return text
    at = random.choice(places) + random.randrange(3)
    return random.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at : at + 1] + text[at:],
            text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
            text[:at] + random.choice(_LETTERS) + text[at + 1 :],
        )
    )
