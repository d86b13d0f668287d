"""An index in, questions that its documents answer out, to show what can be asked."""

from __future__ import annotations

import re
from itertools import islice

from corpus.document import Document
from index.search import Index

LOOKED_AT = 200  # documents
MAX_CHARACTERS = 70
LONGEST = 40  # characters of a title that is a term


def examples(index: Index, count: int) -> list[str]:
    """Up to `count` questions from as many documents as can be: their own FAQ's, else "What is
    ...?", else more of their FAQ's."""
    sources = index.texts.sources()
    step = max(1, len(sources) // LOOKED_AT)
    documents = [index.document(source.uri) for source in sources[::step]]
    asked = [own for d in documents if d and (own := _own_questions(d, count))]
    named = [f"What is {d.title}?" for d in documents if d and _is_a_term(d)]
    pool = [own[0] for own in asked]
    if len(pool) < count:
        pool += named
    stride = max(1, len(pool) // max(1, count))
    more = [question for own in asked for question in own[1:]]
    return list(dict.fromkeys([*pool[::stride], *more]))[:count]


def _own_questions(document: Document, count: int) -> list[str]:
    """The first headings that ask something."""
    headings = (block.of(document.text) for block in document.blocks if block.kind == "heading")
    asking = (text for text in headings if text.endswith("?") and len(text) <= MAX_CHARACTERS)
    return list(islice(asking, count))


def _is_a_term(document: Document) -> bool:
    """Whether a page begins by saying what the thing is that it is named after."""
    title = " ".join(document.title.split())
    first = next((b.of(document.text) for b in document.blocks if b.kind != "heading"), "")
    says = rf"(?:the |an? )?{re.escape(title)}\b.{{0,120}}?\b(?:is|are|was|were|means)\b"
    return len(title) <= LONGEST and re.match(says, " ".join(first.split()), re.I) is not None
