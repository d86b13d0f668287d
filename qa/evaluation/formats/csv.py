"""CSV with a comma, semicolon, tab or | between its cells, in UTF-8 or an encoding of Excel's."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from corpus.decoding import BYTE_ORDER_MARKS, decode
from qa.evaluation import records
from qa.evaluation.formats import _table
from qa.evaluation.questions import Question
from qa.evaluation.records import Problems

SUFFIXES = (".csv", ".tsv")
SEPARATORS = ",;\t|"
SAMPLED = 1 << 20  # bytes from which the encoding is told


def rows(path: Path, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as file:
        encoding = _encoding(file.read(SAMPLED))
    with path.open(encoding=encoding, newline="") as file:
        lines = _decoded(file, path, encoding)
        first = next(lines, "")
        reader = csv.reader(chain([first], lines), delimiter=_separator(first), strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            yield from _table.rows(header, _numbered(reader), problems)
        except csv.Error as error:
            problems.note(reader.line_num, "", f"is no CSV: {error}")


def write(path: Path, questions: Iterable[Question]) -> None:
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # Excel needs the mark
        writer = csv.writer(file, delimiter=separator, lineterminator="\r\n")
        writer.writerow(_table.COLUMNS)
        for question in questions:
            writer.writerow(_table.cells(question))


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line that it begins on."""
    line = reader.line_num + 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def _encoding(sample: bytes) -> str:
    for mark, marked in BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return "utf-8-sig" if marked == "utf-8" else marked[: len("utf-16")]
    whole = sample if len(sample) < SAMPLED else sample[: sample.rfind(b"\n") + 1]
    text = decode(whole)  # as any source is decoded, with the same errors
    return "utf-8" if text.encode("utf-8", "surrogatepass") == whole else "cp1252"


def _decoded(file: Iterable[str], path: Path, encoding: str) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not all {encoding} ({error.reason}); save it as UTF-8"
        ) from None


def _separator(header: str) -> str:
    """The separator under which a header has most columns that are known."""

    def known(separator: str) -> int:
        names = next(csv.reader([header], delimiter=separator), [])
        return sum(records.role(name.strip()) is not None for name in names)

    return max(SEPARATORS, key=known)
