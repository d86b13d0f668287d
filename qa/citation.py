"""A reader's span in, a quote out: whole sentences with what introduces them, and where it opens.

`check` holds the law: what is about to be shown is, part by part, what the answering generation
stored.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile
from typing import Any
from urllib.parse import quote as percent_encoded

from corpus.cells import BAR
from corpus.document import Document, Passage, Slice
from corpus.passages import context, introduces, units
from qa.answer import Quote, Role, Span, State
from qa.fragment import fragment
from qa.place import group

AROUND = 300  # characters before and after, which tell equal sentences of a page apart
LISTED = 40  # items or rows shown of a list or table whose introduction is the answer
CODE_LINES = 40  # lines shown of code whose introduction is the answer
_CONTINUED_BY = {"item": ("item", "step"), "step": ("item", "step"), "header": ("row",)}


class NotASlice(RuntimeError):
    """An answer that is not in its source: a fault of Quoth's. It is never sent."""


def cite(passage: Passage, span: Span, role: Role, state: State = "unknown") -> Quote:
    """The whole sentence, item or row around a span, with its list's or table's beginning.

    A sentence that introduces a list, a table or code is quoted with it: alone it says nothing.
    """
    document = passage.document
    start, end = passage.start + span.start, passage.start + span.end
    whole = units(document, start, end)
    # Where the passage's edge cuts a sentence, the span was cut with it: it is given whole.
    start = whole[0].start if start == passage.start > whole[0].start else start
    end = whole[-1].end if end == passage.end < whole[-1].end else end
    items = _introduced(document, whole[-1])
    last = items[-1] if items else whole[-1]
    exact = Slice("exact", start, max(end, last.end) if items else end)
    sentence = Slice("sentence", whole[0].start, last.end)
    parts = (*_before(document, whole[0]), *whole, *items)
    quote = Quote(role, passage, parts, sentence, exact, state)
    return replace(quote, link=link_to(document, exact))


def check(answer: dict[str, Any], stored: Callable[[str], Document | None]) -> None:
    """Compare every slice of an answer's JSON with the stored text; raises NotASlice."""
    for quote in [*answer["quotes"], *answer["closest"]]:
        document = stored(quote["uri"])
        if document is None:
            raise NotASlice(f"{quote['uri']} is not in the index")
        for part in [*quote["parts"], quote["exact"], quote["passage"]]:
            if document.text[part["start"] : part["end"]] != part["text"] or not part["text"]:
                raise NotASlice(
                    f"{part['start']}-{part['end']} of {quote['uri']} is something else"
                )
        around = quote["before"] + quote["marked"] + quote["after"]
        if around != quote["sentence"] or quote["marked"] != quote["exact"]["text"]:
            raise NotASlice(f"the marked words of {quote['uri']} are not its exact words")
        if quote["sentence"] not in document.text:
            raise NotASlice(f"a sentence of {quote['uri']} is not in its text")
    quoted = answer["verdict"] != "fixed" and answer["answer"] is not None
    if quoted and answer["answer"] != answer["quotes"][0]["exact"]["text"]:
        raise NotASlice("the answer is not its first quote's exact words")


def source_link(uri: str, start: int, end: int) -> str:
    """Our own page for a document, relative to the chat's address, at the marked words."""
    return f"source/{percent_encoded(uri)}?start={start}&end={end}#quote"


def _before(document: Document, unit: Slice) -> list[Slice]:
    """What a list or table needs before it; of a list that nothing introduces, its heading."""
    before = context(document, unit.start)
    if before or unit.kind not in ("item", "step"):
        return before
    first = next(iter(group(document, unit)), unit)
    at = bisect_left(document.blocks, first.start, key=lambda block: block.start)
    above = document.blocks[at - 1] if at else None
    return [above._replace(kind="introduction")] if above and above.kind == "heading" else []


def _introduced(document: Document, unit: Slice) -> list[Slice]:
    """What `unit` announces: the items of a list, the rows of a table, code; or nothing."""
    if not introduces(document, unit):
        return []
    at = bisect_left(document.blocks, unit.end, key=lambda block: block.start)
    if at == len(document.blocks):
        return []
    first, *others = document.blocks[at : at + LISTED]
    if first.kind == "code":
        return [_first_lines(document, first)]
    if unit.kind != "sentence" or first.kind not in _CONTINUED_BY:
        return []
    kinds = _CONTINUED_BY[first.kind]
    return [first, *takewhile(lambda block: block.kind in kinds, others)]


def _first_lines(document: Document, code: Slice) -> Slice:
    shown = "".join(code.of(document.text).splitlines(keepends=True)[:CODE_LINES]).rstrip()
    return Slice(code.kind, code.start, code.start + len(shown))


def link_to(document: Document, exact: Slice) -> str:
    """Where a visitor sees these words: marked on the page itself if that has an address.

    Without a fragment that marks them alone, the section's anchor; without that, the page. A
    document without an address is shown on our own page.
    """
    if document.url is None:
        return source_link(document.uri, exact.start, exact.end)
    address = section_link(document, exact.start)
    marking = _fragment(document, exact)
    if marking is None:
        return address
    return f"{address}{'' if '#' in address else '#'}:~:{marking}"


def section_link(document: Document, start: int) -> str:
    """The heading's anchor on the page, or the page; our own page for want of an address."""
    if document.url is None:
        return source_link(document.uri, start, start)
    anchor = document.section_at(start).anchor
    return f"{document.url}#{anchor}" if anchor and "#" not in document.url else document.url


def _fragment(document: Document, exact: Slice) -> str | None:
    page = document.page_text or (document.text if document.extractor == "text" else None)
    if page is None:
        return None
    lines = [
        line
        for block in document.blocks
        if block.start < exact.end and block.end > exact.start
        for line in _lines(document.text, block, exact)
    ]
    before = document.text[max(0, exact.start - AROUND) : exact.start]
    return fragment(page, lines, before, document.text[exact.end : exact.end + AROUND])


def _lines(text: str, block: Slice, exact: Slice) -> list[str]:
    """What of a block is sought, a line for what a browser shows in one box: a cell, a line."""
    words = text[max(block.start, exact.start) : min(block.end, exact.end)]
    parted = rf"{BAR.pattern}|\n" if block.kind in ("row", "header") else r"\n"
    return re.split(parted, words)
