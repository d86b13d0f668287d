"""An Answer in, what a visitor reads out: the quote and where it stands, or that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote as quoted

from corpus.document import Document
from qa.answer import Answer, Quote
from qa.replies import PERSON
from qa.web.blocks import blocks_between, show
from qa.web.markup import Html, element, join, link

SUREST = 0.99  # no set of questions is so large that more could be promised
PASSED_ON = "No person reads along here, but you can pass your question on to one."
ECHOED = 400  # characters of a question that are shown again above its answer
LANGUAGES = {
    "ar": "Arabic", "da": "Danish", "de": "German", "el": "Greek", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "zh": "Chinese",
}  # fmt: skip
STATES = {
    "changed": "Source changed since it was indexed",
    "missing": "Source not found",
}
ADVICE = (
    "Ask for one thing at a time, in a short question.",
    "Leave out words that the documents may not have.",
    "Use a term that the documents use; the passages above show some.",
)


def turn(turn_id: str, question: str, reply: Html) -> Html:
    """A question with what came of it. The page puts a later reply to the same id in its place."""
    shown = question if len(question) <= ECHOED else question[:ECHOED] + " …"
    return element(
        "article",
        element("h2", element("span", "You asked: ", class_="unseen"), shown, dir="auto"),
        element("div", reply, class_="reply"),
        class_="turn",
        id=turn_id,
    )


def waiting() -> Html:
    return element("p", "Looking in the documents", class_="waiting")


def refusal(sentence: str) -> Html:
    """Why nothing was looked for, in a sentence for the visitor."""
    return element("p", sentence, class_="refusal")


def answer(answer: Answer, root_path: str = "", *, hands_over: bool = False) -> Html:
    """`hands_over`: whether what the documents do not say can be passed on to a person here."""
    if answer.answered and answer.quotes:
        return _answered(answer, root_path)
    letter = _letter(answer.question, root_path) if hands_over else Html()
    if answer.answered and answer.reason_code == PERSON.code and hands_over:
        return join(element("p", PASSED_ON, class_="verdict"), letter)
    if answer.answered:
        return element("p", answer.reason, class_="verdict")
    if answer.verdict == "unsure" and (likely := [*answer.quotes, *answer.closest]):
        return join(_unsure(answer, likely, root_path), letter)
    return join(_none(answer, root_path), letter)


def readable_date(updated: str) -> str:
    """`updated` as people write it; as it stands when it is not a date.

    >>> readable_date("2024-05-04"), readable_date("spring 2024")
    ('4 May 2024', 'spring 2024')
    """
    try:
        day = date.fromisoformat(updated[:10])
    except ValueError:
        return updated
    return f"{day.day} {day:%B %Y}"


def language_name(document: Document) -> str | None:
    """What language a document is in, when it is not English."""
    code = (document.language or "en").split("-")[0].lower()
    return None if code == "en" else LANGUAGES.get(code, code)


def _answered(answer: Answer, root_path: str) -> Html:
    first, *others = answer.quotes
    main = [first, *(quote for quote in others if quote.role == "answer")]
    agree = [quote for quote in others if quote.role == "agrees"]
    differ = [quote for quote in others if quote.role == "differs"]
    return join(
        *(_figure(quote, root_path) for quote in main),
        _certainty(answer),
        _others("The documents differ", "differs", differ, root_path),
        _others("Also answers", "agrees", agree, root_path),
    )


def _unsure(answer: Answer, likely: Sequence[Quote], root_path: str) -> Html:
    return join(
        element("p", "This may answer your question.", class_="verdict"),
        _figure(likely[0], root_path),
        _certainty(answer),
        _passages("Other passages that come close", likely[1:], root_path),
    )


def _none(answer: Answer, root_path: str) -> Html:
    advice = ADVICE if answer.closest else ADVICE[:-1]
    return join(
        element("p", "The documents do not say.", class_="verdict none"),
        _passages("The closest passages", answer.closest, root_path),
        element("section", element("h3", "What to try"), _list(advice), class_="advice"),
    )


def _letter(question: str, root_path: str) -> Html:
    """A link to the form that takes the question to the owner."""
    target = f"{root_path}/plain?write={quoted(question, safe='', errors='replace')}"
    label = "Pass this question on to a person"
    return element(
        "p",
        element("a", label, href=target, target="_blank", rel="noopener"),
        class_="handover",
    )


def _list(sentences: Sequence[str]) -> Html:
    return element("ul", *(element("li", sentence) for sentence in sentences))


def _figure(quote: Quote, root_path: str) -> Html:
    document = quote.passage.document
    parts = quote.parts or (quote.sentence,)
    language = language_name(document)
    return element(
        "figure",
        element("blockquote", show(document, parts, quote.exact), lang=document.language),
        element(
            "figcaption",
            _source(quote, root_path),
            element("button", "Copy", class_="copy", type="button"),
        ),
        element(
            "p",
            f"This document is in {language}; the answer is shown in whole sentences.",
            class_="note",
        )
        if language
        else "",
        _around(quote),
        class_="quote",
    )


def _source(quote: Quote, root_path: str) -> Html:
    """Title and headings as a link, then the date and what is to be known of the source."""
    document = quote.passage.document
    page = document.page_at(quote.exact.start)
    facts = [
        f"Page {page}" if page is not None else "",
        f"Updated {readable_date(document.updated)}" if document.updated else "",
    ]
    return element(
        "div",
        element("cite", link(_place(quote), quote.link, root_path), dir="auto"),
        *(element("span", fact, class_="fact") for fact in facts if fact),
        element("span", STATES[quote.state], class_="state") if quote.state in STATES else "",
        class_="source",
    )


def _place(quote: Quote) -> str:
    """The document's title and the headings down to the quote."""
    document = quote.passage.document
    headings = document.heading_path(quote.exact.start)
    return " › ".join([document.title, *(h for h in headings if h != document.title)])


def _around(quote: Quote) -> Html:
    passage = quote.passage
    if (quote.sentence.start, quote.sentence.end) == (passage.start, passage.end):
        return Html()
    return element(
        "details",
        element("summary", "Show the passage around it"),
        _passage(quote),
        class_="around",
    )


def _passage(quote: Quote) -> Html:
    passage = quote.passage
    leads = [lead for lead in passage.leads if lead.kind != "heading"]
    body = blocks_between(passage.document, passage.start, passage.end)
    if any(lead.start >= passage.start for lead in leads):
        leads = []
    shown = show(passage.document, [*leads, *body], quote.exact)
    return element("div", shown, class_="passage", lang=passage.document.language)


def _others(title: str, name: str, quotes: Sequence[Quote], root_path: str) -> Html:
    if not quotes:
        return Html()
    entries = (
        element(
            "li",
            element(
                "blockquote",
                show(quote.passage.document, quote.parts or (quote.sentence,), quote.exact),
                lang=quote.passage.document.language,
                dir="auto",
            ),
            _source(quote, root_path),
        )
        for quote in quotes
    )
    return element(
        "section", element("h3", title), element("ul", *entries), class_=f"others {name}"
    )


def _passages(title: str, quotes: Sequence[Quote], root_path: str) -> Html:
    """Each passage as a card that shows its nearest sentence and opens on a click."""
    if not quotes:
        return Html()
    cards = (
        element(
            "details",
            element(
                "summary",
                element("span", quote.sentence.of(quote.passage.document.text), class_="glimpse"),
                element("span", _place(quote), class_="place"),
                lang=quote.passage.document.language,
                dir="auto",
            ),
            _passage(quote),
            _source(quote, root_path),
            class_="card",
        )
        for quote in quotes
    )
    return element("section", element("h3", title), *cards, class_="closest")


def _certainty(answer: Answer) -> Html:
    """How sure Quoth is, in a number only when numbers have been calibrated."""
    if not answer.calibrated:
        return Html()
    share = (
        f"In tests, {min(answer.confidence, SUREST):.0%} of answers as sure as this one were right."
    )
    return element("p", share, class_="note")
