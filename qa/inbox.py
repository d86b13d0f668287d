"""quoth inbox: what visitors wrote, shown, closed, exported and deleted."""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.desk import Desk
    from qa.desk.messages import Message
    from qa.settings import Settings

STEERING = tuple("=+-@\t\r\n|%")
COLUMNS = ("reference", "at", "state", "name", "email", "message", "page")
# Not `page`, which in a test set is the page that answers.
QUESTION_COLUMNS = (
    "id", "at", "question", "verdict", "confidence", "asked_from", "helpful", "reason",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=("list", "show", "close", "open", "export", "questions", "delete"),
        help="list (the default); show, close or open one; export all, or all of one person; "
        "questions: export what was asked; delete one, or all of one person",
    )
    parser.add_argument("who", nargs="?", metavar="REFERENCE|E-MAIL")
    parser.add_argument("--all", action="store_true", help="list closed messages and spam too")
    parser.add_argument("--json", action="store_true", help="JSON instead of lines or CSV")


def run(given: argparse.Namespace, settings: Settings) -> str:
    """What a command prints. Raises ValueError in a sentence."""
    from qa.desk import open_desk

    if given.action in ("show", "close", "open", "delete") and not given.who:
        also = " or an e-mail address" if given.action == "delete" else ""
        raise ValueError(f"quoth inbox {given.action} has to be told which: give a reference{also}")
    if not Path(settings.store).is_dir():
        raise ValueError(f"there is no store in {settings.store}: name it with --store DIR")
    desk = open_desk(settings)
    try:
        return _ACTIONS[given.action](desk, given)
    finally:
        desk.close()


def _list(desk: Desk, given: argparse.Namespace) -> str:
    messages = desk.messages.all(("open", "closed", "spam") if given.all else ("open",))
    if given.json:
        return _json([message.to_json() for message in messages])
    if not messages:
        return "no messages" if given.all else "no open messages"
    return "\n".join(_line(message) for message in messages)


def _line(message: Message) -> str:
    first = printable(message.message.split("\n")[0])
    state = "" if message.state == "open" else f" ({message.state})"
    shown = first if len(first) <= 60 else first[:59] + "…"
    who = f"{printable(message.name)} <{printable(message.email)}>"
    return f"{message.reference}  {message.at[:16].replace('T', ' ')}  {who}{state}: {shown}"


def _show(desk: Desk, given: argparse.Namespace) -> str:
    from qa.desk.deliver import as_text

    message = desk.messages.get(given.who)
    if given.json:
        return _json(message.to_json())
    sent = desk.database.rows(
        "SELECT channel, sent_at, attempts, error FROM outbox WHERE reference = ?",
        (message.reference,),
    )
    told = [
        f"{row['channel']}: "
        + (f"sent {row['sent_at']}" if row["sent_at"] else f"not sent yet, {_tries(row)}")
        for row in sent
    ]
    text = "\n".join(printable(line) for line in as_text(message).rstrip().split("\n"))
    return "\n".join([text, "", f"State: {message.state}", *told])


def _tries(row: dict[str, Any]) -> str:
    error = f": {row['error']}" if row["error"] else ""
    return f"tried {row['attempts']} times{error}"


def _close(desk: Desk, given: argparse.Namespace) -> str:
    message = desk.messages.mark(given.who, "closed" if given.action == "close" else "open")
    return f"{message.reference} is {message.state}"


def _export(desk: Desk, given: argparse.Namespace) -> str:
    from qa.desk.privacy import exported

    if given.who:
        return _json(exported(desk.database, given.who))
    messages = [message.to_json() for message in desk.messages.all(("open", "closed", "spam"))]
    return _json(messages) if given.json else as_csv(messages, COLUMNS)


def _questions(desk: Desk, given: argparse.Namespace) -> str:
    rows = desk.questions.all()
    if given.json:
        return _json(rows)
    return as_csv([{**row, "asked_from": row["page"]} for row in rows], QUESTION_COLUMNS)


def _delete(desk: Desk, given: argparse.Namespace) -> str:
    from qa.desk.privacy import deleted

    count = deleted(desk.database, given.who)
    if not count:
        raise ValueError(f"nothing is stored under {given.who}")
    return f"deleted {count} message{'s' if count > 1 else ''}"


_ACTIONS = {
    "list": _list,
    "show": _show,
    "close": _close,
    "open": _close,
    "export": _export,
    "questions": _questions,
    "delete": _delete,
}


def as_csv(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    """CSV whose cells no spreadsheet takes for formulas."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([neutral(row[column]) for column in columns])
    return made.getvalue().rstrip("\n")


def neutral(cell: object) -> object:
    """
    >>> neutral("=1+1"), neutral(" @a"), neutral(0.5)
    ("'=1+1", "' @a", 0.5)
    """
    if isinstance(cell, str) and (cell.startswith(STEERING) or cell.strip().startswith(STEERING)):
        return f"'{cell}"
    return "" if cell is None else cell


def printable(text: str) -> str:
    """Without the characters that would steer the terminal."""
    return "".join(character for character in text if character.isprintable())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
