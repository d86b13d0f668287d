"""Slices of a document in, HTML out: paragraphs, lists and tables as their source has them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from corpus.cells import cells
from corpus.document import Document, Slice
from qa.web.markup import Html, element, join

ELLIPSIS = "…"
_FAMILIES = {"item": "ul", "step": "ol", "header": "table", "row": "table", "code": "pre"}

Line = list[Slice]  # slices of one block


def show(document: Document, slices: Iterable[Slice], marked: Slice | None = None) -> Html:
    """`slices`, in reading order, with the words within `marked` in `<mark>`.

    Slices of one block stand on one line. Where words between two of them are left out, an
    ellipsis says so.
    """
    mark = _Marker(document.text, marked)
    shown: list[Html] = []
    last: Line = []
    lines = _lines(document, slices)
    for family, group in groupby(lines, key=lambda line: _FAMILIES.get(line[0].kind, "p")):
        together = list(group)
        if last and _has_gap(document, last, together[0]):
            shown.append(element("p", ELLIPSIS, class_="gap"))
        shown.append(_SHOW[family](document, together, mark))
        last = together[-1]
    return join(*shown)


def show_words(document: Document, part: Slice, marked: Slice | None = None) -> Html:
    """One slice as running text, the words within `marked` in `<mark>`."""
    return _Marker(document.text, marked)(part.start, part.end)


def blocks_between(document: Document, start: int, end: int) -> list[Slice]:
    """The blocks from `start` to `end`, the outer ones clipped to it."""
    return [
        Slice(block.kind, max(block.start, start), min(block.end, end))
        for block in document.blocks
        if block.start < end and block.end > start
    ]


class _Marker:
    """Escapes stretches of a text and marks what lies within the marked slice."""

    def __init__(self, text: str, marked: Slice | None) -> None:
        self.text = text
        self.start, self.end = (marked.start, marked.end) if marked else (0, 0)

    def __call__(self, start: int, end: int) -> Html:
        first = min(max(self.start, start), end)
        last = max(min(self.end, end), first)
        inner = self.text[first:last]
        return join(
            self.text[start:first], element("mark", inner) if inner else "", self.text[last:end]
        )

    def line(self, line: Line) -> Html:
        pieces: list[str] = []
        for at, part in enumerate(line):
            if at:
                gap = self.text[line[at - 1].end : part.start]
                pieces.append(
                    f" {ELLIPSIS} " if gap.strip() else self(line[at - 1].end, part.start)
                )
            pieces.append(self(part.start, part.end))
        return join(*pieces)


def _lines(document: Document, slices: Iterable[Slice]) -> list[Line]:
    """Slices that stand in the same block of the document, together."""
    lines: list[Line] = []
    last = -1
    for part in slices:
        block = _block_at(document, part.start)
        if lines and block == last >= 0 and lines[-1][-1].kind == part.kind:
            lines[-1].append(part)
        else:
            lines.append([part])
        last = block
    return lines


def _has_gap(document: Document, line: Line, following: Line) -> bool:
    """Whether words between two lines are left out."""
    return document.has_words_between(line[-1].end, following[0].start)


def _with_gaps(
    document: Document, lines: Sequence[Line], shown: Sequence[Html], gap: Html
) -> list[Html]:
    """Each line as it is shown, `gap` between two where one is left out."""
    result = list(shown[:1])
    for before, line, its in zip(lines, lines[1:], shown[1:], strict=False):
        result += [gap, its] if _has_gap(document, before, line) else [its]
    return result


def _block_at(document: Document, offset: int) -> int:
    return bisect_right(document.blocks, offset, key=lambda block: block.start) - 1


def _paragraphs(document: Document, lines: Sequence[Line], mark: _Marker) -> Html:
    return join(*(element("p", mark.line(line), dir="auto") for line in lines))


def _bullets(document: Document, lines: Sequence[Line], mark: _Marker) -> Html:
    items = [element("li", mark.line(line), dir="auto") for line in lines]
    return element("ul", *_with_gaps(document, lines, items, _LEFT_OUT))


def _numbers(document: Document, lines: Sequence[Line], mark: _Marker) -> Html:
    """Each step with the number that it has in its list, of which only a part may be quoted."""
    items = []
    for line in lines:
        number = _number_of_step(document, line[0].start)
        items.append(element("li", mark.line(line), value=number, dir="auto"))
    return element("ol", *_with_gaps(document, lines, items, _LEFT_OUT))


def _number_of_step(document: Document, offset: int) -> int:
    at = _block_at(document, offset)
    number = 1
    while at > 0 and document.blocks[at - 1].kind == "step":
        if "\n\n" in document.text[document.blocks[at - 1].end : document.blocks[at].start]:
            break
        at -= 1
        number += 1
    return number


def _table(document: Document, lines: Sequence[Line], mark: _Marker) -> Html:
    body: list[Html] = []
    for line in lines:
        is_header = line[0].kind == "header"
        shown = [mark(start, end) for part in line for start, end in _cells(document.text, part)]
        scope = "col" if is_header else None
        name = "th" if is_header else "td"
        body.append(element("tr", *(element(name, c, scope=scope, dir="auto") for c in shown)))
    width = sum(1 for _ in _cells(document.text, lines[0][0]))
    gap = element("tr", element("td", ELLIPSIS, colspan=width), class_="gap")
    rows = _with_gaps(document, lines, body, gap)
    return element("div", element("table", element("tbody", *rows)), class_="table")


def _cells(text: str, row: Slice) -> Iterator[tuple[int, int]]:
    for start, end in cells(row.of(text)):
        yield row.start + start, row.start + end


def _code(document: Document, lines: Sequence[Line], mark: _Marker) -> Html:
    return join(*(element("pre", element("code", mark.line(line))) for line in lines))


_LEFT_OUT = element("li", ELLIPSIS, class_="gap")
_SHOW = {"p": _paragraphs, "ul": _bullets, "ol": _numbers, "table": _table, "pre": _code}
