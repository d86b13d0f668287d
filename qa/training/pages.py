"""Help sites of our own, a file each: their pages as Quoth cuts them, with questions about them.

A page begins with `=== page: TITLE` and is Markdown; its questions stand below `=== questions`, a
`Q:` line and an `A:` line each. An answer is words of the page; where these stand there several
times, `words << a longer stretch around them`. `-` is the answer of what no page of the site says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.document import Document, Passage
from corpus.formats.markdown import read as read_markdown
from corpus.passages import Tokenizer, split

FOLDER = Path(__file__).parent / "data" / "pages"
# On these nothing is trained: the ranking and the calibration are fitted to their questions.
HELD_OUT = frozenset(
    ("database", "elections", "embassy", "federation", "museum", "parcels", "payroll", "skies")
)
NONE = "-"

_PAGE = re.compile(r"^=== page: *(.+)\n", re.M)
_QUESTIONS = re.compile(r"^=== questions *\n", re.M)
_ASKED = re.compile(r"^Q: *(.+)\n+A: *(.+)$", re.M)
_WORD = re.compile(r"\w+")
_TELLING = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True)
class Page:
    """`questions` are `(text, start, end)` of the document's text, or `(text,)` of what no page of
    the site says."""

    site: str
    markdown: str
    document: Document
    questions: tuple[tuple[str, int, int] | tuple[str], ...]


def read(folder: Path = FOLDER) -> Iterator[Page]:
    """Every page of the sites in `folder`. Raises ValueError naming what cannot be found."""
    for file in sorted(folder.glob("*.txt")):
        _, *parts = _PAGE.split(file.read_text("utf-8"))
        for number, whole in enumerate(parts[1::2], 1):
            markdown, asked = _QUESTIONS.split(whole)
            uri = f"{file.stem}/{number:02}.md"
            document = read_markdown(markdown.strip().encode() + b"\n", uri)
            questions = tuple(_question(document, *pair) for pair in _ASKED.findall(asked))
            yield Page(file.stem, markdown.strip() + "\n", document, questions)


def cut(page: Page, tokenizer: Tokenizer) -> tuple[list[Passage], list[tuple[str, int, int, int]]]:
    """The page's passages and of each question its text, its passage's number and the answer's
    place in that, 0 and 0 where there is none. What nothing answers is asked of the passage that
    shares most words with it; an answer that no passage holds whole is left out."""
    passages = split(page.document, tokenizer)
    found = []
    for text, *place in page.questions:
        if not place:
            words = set(_TELLING.findall(text.lower()))
            shared = [len(words & set(_TELLING.findall(p.encoded.lower()))) for p in passages]
            found.append((text, shared.index(max(shared)), 0, 0))
            continue
        start, end = place
        for number, passage in enumerate(passages):
            if passage.start <= start and end <= passage.end:
                found.append((text, number, start - passage.start, end - passage.start))
                break
    return passages, found


def _question(document: Document, text: str, answer: str) -> tuple[str, int, int] | tuple[str]:
    text, answer = " ".join(text.split()), answer.strip()
    if answer == NONE:
        return (text,)
    words, _, around = (part.strip() for part in answer.partition("<<"))
    outer = _find(around or words, document.text)
    inner = outer and _find(words, document.text[slice(*outer)])
    if not outer or not inner:
        raise ValueError(f"{document.uri} does not say {answer!r}, the answer to {text!r}")
    return (text, outer[0] + inner[0], outer[0] + inner[1])


def _find(words: str, text: str) -> tuple[int, int] | None:
    """Where a text says these words, whatever marks stand between them in Markdown."""
    exact = text.find(words)
    if exact >= 0:
        return exact, exact + len(words)
    said = _WORD.findall(words)
    match = re.search(r"\b" + r"[\W_]+".join(map(re.escape, said)) + r"\b", text) if said else None
    return match.span() if match else None
