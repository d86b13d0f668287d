"""The law: what is shown is a slice of what the source's bytes say."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import Document, Unreadable, formats
from corpus.sandbox import Sandbox
from index.build import update
from index.files import Store
from qa import citation, open_store
from qa.settings import Settings
from qa.verify import verified

QUESTIONS = [
    "What is the Budapest Convention?",
    "how many colours of notice are there",
    "how do I bake bread",
    "steps to accede to budapest convention",
    "difference between ratification and accession",
    "Can a state make a reservation?",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_part_of_every_quote_is_a_slice_of_the_source_read_again(
    assistant, sample: Path, question
):
    answer = assistant.ask(question).to_json()
    quotes = answer["quotes"] + answer["closest"]
    assert quotes
    for quote in quotes:
        data = (sample.parent / quote["uri"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == quote["sha256"]
        text = formats.load("markdown").read(data, quote["uri"]).text
        for part in [*quote["parts"], quote["exact"], quote["passage"]]:
            assert text[part["start"] : part["end"]] == part["text"] != ""
        assert quote["before"] + quote["marked"] + quote["after"] == quote["sentence"]
        assert quote["marked"] == quote["exact"]["text"]


TAMPERED = {
    "a changed letter": lambda q: q["parts"][0].update(text=q["parts"][0]["text"] + "."),
    "a shifted offset": lambda q: q["exact"].update(start=q["exact"]["start"] + 1),
    "an invented sentence": lambda q: q.update(
        sentence="All is well.", before="", marked="All is well.", after=""
    ),
    "marks that are not the exact words": lambda q: q.update(marked=q["marked"][:-1]),
    "a passage of elsewhere": lambda q: q["passage"].update(end=q["passage"]["end"] + 5),
    "a document that is not indexed": lambda q: q.update(uri="sample/none.md"),
    "an empty part": lambda q: q["parts"][0].update(text="", end=q["parts"][0]["start"]),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_an_answer_that_is_not_in_its_source_is_never_sent(assistant, kind):
    payload = assistant.ask("What is extradition?").to_json()
    citation.check(payload, assistant.document)
    tampered = copy.deepcopy(payload)
    TAMPERED[kind](tampered["quotes"][0])
    with pytest.raises(citation.NotASlice):
        citation.check(tampered, assistant.document)


def test_ask_itself_checks_what_it_returns(sample_store, monkeypatch):
    opened = open_store(sample_store)
    monkeypatch.setattr(opened.index.texts, "document", lambda uri: None)
    with pytest.raises(citation.NotASlice):
        opened.ask("What is extradition?")


TEXTS = st.lists(
    st.sampled_from(
        ["a", "B", "é", "e\u0301", "ﬁ", "🙂", "👩\u200d👩\u200d👧", "\u0301", "\n", "\r\n", "\r",
         " ", "\t", "\u00a0", "\u200b", "\ufeff", "&amp;", "&#233;", "&lt;", "<b>", "</p>", "#",
         "- ", "* ", "|", "`", "1. ", "---\n", ":", ".", "漢字", "\u202e", "\x00", "\x0c", "\u2028",
         "["]
    ),
    max_size=120,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("name", formats.known())
@settings(max_examples=150, deadline=None)
@given(text=TEXTS, long=st.booleans())
def test_the_same_bytes_give_the_same_text_and_every_block_is_a_slice(name, text, long):
    data = (text * 200 if long else text).encode()
    reader = formats.load(name)
    try:
        document = reader.read(data, "page")
    except Unreadable:
        return
    again = reader.read(data, "page")
    assert document == again
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    stored = Document.from_json(json.loads(json.dumps(document.to_json(), ensure_ascii=False)))
    assert stored == document
    for block in document.blocks:
        assert document.text[block.start : block.end].strip()
    document.text.encode("utf-8")


def test_stored_text_is_exactly_what_its_source_gives(tmp_path, encoder, site):
    nasty = (
        "Caf\u00e9 and Cafe\u0301 \U0001f469\u200d\U0001f469 &amp; co.\r\n\r\nA line\u2028more.\r\n"
    )
    (site / "nasty.md").write_bytes(nasty.encode())
    (site / "nasty.txt").write_bytes(nasty.encode())
    (site / "nasty.html").write_bytes(f"<p>{nasty}</p>".encode())
    update(Store(tmp_path / "store"), encoder, [site])
    outcome = verified(Settings(store=tmp_path / "store"))
    assert outcome.holds
    assert outcome.counts == {"same": 6}


def test_verify_tells_changed_missing_and_differing_documents(tmp_path, encoder, site, monkeypatch):
    store = tmp_path / "store"
    update(Store(store), encoder, [site])
    (site / "returns.md").write_text("# Other\n\nText.\n")
    (site / "contact.txt").unlink()
    outcome = verified(Settings(store=store))
    assert outcome.holds
    assert outcome.counts == {"same": 1, "changed": 1, "missing": 1}
    assert "shop/returns.md has changed" in outcome.told()

    original = Sandbox.read

    def differs(self, format_name, data, uri):
        document = original(self, format_name, data, uri)
        return Document.from_json(document.to_json() | {"text": document.text + " "})

    monkeypatch.setattr(Sandbox, "read", differs)
    assert not verified(Settings(store=store)).holds


def test_a_changed_source_is_marked_and_a_missing_one_still_served(tmp_path, encoder, site):
    update(Store(tmp_path / "store"), encoder, [site])
    opened = open_store(tmp_path / "store")
    question = "What is the address of the shop for letters, Postbus?"

    def state() -> str:
        answer = opened.ask(question)
        shown = {q.passage.document.uri: q for q in (*answer.quotes, *answer.closest)}
        return shown["shop/contact.txt"].state

    contact = site / "contact.txt"
    original = contact.read_bytes()
    assert state() == "current"
    contact.write_bytes(original.replace(b"71", b"72"))
    assert state() == "changed"
    contact.write_bytes(original)
    assert state() == "current"
    contact.unlink()
    assert state() == "missing"
