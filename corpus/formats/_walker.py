"""A page's tree in, its blocks out: headings, paragraphs, items, rows and code in reading order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from corpus.formats._clean import one_line, visible
from corpus.formats._compose import Block, Composer
from corpus.formats._table import Table, is_layout
from corpus.formats._tree import BLOCKS, walk

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode as Node

LINE_BREAK = "\u2028"
HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = {"ul": "item", "menu": "item", "dir": "item", "dl": "item", "ol": "step"}

SCRIPTS = {
    "sup": str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻"),
    "sub": str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋"),
}
FIGURES = re.compile(r"[+−-]?\d{1,4}[+−-]?", re.ASCII)

# A heading inside one of these is that of a box: the text after the box is not under it.
BOXES = frozenset("aside blockquote details figure li dd".split())
BOX_NAMES = frozenset("admonition note warning caution important tip hint danger sidebar".split())


def blocks_of(root: Node) -> Composer:
    flow = _Flow()
    for node, entering in walk(root):
        if node.is_text_node:
            flow.take(node.text_content or "")
        elif entering:
            flow.enter(node)
        else:
            flow.leave(node)
    flow.flush()
    return flow.composer


class _Flow:
    """Gathers text until a block ends; holds which lists, table and heading it is in."""

    def __init__(self) -> None:
        self.composer = Composer()
        self.pieces: list[str] = []
        self.kind = "paragraph"
        self.lists: list[str] = []
        self.boxes: list[Block | None] = []
        self.script: dict[int, int] | None = None
        self.permalink: int | None = None
        self.code = 0
        self.level: int | None = None
        self.id: str | None = None
        self.heading_id: str | None = None
        self.table: Table | None = None

    def take(self, text: str) -> None:
        """Text; raised and lowered figures stay so, else 10 to the power of 6 would read 106."""
        if self.permalink is not None:
            return
        if self.script and FIGURES.fullmatch(text.strip()):
            text = text.translate(self.script)
        self.pieces.append(text)

    def enter(self, node: Node) -> None:
        tag, attributes = node.tag or "", node.attributes
        name = attributes.get("id") or (attributes.get("name") if tag == "a" else None)
        self.id = name or self.id
        if tag == "br":
            self.pieces.append("\n" if self.code else LINE_BREAK)
        elif tag == "a" and (target := _permalink(node)):
            self.permalink, self.id = node.mem_id, target
        elif tag == "img":
            self.pieces.append(_Alternative(attributes.get("alt") or ""))
        self.script = SCRIPTS.get(tag)
        if tag not in BLOCKS:
            return
        self.flush()
        if _is_box(node):
            self.boxes.append(self.composer.under)
        if level := _level(node):
            self.level, self.heading_id = level, name
        elif tag == "pre":
            self.code += 1
        elif tag in LISTS:
            self._enter_list(LISTS[tag])
        elif tag in ("li", "dt"):
            self.kind = self.lists[-1] if self.lists and tag == "li" else "item"
        elif tag == "table" and self.table is None and not is_layout(node):
            self.composer.apart()
            self.table = Table(node)
        elif self.table and tag in ("td", "th"):
            self.table.open_cell(tag)

    def leave(self, node: Node) -> None:
        tag = node.tag or ""
        self.script = None
        if node.mem_id == self.permalink:
            self.permalink = None
        if tag not in BLOCKS:
            return
        if self.table and tag in ("td", "th"):
            self.table.close_cell(self._taken())
        elif self.table and tag == "tr":
            self.composer.add(*self.table.take_row(node))
        elif self.table and node.mem_id == self.table.id:
            self.composer.apart()
            self.table = None
        elif self.level and _level(node):
            level, self.level = self.level, None
            anchor = self.heading_id or self.id
            self.composer.heading(level, one_line(self._taken()), anchor and visible(anchor))
        elif tag == "pre":
            self._leave_code()
        self.flush()
        if tag in LISTS:
            self._leave_list()
        elif tag in ("li", "dt"):
            self.kind = "paragraph"
        if _is_box(node):
            self.composer.under = self.boxes.pop()

    def flush(self) -> None:
        """Ends a block; inside a heading or a table's cell, blocks are parted by a space only."""
        if self.level or (self.table and self.table.cell):
            self.pieces.append(" ")
        elif self.code:
            if self.pieces and not self.pieces[-1].endswith("\n"):
                self.pieces.append("\n")
        elif self.pieces:
            if all(isinstance(piece, _Alternative) or piece.isspace() for piece in self.pieces):
                self.pieces.clear()  # a picture that stands alone says nothing in words
            self._add_paragraphs(self._taken())

    def _add_paragraphs(self, text: str) -> None:
        """One block, its line breaks kept; an empty line begins the next."""
        lines = [one_line(line) for line in text.split(LINE_BREAK)]
        for paragraph in re.split(r"\n{2,}", "\n".join(lines).strip("\n")):
            if paragraph:
                self.composer.add(self.kind, paragraph)
                self.kind = "paragraph"

    def _enter_list(self, kind: str) -> None:
        if not self.lists and not self.table:
            self.composer.apart()
        self.lists.append(kind)

    def _leave_list(self) -> None:
        self.lists.pop()
        self.kind = "paragraph"
        if not self.lists and not self.table:
            self.composer.apart()

    def _leave_code(self) -> None:
        self.code -= 1
        if not self.code and not self.level and not (self.table and self.table.cell):
            text = visible(self._taken()).replace(LINE_BREAK, "\n")
            lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            while lines and not lines[0].strip():
                del lines[0]
            self.composer.add("code", "\n".join(lines).rstrip())

    def _taken(self) -> str:
        text = "".join(self.pieces)
        self.pieces.clear()
        return text


class _Alternative(str):
    """What stands for a picture within a line; a browser shows the picture instead."""


def _level(node: Node) -> int | None:
    tag = node.tag or ""
    if tag in HEADINGS:
        return HEADINGS[tag]
    if node.attributes.get("role") == "heading":
        level = node.attributes.get("aria-level") or ""
        return int(level) if level in ("1", "2", "3", "4", "5", "6") else 2
    return None


def _permalink(node: Node) -> str | None:
    """The id that a "¶" or "#" beside a heading leads to; None for any other link."""
    text = node.text().strip()
    href = node.attributes.get("href") or ""
    if len(text) > 2 or not text or text.isalnum() or not href.startswith("#"):
        return None
    return unquote(href[1:]) or None


def _is_box(node: Node) -> bool:
    if node.tag in BOXES:
        return True
    names = (node.attributes.get("class") or "").split()
    return node.tag == "div" and not BOX_NAMES.isdisjoint(names)
