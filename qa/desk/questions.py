"""Questions with what came of them, and verdicts on answers, masked before they are stored."""

from __future__ import annotations

from typing import Any

from qa.desk.database import Database, now
from qa.desk.masking import masked
from qa.desk.messages import without_query


class Questions:
    """A log that keeps nothing when it is switched off (`kept` is False)."""

    def __init__(self, database: Database, *, kept: bool) -> None:
        self._database = database
        self.kept = kept

    def add(self, answer: dict[str, Any], page: str | None = None) -> None:
        """`answer` is the JSON that `docs/answer.md` describes; of it, no quote is kept."""
        if not self.kept:
            return
        row = (
            answer["id"],
            now(),
            masked(answer["question"]),
            answer["verdict"],
            answer["confidence"],
            answer["generation"],
            masked(without_query(page) or "") or None,
        )
        with self._database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO questions VALUES (?,?,?,?,?,?,?)", row)

    def judge(self, id: str, helpful: bool, reason: str) -> bool:
        """Keeps a visitor's last word on an answer; False when there is no such answer."""
        with self._database.writing() as connection:
            known = connection.execute("SELECT 1 FROM questions WHERE id = ?", (id,)).fetchone()
            if known is None:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?,?,?,?)",
                (id, now(), int(helpful), masked(reason)),
            )
        return True

    def all(self) -> list[dict[str, Any]]:
        """Every question with its feedback, oldest first."""
        return self._database.rows(
            "SELECT q.id, q.at, q.question, q.verdict, q.confidence, q.page, f.helpful, f.reason"
            " FROM questions q LEFT JOIN feedback f ON f.id = q.id ORDER BY q.at, q.rowid"
        )
