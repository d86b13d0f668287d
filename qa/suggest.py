"""An index in, headings to type ahead over and questions to go on with out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.document import Document, Slice
from index.search import Index
from qa.citation import section_link

HEADINGS = 50_000  # looked at
MAX_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    title: str
    link: str


class Suggestions:
    """Every heading of the index under each of its words. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._headings: list[Heading] = []
        starts: list[tuple[str, int]] = []
        for heading in _headings(index):
            if len(self._headings) == HEADINGS:
                break
            folded = _folded(heading.text)
            for word in re.finditer(r"\w+", folded):
                starts.append((folded[word.start() :], len(self._headings)))
            self._headings.append(heading)
        self._starts = sorted(starts)

    def ahead(self, typed: str, count: int) -> list[Heading]:
        """Headings in which a word goes on like `typed`; those that begin so first."""
        sought = _folded(typed)
        if not sought:
            return []
        found: dict[int, bool] = {}
        for text, number in self._starts[bisect_left(self._starts, (sought, -1)) :]:
            if not text.startswith(sought) or len(found) >= 50 * count:
                break
            begins = _folded(self._headings[number].text).startswith(sought)
            found[number] = found.get(number, False) or begins
        order = sorted(found, key=lambda n: (not found[n], len(self._headings[n].text), n))
        return list({self._headings[n].text: self._headings[n] for n in order}.values())[:count]

    def after(self, uri: str, count: int) -> list[str]:
        """The questions that a document asks in its headings."""
        document = self._index.document(uri)
        asked = (heading for heading, _ in _in(document)) if document else ()
        return list(dict.fromkeys(text for text in asked if text.endswith("?")))[:count]


def _headings(index: Index) -> Iterator[Heading]:
    for document in index.texts.documents():
        for text, place in _in(document):
            yield Heading(text, document.title, section_link(document, place.start))


def _in(document: Document) -> Iterator[tuple[str, Slice]]:
    for block in document.blocks:
        text = block.of(document.text)
        if block.kind == "heading" and len(text) <= MAX_CHARACTERS:
            yield text, block


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
