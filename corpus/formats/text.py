"""Plain text, kept as it is: paragraphs, lists and headings are told by how the lines stand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from corpus.decoding import decode
from corpus.document import Document, Slice, Unreadable
from corpus.formats._clean import one_line
from corpus.formats._compose import Composer, name_of, sections
from corpus.formats._headings import mark_headings
from corpus.formats._lines import Line, is_full, is_wrapped, lines_of, updated_in

SUFFIXES = (".txt", ".text")
VERSION = 1

# What tells a listing or a drawing from prose: columns, a prompt, the ends of statements.
COLUMNS = re.compile(r"\S(?: {3,}|\t+)\S")
LISTING = re.compile(r"^[$%#>] |[{};\\]$|^\S+ ?=|^</?\w|^[-+|]{3,}|[\u2500-\u257f]")
INDENTED_CODE = 4


def read(data: bytes, uri: str) -> Document:
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    lines = lines_of(text)
    mark_headings(lines)
    composer, slices = Composer(), []
    for block, level in _blocks(text, lines):
        slices.append(block)
        if block.kind == "heading":
            composer.heading(level, block.of(text))
        else:
            composer.add(block.kind, block.of(text))
    if not slices:
        raise Unreadable("holds no text")
    title = slices[0].of(text) if slices[0].kind == "heading" else ""
    return Document(
        uri=uri,
        text=text,
        title=one_line(title) or name_of(uri),
        extractor="text",
        version=VERSION,
        sha256=hashlib.sha256(data).hexdigest(),
        blocks=tuple(slices),
        sections=sections(composer.blocks, slices),
        updated=updated_in(lines),
    )


def _blocks(text: str, lines: list[Line]) -> Iterator[tuple[Slice, int]]:
    """Every block, with its level if it is a heading."""
    wrapped = is_wrapped(lines)
    margin = min((line.indent for line in lines if line.role == "text"), default=0)
    for group in _groups(lines, wrapped):
        first, last = group[0], group[-1]
        kind = {"text": "paragraph"}.get(first.role, first.role)
        start = first.start
        if kind == "paragraph" and _is_code(group, margin):
            kind, start = "code", text.rfind("\n", 0, start) + 1
        yield Slice(kind, start, last.end), first.level


def _groups(lines: list[Line], wrapped: bool) -> Iterator[list[Line]]:
    """Lines that make one block."""
    group: list[Line] = []
    for line in lines:
        if group and not (line.role == "text" and _goes_on(group, line, wrapped)):
            yield group
            group = []
        if line.role in ("heading", "item", "step", "text"):
            group.append(line)
    if group:
        yield group


def _goes_on(group: list[Line], line: Line, wrapped: bool) -> bool:
    """Whether a line of text belongs to the paragraph or item above it."""
    first, last = group[0], group[-1]
    if first.role == "heading":
        return False
    if first.role in ("item", "step") and line.indent > first.indent:
        return True
    if not wrapped or (first.role in ("item", "step") and not is_full(last)):
        return False
    begins_anew = line.indent > last.indent and last.text.endswith((".", "!", "?", ":"))
    return not begins_anew


def _is_code(group: list[Line], margin: int) -> bool:
    columns = sum(bool(COLUMNS.search(line.text)) for line in group)
    if len(group) > 1 and columns >= 0.5 * len(group):
        return True
    listing = sum(bool(LISTING.search(line.text)) for line in group)
    return group[0].indent >= margin + INDENTED_CODE and listing >= 0.5 * len(group)
