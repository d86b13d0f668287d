"""Asking: what a visitor gets for good questions, hopeless ones and bad ones."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from pages import document

from index.build import update
from index.files import Store
from qa import open_store
from qa.assemble import FollowingAssistant
from qa.examples import _is_a_term
from qa.settings import Settings
from qa.terminal import told


@pytest.fixture
def shop(tmp_path: Path, encoder, site):
    update(Store(tmp_path / "store"), encoder, [site])
    return open_store(tmp_path / "store")


@pytest.fixture
def willing(shop, tmp_path: Path):
    """The shop's assistant, which shows its best place however unsure it is."""
    return open_store(tmp_path / "store", answer_at=0.0, suggest_at=0.0)


def test_an_answer_has_every_field_of_schema_1(assistant):
    answer = assistant.ask("What is extradition?").to_json()
    assert list(answer) == [
        "schema", "id", "question", "verdict", "answered", "answer", "confidence", "calibrated",
        "reason", "quotes", "closest", "generation", "models", "notices", "timing_ms",
    ]  # fmt: skip
    assert (answer["schema"], answer["verdict"], answer["answered"]) == (1, "answered", True)
    assert 0 <= answer["confidence"] <= 1
    assert answer["calibrated"] is True
    assert list(answer["quotes"][0]) == [
        "role", "parts", "exact", "before", "marked", "after", "sentence", "passage", "uri", "url",
        "link", "title", "heading", "anchor", "page", "updated", "language", "sha256", "state",
    ]  # fmt: skip
    assert answer["quotes"][0]["uri"] == "sample/extradition.md"
    assert answer["answer"] == answer["quotes"][0]["exact"]["text"]


def test_the_exact_words_are_marked_in_their_whole_sentence(shop):
    answer = shop.ask("when do I get my money back").to_json()
    sentence = "The money is paid back within 14 days after the goods have arrived."
    quote = answer["quotes"][0]
    assert "14 days" in answer["answer"]
    assert quote["sentence"] == sentence
    assert quote["before"] + quote["marked"] + quote["after"] == sentence
    assert quote["heading"][-1] == "When do I get my money back?"


def test_without_the_trained_reader_the_whole_sentence_is_marked(tmp_path, shop):
    opened = open_store(tmp_path / "store", reader="sentences")
    answer = opened.ask("when do I get my money back")
    assert answer.text == "The money is paid back within 14 days after the goods have arrived."
    assert answer.calibrated is False


def test_a_sentence_that_introduces_a_list_brings_the_list(shop):
    answer = shop.ask("which goods cannot be sent back").to_json()
    kinds = [(part["kind"], part["text"]) for part in answer["quotes"][0]["parts"]]
    assert kinds == [
        ("sentence", "These goods cannot be sent back:"),
        ("item", "opened software;"),
        ("item", "flowers and plants;"),
        ("item", "gift cards."),
    ]


INTRODUCED = """# Setting up

To install the pump driver, type this line:

```
apt install pump-driver
  --with-valves
```

Then start it again. The valves of the pump come in these sizes:

| Size | Weight |
|---|---|
| small | 2 kg |
| large | 9 kg |

| Colour |
|---|
| red |
"""


def test_a_sentence_that_introduces_code_or_a_table_brings_it(tmp_path, encoder):
    (tmp_path / "pump.md").write_text(INTRODUCED)
    update(Store(tmp_path / "store"), encoder, [tmp_path / "pump.md"])
    opened = open_store(tmp_path / "store", answer_at=0.0, suggest_at=0.0)
    answer = opened.ask("how do I install the pump driver")
    code = "apt install pump-driver\n  --with-valves"
    parts = answer.to_json()["quotes"][0]["parts"]
    assert [(part["kind"], part["text"]) for part in parts][-1] == ("code", code)
    assert parts[0]["text"] == "To install the pump driver, type this line:"
    assert "    apt install pump-driver\n      --with-valves\n" in told(answer)
    parts = opened.ask("what sizes do the valves of the pump come in").to_json()["quotes"][0][
        "parts"
    ]
    assert [part["text"] for part in parts] == [
        "The valves of the pump come in these sizes:", "Size | Weight", "small | 2 kg",
        "large | 9 kg",
    ]  # fmt: skip


def test_a_sentence_that_is_longer_than_a_passage_is_marked_whole(tmp_path, encoder):
    parts = ", ".join(f"part number {n} of the engine" for n in range(90))
    sentence = f"The kit holds {parts} and a wrench for the flywheel."
    (tmp_path / "kit.txt").write_text(f"{sentence}\n")
    update(Store(tmp_path / "store"), encoder, [tmp_path / "kit.txt"])
    opened = open_store(tmp_path / "store", reader="sentences")
    answer = opened.ask("is there a wrench for the flywheel")
    for quote in (*answer.quotes, *answer.closest):
        assert quote.exact.of(quote.passage.document.text) == sentence


def test_a_row_is_shown_with_its_header(willing):
    answer = willing.ask("days and fee for returns from Japan").to_json()
    parts = [(part["kind"], part["text"]) for part in answer["quotes"][0]["parts"]]
    assert parts == [("header", "Country | Days | Fee"), ("row", "Japan | 45 | 25 euros")]


def test_the_terminal_says_where_rows_are_left_out(willing):
    japan, norway = (
        told(willing.ask(f"days and fee for returns from {country}"))
        for country in ("Japan", "Norway")
    )
    assert "Country | Days | Fee\n…\nJapan | 45 | 25 euros\n" in japan
    assert "Country | Days | Fee\nNorway | 30 | 12 euros\n" in norway


def test_the_terminal_says_that_documents_differ(assistant):
    answer = assistant.ask("How many states are parties to the Budapest Convention?")
    assert {quote.role for quote in answer.quotes} == {"answer", "differs"}
    first, _, others = told(answer).partition("\n\nThe documents differ:\n\n")
    assert "had 76 parties as of October 2024" in first
    assert "had 75 parties as of 20 June 2024" in others
    assert "Also:" not in others


def test_every_quote_opens_its_source(shop):
    links = {
        q: shop.ask(q).to_json()["quotes"][0]
        for q in ("when do I get my money back", "what does an express parcel cost")
    }
    money, express = links.values()
    assert money["link"].startswith("https://shop.example/returns#")
    assert express["link"] == (
        f"source/shop/help/shipping.html?start={express['exact']['start']}"
        f"&end={express['exact']['end']}#quote"
    )


@pytest.mark.parametrize(
    "question",
    ["how do I bake bread", "who won the cup final in 1966", "数据库在哪里", "qwxz vbnm"],
)
def test_what_the_documents_do_not_say_is_a_verdict_with_the_closest_passages(assistant, question):
    answer = assistant.ask(question)
    assert answer.verdict == "none"
    assert answer.text is None
    assert answer.quotes == ()
    assert answer.to_json()["reason"] == {
        "code": "not_in_documents",
        "text": "The documents do not say.",
    }


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\x00\x07\x1b", "empty"),
        ("🙂🙃 !?", "no word"),
        ("a" * 1001, "1,001 characters"),
        ("a" * 10_000_000, "10,000,000 characters"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_in_a_sentence(assistant, question, said):
    with pytest.raises(ValueError, match=said):
        assistant.ask(question)


@pytest.mark.parametrize(
    "question",
    [
        "What\x00 is\x1b extradition?\r\n",
        "  what   is EXTRADITION ",
        "What is extra\u0064ition\ud800?",
    ],
)
def test_control_characters_and_stray_space_do_not_matter(assistant, question):
    answer = assistant.ask(question)
    assert answer.quotes[0].passage.document.uri == "sample/extradition.md"
    assert all(character.isprintable() for character in answer.question)


def test_asking_twice_gives_the_same_but_for_id_and_times(assistant):
    first, second = (assistant.ask("What is a depositary?").to_json() for _ in range(2))
    for answer in (first, second):
        del answer["id"], answer["timing_ms"]
    assert first == second


def test_questions_at_once_get_the_answers_they_get_alone(assistant):
    questions = assistant.examples(6) * 3
    alone = {question: assistant.ask(question).text for question in questions}
    together: list[tuple[str, str | None]] = []
    threads = [
        threading.Thread(target=lambda q=q: together.append((q, assistant.ask(q).text)))
        for q in questions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(together) == sorted((question, alone[question]) for question in questions)


@pytest.mark.parametrize(
    ("title", "text", "offered"),
    [
        ("Red Notice", "A Red Notice is a request to police worldwide.", True),
        ("Letters rogatory", "Letters rogatory are requests from court to court.", True),
        ("News", "The box is emptied every morning at 7:00.", False),
        ("Donating tools", "We take tools that work.", False),
    ],
)
def test_what_a_thing_is_is_offered_where_its_page_says_so(title, text, offered):
    page = document(("heading", title), ("paragraph", text), title=title)
    assert _is_a_term(page) is offered


def test_examples_are_questions_that_the_documents_answer(assistant):
    examples = assistant.examples(5)
    assert len(set(examples)) == 5
    assert all(assistant.ask(example).answered for example in examples)


def test_one_page_of_questions_offers_several(tmp_path, encoder):
    asked = ["Do you deliver?", "Can I pay in cash?", "Where are you?"]
    page = "# Questions\n\n" + "\n\n".join(f"## {one}\n\nYes, we do so." for one in asked)
    (tmp_path / "faq.md").write_text(page)
    update(Store(tmp_path / "store"), encoder, [tmp_path / "faq.md"])
    assert open_store(tmp_path / "store").examples(2) == asked[:2]
    assert open_store(tmp_path / "store").examples(4) == asked


def test_a_low_answer_at_takes_suggest_at_down_with_it(tmp_path, shop):
    low = open_store(tmp_path / "store", answer_at=0.01).judges[0]
    assert (low.answer_at, low.suggest_at) == (0.01, 0.01)
    usual = shop.judges[0]
    assert usual.suggest_at > 0.01
    zero = open_store(tmp_path / "store", suggest_at=0.0).judges[0]
    assert (zero.answer_at, zero.suggest_at) == (usual.answer_at, 0.0)


def test_a_document_in_another_language_is_stemmed_and_answered_in_it(tmp_path, encoder):
    folder = tmp_path / "amt"
    folder.mkdir()
    (folder / "frist.md").write_text(
        "# Fristen\n\nDie Widersprüche müssen innerhalb eines Monats bei der Behörde eingehen. "
        "Eine Verlängerung der Frist ist nicht möglich.\n\n## Gebühren\n\n"
        "Für die Bearbeitung wird keine Gebühr erhoben.\n"
    )
    update(Store(tmp_path / "store"), encoder, [folder])
    opened = open_store(tmp_path / "store")
    hit = opened.index.search("Widerspruch Behörde")[0]
    assert hit.found in ("both", "lexical")
    assert hit.passage.document.language == "de"
    assert "Gebühr erhoben" in opened.index.search("Gebühren für Bearbeitung")[0].passage.text


def test_it_goes_over_to_a_new_generation_while_serving(tmp_path, encoder, site):
    store = tmp_path / "store"
    update(Store(store), encoder, [site])
    following = FollowingAssistant(Settings(store=store))
    try:
        assert following.info()["generation"] == 1
        (site / "bees.md").write_text("# Bees\n\nBees make honey from nectar.\n")
        update(Store(store), encoder, [site])
        deadline = time.monotonic() + 20
        while following.info()["generation"] != 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert following.ask("what do bees make honey from").text == "nectar"
    finally:
        following.close()
