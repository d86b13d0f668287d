"""The desk: what visitors leave is kept once, masked, sent, exported, deleted, and let go of."""

from __future__ import annotations

import contextlib
import email
import json
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from qa.desk import Desk, open_desk
from qa.desk.database import MIGRATIONS, Database, DeskUnusable
from qa.desk.masking import masked
from qa.desk.messages import REFERENCE, Message, without_query
from qa.desk.privacy import deleted, exported, purge
from qa.desk.webhook import signature
from qa.settings import Settings

ANN = Message(
    name="Ann Example",
    email="ann@shop.example",
    message="Where is my parcel?\nIt was to come on Monday.",
    conversation=({"question": "When does it come?", "answer": "On Monday."},),
    page="https://shop.example/help?session=secret#top",
)
ANSWER = {
    "id": "a" * 32,
    "question": "Is +49 30 1234567 the number of ann@shop.example?",
    "verdict": "none",
    "confidence": 0.1,
    "generation": "1",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as desk:
        yield desk


@contextlib.contextmanager
def opened(store: Path, **given: object) -> Iterator[Desk]:
    desk = open_desk(Settings(store=store, **given))
    yield desk
    desk.close()


def test_it_keeps_a_message_and_gives_a_reference(desk: Desk) -> None:
    stored = desk.messages.add(ANN, "k" * 16)
    assert REFERENCE.fullmatch(stored.reference)
    kept = desk.messages.get(stored.reference.lower())
    assert kept == stored
    assert (kept.message, kept.conversation) == (ANN.message, ANN.conversation)
    assert kept.page == "https://shop.example/help"
    assert desk.messages.all() == [kept]


def test_the_same_message_sent_again_is_kept_once(desk: Desk, tmp_path: Path) -> None:
    with opened(tmp_path) as other, ThreadPoolExecutor(8) as senders:
        desks = [desk, other] * 20
        stored = list(senders.map(lambda d: d.messages.add(ANN, "k" * 16), desks))
    assert len({message.reference for message in stored}) == 1
    assert len(desk.messages.all()) == 1


def test_closing_and_opening_a_message_moves_it(desk: Desk) -> None:
    stored = desk.messages.add(ANN, "k" * 16)
    assert desk.messages.mark(stored.reference, "closed").state == "closed"
    assert desk.messages.all() == []
    assert [m.reference for m in desk.messages.all(("closed",))] == [stored.reference]
    with pytest.raises(ValueError, match="no message has the reference Q-0"):
        desk.messages.mark("Q-0", "closed")


def test_only_its_owner_may_read_the_file(desk: Desk, tmp_path: Path) -> None:
    assert (tmp_path / "desk.sqlite").stat().st_mode & 0o077 == 0


def most_pages(desk: Desk, count: int) -> None:
    """As much room on the disk as so many pages of the file."""
    with desk.database.writing() as connection:
        connection.execute(f"PRAGMA max_page_count = {count}")


def test_a_full_disk_costs_only_what_was_not_acknowledged(desk: Desk) -> None:
    most_pages(desk, 40)
    kept = []
    long = replace(ANN, message="x" * 4000)
    told = ""
    while not told:
        try:
            kept.append(desk.messages.add(long, f"key-{len(kept)}").reference)
        except DeskUnusable as error:
            told = str(error)
    assert re.search(r"desk\.sqlite cannot be used \(.*full\)", told)
    assert 5 < len(kept) < 100
    assert [message.reference for message in desk.messages.all()] == kept
    most_pages(desk, 1000)
    assert desk.messages.add(long, "after").reference in desk.messages.all()[-1].reference


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path, quoth) -> None:
    (tmp_path / "desk.sqlite").write_text("no database, but words\n" * 50, "utf-8")
    done = quoth("inbox", "--store", tmp_path)
    assert done.returncode == 4
    assert done.stderr == (
        f"quoth: {tmp_path}/desk.sqlite cannot be used (file is not a database)\n"
    )


def test_a_file_of_an_older_schema_is_brought_up_and_of_a_newer_refused(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    Database(path).close()
    with contextlib.closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(ValueError, match="written by a newer Quoth"):
        Database(path)


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "desk.sqlite"
    Database(path).close()
    broken = (*MIGRATIONS, "CREATE TABLE more (a); CREATE TABLE more (a)")
    monkeypatch.setattr("qa.desk.database.MIGRATIONS", broken)
    with pytest.raises(DeskUnusable):
        Database(path)
    with contextlib.closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'more'").fetchall() == []


def test_its_secret_is_the_same_for_every_process(desk: Desk, tmp_path: Path) -> None:
    with opened(tmp_path) as other:
        assert desk.database.secret("token") == other.database.secret("token")
    assert len(desk.database.secret("token")) == 32


def test_questions_are_logged_masked_with_the_last_verdict(desk: Desk) -> None:
    desk.questions.add(ANSWER, "https://shop.example/ann@shop.example?token=1")
    assert desk.questions.judge("a" * 32, True, "")
    assert desk.questions.judge("a" * 32, False, "Call 030 1234567, please")
    assert not desk.questions.judge("b" * 32, True, "")
    (row,) = desk.questions.all()
    assert row["question"] == "Is [phone] the number of [e-mail]?"
    assert (row["helpful"], row["reason"]) == (0, "Call [phone], please")
    assert "ann@" not in row["page"]
    assert "token" not in row["page"]


def test_a_log_that_is_switched_off_keeps_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, log_questions=False) as desk:
        desk.questions.add(ANSWER)
        assert desk.questions.all() == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail Ann.Other+x@mail.shop.example!", "mail [e-mail]!"),
        ("ann (at) shop.example", "[e-mail]"),
        ("call +1 (555) 010-9999 now", "call [phone] now"),
        ("030/1234567", "[phone]"),
        ("0049-30-123-4567.", "[phone]."),
        ("card 4111 1111 1111 1111", "card [card]"),
        ("card 4111-1111-1111-1111 until", "card [card] until"),
        ("card 378282246310005", "card [card]"),
        ("number 4111111111111112", "number [number]"),
        ("on 2026-01-15 or 15.01.2026", "on 2026-01-15 or 15.01.2026"),
        ("Python 3.11.7 and 10 of 1500 items", "Python 3.11.7 and 10 of 1500 items"),
        ("error 404 in ISO 27001", "error 404 in ISO 27001"),
        ("version 2.13.0", "version 2.13.0"),
    ],
)
def test_addresses_and_numbers_are_masked_and_nothing_else(text: str, kept: str) -> None:
    assert masked(text) == kept


@given(st.text(max_size=300))
def test_masking_takes_any_text_and_leaves_what_it_masked(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@given(st.from_regex(r"\+?[1-9][0-9]{1,2}[ -][0-9]{3,4}[ -][0-9]{4}", fullmatch=True))
def test_telephone_numbers_are_masked(number: str) -> None:
    assert number not in masked(f"Please call {number} today")


@pytest.mark.parametrize(
    "page", ["javascript:alert(1)", "file:///etc/passwd", "", "http://[", None]
)
def test_only_web_addresses_are_kept_as_pages(page: str | None) -> None:
    assert without_query(page) is None


def test_credentials_in_an_address_are_not_kept() -> None:
    assert (
        without_query("https://ann:secret@shop.example:8443/a?b") == "https://shop.example:8443/a"
    )


def test_everything_of_a_person_is_exported_and_deleted(desk: Desk, tmp_path: Path) -> None:
    stored = desk.messages.add(ANN, "k" * 16)
    other = desk.messages.add(Message("Bo", "bo@shop.example", "Hello"), "l" * 16)
    given = exported(desk.database, "ANN@shop.example")
    assert [m["reference"] for m in given["messages"]] == [stored.reference]
    assert json.loads(json.dumps(given))["messages"][0]["conversation"] == list(ANN.conversation)
    assert exported(desk.database, other.reference.lower())["messages"][0]["name"] == "Bo"
    assert deleted(desk.database, "ann@SHOP.example") == 1
    assert exported(desk.database, stored.reference)["messages"] == []
    assert desk.messages.all() == [other]
    for file in tmp_path.glob("desk.sqlite*"):
        assert b"Where is my parcel" not in file.read_bytes(), file


def test_what_is_too_old_goes_unless_it_is_still_to_be_sent(tmp_path: Path) -> None:
    with opened(tmp_path, **SMTP, smtp_port=9) as desk:
        waiting = desk.messages.add(ANN, "k" * 16)
        sent = desk.messages.add(ANN, "l" * 16)
        new = desk.messages.add(ANN, "m" * 16)
        desk.questions.add(ANSWER)
        with desk.database.writing() as raw:
            raw.execute("UPDATE outbox SET sent_at = '2020' WHERE reference = ?", (sent.reference,))
            old = (waiting.reference, sent.reference)
            raw.execute("UPDATE messages SET at = '2020-01-01' WHERE reference IN (?,?)", old)
            raw.execute("UPDATE questions SET at = '2020-01-01'")
        assert purge(desk.database, 0) == 0
        assert purge(desk.database, 30) == 2
        kept = [message.reference for message in desk.messages.all()]
        assert kept == [waiting.reference, new.reference]
        assert desk.questions.all() == []


# Sending.

SMTP = {
    "smtp_host": "127.0.0.1",
    "smtp_security": "none",
    "mail_from": "Quoth <quoth@shop.example>",
    "mail_to": "owner@shop.example",
}


class _Postbox:
    """A mail server's handler that keeps what it takes, and may turn the first ones away."""

    def __init__(self, refusing: int = 0) -> None:
        self.letters: list[bytes] = []
        self.refusing = refusing

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refusing:
            self.refusing -= 1
            return "451 come back later"
        self.letters.append(envelope.content)
        return "250 taken"


@contextlib.contextmanager
def mail_server(box: _Postbox) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def due_now(desk: Desk) -> None:
    with desk.database.writing() as raw:
        raw.execute("UPDATE outbox SET due = 0")


def test_a_message_reaches_the_owner_by_mail_with_the_conversation(tmp_path: Path) -> None:
    box = _Postbox()
    with mail_server(box) as port, opened(tmp_path, **SMTP, smtp_port=port) as desk:
        stored = desk.messages.add(ANN, "k" * 16)
        assert desk.outbox.send_due() == 1
        assert desk.outbox.send_due() == 0
    (letter,) = (email.message_from_bytes(raw, policy=modern) for raw in box.letters)
    assert letter["Subject"] == f"[{stored.reference}] A question from Ann Example"
    assert letter["Reply-To"] == "Ann Example <ann@shop.example>"
    assert letter["Message-ID"] == f"<{stored.reference.lower()}@shop.example>"
    text = letter.get_content().replace("\r\n", "\n")
    for words in (ANN.message, "When does it come?", "On Monday.", "https://shop.example/help"):
        assert words in text
    assert "session=secret" not in text


def test_nothing_is_lost_while_the_mail_server_is_down(tmp_path: Path) -> None:
    box = _Postbox(refusing=1)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with opened(tmp_path, **SMTP, smtp_port=port) as desk:
        references = [desk.messages.add(ANN, f"{n}" * 16).reference for n in range(3)]
        assert desk.outbox.send_due() == 0
        assert desk.outbox.pending() == 3
        (first, *_) = desk.database.rows("SELECT * FROM outbox")
        assert first["attempts"] == 1
        assert first["due"] > time.time() + 10
        assert "did not take it" in first["error"]
        controller = Controller(box, hostname="127.0.0.1", port=port)
        controller.start()
        due_now(desk)
        assert desk.outbox.send_due() == 2
        due_now(desk)
        assert desk.outbox.send_due() == 1
        assert desk.outbox.pending() == 0
        controller.stop()
    letters = [email.message_from_bytes(raw, policy=modern) for raw in box.letters]
    assert sorted(letter["Message-ID"] for letter in letters) == sorted(
        f"<{reference.lower()}@shop.example>" for reference in references
    )


def test_two_processes_send_a_message_once(tmp_path: Path) -> None:
    box = _Postbox()
    with (
        mail_server(box) as port,
        opened(tmp_path, **SMTP, smtp_port=port) as one,
        opened(tmp_path, **SMTP, smtp_port=port) as other,
    ):
        for number in range(20):
            one.messages.add(ANN, f"key-{number:012}")
        with ThreadPoolExecutor(2) as both:
            sent = list(both.map(lambda desk: desk.outbox.send_due(), (one, other)))
    assert sum(sent) == len(box.letters) == 20


def test_the_outbox_sends_by_itself_and_stops(tmp_path: Path) -> None:
    box = _Postbox()
    with mail_server(box) as port:
        desk = open_desk(Settings(store=tmp_path, **SMTP, smtp_port=port))
        desk.outbox.start()
        desk.messages.add(ANN, "k" * 16)
        for _ in range(100):
            if box.letters:
                break
            time.sleep(0.1)
        desk.close()
    assert len(box.letters) == 1


@pytest.mark.parametrize(
    "name",
    ["Ann\r\nBcc: evil@evil.example", "Ann <evil@evil.example>,", '"\\', "安", "=?utf-8?q?a?="],
)
def test_a_name_cannot_add_to_the_letter(tmp_path: Path, name: str) -> None:
    from qa.web.schema import one_line

    box = _Postbox()
    with mail_server(box) as port, opened(tmp_path, **SMTP, smtp_port=port) as desk:
        desk.messages.add(Message(one_line(name), "ann@shop.example", "Hello"), "k" * 16)
        assert desk.outbox.send_due() == 1
    letter = email.message_from_bytes(box.letters[0], policy=modern)
    assert letter["Bcc"] is None
    assert letter["To"] == "owner@shop.example"
    assert letter["Reply-To"].addresses[0].addr_spec == "ann@shop.example"


def test_spam_is_kept_and_not_sent(tmp_path: Path) -> None:
    with opened(tmp_path, **SMTP, smtp_port=9) as desk:
        desk.messages.add(ANN, "k" * 16, spam=True)
        assert desk.outbox.pending() == 0
        assert desk.messages.all() == []
        assert len(desk.messages.all(("spam",))) == 1


class _Hook(BaseHTTPRequestHandler):
    taken: list[tuple[dict[str, str], bytes]]
    status = 204

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.append((dict(self.headers.items()), body))
        self.send_response(self.status)
        self.send_header("location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextlib.contextmanager
def hook(status: int) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    handler = type("Handler", (_Hook,), {"taken": [], "status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", handler.taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_webhook_is_signed_and_says_which_message_it_is(tmp_path: Path) -> None:
    secret = "a secret of the owner"
    with (
        hook(204) as (url, taken),
        opened(tmp_path, webhook_url=url, webhook_secret=secret) as desk,
    ):
        stored = desk.messages.add(ANN, "k" * 16)
        assert desk.outbox.send_due() == 1
    ((headers, body),) = taken
    assert json.loads(body) == stored.to_json()
    at = int(headers["quoth-signature"].removeprefix("t=").partition(",")[0])
    assert headers["quoth-signature"] == signature(body, secret.encode(), at)
    assert headers["idempotency-key"] == stored.reference
    assert abs(time.time() - at) < 60


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_webhook_that_does_not_take_it_is_tried_again_at_the_same_address(
    tmp_path: Path, status: int
) -> None:
    with (
        hook(status) as (url, taken),
        opened(tmp_path, webhook_url=url, webhook_secret="s" * 16) as desk,
    ):
        desk.messages.add(ANN, "k" * 16)
        assert desk.outbox.send_due() == 0
        due_now(desk)
        assert desk.outbox.send_due() == 0
        assert desk.outbox.pending() == 1
        (row,) = desk.database.rows("SELECT error FROM outbox")
        assert row["error"] == f"the webhook answered {status}"
    assert len(taken) == 2
    assert len({headers["idempotency-key"] for headers, _ in taken}) == 1


@pytest.mark.parametrize(
    ("given_settings", "said"),
    [
        ({"smtp_host": "mail.shop.example"}, "mail_from has to be an e-mail address"),
        ({"smtp_host": "m", "mail_from": "a@b"}, "mail_to has to be an e-mail address"),
        ({"webhook_url": "https://a.example", "webhook_secret": "short"}, "16 characters or more"),
    ],
)
def test_half_a_way_to_send_is_an_error(tmp_path: Path, given_settings, said) -> None:
    with pytest.raises(ValueError, match=said):
        open_desk(Settings(store=tmp_path, **given_settings))


def test_secrets_are_in_no_error_and_no_representation(tmp_path: Path) -> None:
    settings = Settings(
        store=tmp_path, smtp_password="hunter2", webhook_secret="hunter3", metrics_token="hunter4"
    )
    assert "hunter" not in repr(settings)
    from qa.settings import load

    with pytest.raises(ValueError, match="smtp_password to a value that is not shown") as raised:
        load({"smtp_password": 7_123_456}, environment={}, file=tmp_path / "none")
    assert "7123456" not in str(raised.value)
