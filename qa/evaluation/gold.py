"""A question's gold and an index in, what is right there out: pages, places and the rows to find.

Gold is matched by content. It is `found` where it says, `moved` to another page, `changed` (what is
there now is like it) or `gone`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from corpus.document import Passage
from corpus.passages import units
from index.search import Index
from qa.answer import Quote
from qa.evaluation import metrics
from qa.evaluation.library import Library, Page, Place
from qa.evaluation.questions import Gold, Question

Status = Literal["found", "moved", "changed", "gone"]

# A text of so many words says the same wherever it stands word for word.
TELLING_WORDS = 6


@dataclass(frozen=True, slots=True)
class Match:
    """Where one gold is. Without a quote it has pages and no places."""

    gold: Gold
    status: Status
    pages: frozenset[str]
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """All that is right for a question. `rows` are each match's rows of the index.

    `cut` says that there is a place and no passage has a whole sentence of it.
    """

    matches: tuple[Match, ...]
    rows: tuple[frozenset[int], ...]
    texts: dict[str, tuple[str, ...]]

    @property
    def pages(self) -> frozenset[str]:
        return frozenset().union(*(match.pages for match in self.matches))

    @property
    def indexed(self) -> bool:
        return any(match.places or (match.pages and not match.gold.quote) for match in self.matches)

    @property
    def cut(self) -> bool:
        return self.indexed and not any(self.rows)

    def right_page(self, uri: str) -> bool:
        return uri in self.pages

    def right_quote(self, quote: Quote) -> bool:
        """Whether what is shown holds a gold's words (`metrics.contains_quote`), on their page.

        On a page that gold names without a quote everything is right.
        """
        document = quote.passage.document
        if any(not m.gold.quote and document.uri in m.pages for m in self.matches):
            return True
        shown = " ".join(part.of(document.text) for part in quote.parts)
        exact = quote.exact.of(document.text)
        return bool(metrics.contains_quote(shown, exact, self.texts.get(document.uri, ())))


class Matcher:
    """Matches gold against one open index; every text is looked up once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.library = Library(index.texts.documents())
        self._matches: dict[Gold, Match] = {}
        self._rows: dict[str, list[tuple[Passage, int]]] = {}

    def target(self, question: Question) -> Target:
        matches = tuple(self.match(gold) for gold in question.gold)
        texts: dict[str, tuple[str, ...]] = {}
        for match in matches:
            for uri, start, end in match.places:
                text = self.library.pages[uri].text[start:end]
                texts[uri] = (*texts.get(uri, ()), text)
        return Target(matches, tuple(self._rows_of(match) for match in matches), texts)

    def match(self, gold: Gold) -> Match:
        if gold not in self._matches:
            self._matches[gold] = self._match(gold)
        return self._matches[gold]

    def _match(self, gold: Gold) -> Match:
        pages = self.library.named(gold.page) if gold.page else []
        uris = frozenset(page.uri for page in pages)
        if not gold.quote:
            return Match(gold, "found" if uris else "gone", uris)
        wanted = metrics.words(gold.quote)
        if not wanted.strip():
            return Match(gold, "gone", uris)
        status, places = self._places(gold, wanted, pages)
        if status in ("found", "moved") and len(wanted.split()) >= TELLING_WORDS:
            places = list(dict.fromkeys([*places, *self.library.find(wanted)]))
        return Match(gold, status, frozenset(p.uri for p in places) or uris, tuple(places))

    def _places(self, gold: Gold, wanted: str, pages: Sequence[Page]) -> tuple[Status, list[Place]]:
        within = self._in_context(gold, wanted)
        if within:
            return "found", within
        if pages and (places := self.library.find(wanted, pages)):
            return "found", places
        if places := self.library.find(wanted):
            return ("moved" if gold.page else "found"), places
        edited = wanted.split()
        near = (self.library.nearest(edited, pages) if pages else None) or self.library.nearest(
            edited
        )
        return ("changed", [near]) if near else ("gone", [])

    def _in_context(self, gold: Gold, wanted: str) -> list[Place]:
        """The quote's places inside the text that it was taken from."""
        if not gold.context:
            return []
        around = self.library.find(metrics.words(gold.context))
        return [
            place
            for context in around
            for place in self.library.pages[context.uri].find(wanted, within=context)
        ]

    def _rows_of(self, match: Match) -> frozenset[int]:
        """The rows whose passages hold a whole sentence of a match; all of its pages' without."""
        if not match.gold.quote:
            return frozenset(row for uri in match.pages for _, row in self._passages(uri))
        return frozenset(
            row
            for place in match.places
            for passage, row in self._passages(place.uri)
            if _holds(passage, place)
        )

    def _passages(self, uri: str) -> list[tuple[Passage, int]]:
        if uri not in self._rows:
            passages = self._index.texts.passages_of(uri)
            self._rows[uri] = [(one, self._index.texts.row(one)) for one in passages]
        return self._rows[uri]


def _holds(passage: Passage, place: Place) -> bool:
    document = passage.document
    inside = units(document, place.start, place.end)
    parts = [(max(u.start, place.start), min(u.end, place.end)) for u in inside]
    slices = [(passage.start, passage.end), *((lead.start, lead.end) for lead in passage.leads)]
    return any(
        low <= start and end <= high
        for start, end in parts or [(place.start, place.end)]
        for low, high in slices
    )
