"""What visitors leave behind: messages to the owner, questions, feedback; and what is to be sent.

`open_desk` is the way in; one SQLite file holds everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qa.desk.database import Database
from qa.desk.deliver import Channel
from qa.desk.mail import Mail
from qa.desk.messages import Messages
from qa.desk.outbox import Outbox
from qa.desk.questions import Questions
from qa.desk.webhook import Webhook
from qa.settings import Settings

__all__ = ["Desk", "open_desk"]

FILE = "desk.sqlite"


@dataclass(frozen=True, slots=True)
class Desk:
    """Safe to share between threads, and between processes that open the same file."""

    database: Database
    messages: Messages
    questions: Questions
    outbox: Outbox

    def close(self) -> None:
        self.outbox.stop()
        self.database.close()


def open_desk(settings: Settings) -> Desk:
    """The desk of a store, made when it is not there. Nothing is sent before `outbox.start()`.

    Raises ValueError when half of a way to send messages is set.
    """
    channels = _channels(settings)
    database = Database(Path(settings.store) / FILE)
    return Desk(
        database,
        Messages(database, tuple(channel.name for channel in channels)),
        Questions(database, kept=settings.log_questions),
        Outbox(database, channels, settings.retention_days),
    )


def _channels(settings: Settings) -> tuple[Channel, ...]:
    channels: list[Channel] = []
    if settings.smtp_host:
        for name in ("mail_from", "mail_to"):
            if "@" not in getattr(settings, name):
                raise ValueError(f"smtp_host is set, so {name} has to be an e-mail address")
        channels.append(Mail(settings))
    if settings.webhook_url:
        if len(settings.webhook_secret) < 16:
            raise ValueError(
                "webhook_url is set, so webhook_secret has to be set too, to 16 characters or more"
            )
        channels.append(Webhook(settings.webhook_url, settings.webhook_secret))
    return tuple(channels)
