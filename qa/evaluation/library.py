"""The documents of an index in, places of words in them out: exactly, or as near as edits leave it.

Words are compared whole, without case and punctuation, so that a place survives a new line break,
another dash or other cuts into passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from corpus.document import Document
from qa.evaluation import metrics

# Whole words with their combining marks; every character of a script without spaces.
_UNSPACED = "\u2e80-\u9fff\uac00-\ud7ff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}]|[\u0300-\u036f])+")

# How much of an edited text must still be there: words in common, in their order, of both lengths
# (difflib's ratio). At .6 a sentence may lose or change four of ten words.
STILL_THERE = 0.6
GAP = 0.25  # of a word in common: what a word between two of them costs


class Place(NamedTuple):
    """Where a text stands: offsets in the document's text."""

    uri: str
    start: int
    end: int


class Page:
    """One document, its words and where each stands."""

    def __init__(self, document: Document) -> None:
        self.uri = document.uri
        self.url = document.url
        self.title = document.title
        self.text = document.text
        self.words, starts, ends = _located(document.text)
        self.starts = np.array(starts, np.int64)
        self.ends = np.array(ends, np.int64)
        self.joined = f" {' '.join(self.words)} "
        lengths = np.array([len(word) + 1 for word in self.words], np.int64)
        self._at = np.concatenate([[0], np.cumsum(lengths)])

    def find(self, wanted: str, within: Place | None = None) -> Iterator[Place]:
        """Every place of `wanted`, given as `metrics.words` has it."""
        at = self.joined.find(wanted)
        while at >= 0:
            first = int(np.searchsorted(self._at, at))
            last = int(np.searchsorted(self._at, at + len(wanted) - 1)) - 1
            place = Place(self.uri, int(self.starts[first]), int(self.ends[last]))
            if within is None or within.start <= place.start <= place.end <= within.end:
                yield place
            at = self.joined.find(wanted, at + 1)

    def nearest(self, wanted: list[str]) -> tuple[float, Place] | None:
        """The stretch that is most like `wanted`, and how like it is, if it is enough."""
        if not wanted or not self.words:
            return None
        known = set(wanted)
        common = np.cumsum([0, *(word in known for word in self.words)])
        size = min(len(wanted), len(self.words))
        first = int(np.argmax(common[size:] - common[:-size]))
        margin = len(wanted) // 2
        low, high = max(0, first - margin), min(len(self.words), first + size + margin)
        matcher = SequenceMatcher(None, wanted, self.words[low:high], autojunk=False)
        blocks = [block for block in matcher.get_matching_blocks() if block.size]
        if not blocks:
            return None
        stretches = [blocks[i : j + 1] for i in range(len(blocks)) for j in range(i, len(blocks))]
        best = max(stretches, key=lambda stretch: _same(stretch) - GAP * _span(stretch))
        likeness = 2 * _same(best) / (len(wanted) + _span(best))
        start, end = low + best[0].b, low + best[0].b + _span(best)
        place = Place(self.uri, int(self.starts[start]), int(self.ends[end - 1]))
        return (likeness, place) if likeness >= STILL_THERE else None


class Library:
    """All pages of an index, by uri."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.pages = {document.uri: Page(document) for document in documents}

    def named(self, name: str) -> list[Page]:
        """The pages that a uri, address, end of a path (with suffix or without) or title names."""
        given, address = name.strip().casefold(), _address(name)
        exact = [page for page in self.pages.values() if given == page.uri.casefold()]
        if exact:
            return exact
        by_address = [p for p in self.pages.values() if p.url and _address(p.url) == address]
        by_path = [page for page in self.pages.values() if _ends(page.uri.casefold(), given)]
        by_title = [p for p in self.pages.values() if p.title.strip().casefold() == given]
        return by_address or by_path or by_title

    def find(self, wanted: str, pages: Iterable[Page] | None = None) -> list[Place]:
        searched = self.pages.values() if pages is None else pages
        return [place for page in searched for place in page.find(wanted)]

    def nearest(self, wanted: list[str], pages: Iterable[Page] | None = None) -> Place | None:
        searched = self.pages.values() if pages is None else pages
        found = [near for page in searched if (near := page.nearest(wanted))]
        return max(found, key=lambda near: near[0])[1] if found else None


def _located(text: str) -> tuple[list[str], list[int], list[int]]:
    found: list[str] = []
    starts, ends = [], []
    for match in _WORD.finditer(text):
        word = match[0]
        folded = [word.lower()] if word.isascii() else metrics.words(word).split()
        found += folded
        starts += [match.start()] * len(folded)
        ends += [match.end()] * len(folded)
    return found, starts, ends


def _same(blocks: Sequence[Match]) -> int:
    return sum(block.size for block in blocks)


def _span(blocks: Sequence[Match]) -> int:
    return blocks[-1].b + blocks[-1].size - blocks[0].b


def _ends(uri: str, given: str) -> bool:
    return f"/{uri}".endswith(f"/{given}") or f"/{PurePosixPath(uri).with_suffix('')}".endswith(
        f"/{given}"
    )


def _address(url: str) -> str:
    """An address without scheme, fragment and closing slash."""
    plain = re.sub(r"^https?://(www\.)?", "", url.strip().casefold())
    return plain.split("#")[0].rstrip("/")
