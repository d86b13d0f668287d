"""The turns before a question in, what the question leans on out. Nothing of it is kept.

No text is generated: a question that leans on what was said before is searched for together with
the title of the page that was being talked about, and that page's passages are preferred.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corpus.document import Document, Passage
from index.search import Hit, Index
from index.words import tokens
from qa import definition
from qa.answer import Answer

TURNS = 5  # of a history the last ones are used
TURN_CHARACTERS = 2_000  # of a question in it
ANSWER_CHARACTERS = 20_000  # of an answer, which may be a whole list

# Added to the fused score of the passages of the page that is talked about: for a question that
# leans on it, and for a short one that may. Chosen on the tuning half of tests/dialogues.jsonl,
# where python -m benchmarks.dialogues measures the right page.
LEANING, SHORT = 2.0, 0.6
FEW_WORDS = 3
# Telling words before a pronoun that say what it means, in a clause before its own or in the same.
NAMED_IN_A_CLAUSE, NAMED = 2, 5
STORY = 10  # telling words; a question of more says by itself what it is about
NAMED_AMONG = 8  # passages found for what was asked before
WIDER = 3  # times the passages read are looked at, so that the page's own are among them

_POINTS_BACK = frozenset(
    """it its they them their theirs he him his she her hers this these those there former
    latter same both thereof""".split()
)
_OPENS_WITH = re.compile(
    r"(and|but|so|or|then|also|what about|how about|what if|why not|which one|"
    r"the (first|second|third|other|last|next) one)\b",
    re.I,
)
_INSTEAD = re.compile(
    r"(?:and|but|or|what about|how about|and what about|and how about) "
    r"(?:(?:in|for|at|with|of|on|to|by) )?(?:the )?(?P<name>[\w&'’.-]+(?: [\w&'’.-]+){0,3}?)\s?\??",
    re.I,
)
_ASKS_SHORTLY = re.compile(r"(since when|until when|by whom|with whom|for whom)\b", re.I)
_CLAUSE = frozenset(
    """if when whenever before after once unless until till while because although though and or but
    that which who then so""".split()
)
_THERE_IS = re.compile(r"\b(is|are|was|were) there\b", re.I)
_THAT = re.compile(
    r"\b(is|was|does|did|do|about|of|for|after|before|by|with|in|on|to|like|than|from|under|will)"
    r" that\b|\bthat[\s?.!]*$",
    re.I,
)
_HEAD = re.compile(r" (?:on|of|for|to|in|and) | ?[:(–—-] ", re.I)
_REFLEXIVE = re.compile(r"\b(its|their|his|her) own\b", re.I)
_ONE = re.compile(r"\b(the|which|that|this|first|second|third|other|last|new|old) ones?\b", re.I)
_EMPTY = frozenset(
    """a an the of to in on at for by with from as is are was were be been do does did has have had
    can could will would shall should may might must i me my we our you your and or not what which
    who whom whose when where why how many much long often old if about then so any some please
    tell explain more else mean means ok okay well exactly really yes no""".split()
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked before, and the words and page that it was answered with, if it was."""

    question: str
    answer: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """The page that is talked about, and what its passages' scores are raised by."""

    uri: str
    title: str
    bonus: float

    @property
    def is_leant_on(self) -> bool:
        return self.bonus >= LEANING


def turns(history: Sequence[Any]) -> tuple[Turn, ...]:
    """The last turns of a client's history. Raises ValueError, in a sentence, for what is none."""
    if isinstance(history, str | bytes) or not isinstance(history, Sequence):
        raise ValueError("The history is not a list of turns.")
    return tuple(_turn(given) for given in history[-TURNS:])


def said(answer: Answer) -> Turn:
    """The turn that an answer makes, for the questions after it."""
    shown = answer.quotes or answer.closest
    uri = shown[0].passage.document.uri if shown else None
    return Turn(answer.question, answer.text, uri)


def restated(question: str, before: Sequence[Turn], index: Index) -> str | None:
    """What "and Interpol?" asks after "Can Europol arrest me?": the question before with the one
    page's name in the place of the other's; None where it is no such question."""
    instead = _INSTEAD.fullmatch(" ".join(question.split()))
    if not instead or not before:
        return None
    asked = before[-1].question
    if leans(asked):
        asked = restated(asked, before[:-1], index) or asked
    name = definition.telling(instead["name"])
    titles = {hit.passage.document.title for hit in index.search(instead["name"], NAMED_AMONG)}
    former = _named_by(asked, index)
    if former is None or name not in map(definition.telling, titles) or len(name) == 0:
        return None
    title = re.escape(former.title)
    changed, count = re.subn(rf"\b{title}\b", lambda _: instead["name"], asked, flags=re.I)
    return changed if count and definition.telling(former.title) != name else None


def topic(question: str, before: Sequence[Turn], index: Index) -> Topic | None:
    """What the question may lean on: the page of the last turn that has one, or None."""
    bonus = LEANING if leans(question) else SHORT if is_short(question) else 0.0
    if not bonus or not before:
        return None
    uri = next((turn.uri for turn in reversed(before) if turn.uri), None)
    asks_of_it = any(word in _POINTS_BACK for word in tokens(question))
    named = _named_by(before[-1].question, index) if asks_of_it else None
    document = named or (index.document(uri) if uri else None)
    if document is None:
        uri = _page_of(before, index)
        document = index.document(uri) if uri else None
    return Topic(document.uri, document.title, bonus) if document else None


def leans(question: str) -> bool:
    """Whether a question says so little by itself that it must be about what was said before.

    >>> leans("and when did it enter into force?"), leans("Who runs Interpol?")
    (True, False)
    """
    words = list(tokens(_THERE_IS.sub(" ", _REFLEXIVE.sub(" ", question))))
    telling = [word not in _EMPTY and word not in _POINTS_BACK for word in words]
    if sum(telling) > STORY:
        return False
    if _OPENS_WITH.match(question) or _ONE.search(question) or _THAT.search(question):
        return True
    if _ASKS_SHORTLY.match(question) and sum(telling) <= FEW_WORDS:
        return True
    at = next((at for at, word in enumerate(words) if word in _POINTS_BACK), None)
    if at is None:
        return not any(telling)
    clauses = _CLAUSE.intersection(words[1:at])
    return sum(telling[:at]) < (NAMED_IN_A_CLAUSE if clauses else NAMED)


def is_short(question: str) -> bool:
    """Whether a question has so few telling words that it may be about what was said before."""
    return len([word for word in tokens(question) if word not in _EMPTY]) <= FEW_WORDS


def search(question: str, about: Topic | None, index: Index, k: int) -> list[Hit]:
    """The `k` best passages for a question that may be about a page, or for what a thing is."""
    thing = definition.thing(question)
    if about is None and not thing:
        return index.search(question, k)
    query = f"{question} {about.title}" if about and about.is_leant_on else question
    hits = [
        replace(hit, score=hit.score + _bonus(hit.passage, about, thing))
        for hit in index.search(query, WIDER * k)
    ]
    hits.sort(key=lambda hit: -hit.score)
    return [replace(hit, rank=rank) for rank, hit in enumerate(hits[:k], 1)]


def _bonus(passage: Passage, about: Topic | None, thing: frozenset[str]) -> float:
    opens = definition.OPENS if thing and definition.opens_its_page(passage, thing) else 0.0
    return opens + (about.bonus if about and passage.document.uri == about.uri else 0.0)


def _turn(given: Any) -> Turn:
    if isinstance(given, Turn):
        return given
    if not isinstance(given, Mapping) or not isinstance(given.get("question"), str):
        raise ValueError("A turn of the history has no question.")
    values = {name: given.get(name) for name in ("question", "answer", "uri")}
    for name, value in values.items():
        if value is not None and not isinstance(value, str):
            raise ValueError(f"The {name} of a turn of the history is not a text.")
        most = ANSWER_CHARACTERS if name == "answer" else TURN_CHARACTERS
        if value is not None and len(value) > most:
            raise ValueError(
                f"The {name} of a turn of the history has {len(value):,} characters; "
                f"at most {most:,} would do."
            )
    # Half of a surrogate pair is no text that could be searched for.
    question, answer, uri = (
        value and value.encode("utf-8", "replace").decode() for value in values.values()
    )
    return Turn(question or "", answer, uri)


def _named_by(question: str, index: Index) -> Document | None:
    """The page found whose title, or what of it stands before "on" or "of", was asked about, as far
    as there is one: another page may have answered. Of several the one with the longest title."""
    asked = definition.telling(question)
    found = [hit.passage.document for hit in index.search(question, NAMED_AMONG)]
    named = [document for document in found if _is_in(document.title, asked)]
    return max(named, key=lambda document: len(document.title), default=None)


def _is_in(title: str, asked: frozenset[str]) -> bool:
    whole, head = definition.telling(title), definition.telling(_HEAD.split(title)[0])
    return bool(whole) and (whole <= asked or (len(head) > 1 and head <= asked))


def _page_of(before: Sequence[Turn], index: Index) -> str | None:
    """The page that search finds for the last question that says enough by itself."""
    for turn in reversed(before):
        if not leans(turn.question) and any(c.isalnum() for c in turn.question):
            hits = index.search(turn.question, 1)
            return hits[0].passage.document.uri if hits else None
    return None
