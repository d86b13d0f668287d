"""A table's cells in, its rows out, each a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.cells import SEPARATOR
from corpus.formats._clean import one_line

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode as Node


def is_layout(table: Node) -> bool:
    """A table that only places things: its cells hold tables, headings or, without th, code."""
    if table.attributes.get("role") in ("presentation", "none"):
        return True
    if table.css_first("h1, h2, h3, h4, h5, h6") is not None:
        return True
    if any(inner.mem_id != table.mem_id for inner in table.css("table")):
        return True
    return table.css_first("th") is None and table.css_first("pre") is not None


class Table:
    """A table of data: its rows become lines, its cells parted by a bar."""

    def __init__(self, node: Node) -> None:
        self.id = node.mem_id
        self.cell: str | None = None
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self.rows = 0

    def open_cell(self, tag: str) -> None:
        self.cell = tag

    def close_cell(self, text: str) -> None:
        self.tags.add(self.cell or "")
        self.cells.append(one_line(text))
        self.cell = None

    def take_row(self, row: Node) -> tuple[str, str]:
        parent = row.parent
        in_head = parent is not None and parent.tag == "thead"
        kind = "header" if in_head or (self.tags == {"th"} and not self.rows) else "row"
        text = SEPARATOR.join(self.cells) if any(self.cells) else ""
        self.cells, self.tags = [], set()
        self.rows += 1
        return kind, text.strip()
