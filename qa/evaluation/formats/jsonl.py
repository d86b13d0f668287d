"""JSONL: one object a line, with the columns' names as keys and gold as a list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from qa.evaluation import records
from qa.evaluation.questions import Question
from qa.evaluation.records import Problems

SUFFIXES = (".jsonl", ".ndjson")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def rows(path: Path, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as file:
        for line, data in enumerate(file, 1):
            if not data.strip():
                continue
            try:
                value = json.loads(data.removeprefix(BYTE_ORDER_MARK).decode())
            except json.JSONDecodeError as error:
                problems.note(line, str(error.colno), f"is no JSON: {error.msg}")
            except UnicodeDecodeError as error:
                problems.note(line, str(error.start + 1), "is no UTF-8")
            except RecursionError:
                problems.note(line, "", "is nested too deeply")
            else:
                if wrong := _wrong(value):
                    problems.note(line, "", wrong)
                else:
                    yield line, value


def write(path: Path, questions: Iterable[Question]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for question in questions:
            file.write(json.dumps(question.to_json(), ensure_ascii=False) + "\n")


def _wrong(value: Any) -> str | None:
    if not isinstance(value, dict):
        return f"is no object: {json.dumps(value, ensure_ascii=False)[:40]}"
    wrong = records.unknown_columns(value)
    return wrong and wrong.replace("column", "key").replace("header", "object")
