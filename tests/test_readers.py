"""Readers: what any of them gives, what the trained one does with odd passages and weights."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import document

from corpus.document import Document, Passage, Slice
from index.build import update
from index.files import Store
from index.search import Hit
from qa import open_store, readers
from qa.assistant import Assistant
from qa.readers import spans
from qa.readers.spans import network
from qa.readers.spans.decode import MAX_ANSWER_PIECES, best_spans, pieces_of
from qa.readers.spans.reader import LOOKED_AT, LOWEST, NEARNESS

QUESTION = "When does the parcel leave the warehouse in Rotterdam?"


def hit(text: str, rank: int = 1, language: str = "en") -> Hit:
    blocks = (Slice("paragraph", 0, len(text)),) if text else ()
    page = Document("docs/p.txt", text, "P", "text", 1, "0" * 64, blocks, language=language)
    return Hit(Passage(page, 0, len(text)), 1.0 / rank, rank, "both", 0.5)


@pytest.fixture(scope="module", params=readers.known())
def reader(request: pytest.FixtureRequest, assistant: Assistant) -> readers.Reader:
    index = assistant.index
    return readers.load(request.param).open(index._encoder, index)


@pytest.fixture(scope="module")
def trained(assistant: Assistant) -> spans.SpanReader:
    index = assistant.index
    opened = spans.open(index._encoder, index)
    assert isinstance(opened, spans.SpanReader)
    return opened


ODD = {
    "one character": "x",
    "no letters": "--- *** ... 🙂 !!!",
    "right to left": "يدخل الاتفاق حيز النفاذ بعد ثلاثة أشهر من إيداع الصك الخامس.",
    "mixed scripts": "The treaty 条約 entered into force في 1 يوليو 2004 года.",
    "combining marks": "Z" + "\u0301\u0300" * 200 + " leaves at nine. A" + "\u0308" * 50,
    "one long word": "w" * 5_000,
    "very long": "The parcel leaves the warehouse at noon. " * 2_500,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_passages_give_spans_inside_them_or_none(reader, text):
    if reader.name == "sentences" and len(text) > 50_000:
        text = text[:5_000]  # it encodes every sentence
    (found,) = reader.read(QUESTION, [hit(text)])
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(np.isfinite(span.score) and 0 <= span.answerability <= 1 for span in found)


def test_an_empty_passage_and_no_passage_give_nothing(reader):
    assert reader.read(QUESTION, [hit("")]) == [[]]
    assert reader.read(QUESTION, []) == []


def test_spans_of_a_passage_come_best_first_and_do_not_overlap(reader, assistant):
    hits = assistant.index.search("Who keeps the text of a treaty?", 5)
    for found in reader.read("Who keeps the text of a treaty?", hits):
        assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
        inside = sorted((s.start, s.end) for s in found)
        assert all(one[1] <= other[0] for one, other in zip(inside, inside[1:], strict=False))


def test_the_trained_reader_finds_the_words_and_not_the_sentence(trained):
    text = (
        "The shop has two counters. Parcels leave the warehouse in Rotterdam at half past four. "
        "Letters are answered by Maria Jensen within two days."
    )
    for question, expected in (
        ("When do parcels leave the warehouse?", "half past four"),
        ("Who answers letters?", "Maria Jensen"),
    ):
        (found,) = trained.read(question, [hit(text)])
        assert expected in text[found[0].start : found[0].end]
        assert len(text[found[0].start : found[0].end]) < 40


def test_a_page_of_another_language_is_answered_in_whole_sentences(tmp_path, encoder):
    (tmp_path / "lager.md").write_text(
        "---\nlanguage: de\n---\n\n# Lager\n\nDas Paket verlässt das Lager um neun Uhr. "
        "Der Schalter ist am Sonntag geschlossen.\n",
        "utf-8",
    )
    update(Store(tmp_path / "store"), encoder, [tmp_path / "lager.md"])
    answer = open_store(tmp_path / "store").ask("Wann verlässt das Paket das Lager?")
    quote = (answer.quotes or answer.closest)[0]
    assert (
        quote.exact.of(quote.passage.document.text) == "Das Paket verlässt das Lager um neun Uhr."
    )
    assert answer.models["reader"].startswith("sentences@")
    assert answer.calibrated is False


def test_an_answer_at_the_end_of_a_passage_too_long_for_one_window_is_found(trained):
    text = "Nothing of interest happens here today. " * 60 + "The lighthouse was built in 1874."
    (found,) = trained.read("When was the lighthouse built?", [hit(text)])
    assert text[found[0].start : found[0].end].endswith("1874")


@pytest.mark.parametrize("order", ["{story} {question}", "{question} {story}"])
def test_of_a_long_story_what_is_asked_is_read(trained, order):
    """The story alone has more word pieces than the network is given."""
    story = "My neighbour ordered a lamp from a shop abroad and was told to wait for it. " * 8
    text = "The parcel leaves the warehouse at noon. Ms Overbeek packs it."
    for question, answer in (
        ("Who packs the parcel?", "Overbeek"),
        ("When does it leave?", "noon"),
    ):
        asked = order.format(story=story, question=question)
        ((found, _),) = trained.found(asked, [hit(text)])
        assert answer in text[found[0].start : found[0].end]


def test_the_best_places_and_the_best_of_each_passage_are_compared_in_meaning(trained):
    """The others keep the lowest nearness, so that an answer takes no longer."""
    texts = [
        f"Ferry {n} leaves at {n} o'clock. It carries {n} cars. Captain Moe{n} steers it. "
        f"Tickets cost {n} euros. Dogs travel free. The bar opens at {n + 1}."
        for n in range(2, 10)
    ]
    places = trained.signals(
        "When does ferry 4 leave?", [hit(t, n) for n, t in enumerate(texts, 1)]
    )
    compared = [(number, signals) for number, _, signals in places if signals[NEARNESS] != LOWEST]
    assert {number for number, _ in compared} == set(range(len(texts)))
    assert len(texts) <= len(compared) <= len(texts) + LOOKED_AT < len(places)
    found = trained.read("When does ferry 4 leave?", [hit(texts[2])])[0][0]
    assert found.nearness > 0.3


def test_what_is_far_below_the_best_is_neither_compared_nor_read_again(trained, monkeypatch):
    question = "When does the ferry leave?"
    texts = ["The ferry leaves at 9 o'clock.", "Bread is baked of flour. Olives are green."]
    asked: list[int] = []
    run = trained.network.run
    monkeypatch.setattr(
        trained.network, "run", lambda pairs: asked.append(len(pairs)) or run(pairs)
    )
    places = trained.signals(question, [hit(t, n) for n, t in enumerate(texts, 1)])
    assert {n for n, _, signals in places if signals[NEARNESS] != LOWEST} == {0}
    assert asked[-1] == 1


# Decoding


def scores(size: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.floats(-20, 20, width=32), min_size=size, max_size=size).map(
        lambda values: np.array(values, np.float32)
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_best_span_is_the_best_of_all_pairs(data):
    words = data.draw(st.lists(st.sampled_from(["a", "bc", "def"]), min_size=1, max_size=12))
    text = " ".join(words)
    ends = np.cumsum([len(word) + 1 for word in words]) - 1
    offsets = [(int(end) - len(word), int(end)) for word, end in zip(words, ends, strict=True)]
    start, end = data.draw(scores(len(words))), data.draw(scores(len(words)))
    starts = [first for first, _ in offsets]
    sentences = sorted({0, *data.draw(st.lists(st.sampled_from(starts), max_size=3))})
    found = best_spans(start, end, pieces_of(text, offsets, sentences))
    unit = np.searchsorted(sentences, starts, "right")
    pairs = [
        (float(start[i] + end[j]), i, j)
        for i in range(len(words))
        for j in range(i, len(words))
        if unit[i] == unit[j]
    ]
    assert found[0].score == pytest.approx(max(pairs)[0], abs=1e-4)
    assert len({np.searchsorted(sentences, one.start, "right") for one in found}) == len(found)
    assert len(found) <= len(sentences)


def test_a_span_never_goes_over_a_block_or_a_length_or_through_a_word():
    text = "un break able\nnext line"
    offsets = [(0, 2), (3, 5), (5, 8), (9, 13), (14, 18), (19, 23)]
    pieces = pieces_of(text, offsets, [0, 14])
    start = np.array([0, 0, 9, 5, 0, 0], np.float32)
    end = np.array([0, 9, 0, 0, 0, 8], np.float32)
    for span in best_spans(start, end, pieces):
        assert "\n" not in text[span.start : span.end]
        assert text[span.start : span.end].split() == [
            word for word in text.split() if word in text[span.start : span.end].split()
        ]
    many = pieces_of("a " * 200, [(2 * n, 2 * n + 1) for n in range(200)], [0])
    ends = np.zeros(200, np.float32)
    ends[-1] = 50
    starts = np.zeros(200, np.float32)
    starts[0] = 50
    assert all((s.end - s.start) / 2 <= MAX_ANSWER_PIECES for s in best_spans(starts, ends, many))


def test_a_span_never_goes_over_a_cell_of_a_table():
    text = "2023 | 13,164 | 5,710"
    offsets = [(0, 4), (5, 6), (7, 13), (14, 15), (16, 21)]
    pieces = pieces_of(text, offsets, [0])
    (found,) = best_spans(
        np.array([0, 0, 9, 0, 0], np.float32), np.array([0, 0, 5, 0, 9], np.float32), pieces
    )
    assert text[found.start : found.end] == "13,164"


def test_an_address_is_never_cut():
    text = "Write to us.now@shop.example."
    offsets = [(0, 5), (6, 8), (9, 11), (11, 12), (12, 15), (15, 16), (16, 20), (20, 21), (21, 28)]
    pieces = pieces_of(text, offsets, [0])
    start, end = np.zeros((2, 9), np.float32)
    start[5], end[8] = 9, 5  # from the @ on
    start[2] = 8
    (found,) = best_spans(start, end, pieces)
    assert text[found.start : found.end] == "us.now@shop.example"


def test_logits_that_are_no_numbers_give_no_span():
    pieces = pieces_of("a b", [(0, 1), (2, 3)], [0])
    broken = np.full(2, np.nan, np.float32)
    assert best_spans(broken, broken, pieces) == []


def test_a_network_that_gives_no_numbers_finds_nothing_and_the_verdict_is_none(
    trained, assistant, monkeypatch
):
    run = trained.network.run

    def broken(pairs):
        return tuple(np.full_like(array, np.nan) for array in run(pairs))

    monkeypatch.setattr(trained.network, "run", broken)
    judge = replace(assistant.judges[0], reader=trained)
    answer = Assistant(assistant.index, [judge], assistant.settings).ask("What is a red notice?")
    assert answer.verdict == "none"


# Weights


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return Path(shutil.copytree(network.FOLDER, tmp_path / "weights"))


def damages(folder: Path) -> dict[str, object]:
    file = folder / network.WEIGHTS
    return {
        "missing": lambda: file.unlink(),
        "truncated": lambda: file.write_bytes(file.read_bytes()[:-1000]),
        "exchanged": lambda: file.write_bytes(b"\x08\x07" + file.read_bytes()[2:]),
        "without a manifest": lambda: (folder / network.MANIFEST).unlink(),
        "with another's manifest": lambda: (folder / network.MANIFEST).write_text(
            json.dumps({"sha256": "0" * 64, "tokenizer": "0" * 64})
        ),
        "with a garbled manifest": lambda: (folder / network.MANIFEST).write_text("[1"),
        "with a list for a manifest": lambda: (folder / network.MANIFEST).write_text("[1]"),
    }


@pytest.mark.parametrize("damage", damages(Path()))
def test_damaged_weights_are_refused_and_the_untrained_reader_says_so(
    damage, weights, sample_store, monkeypatch, caplog
):
    damages(weights)[damage]()  # type: ignore[operator]
    with pytest.raises(network.Unusable):
        network.Network.shipped(weights)
    monkeypatch.setattr(network, "FOLDER", weights)
    monkeypatch.setattr(network.Network.shipped.__func__, "__defaults__", (weights,))
    assistant = open_store(sample_store, reader="spans")
    answer = assistant.ask("What is a red notice?")
    assert answer.models["reader"].startswith("sentences@")
    assert answer.calibrated is False
    assert assistant.info()["notices"] == [
        "No trained reader is installed: answers are whole sentences."
    ]
    assert "answering without the trained reader" in caplog.text


def test_the_weights_are_small_and_their_card_names_them():
    manifest = json.loads((network.FOLDER / network.MANIFEST).read_text())
    assert (network.FOLDER / network.WEIGHTS).stat().st_size == manifest["bytes"] < 25_000_000
    assert manifest["sha256"] in (network.FOLDER / "CARD.md").read_text("utf-8")


def test_an_unknown_reader_is_named_with_those_that_would_do():
    with pytest.raises(ValueError, match="no reader called 'bert'; known: sentences, spans"):
        readers.load("bert")


def test_pages_read_like_their_blocks(trained):
    page = document(("header", "Country | Days | Fee"), ("row", "Norway | 30 | 12 euros"))
    passage = Passage(page, page.blocks[1].start, len(page.text), (page.blocks[0],))
    (found,) = trained.read("What is the fee for Norway?", [Hit(passage, 1.0, 1, "both", 0.5)])
    assert "12 euros" in passage.text[found[0].start : found[0].end]
