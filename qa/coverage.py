"""A question in, how much of what it asks about a text speaks of: its telling words' share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from corpus.document import Document, Slice
from corpus.passages import context
from index.lexical import Lexical
from index.words import stems, tokens

# Words of a question that say what kind of thing is asked, not what about.
_ASKING = frozenset(
    """
    a an the of to in on at for by with from as is are was were be been do does did has have had can
    could will would shall should may might must i me my we our you your it its they their them this
    that these those there and or not what which who whom whose when where why how if about into
    than then so any some please tell explain mean means meaning define definition
    """.split()
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's telling stems, each with how rare it is among the indexed passages."""

    weights: dict[str, float]

    @classmethod
    def of(cls, question: str, languages: set[str], lexical: Lexical) -> Asked:
        words = telling(question)
        found = {stem for language in languages for stem in stems(words, language)}
        return cls({stem: _rarity(stem, lexical) for stem in found})

    def share_in(self, text: str, language: str) -> float:
        """From 0 to 1, weighted by rarity; 0 when nothing telling was asked."""
        total = sum(self.weights.values())
        if not total:
            return 0.0
        words = list(tokens(text))
        there = {*words, *stems(words, language)}
        return sum(weight for stem, weight in self.weights.items() if stem in there) / total


def telling(question: str) -> list[str]:
    """The words of a question that say what about it asks.

    >>> telling("What does the warranty cover?")
    ['warranty', 'cover']
    """
    return [word for word in tokens(question) if word not in _ASKING]


def in_context(document: Document, unit: Slice, max_characters: int) -> str:
    """A unit after what tells what it is about: its headings, its header or introduction."""
    before = [lead.of(document.text) for lead in context(document, unit.start)]
    text = unit.of(document.text)[:max_characters]
    return "\n".join([*document.heading_path(unit.start), *before, text])


def _rarity(stem: str, lexical: Lexical) -> float:
    column = lexical.terms.get(stem)
    passages = 0 if column is None else int(np.diff(lexical.starts[column : column + 2])[0])
    return math.log(1 + len(lexical) / (passages + 0.5))
