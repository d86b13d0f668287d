"""What CSV and XLSX share: a header and rows of cells in, rows by column out, and back.

What is written cannot become a formula: `=`, `+`, `-`, `@` at the beginning of a cell go behind an
apostrophe, which reading takes away again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from qa.evaluation import records
from qa.evaluation.questions import Gold, Question
from qa.evaluation.records import Problems

COLUMNS = ("id", "question", "page", "quote", "gold", "tags", "history", "hidden")
STEERING = ("=", "+", "-", "@", "\t", "\r")


def rows(
    header: list[str], lines: Iterable[tuple[int, list[Any]]], problems: Problems
) -> Iterator[tuple[int, dict[str, Any]]]:
    wrong = records.unknown_columns(header)
    if wrong:
        single = len(header) == 1
        problems.note(1, "", wrong + ("; columns are separated by , ; tab or |" if single else ""))
        return
    for line, cells in lines:
        if not any(str(cell or "").strip() for cell in cells):
            continue
        if any(str(cell or "").strip() for cell in cells[len(header) :]):
            what = f"has {len(cells)} cells and the header {len(header)}; put quotes around text"
            problems.note(line, "", f"{what} that holds a separator")
            continue
        yield line, _by_column(header, cells)


def _by_column(header: list[str], cells: list[Any]) -> dict[str, Any]:
    """Of two columns with one name (`quote`, `quote`) both are kept."""
    row: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=False):
        while name in row:
            name += "2"
        row[name] = unsteered(cell) if isinstance(cell, str) else cell
    return row


def cells(question: Question) -> list[str]:
    """A question under COLUMNS, safe in any spreadsheet."""
    values = [
        question.id,
        question.text,
        *_gold(question.gold),
        ", ".join(question.tags),
        _json(question.history),
        _several(question.hidden),
    ]
    return [steered(value) for value in values]


def _gold(gold: tuple[Gold, ...]) -> tuple[str, str, str]:
    """The cells for page, quote and gold: the first two, where these say it all."""
    if not gold:
        return records.NOT_ANSWERED, "", ""
    pages, quotes = [place.page for place in gold], [place.quote for place in gold]
    written = _one_or_all(pages), _one_or_all(quotes)
    if None in written or any(place.context for place in gold):
        return "", "", _json([place.to_json() for place in gold])
    return written[0] or "", written[1] or "", ""


def _one_or_all(texts: list[str | None]) -> str | None:
    """What all golds have in common, or a line for each of them; None when neither can be."""
    if len(set(texts)) == 1:
        texts = texts[:1]
        if texts == [None]:
            return ""
    plain = [text for text in texts if text and records.is_one_cell(text)]
    return _several(plain) if len(plain) == len(texts) else None


def _several(texts: Iterable[str]) -> str:
    return "\n".join(texts)


def _json(values: Sequence[Any]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""


def steered(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(STEERING) else text


def unsteered(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(STEERING) else text
