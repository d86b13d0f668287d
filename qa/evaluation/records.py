"""Rows with named cells in, Questions out; what is wrong with a row is noted, never guessed.

A cell holds one thing or several, each on its own line or between ` || `. A row names pages, quotes
or both; where it names as many pages as quotes they belong together one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from qa import conversation
from qa.evaluation.questions import Gold, Problem, Question

NOT_ANSWERED = "not answered"
EMPTY = "is empty"
KEPT = 1_000  # problems that are remembered one by one; more are counted

# The names that each column goes by, without case, spaces, hyphens and underscores.
SYNONYMS = {
    "id": "id qid key nr no number questionid",
    "question": "question query q text utterance prompt userquestion frage",
    "gold": "gold expected target",
    "page": "page uri url link source document doc file path title goldpage goldurl golduri "
    "goldsource goldtitle expectedpage",
    "quote": "quote answer answers quotes goldquote goldanswer expectedanswer reference quotedtext",
    "context": "context paragraph",
    "answerable": "answerable hasanswer",
    "unanswerable": "unanswerable isimpossible impossible",
    "tags": "tags tag category categories topic label labels type",
    "history": "history conversation previous",
    "hidden": "hidden hide hiddenpages",
}
_ROLES = {name: role for role, names in SYNONYMS.items() for name in names.split()}
_NONE = {NOT_ANSWERED, "unanswered", "unanswerable", "no answer", "none", "n/a", "na", "-"}
_TRUE = {"true", "yes", "y", "1", "ja", "x"}
_FALSE = {"false", "no", "n", "0", "nein"}
_SEVERAL = re.compile(r"\s*(?:\n|\|\|)\s*")
_TAGS = re.compile(r"\s*[,;\n|]\s*")
_ADDRESS = re.compile(r"https?://\S+|\S+/\S*|\S+\.\w{1,5}")


class Problems(list[Problem]):
    """The problems found so far; `more` counts those beyond what is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.more = 0

    def note(self, line: int, column: str, what: str) -> None:
        if len(self) < KEPT:
            self.append(Problem(line, column, what))
        else:
            self.more += 1


def role(column: str) -> str | None:
    """What a column of this name holds: a key of SYNONYMS, or None."""
    plain = re.sub(r"[\s_\-.]+", "", column).casefold()
    return _ROLES.get(plain) or _ROLES.get(plain.rstrip("0123456789"))


def unknown_columns(columns: Iterable[str]) -> str | None:
    """What is wrong with a header, in a sentence; None when questions can be read under it."""
    names = [name for name in columns if name]
    roles = {role(name) for name in names}
    if "question" not in roles:
        return (
            f"no column is called question (or {', '.join(SYNONYMS['question'].split()[1:4])}); "
            f"the header has {', '.join(map(repr, names[:12])) or 'nothing'}"
        )
    return None


def questions(
    rows: Iterable[tuple[int, Mapping[str, Any]]], problems: Problems, needs_gold: bool = True
) -> Iterator[Question]:
    """The questions of rows, each with its line; a row with a problem gives none."""
    seen: dict[str, int] = {}
    for line, row in rows:
        before = len(problems) + problems.more
        found = _question(line, row, problems, needs_gold)
        first = seen.setdefault(found.id, line)
        if first != line:
            problems.note(line, "id", f"{found.id!r} is also the id of line {first:,}")
        if before == len(problems) + problems.more:
            yield found


def _question(line: int, row: Mapping[str, Any], problems: Problems, needs_gold: bool) -> Question:
    cells = _by_role(row)

    def note(name: str, what: str) -> None:
        column = next((c for c in row if role(c) == name), name)
        problems.note(line, column, what)

    text = " ".join(_texts(cells.get("question", ()), note, "question", split=False)).strip()
    if not any(character.isalnum() for character in text):
        note("question", EMPTY if not text else f"has no word in it: {text[:40]!r}")
    before = len(problems) + problems.more
    gold = _gold(cells, note)
    if gold is None and needs_gold and before == len(problems) + problems.more:
        note(
            "gold",
            f"is missing: name a page or a quote, or write {NOT_ANSWERED!r} when the documents "
            "do not answer",
        )
    ids = _texts(cells.get("id", ()), note, "id", split=False)
    tags = [t for cell in _texts(cells.get("tags", ()), note, "tags") for t in _TAGS.split(cell)]
    return Question(
        id=ids[0] if ids else f"line{line}",
        text=text,
        gold=gold or (),
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        history=_history(cells.get("history", ()), note),
        hidden=tuple(_texts(cells.get("hidden", ()), note, "hidden")),
    )


Note = Callable[[str, str], None]


def _by_role(row: Mapping[str, Any]) -> dict[str, list[Any]]:
    cells: dict[str, list[Any]] = {}
    for column, value in row.items():
        name = role(column)
        if name and value is not None and value != "":
            cells.setdefault(name, []).append(value)
    return cells


def _texts(values: Iterable[Any], note: Note, name: str, split: bool = True) -> list[str]:
    """Every text in cells and in lists in cells."""
    found: list[str] = []
    for value in values:
        if isinstance(value, list):
            found += _texts(value, note, name, split)
        elif isinstance(value, bool | dict):
            note(name, f"is {json.dumps(value)[:40]}, which is no text")
        else:
            text = _whole(value).strip()
            found += [one for one in (_SEVERAL.split(text) if split else [text]) if one]
    return found


def _whole(value: Any) -> str:
    """A cell's text: a spreadsheet's 12.0 is 12."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _gold(cells: Mapping[str, list[Any]], note: Note) -> tuple[Gold, ...] | None:
    """The gold of a row, empty for one that says `not answered`, None for one that says nothing."""
    cells = {**cells, "gold": [_parsed(cell, note, "gold") for cell in cells.get("gold", ())]}
    given = [one for cell in cells["gold"] for one in _listed(cell)]
    whole = [_from_object(one, note) for one in given if isinstance(one, dict)]
    loose = _texts([one for one in given if not isinstance(one, dict)], note, "gold")
    pages = _texts(cells.get("page", ()), note, "page")
    quotes = _texts(cells.get("quote", ()), note, "quote")
    refused = _refused(cells, note) or [] in cells.get("gold", ())
    said = [*loose, *pages, *quotes]
    if any(one.casefold() in _NONE for one in said):
        refused = True
    loose, pages, quotes = (
        [one for one in texts if one.casefold() not in _NONE] for texts in (loose, pages, quotes)
    )
    whole += [Gold(page=o) if _ADDRESS.fullmatch(o) else Gold(quote=o) for o in loose]
    contexts = _texts(cells.get("context", ()), note, "context", split=False)
    whole += _paired(pages, quotes, contexts[0] if contexts else None, note)
    if refused and whole:
        note("gold", f"says {NOT_ANSWERED!r} and names what answers; it must do one of both")
    return tuple(dict.fromkeys(whole)) or (() if refused else None)


def is_one_cell(text: str) -> bool:
    """Whether a text, written into a cell, is read again as that one text."""
    return _SEVERAL.split(text.strip()) == [text] and text.casefold() not in _NONE


def _listed(cell: Any) -> list[Any]:
    return cell if isinstance(cell, list) else [cell]


def _from_object(value: dict[str, Any], note: Note) -> Gold:
    parts: dict[str, str] = {}
    for key, one in value.items():
        name = "quote" if key == "text" else role(key)
        if name in ("page", "quote", "context") and isinstance(one, str) and one.strip():
            parts.setdefault(name, one.strip())
    if not parts.keys() & {"page", "quote"}:
        note("gold", f"{json.dumps(value, ensure_ascii=False)[:60]} has neither a page nor a quote")
    return Gold(**parts)


def _refused(cells: Mapping[str, list[Any]], note: Note) -> bool:
    for name, meaning in (("answerable", _FALSE), ("unanswerable", _TRUE)):
        for value in cells.get(name, ()):
            said = _whole(value).strip().casefold()
            if said not in _TRUE | _FALSE:
                note(name, f"is {said[:40]!r}; what would do is yes or no")
            if said in meaning:
                return True
    return False


def _paired(pages: list[str], quotes: list[str], context: str | None, note: Note) -> list[Gold]:
    if not quotes:
        return [Gold(page=page) for page in pages]
    if len(pages) <= 1:
        return [Gold(pages[0] if pages else None, quote, context) for quote in quotes]
    if len(pages) == len(quotes):
        return [Gold(page, quote, context) for page, quote in zip(pages, quotes, strict=True)]
    if len(quotes) == 1:
        return [Gold(page, quotes[0], context) for page in pages]
    note("quote", f"{len(pages)} pages and {len(quotes)} quotes: give as many of one as the other")
    return []


def _history(values: Iterable[Any], note: Note) -> tuple[Any, ...]:
    """The turns before, as `Assistant.ask` takes them; a text alone is what was asked."""
    turns = [turn for value in values for turn in _listed(_parsed(value, note, "history"))]
    turns = [{"question": turn} if isinstance(turn, str) else turn for turn in turns]
    try:
        conversation.turns(turns)
    except ValueError as error:
        note("history", f"cannot be used: {error}")
    return tuple(turns)


def _parsed(cell: Any, note: Note, name: str) -> Any:
    """A cell that begins like a JSON list as that list, any other as it is."""
    if not isinstance(cell, str) or not cell.lstrip().startswith(("[{", '["', "[]")):
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        note(name, f"is no JSON list: {cell[:40]!r}")
        return []
