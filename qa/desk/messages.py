"""Visitors' messages to the owner: each is stored once, with what has to be sent for it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from qa.desk.database import Database, now

State = Literal["open", "closed", "spam"]
# Crockford's digits: none is taken for another when it is read out.
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE = re.compile(rf"Q-[{DIGITS}]{{4}}-[{DIGITS}]{{4}}")


@dataclass(frozen=True, slots=True)
class Message:
    """What a visitor wrote. `conversation` is what they asked before and were shown."""

    name: str
    email: str
    message: str
    conversation: tuple[dict[str, str], ...] = ()
    page: str | None = None
    reference: str = ""
    at: str = ""
    state: State = "open"

    def to_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference,
            "at": self.at,
            "state": self.state,
            "name": self.name,
            "email": self.email,
            "message": self.message,
            "conversation": list(self.conversation),
            "page": self.page,
        }


class Messages:
    def __init__(self, database: Database, channels: tuple[str, ...] = ()) -> None:
        self._database = database
        self._channels = channels

    def add(self, message: Message, key: str, *, spam: bool = False) -> Message:
        """Stores a message and what is to be sent, in one transaction, and gives its reference.

        A second message with the same `key` is the first one sent again: it is not stored.
        """
        message = replace(
            message,
            reference=_reference(),
            at=now(),
            state="spam" if spam else "open",
            page=without_query(message.page),
        )
        with self._database.writing() as connection:
            row = connection.execute("SELECT * FROM messages WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return _message(dict(row))
            connection.execute(
                "INSERT INTO messages VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    message.reference,
                    key,
                    message.at,
                    message.state,
                    message.name,
                    message.email,
                    message.message,
                    json.dumps(message.conversation, ensure_ascii=False),
                    message.page,
                ),
            )
            if not spam:
                connection.executemany(
                    "INSERT INTO outbox (reference, channel) VALUES (?,?)",
                    [(message.reference, channel) for channel in self._channels],
                )
        return message

    def all(self, states: Sequence[State] = ("open",)) -> list[Message]:
        """Messages in these states, oldest first."""
        marks = ",".join("?" * len(states))
        rows = self._database.rows(
            f"SELECT * FROM messages WHERE state IN ({marks}) ORDER BY at, rowid", states
        )
        return [_message(row) for row in rows]

    def get(self, reference: str) -> Message:
        """Raises ValueError when no message has this reference."""
        rows = self._database.rows(
            "SELECT * FROM messages WHERE reference = ?", (reference.upper(),)
        )
        if not rows:
            raise ValueError(f"no message has the reference {reference}")
        return _message(rows[0])

    def mark(self, reference: str, state: State) -> Message:
        message = self.get(reference)
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE messages SET state = ? WHERE reference = ?", (state, message.reference)
            )
        return replace(message, state=state)


def without_query(page: str | None) -> str | None:
    """A page's address without what may name a person or a session; None for no web address.

    >>> without_query("https://shop.example/cart?user=ann#top")
    'https://shop.example/cart'
    """
    try:
        parts = urlsplit(page or "")
        host = parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"


def _reference() -> str:
    digits = "".join(secrets.choice(DIGITS) for _ in range(8))
    return f"Q-{digits[:4]}-{digits[4:]}"


def _message(row: dict[str, Any]) -> Message:
    return Message(
        name=row["name"],
        email=row["email"],
        message=row["message"],
        conversation=tuple(json.loads(row["conversation"])),
        page=row["page"],
        reference=row["reference"],
        at=row["at"],
        state=row["state"],
    )
