"""Splitting: nothing is lost, nothing is too long, everything keeps its context."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import Document, Slice, formats, split
from corpus.passages import context, units
from corpus.sentences import sentences
from index.encoder import Encoder, open_encoder


def markdown(text: str) -> Document:
    return formats.load("markdown").read(text.encode(), "page.md")


def lead_texts(passage, kind):
    return [lead.of(passage.document.text) for lead in passage.leads if lead.kind == kind]


def test_every_word_of_the_sample_is_in_a_passage_or_a_heading(encoder: Encoder, sample: Path):
    for path in sorted(sample.rglob("*.md")):
        document = formats.load("markdown").read(path.read_bytes(), path.name)
        covered = bytearray(len(document.text))
        for passage in split(document, encoder):
            covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
        for block in document.blocks:
            if block.kind != "heading":
                lost = [
                    c
                    for at, c in enumerate(block.of(document.text), block.start)
                    if not covered[at] and not c.isspace()
                ]
                assert not lost, f"{path.name}: {block.of(document.text)!r}"


def test_no_passage_of_the_sample_is_over_the_budget(encoder: Encoder, sample: Path):
    for path in sorted(sample.rglob("*.md")):
        document = formats.load("markdown").read(path.read_bytes(), path.name)
        for passage in split(document, encoder):
            assert len(encoder.offsets(passage.encoded)) + encoder.special_tokens <= 256


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["word", "Ärger", "e\u0301", "日本語の文。", "🙂", "x" * 300, "a.b.c", "End.", "\n\n",
             "\n- ", "\n# ", "| a | b |\n|---|---|\n| c | d |\n", "1. ",
             "```\ncode()\n```\n", "why?"]
        ),
        max_size=400,
    )
)  # fmt: skip
def test_any_text_is_split_whole_and_within_any_budget(words):
    encoder = open_bundled()
    document = markdown("Start. " + " ".join(words))
    for budget in (64, 256):
        passages = split(document, encoder, budget)
        held = [range(p.start, p.end) for p in passages]
        for passage in passages:
            assert len(encoder.offsets(passage.encoded)) + encoder.special_tokens <= budget
            assert passage.text == document.text[passage.start : passage.end]
        for block in document.blocks:
            text = block.of(document.text)
            if block.kind != "heading" and any(c.isalnum() for c in text):
                for at, character in enumerate(text, block.start):
                    assert not character.isalnum() or any(at in body for body in held)


_ENCODER: list[Encoder] = []


def open_bundled() -> Encoder:
    if not _ENCODER:
        _ENCODER.append(open_encoder())
    return _ENCODER[0]


def test_a_row_keeps_its_header_and_an_item_its_introduction(encoder: Encoder):
    rows = "\n".join(f"| Country number {n} | {n} days after the parcel came |" for n in range(60))
    items = "\n".join(f"- the thing that is known as number {n} in the list" for n in range(60))
    document = markdown(
        f"# Page\n\n| Country | Days |\n|---|---|\n{rows}\n\nThese cannot be sent:\n\n{items}\n"
    )
    bodies = split(document, encoder)
    for passage in bodies:
        if passage.text.startswith("Country number"):
            assert lead_texts(passage, "header") == ["Country | Days"]
        if passage.text.startswith("the thing"):
            assert lead_texts(passage, "introduction") == ["These cannot be sent:"]
    assert sum("Country number" in p.text for p in bodies) > 1
    assert sum("the thing" in p.text for p in bodies) > 1


def test_a_heading_is_never_a_passage_and_goes_with_every_one_of_its_own(encoder: Encoder):
    document = markdown("# Top\n\n## Empty\n\n## Full\n\nText here.\n\n### Deep\n\nMore text.\n")
    found = [(p.text, lead_texts(p, "heading")) for p in split(document, encoder)]
    assert found == [("Text here.", ["Top", "Full"]), ("More text.", ["Top", "Full", "Deep"])]


def test_a_long_heading_path_is_kept_from_the_leaf(encoder: Encoder):
    long = " ".join(["upper"] * 60)
    document = markdown(f"# {long}\n\n## Leaf heading\n\nText.\n")
    (passage,) = split(document, encoder)
    assert lead_texts(passage, "heading") == ["Leaf heading"]


def test_sentences_are_kept_whole_and_the_last_one_is_repeated(encoder: Encoder):
    text = " ".join(f"Sentence number {n} says something of its own." for n in range(80))
    passages = split(markdown(text), encoder)
    assert len(passages) > 2
    for before, after in zip(passages, passages[1:], strict=False):
        assert before.text.endswith(".")
        assert after.text.startswith("Sentence number")
        assert after.start < before.end
        assert before.text.endswith(after.text[: before.end - after.start])


def test_a_limit_without_room_for_text_is_refused(encoder: Encoder):
    with pytest.raises(ValueError, match="leaves no room"):
        split(markdown("Text."), encoder, 8)


def test_units_are_sentences_items_and_rows():
    document = markdown(
        "This is number one. Two.\n\n- first item\n- second\n\n| a | b |\n|---|---|\n| c | d |\n"
    )
    found = [(unit.kind, unit.of(document.text)) for unit in units(document)]
    assert found == [
        ("sentence", "This is number one."),
        ("sentence", "Two."),
        ("item", "first item"),
        ("item", "second"),
        ("header", "a | b"),
        ("row", "c | d"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "- **Parking.** Visitors park in the yard. It is free.\n- **Bus.** Line 4.\n",
            ["Parking. Visitors park in the yard.", "It is free.", "Bus. Line 4."],
        ),
        ("1. **Start the server.** It listens.\n", ["Start the server. It listens."]),
        ("Yes. Dogs may come along. Cats not.\n", ["Yes. Dogs may come along.", "Cats not."]),
        ("- Parking.\n- Bus.\n", ["Parking.", "Bus."]),
        ("Dogs may come in. Cats may not.\n", ["Dogs may come in.", "Cats may not."]),
    ],
)
def test_a_few_words_that_lead_in_a_sentence_go_with_it(text, expected):
    document = markdown(text)
    assert [unit.of(document.text) for unit in units(document)] == expected


def test_code_has_the_sentence_or_step_before_it_that_ends_in_a_colon():
    document = markdown("Run this:\n\n```\nmake\n```\n\nDone.\n\n```\nmake clean\n```\n")
    first, second = (block for block in document.blocks if block.kind == "code")
    assert [c.of(document.text) for c in context(document, first.start)] == ["Run this:"]
    assert context(document, second.start) == []
    document = markdown("The command is\n\n```\nmake\n```\n\nIt ends\n\n- here\n")
    make, here = (document.text.index(word) for word in ("make", "here"))
    assert [c.of(document.text) for c in context(document, make)] == ["The command is"]
    assert context(document, here) == []
    document = markdown("1. Build it:\n\n   ```\n   make\n   ```\n")
    assert [c.of(document.text) for c in context(document, document.text.index("make"))] == [
        "Build it:"
    ]


def test_context_is_what_introduces_a_list_only_when_it_ends_in_a_colon():
    document = markdown(
        "This sentence stands before. It needs:\n\n- one\n- two\n\nA paragraph.\n\n- three\n"
    )
    two, three = (document.text.index(word) for word in ("two", "three"))
    assert [Slice.of(c, document.text) for c in context(document, two)] == ["It needs:"]
    assert context(document, three) == []


def test_it_knows_whether_words_stand_between_two_parts():
    text = b"What is needed:\n\n1. Open the box now.\n2. Take it out.\n3. Close it.\n"
    document = formats.load("text").read(text, "page.txt")
    introduction, first, second, third = document.blocks
    assert not document.has_words_between(introduction.end, first.start)
    assert not document.has_words_between(first.end, second.start)
    assert document.has_words_between(first.end, third.start)
    assert document.has_words_between(first.start + 5, second.start)


SENTENCES = [
    ("Dr. Smith came. He left.", ["Dr. Smith came.", "He left."]),
    ("See Art. 15, para. 2. It applies.", ["See Art. 15, para. 2.", "It applies."]),
    ("The U.S. Government agreed. Fine.", ["The U.S. Government agreed.", "Fine."]),
    ("It applies in the U.S. The court ruled.", ["It applies in the U.S.", "The court ruled."]),
    ('"Really?" he asked. (It was late.) Yes.', ['"Really?" he asked.', "(It was late.)", "Yes."]),
    ("It costs $3.50. No. 5 is out! e.g. this.", ["It costs $3.50.", "No. 5 is out! e.g. this."]),
    (
        "In force since 2004.[1] It has 80 parties.",
        ["In force since 2004.[1]", "It has 80 parties."],
    ),
    ("これは文です。次の文です！終わり", ["これは文です。", "次の文です！", "終わり"]),
    ("Das gilt z. B. Für alle. Siehe Abs. 2.", ["Das gilt z. B. Für alle.", "Siehe Abs. 2."]),
    ("Wait… What? So be it", ["Wait…", "What?", "So be it"]),
    ("", []),
    ("  \n ", []),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("aB1 .!?。\n\"')(:é🙂-"), max_size=80))
def test_every_character_but_space_is_in_exactly_one_sentence(text):
    found = sentences(text)
    inside = [at for start, end in found for at in range(start, end)]
    assert inside == sorted(set(inside))
    missing = set(range(len(text))) - set(inside)
    assert all(text[at].isspace() for at in missing)
