"""A message in, an e-mail to the owner out, by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from qa.desk.deliver import TIMEOUT_S, NotSent, as_text
from qa.desk.messages import Message
from qa.settings import Settings


class Mail:
    name = "mail"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, message: Message) -> None:
        settings = self._settings
        try:
            with self._connected() as server:
                if settings.smtp_user:
                    server.login(settings.smtp_user, settings.smtp_password)
                server.send_message(letter(message, settings.mail_from, settings.mail_to))
        except smtplib.SMTPAuthenticationError as error:
            raise NotSent(f"the mail server refused the login ({error.smtp_code})") from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"the mail server answered {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"the mail server did not take it ({type(error).__name__})") from None

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        where = settings.smtp_host, settings.smtp_port
        context = ssl.create_default_context()
        if settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(*where, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(*where, timeout=TIMEOUT_S)
        if settings.smtp_security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


def letter(message: Message, sender: str, to: str) -> EmailMessage:
    """The same message is the same letter every time: its Message-ID is its reference.

    A mail server that was handed it twice, because the first time ended in the dark, can tell.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2]
    made = EmailMessage()
    made["Subject"] = f"[{message.reference}] A question from {message.name}"
    made["From"] = sender
    made["To"] = to
    made["Reply-To"] = Address(message.name, addr_spec=message.email)
    made["Message-ID"] = f"<{message.reference.lower()}@{domain}>"
    made["Date"] = format_datetime(
        datetime.strptime(message.at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    )
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(as_text(message))
    return made
