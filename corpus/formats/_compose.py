"""Blocks in, a Document out: joins them to the text that every offset counts in.

Blocks stand apart by a blank line, items of one list and rows of one table by a line break.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from corpus.document import Document, Section, Slice, Unreadable
from corpus.formats._clean import one_line, same

GROUPS = (("item", "step"), ("header", "row"))

# What sites put between a page's name and their own in <title>.
PAGE_THEN_SITE = re.compile(r" [—–|·•-] ")
SITE_THEN_PAGE = re.compile(r" [»›/] | :: |: ")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a source says of itself outside its text; `title` may carry the site's name."""

    title: str | None = None
    url: str | None = None
    updated: str | None = None
    language: str | None = None


@dataclass(slots=True, eq=False)
class Block:
    """A block before it has its place in the text.

    `under` is the heading that it stands under, `joined` that it goes on the list or table of the
    block before.
    """

    kind: str
    text: str
    under: Block | None = None
    joined: bool = False
    level: int = 0
    anchor: str | None = None


class Composer:
    """Takes blocks in reading order.

    `under` is the heading that blocks stand under from now on; setting it back to an earlier one
    ends a box with a heading of its own. `apart` ends a list or table.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.under: Block | None = None
        self._apart = True

    def add(self, kind: str, text: str) -> None:
        """A block other than a heading; one without text is left out."""
        if text.strip():
            last = self.blocks[-1].kind if self.blocks else None
            joined = not self._apart and any(kind in kinds and last in kinds for kinds in GROUPS)
            self.blocks.append(Block(kind, text, self.under, joined))
            self._apart = False

    def heading(self, level: int, text: str, anchor: str | None = None) -> None:
        if text:
            self.under = Block("heading", text, self.under, level=level, anchor=anchor)
            self.blocks.append(self.under)

    def apart(self) -> None:
        self._apart = True


def compose(
    composer: Composer,
    metadata: Metadata,
    *,
    data: bytes,
    uri: str,
    extractor: str,
    version: int,
    page_text: str | None = None,
) -> Document:
    """The blocks as one document, under its title. Raises `Unreadable` when there are none."""
    blocks = composer.blocks
    if not blocks:
        raise Unreadable("holds no text")
    title = _put_under_title(blocks, metadata.title)
    text, slices = _join(blocks)
    return Document(
        uri=uri,
        text=text,
        title=title or name_of(uri),
        extractor=extractor,
        version=version,
        sha256=hashlib.sha256(data).hexdigest(),
        blocks=slices,
        sections=sections(blocks, slices),
        url=metadata.url,
        updated=metadata.updated,
        language=metadata.language,
        page_text=page_text,
        dropped=max(0.0, 1 - _letters(text) / _letters(page_text)) if page_text else 0.0,
    )


def _letters(text: str) -> int:
    """How many characters are not white space, which differs between a page and its blocks."""
    return sum(map(len, text.split()))


def name_of(uri: str) -> str:
    """A title for a source that has none: its file's name without the suffix."""
    return one_line(PurePosixPath(uri).stem) or "Untitled"


def _put_under_title(blocks: list[Block], title: str | None) -> str | None:
    """The title, after making it the outermost heading, so that every heading path can carry it.

    A heading that says the same takes its place: any of level 1, or the first, whatever its level.
    """
    headings = [block for block in blocks if block.kind == "heading"]
    if not title:
        top = next((h for h in headings if h.level == 1), headings[0] if headings else None)
        return top.text if top else None
    for heading in headings:
        first = heading is headings[0]
        if (first or heading.level == 1) and _names(heading.text, title):
            heading.level = 0 if first else 1
            return heading.text
    top = Block("heading", title)
    for block in blocks:
        block.under = block.under or top
    blocks.insert(0, top)
    return title


def _names(heading: str, title: str) -> bool:
    """Whether a heading is the title, or what is left of it without the site's name."""
    before, after = PAGE_THEN_SITE.split(title), SITE_THEN_PAGE.split(title)
    names = [before[:n] for n in range(1, len(before) + 1)] + [after[n:] for n in range(len(after))]
    words = _words(heading)
    return same(heading, title) or (bool(words) and words in (_words(" ".join(n)) for n in names))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _join(blocks: list[Block]) -> tuple[str, tuple[Slice, ...]]:
    pieces: list[str] = []
    slices: list[Slice] = []
    end = 0
    for block in blocks:
        gap = "" if not pieces else "\n" if block.joined else "\n\n"
        pieces += (gap, block.text)
        start = end + len(gap)
        end = start + len(block.text)
        slices.append(Slice(block.kind, start, end))
    return "".join(pieces), tuple(slices)


def sections(blocks: list[Block], slices: Sequence[Slice]) -> tuple[Section, ...]:
    """One for each heading, and one wherever the text returns to a heading before a box."""
    sections: list[Section] = []
    paths: dict[Block | None, list[tuple[Block, Slice]]] = {None: []}
    current: Block | None = None
    for block, place in zip(blocks, slices, strict=True):
        if block.kind == "heading":
            above = [(b, s) for b, s in paths[block.under] if b.level < block.level]
            paths[block] = [*above, (block, place)]
            current = block
        elif block.under is current:
            continue
        else:
            current = block.under
        headings = tuple(heading for _, heading in paths[current])
        sections.append(Section(place.start, headings, current.anchor if current else None))
    return tuple(sections)
