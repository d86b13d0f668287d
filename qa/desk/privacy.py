"""What is stored about a person in, an export of it or its deletion out; and what is too old."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from qa.desk.database import Database


def exported(database: Database, person: str) -> dict[str, Any]:
    """Everything stored under an e-mail address or a message's reference."""
    messages = database.rows(
        "SELECT reference, at, state, name, email, message, conversation, page FROM messages"
        " WHERE reference = ? OR email = ? COLLATE NOCASE ORDER BY at",
        (person.upper(), person),
    )
    for message in messages:
        message["conversation"] = json.loads(message["conversation"])
        message["deliveries"] = database.rows(
            "SELECT channel, attempts, sent_at FROM outbox WHERE reference = ?",
            (message["reference"],),
        )
    return {"person": person, "messages": messages}


def deleted(database: Database, person: str) -> int:
    """Deletes the messages of an e-mail address or with a reference; gives how many there were."""
    with database.writing() as connection:
        count = connection.execute(
            "DELETE FROM messages WHERE reference = ? OR email = ? COLLATE NOCASE",
            (person.upper(), person),
        ).rowcount
    database.tidy()
    return int(count)


def purge(database: Database, days: int) -> int:
    """Deletes what is older than `days`, except messages that are still to be sent; 0 keeps all."""
    if not days:
        return 0
    before = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with database.writing() as connection:
        count = connection.execute("DELETE FROM questions WHERE at < ?", (before,)).rowcount
        count += connection.execute(
            "DELETE FROM messages WHERE at < ? AND reference NOT IN"
            " (SELECT reference FROM outbox WHERE sent_at IS NULL)",
            (before,),
        ).rowcount
    if count:
        database.tidy()
    return int(count)
