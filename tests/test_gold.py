"""Gold is matched by content: it survives edits, moves and other cuts, and is missed when gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.document import Slice
from index.build import update
from index.encoder import Encoder
from index.files import Store
from index.hidden import without
from index.search import Index
from qa.evaluation import formats, metrics
from qa.evaluation.gold import Matcher
from qa.evaluation.library import _located
from qa.evaluation.questions import Gold, Question


@pytest.fixture
def index(site, tmp_path, encoder: Encoder) -> Index:
    store = Store(tmp_path / "store")
    update(store, encoder, [site])
    return Index(store.current(), encoder)


@pytest.fixture
def matcher(index) -> Matcher:
    return Matcher(index)


@pytest.mark.parametrize(
    "page",
    [
        "shop/returns.md",
        "returns.md",
        "https://shop.example/returns",
        "http://www.shop.example/returns/#cost",
        "Returns",
        "SHOP/Returns.md",
    ],
)
def test_a_page_goes_by_its_uri_path_address_or_title(matcher, page):
    match = matcher.match(Gold(page))
    assert (match.status, match.pages) == ("found", {"shop/returns.md"})


@pytest.mark.parametrize(
    ("gold", "status", "text"),
    [
        (Gold("returns.md", "within 30 days"), "found", "within 30 days"),
        (Gold(None, "WITHIN  30\ndays,"), "found", "within 30 days"),
        (Gold("contact.txt", "An express parcel arrives"), "moved", "An express parcel arrives"),
        (
            Gold("returns.md", "Goods may be returned within 30 days of the delivery."),
            "changed",
            "Goods can be sent back within 30 days of delivery",
        ),
        (
            Gold("gone.md", "Parcels leave our warehouse in Rotterdam on every work day"),
            "changed",
            "Parcels leave the warehouse in Rotterdam on every working day",
        ),
        (Gold("returns.md", "The king signed the treaty in Vienna."), "gone", None),
        (Gold("nowhere.md"), "gone", None),
        (Gold("returns.md", "Norway | 30 | 12 euros"), "found", "Norway | 30 | 12 euros"),
    ],
)
def test_a_quote_is_found_moved_changed_or_gone(matcher, gold, status, text):
    match = matcher.match(gold)
    assert match.status == status
    texts = [matcher.library.pages[p.uri].text[p.start : p.end] for p in match.places]
    assert texts == ([text] if text else [])


def test_a_context_tells_equal_quotes_apart(matcher):
    gold = Gold("any", "Rotterdam", "letters that are sent to Postbus 71 in Rotterdam.")
    (place,) = matcher.match(gold).places
    assert place.uri == "shop/contact.txt"
    assert len(matcher.match(replace(gold, context=None)).places) == 2


def test_the_rows_to_find_are_those_whose_passages_hold_the_quote(matcher, index):
    question = Question("1", "How long?", (Gold("returns.md", "30 days of delivery"), Gold("x")))
    target = matcher.target(question)
    assert [len(rows) for rows in target.rows] == [1, 0]
    ((row,), _) = target.rows
    assert "30 days of delivery" in index.texts.passages(row)[0].text
    assert (target.indexed, target.cut) == (True, False)


def test_right_is_what_holds_the_gold_or_lies_within_it(matcher, index):
    target = matcher.target(
        Question("1", "How long?", (Gold("returns.md", "sent back within 30 days of delivery."),))
    )
    document = index.document("shop/returns.md")
    passage = index.texts.passages_of("shop/returns.md")[0]
    start = document.text.index("within 30 days")

    def right(start: int, end: int, whole: tuple[int, int]) -> bool:
        from qa.answer import Quote

        parts = (Slice("sentence", *whole),)
        return target.right_quote(
            Quote("answer", passage, parts, parts[0], Slice("exact", start, end))
        )

    sentence = document.text.index("Goods can"), document.text.index("delivery.") + 9
    assert right(*sentence, sentence)
    assert right(start, start + len("within 30 days"), (start, start + len("within 30 days")))
    other = document.text.index("The money"), document.text.index("goods have arrived.")
    assert not right(*other, other)


def test_every_gold_of_the_project_s_own_set_is_in_its_documents(assistant):
    from pathlib import Path

    matcher = Matcher(assistant.index)
    asked = formats.read(Path(__file__).parent / "faq.jsonl")
    for question in asked:
        target = matcher.target(question)
        assert {match.status for match in target.matches} <= {"found"}, question.id
        assert not question.answerable or (target.indexed and not target.cut), question.id


def test_words_and_their_places_are_the_metrics_words():
    text = "e\u0301tude ﬁn ½ A_b don’t 東京 x²"
    found, starts, ends = _located(text)
    assert found == metrics.words(text).split()
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))


def test_a_hidden_page_is_not_found_and_the_others_are_as_without_it(
    index, site, tmp_path, encoder
):
    question = "How many days do I have to send goods back?"
    assert index.search(question)[0].passage.document.uri == "shop/returns.md"
    hiding = without(index, ["shop/returns.md", "not/there.md"])
    found = hiding.search(question, 50)
    assert {hit.passage.document.uri for hit in found} == {
        "shop/help/shipping.html",
        "shop/contact.txt",
    }
    (site / "returns.md").unlink()
    update(Store(tmp_path / "without"), encoder, [site])
    never = Index(Store(tmp_path / "without").current(), encoder).search(question, 50)
    assert never[0].passage.text == found[0].passage.text
    assert {hit.passage.text for hit in never} == {hit.passage.text for hit in found}
    assert index.search(question)[0].passage.document.uri == "shop/returns.md"
    everything = [source.uri for source in index.texts.sources()]
    assert without(index, everything).search(question) == []
