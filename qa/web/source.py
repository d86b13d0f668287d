"""A document in, its page out: the text that was indexed, opened at the words that were quoted.

Needs no script. The marked words carry the id `quote`, to which links jump.
"""

from __future__ import annotations

from itertools import groupby

from corpus.document import Document, Slice
from qa.web.assets import address
from qa.web.blocks import show, show_words
from qa.web.markup import Html, element, join, link, safe_href
from qa.web.render import language_name, readable_date


def source_page(document: Document, start: int, end: int, root_path: str = "") -> str:
    """The whole document, with `start` to `end` marked when that is a slice of it."""
    marked = Slice("exact", start, end) if 0 <= start < end <= len(document.text) else None
    body = join(*_body(document, marked))
    # Text is escaped, so the first `<mark>` is the first of ours.
    body = Html(body.replace("<mark>", '<mark id="quote">', 1))
    heading = document.blocks[0] if document.blocks else None
    titled = heading is not None and heading.of(document.text) == document.title
    return _page(
        document.title,
        element(
            "article",
            _note(document),
            "" if titled else element("h1", document.title, dir="auto"),
            body,
            class_="document",
            lang=document.language,
            dir="auto",
        ),
        root_path,
    )


def missing_page(uri: str, root_path: str = "") -> str:
    return _page(
        "Not in the index",
        element(
            "article",
            element("h1", "This document is not in the index"),
            element(
                "p",
                "Nothing called ",
                element("code", uri, dir="auto"),
                " is indexed here. It may have been moved or taken out since the answer was given.",
            ),
            element("p", element("a", "Ask the documents", href=f"{root_path}/")),
            class_="document",
        ),
        root_path,
    )


def _body(document: Document, marked: Slice | None) -> list[Html]:
    pieces: list[Html] = []
    for is_heading, run in groupby(document.blocks, key=lambda block: block.kind == "heading"):
        if is_heading:
            pieces += (_heading(document, block, marked) for block in run)
        else:
            pieces.append(show(document, run, marked))
    return pieces


def _heading(document: Document, block: Slice, marked: Slice | None) -> Html:
    section = document.section_at(block.start)
    level = min(max(len(section.headings), 1), 6)
    anchor = section.anchor if section.anchor != "quote" else None
    return element(f"h{level}", show_words(document, block, marked), id=anchor, dir="auto")


def _note(document: Document) -> Html:
    language = language_name(document)
    public = document.url is not None and safe_href(document.url) is not None
    return element(
        "aside",
        element(
            "p", "This is the text that Quoth indexed from ", element("code", document.uri), "."
        ),
        element(
            "p",
            element("span", f"Updated {readable_date(document.updated)}", class_="fact")
            if document.updated
            else "",
            element("span", f"In {language}", class_="fact") if language else "",
            element("span", link("Open the page itself", document.url or ""), class_="fact")
            if public
            else "",
        ),
        class_="provenance",
        lang="en",
        dir="ltr",
    )


def _page(title: str, main: Html, root_path: str) -> str:
    head = join(
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="robots" content="noindex">'),
        element("title", f"{title} – Quoth"),
        Html(f'<link rel="icon" href="{address("quoth.svg", root_path)}">'),
        Html(f'<link rel="stylesheet" href="{address("quoth.css", root_path)}">'),
    )
    bar = element(
        "header",
        element("a", "Quoth", class_="wordmark", href=f"{root_path}/"),
        class_="masthead",
    )
    body = element("body", bar, element("main", main), class_="reading")
    return f'<!doctype html><html lang="en"><head>{head}</head>{body}</html>'
