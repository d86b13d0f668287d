"""Questions for what a thing is: answered by the words that open the page named after it."""

from __future__ import annotations

import pytest
from pages import document

from corpus.document import Document, Passage
from index.search import Hit
from qa.answer import Span
from qa.assistant import Assistant
from qa.definition import opens_its_page, said_first, thing
from qa.place import ranked


@pytest.mark.parametrize(
    "question",
    [
        "What is the Budapest Convention?",
        "what's the budapest convention",
        "define budapest convention",
        "Tell me about the Budapest Conventions!",
        "budapest convention meaning",
        "What does Budapest Convention mean?",
    ],
)
def test_what_is_to_be_told_of_is_taken_out_of_the_question(question: str) -> None:
    assert thing(question) == {"budapest", "convent"}


@pytest.mark.parametrize(
    "question", ["Who may join the Budapest Convention?", "budapest convention", "What", "?", ""]
)
def test_other_questions_ask_for_no_definition(question: str) -> None:
    assert thing(question) == frozenset()


def _sample(assistant: Assistant, name: str) -> Document:
    page = assistant.document(f"sample/{name}.md")
    assert page is not None
    return page


def test_only_the_opening_of_a_page_so_named_counts(assistant: Assistant) -> None:
    page = _sample(assistant, "budapest-convention")
    first = next(block for block in page.blocks if block.kind == "paragraph")
    opening = Passage(page, first.start, first.end)
    assert opens_its_page(opening, thing("what is the budapest convention"))
    later = Passage(page, first.end + 1, len(page.text))
    assert not opens_its_page(later, thing("what is the budapest convention"))
    for other in ("what is a convention", "what is the budapest convention's first protocol"):
        assert not opens_its_page(opening, thing(other)), other
    protocol = _sample(assistant, "first-additional-protocol")
    start = Passage(protocol, 0, 400)
    assert not opens_its_page(start, thing("what is the budapest convention"))


def test_a_section_on_what_it_is_counts_too() -> None:
    page = document(
        ("heading", "Looms"),
        ("paragraph", "Updated in May."),
        ("heading", "What it is"),
        ("paragraph", "A loom weaves."),
        ("heading", "Prices"),
        ("paragraph", "A loom costs 300 euros."),
        title="Looms",
    )
    paragraphs = [block for block in page.blocks if block.kind == "paragraph"]
    passages = [Passage(page, block.start, block.end) for block in paragraphs]
    of = thing("what is a loom")
    assert [opens_its_page(passage, of) for passage in passages] == [True, True, False]


def test_each_page_of_the_sample_is_defined_by_its_opening(assistant: Assistant) -> None:
    pages = [p for p in assistant.index.texts.documents() if "/quoth/" not in p.uri]
    missed = []
    for page in pages[::4]:
        quote = assistant.ask(f"What is {page.title}?").quotes[0]
        first = next(block for block in page.blocks if block.kind == "paragraph")
        is_opening = first.start <= quote.exact.start < first.end
        if quote.passage.document.uri != page.uri or not is_opening:
            missed.append(page.title)
    assert len(pages) == 40
    assert missed == []


def test_part_of_a_name_is_enough(assistant: Assistant) -> None:
    quote = assistant.ask("what is the budapest convention").quotes[0]
    document = quote.passage.document
    assert document.uri == "sample/budapest-convention.md"
    assert quote.sentence.of(document.text).startswith("The Budapest Convention is an ")


@pytest.mark.parametrize("question", ["What is a Red Notice?", "define red notice"])
def test_what_opens_a_section_of_that_name_comes_first(assistant: Assistant, question: str) -> None:
    quote = assistant.ask(question).quotes[0]
    text = quote.passage.document.text
    assert quote.sentence.of(text).startswith("A Red Notice asks police worldwide to find a person")


@pytest.mark.parametrize(
    ("opening", "question", "first"),
    [
        ("A loom weaves cloth.", "What is a loom?", "A loom weaves cloth."),
        ("Looms weave cloth of every kind.", "what are looms", "Looms weave cloth of every kind."),
        ("The guild shows one on Sundays.", "What is a loom?", "It costs 300 euros."),
        ("A loom weaves cloth.", "What does a loom cost?", "It costs 300 euros."),
        ("A loom weaves cloth.", "What is a shuttle?", "It costs 300 euros."),
    ],
)
def test_only_a_sentence_about_the_very_thing_is_moved_to(opening, question, first) -> None:
    its = document(
        ("heading", "Machines"),
        ("heading", "Looms"),
        ("paragraph", f"{opening} It costs 300 euros."),
    )
    hit = Hit(Passage(its, its.blocks[-1].start, len(its.text)), 0.0, 1, "both", 0.0)
    later = len(opening) + 1
    spans = [Span(later, len(hit.passage.text), 20.0, 0.5)]
    best = said_first(question, ranked([hit], [spans]))[0]
    assert best.unit.of(its.text) == first
