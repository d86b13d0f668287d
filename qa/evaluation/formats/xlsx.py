"""The first sheet of an XLSX workbook. A formula is never computed: its saved value is read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from qa.evaluation import records
from qa.evaluation.formats import _table
from qa.evaluation.questions import Question
from qa.evaluation.records import Problems

SUFFIXES = (".xlsx",)
UNSAVED = "is a formula without a saved value: open the workbook in a spreadsheet and save it"


def rows(path: Path, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, OSError) as error:
        raise ValueError(f"{path} is no XLSX workbook: {error}") from None
    try:
        lines = ((n, list(cells)) for n, cells in enumerate(sheet.iter_rows(values_only=True), 1))
        header = next((cells for _, cells in lines if any(cells)), [])
        yield from _table.rows([str(cell or "").strip() for cell in header], lines, problems)
    finally:
        book.close()
    _explain(path, problems)


def _explain(path: Path, problems: Problems) -> None:
    """Says of a cell that looks full and is empty what it lacks."""
    empty = {problem.line for problem in problems if problem.what == records.EMPTY}
    if not empty:
        return
    book = load_workbook(path, read_only=True, keep_links=False)
    lines = enumerate(book.worksheets[0].iter_rows(values_only=True), 1)
    formulas = {n for n, cells in lines if n in empty and any(map(_is_formula, cells))}
    book.close()
    for at, problem in enumerate(problems):
        if problem.line in formulas and problem.what == records.EMPTY:
            problems[at] = replace(problem, what=UNSAVED)


def _is_formula(cell: Any) -> bool:
    return isinstance(cell, str) and cell.startswith("=")


def write(path: Path, questions: Iterable[Question]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("questions")
    sheet.append(list(_table.COLUMNS))
    for question in questions:
        row = []
        for text in _table.cells(question):
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"  # text, whatever it looks like
            row.append(cell)
        sheet.append(row)
    book.save(path)
