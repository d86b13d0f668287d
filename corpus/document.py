"""The values that leave this package: a Document, its Sections and the Passages cut from it.

`Document.text` is final. Every offset anywhere in Quoth counts its code points, and whatever is
shown to a visitor is a slice of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

KINDS = ("heading", "paragraph", "item", "step", "header", "row", "code")


class Slice(NamedTuple):
    """`text[start:end]` of a document and the part that it plays there.

    Of a block the kind is one of `KINDS`: an `item` of a bulleted list, a `step` of a numbered
    one, the `header` and a `row` of a table. A passage's leads and a quote's parts add
    `introduction` (the sentence before a list) and `sentence`.
    """

    kind: str
    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Section:
    """From `start` to the next section: its headings, outermost first, and the id to link to."""

    start: int
    headings: tuple[Slice, ...] = ()
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One source, read.

    `blocks` are the paragraphs, list items, table rows and so on, in order and without overlap;
    what stands between two blocks is white space or a mark (a bullet) that is not quoted.
    `pages` holds `(offset, page number)` pairs for formats that have pages. `page_text` is all the
    text that a visitor's browser shows, for formats where that is more than `text`; `dropped` is
    the share of it (0 to 1) that `text` leaves out. `sha256` is of the source's bytes.
    """

    uri: str
    text: str
    title: str
    extractor: str
    version: int
    sha256: str
    blocks: tuple[Slice, ...] = ()
    sections: tuple[Section, ...] = ()
    url: str | None = None
    updated: str | None = None
    language: str | None = None
    pages: tuple[tuple[int, int], ...] = ()
    page_text: str | None = None
    dropped: float = 0.0

    def __post_init__(self) -> None:
        end = 0
        for block in self.blocks:
            if not end <= block.start < block.end <= len(self.text) or block.kind not in KINDS:
                raise ValueError(f"{self.uri}: {block} is not a block of its text")
            end = block.end
        starts = [section.start for section in self.sections]
        if starts != sorted(starts) or any(not 0 <= s <= len(self.text) for s in starts):
            raise ValueError(f"{self.uri}: section starts {starts} do not ascend within the text")

    def section_at(self, offset: int) -> Section:
        """The section that holds `offset`; one without headings when none begins before it."""
        found = Section(0)
        for section in self.sections:
            if section.start > offset:
                break
            found = section
        return found

    def heading_path(self, offset: int) -> tuple[str, ...]:
        return tuple(heading.of(self.text) for heading in self.section_at(offset).headings)

    def page_at(self, offset: int) -> int | None:
        found = None
        for start, number in self.pages:
            if start > offset:
                break
            found = number
        return found

    def has_words_between(self, start: int, end: int) -> bool:
        """Whether a block has a letter or digit there; an item's own bullet or number is none."""
        for block in self.blocks:
            if block.end > start and block.start < end:
                inside = self.text[max(block.start, start) : min(block.end, end)]
                if any(character.isalnum() for character in inside):
                    return True
        return False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Document:
        return cls(
            **value
            | {
                "blocks": _slices(value["blocks"]),
                "sections": tuple(
                    Section(s["start"], _slices(s["headings"]), s["anchor"])
                    for s in value["sections"]
                ),
                "pages": tuple((start, number) for start, number in value["pages"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """A contiguous body of a document, `start` to `end`, with the slices encoded before it.

    Leads are the heading path, a table's header row and the sentence that introduces a list:
    what a reader of the page has seen by the time they reach the body.
    """

    document: Document
    start: int
    end: int
    leads: tuple[Slice, ...] = ()

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def encoded(self) -> str:
        """What the encoder and BM25 are given: every lead on its own line, then the body."""
        lines = [lead.of(self.document.text) for lead in self.leads]
        return "\n".join([*lines, self.text])


class Unreadable(ValueError):
    """A source that cannot be read; the message is the reason shown to the site's owner."""


def _slices(values: Iterable[Iterable[Any]]) -> tuple[Slice, ...]:
    return tuple(Slice(*value) for value in values)
