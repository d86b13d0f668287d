"""Stored messages in, messages sent out: a thread that tries again until each has arrived.

A message is marked as sent after the other side took it. When the process dies in between it is
sent once more, with the same Message-ID and Idempotency-Key: at least once, and told apart.
"""

from __future__ import annotations

import logging
import threading
import time

from qa.desk.database import Database, now
from qa.desk.deliver import Channel, NotSent
from qa.desk.messages import Messages
from qa.desk.privacy import purge

LOOK_EVERY_S = 2.0
PURGE_EVERY_S = 3600.0
FIRST_RETRY_S = 15.0
LAST_RETRY_S = 3600.0
CLAIMED_S = 120.0  # how long another process leaves a message to the one that is sending it

_log = logging.getLogger("quoth")


class Outbox:
    def __init__(
        self, database: Database, channels: tuple[Channel, ...], retention_days: int
    ) -> None:
        self._database = database
        self._channels = {channel.name: channel for channel in channels}
        self._messages = Messages(database)
        self._retention_days = retention_days
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def sends(self) -> bool:
        """Whether there is any way to send; without one, messages wait in `quoth inbox`."""
        return bool(self._channels)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="quoth-outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def pending(self) -> int:
        """How many deliveries are still to be made."""
        found = self._database.rows("SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL")
        return int(found[0]["n"])

    def send_due(self) -> int:
        """Tries every delivery that is due, once; gives how many were made."""
        sent = 0
        while not self._stop.is_set() and (claimed := self._claim()) is not None:
            sent += self._send(*claimed)
        return sent

    def _claim(self) -> tuple[str, str, int] | None:
        """The next delivery, put off for others while it is tried here."""
        marks = ",".join("?" * len(self._channels))
        moment = time.time()
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT reference, channel, attempts FROM outbox WHERE sent_at IS NULL AND due <= ?"
                f" AND channel IN ({marks}) ORDER BY due LIMIT 1",
                (moment, *self._channels),
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE outbox SET due = ?, attempts = attempts + 1"
                " WHERE reference = ? AND channel = ?",
                (moment + CLAIMED_S, row["reference"], row["channel"]),
            )
        return row["reference"], row["channel"], row["attempts"]

    def _send(self, reference: str, channel: str, attempts: int) -> bool:
        try:
            message = self._messages.get(reference)
            self._channels[channel].send(message)
        except NotSent as error:
            self._put_off(reference, channel, attempts, str(error))
            return False
        except Exception as error:
            _log.exception("message %s could not be sent by %s", reference, channel)
            self._put_off(reference, channel, attempts, type(error).__name__)
            return False
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE outbox SET sent_at = ?, error = NULL WHERE reference = ? AND channel = ?",
                (now(), reference, channel),
            )
        return True

    def _put_off(self, reference: str, channel: str, attempts: int, reason: str) -> None:
        wait_s = min(FIRST_RETRY_S * 2 ** min(attempts, 20), LAST_RETRY_S)
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE outbox SET due = ?, error = ? WHERE reference = ? AND channel = ?",
                (time.time() + wait_s, reason, reference, channel),
            )
        _log.warning("message %s is not sent by %s yet: %s", reference, channel, reason)

    def _run(self) -> None:
        purged = 0.0
        while True:
            try:
                if time.monotonic() - purged > PURGE_EVERY_S or not purged:
                    purge(self._database, self._retention_days)
                    purged = time.monotonic()
                if self._channels:
                    self.send_due()
            except Exception:
                _log.exception("the outbox stumbled and goes on")
            if self._stop.wait(LOOK_EVERY_S):
                return
