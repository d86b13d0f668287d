"""The command line: exit statuses, one-line errors, and every odd thing that a folder may hold."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest

from qa import replies


def only_line(done) -> str:
    (line,) = done.stderr.strip().splitlines()
    return line


@pytest.fixture
def indexed(quoth, site, tmp_path) -> Path:
    store = tmp_path / "store"
    assert quoth("index", "--store", store, site).returncode == 0
    return store


def test_index_tells_what_it_read_and_where_it_is(quoth, site, tmp_path):
    (site / "image.png").write_bytes(b"\x89PNG")
    done = quoth("index", "--store", tmp_path / "store", site)
    assert done.returncode == 0, done.stderr
    first, left_out, second, third = done.stdout.splitlines()
    assert left_out.startswith("left out of web pages as navigation and the like: ")
    assert first.startswith("skipped shop/image.png: has the suffix .png; read are ")
    assert second.startswith("3 documents, 7 passages (3 new, 0 changed, 0 gone; 1 file skipped;")
    assert third == f"generation 1 is in {tmp_path / 'store'}"


def test_a_greeting_is_answered_without_a_quote(quoth, indexed):
    done = quoth("ask", "--store", indexed, "Hello!")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == replies.GREETING.text


def test_ask_prints_the_quote_and_its_source(quoth, indexed):
    done = quoth("ask", "--store", indexed, "when do I get my money back")
    assert done.returncode == 0, done.stderr
    assert "The money is paid back within 14 days after the goods have arrived." in done.stdout
    assert "-- Returns › Frequently asked questions › When do I get my money back?" in done.stdout
    assert "https://shop.example/returns" in done.stdout


def test_ask_gives_json_and_does_not_fail_when_the_documents_do_not_say(quoth, indexed):
    done = quoth("ask", "--json", "--store", indexed, "who won the cup final in 1966")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["schema"], answer["verdict"], answer["answer"]) == (1, "none", None)


@pytest.mark.parametrize("question", ["", "🙂", "\x07"])
def test_a_bad_question_is_one_sentence_and_status_2(quoth, indexed, question):
    done = quoth("ask", "--store", indexed, question)
    assert done.returncode == 2
    assert only_line(done).startswith("quoth: The question ")


def test_info_and_verify_tell_about_the_index(quoth, indexed, site):
    told = quoth("info", "--store", indexed).stdout
    assert "3 documents, 7 passages; en (3)" in told
    assert f"shop: {site}" in told
    assert json.loads(quoth("info", "--json", "--store", indexed).stdout)["documents"] == 3
    done = quoth("verify", "--store", indexed)
    assert done.returncode == 0
    assert "3 of 3 documents read again give the stored text" in done.stdout
    next(indexed.glob("generations/1/vectors/*")).write_bytes(b"")
    done = quoth("verify", "--store", indexed)
    assert done.returncode == 4
    assert "is damaged" in only_line(done)


def test_forget_takes_a_root_out(quoth, indexed, site, tmp_path):
    other = tmp_path / "bees.txt"
    other.write_text("Bees make honey from nectar.\n")
    assert quoth("index", "--store", indexed, other).returncode == 0
    part = quoth("forget", "--store", indexed, site / "part")
    assert part.returncode == 2
    assert f"is a part of {site}, which can only go as a whole" in only_line(part)
    assert "3 gone" in quoth("forget", "--store", indexed, site).stdout
    done = quoth("forget", "--store", indexed, "shop")
    assert (done.returncode, only_line(done)) == (
        2,
        f"quoth: shop is not indexed; what is: {other}",
    )


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def test_serving_a_store_that_is_not_there_makes_none(quoth, tmp_path):
    done = quoth("serve", "--port", free_port(), "--store", tmp_path / "mistyped")
    assert done.returncode == 4
    assert "there is no index in" in only_line(done)
    assert not (tmp_path / "mistyped").exists()


def test_serving_with_half_a_mail_server_ends_at_once(quoth, indexed):
    done = quoth("serve", "--port", free_port(), "--store", indexed, QUOTH_SMTP_HOST="mail.example")
    assert done.returncode == 2
    assert "smtp_host is set, so mail_from has to be" in only_line(done)


def test_a_settings_file_that_cannot_be_read_is_an_error(quoth, indexed, tmp_path):
    (tmp_path / "elsewhere" / "quoth.toml").mkdir()
    done = quoth("info", "--store", indexed)
    assert (done.returncode, only_line(done)) == (
        2,
        "quoth: quoth.toml could not be read: Is a directory",
    )


def test_a_store_that_is_no_folder_is_one_sentence_and_status_4(quoth, site, tmp_path):
    file = tmp_path / "file"
    file.touch()
    done = quoth("ask", "--store", file, "anything")
    assert (done.returncode, only_line(done)) == (
        4,
        f"quoth: there is no index in {file}: run `quoth index PATH` first",
    )
    done = quoth("index", "--store", file, site)
    assert (done.returncode, only_line(done)) == (
        4,
        f"quoth: the index in {file} could not be written (Not a directory)",
    )


def test_without_an_index_it_says_what_to_run(quoth):
    serve = ["serve", "--port", free_port()]
    for command in (["ask", "anything"], serve, ["info"], ["verify"]):
        done = quoth(*command)
        assert done.returncode == 4
        assert only_line(done) == "quoth: there is no index in store: run `quoth index PATH` first"
    done = quoth("index")
    assert (done.returncode, only_line(done)) == (
        2,
        "quoth: nothing to index: name a folder or a file",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["index", "nowhere"], "quoth: nowhere: no such file or folder"),
        (["index", "--base-url", "shop.example", "."], "is no http or https address"),
        (["index", "--base-url", "https://a.example", ".", ".."], "and 2 are named: index each"),
        (["ask"], "the following arguments are required: QUESTION"),
        (["askk", "x"], "invalid choice: 'askk'"),
        ([], "required: COMMAND"),
        (["serve", "--port", "99999"], "the command line sets port to 99999"),
        (["ask", "--encoder", "no-such-model", "x"], "no-such-model"),
    ],
)
def test_bad_arguments_are_one_sentence_and_status_2(quoth, arguments, said):
    done = quoth(*arguments)
    assert done.returncode == 2
    assert said in only_line(done)


def test_a_folder_of_odd_things_costs_only_those(quoth, site, tmp_path):
    (tmp_path / "secret.txt").write_text("This lies outside of the root.\n")
    (site / "empty.md").touch()
    (site / "blank.txt").write_text(" \n\t\n")
    (site / "headings.md").write_text("# Only\n\n## Headings\n")
    (site / "binary.md").write_bytes(bytes(range(256)) * 40)
    with (site / "huge.txt").open("wb") as huge:
        huge.truncate(200_000_000)
    (site / "loop").symlink_to(site)
    (site / "out.txt").symlink_to(tmp_path / "secret.txt")
    (site / "dangling.md").symlink_to(site / "nothing")
    os.mkfifo(site / "pipe.md")
    (site / os.fsdecode(b"caf\xe9.md")).write_text("A name that is not UTF-8.\n")
    (site / "deep.html").write_text("<div>" * 20_000 + "deep")
    (site / "utf16.txt").write_bytes("Bees make honey, said in UTF-16.".encode("utf-16"))
    (site / "latin.txt").write_bytes("Das Café öffnet um neun Uhr.".encode("cp1252"))
    started = time.monotonic()
    done = quoth("index", "--store", tmp_path / "store", site)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 60
    skipped = dict(
        line.removeprefix("skipped ").split(": ", 1)
        for line in done.stdout.splitlines()
        if line.startswith("skipped ")
    )
    assert {name.removeprefix("shop/") or name for name in skipped} == {
        "empty.md", "blank.txt", "headings.md", "binary.md", "huge.txt", "loop", "out.txt",
        "dangling.md", "pipe.md", "caf\ufffd.md", "deep.html",
    }  # fmt: skip
    assert "5 documents" in done.stdout
    answer = quoth("ask", "--json", "--store", tmp_path / "store", "wann öffnet das Café")
    assert "Das Café öffnet um neun Uhr." in answer.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_skipped(quoth, site, tmp_path):
    (site / "contact.txt").chmod(0)
    done = quoth("index", "--store", tmp_path / "store", site)
    assert "skipped shop/contact.txt: may not be read" in done.stdout


def test_an_empty_folder_and_one_without_a_readable_file_are_errors(quoth, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    done = quoth("index", empty)
    assert done.returncode == 2
    assert only_line(done).startswith(f"quoth: {empty} holds no document; what is read: .")
    (empty / "a.md").write_bytes(b"\0\1\2")
    done = quoth("index", empty)
    assert done.returncode == 2
    assert "could be read; 1 skipped, first empty/a.md: " in only_line(done)


def test_ten_thousand_files_are_indexed_in_one_go(quoth, tmp_path):
    folder = tmp_path / "many"
    for n in range(100):
        (folder / f"{n:02}").mkdir(parents=True)
        for m in range(100):
            text = f"# Page\n\nThe same text stands in many files, as number {m % 4}.\n"
            (folder / f"{n:02}" / f"{m:02}.md").write_text(text)
    done = quoth("index", "--store", tmp_path / "store", folder)
    assert done.returncode == 0, done.stderr
    assert "10,000 documents, 10,000 passages" in done.stdout
    assert "4 passages encoded" in done.stdout


def test_a_busy_port_is_named(quoth, indexed):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = quoth("serve", "--store", indexed, "--port", str(port))
    assert done.returncode == 2
    assert str(port) in only_line(done)
    assert "--port" in only_line(done)


def test_settings_come_from_file_environment_and_flags_in_that_order(quoth, indexed, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "quoth.toml").write_text('store = "from-file"\n')
    assert "in from-file" in only_line(quoth("info"))
    assert "in from-environment" in only_line(quoth("info", QUOTH_STORE="from-environment"))
    done = quoth("info", "--store", indexed, QUOTH_STORE="from-environment")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("toml", "environment", "said"),
    [
        ("stroe = 1", {}, "quoth.toml sets 'stroe', which is no setting; known: store, "),
        ("port = 'x'", {}, "quoth.toml sets port to 'x'; what would do is a whole number"),
        ("port = ", {}, "quoth.toml is not valid TOML"),
        ("", {"QUOTH_PORTS": "1"}, "the environment sets 'QUOTH_PORTS', which is no setting"),
        ("", {"QUOTH_ANSWER_AT": "2"}, "the environment sets answer_at to '2'; what would do is"),
        ("", {"QUOTH_ENGINE": "fais"}, "no vector engine called 'fais'; known: faiss"),
        ("store = ''", {}, "quoth.toml sets store to ''; what would do is a folder"),
        ("suggest_at = 0.9", {}, "suggest_at (0.9) is above answer_at"),
        ("reader = 'magic'", {}, "no reader called 'magic'; known: "),
    ],
)
def test_a_bad_setting_names_key_value_place_and_what_would_do(
    quoth, indexed, tmp_path, toml, environment, said
):
    (tmp_path / "elsewhere" / "quoth.toml").write_text(toml)
    done = quoth("info", "--store", indexed, **environment)
    assert done.returncode == 2
    assert said in only_line(done)


def test_help_imports_nothing_heavy(quoth):
    done = quoth("--help", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert imported.isdisjoint({"numpy", "torch", "gradio", "onnxruntime", "pydantic", "index"})


def test_asking_imports_neither_torch_nor_gradio(quoth, indexed):
    done = quoth("ask", "--store", indexed, "gift cards", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "onnxruntime" in imported
    assert imported.isdisjoint({"torch", "transformers", "sentence_transformers", "gradio"})
