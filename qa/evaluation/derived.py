"""Documents or a set in, a new test set out: a site's own FAQ, and questions without an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpus.document import Document, Section, Slice, Unreadable
from corpus.sandbox import Sandbox
from corpus.sources import folder
from qa.evaluation.asking import Asker
from qa.evaluation.questions import Gold, Question

MARKS = ("?", "？", "؟", "¿")


def from_faq(path: Path) -> tuple[list[Question], list[Document]]:
    """The questions that headings below `path` ask, and the documents without these headings.

    A heading asks when it ends with a question mark and text follows before the next heading; that
    text is the gold. Over the documents as they are such a question would find its own words.
    Raises ValueError when no heading asks.
    """
    questions: list[Question] = []
    documents: list[Document] = []
    for document in _documents(path):
        documents.append(document)
        for section, gold in _answered(document):
            number = len(questions) + 1
            text = section.headings[-1].of(document.text).strip()
            above = [heading.of(document.text) for heading in section.headings[:-1]]
            tags = tuple(above[-1:])
            questions.append(Question(f"faq{number:03}", text, (gold,), tags))
    if not questions:
        raise ValueError(f"{path} has no heading that ends with a question mark and is answered")
    return questions, documents


def without_questions(document: Document) -> str:
    """The document as Markdown, without the headings that ask."""
    front = {"title": document.title, "url": document.url, "updated": document.updated}
    lines = ["---", *(f"{key}: {_yaml(value)}" for key, value in front.items() if value), "---"]
    asking = {section.headings[-1].start for section, _ in _answered(document)}
    levels = {s.headings[-1].start: len(s.headings) for s in document.sections if s.headings}
    previous = ""
    for block in document.blocks:
        if block.kind == "heading" and block.start in asking:
            previous = ""
            continue
        if not (block.kind == previous or {block.kind, previous} == {"header", "row"}):
            lines.append("")
        lines += _markdown(block, document.text, levels.get(block.start, 2))
        previous = block.kind
    return "\n".join(lines) + "\n"


def leave_one_out(questions: Sequence[Question], asker: Asker) -> Iterator[Question]:
    """Each answerable question once more, with every page that answers it hidden: unanswerable."""
    for question in questions:
        pages = asker.matcher.target(question).pages if question.answerable else frozenset()
        if pages:
            yield replace(
                question,
                id=f"{question.id}-left-out",
                gold=(),
                tags=(*question.tags, "left-out"),
                hidden=tuple(sorted({*question.hidden, *pages})),
            )


def _documents(path: Path) -> Iterator[Document]:
    with Sandbox() as sandbox:
        for found in folder.walk(path):
            if found.reason or found.format is None:
                continue
            uri = f"{path.resolve().name}/{found.relative}" if path.is_dir() else found.relative
            try:
                yield sandbox.read(found.format, folder.read_bytes(found.path), uri)
            except Unreadable:
                continue


def _answered(document: Document) -> Iterator[tuple[Section, Gold]]:
    """Each section whose heading asks, with the text below it."""
    starts = [section.start for section in document.sections]
    for section, end in zip(document.sections, [*starts[1:], len(document.text)], strict=True):
        if not section.headings:
            continue
        heading = section.headings[-1]
        if not heading.of(document.text).strip().endswith(MARKS):
            continue
        body = [b for b in document.blocks if heading.end <= b.start < end and b.kind != "heading"]
        if body:
            text = document.text[body[0].start : body[-1].end]
            yield section, Gold(document.uri, " ".join(text.split()))


def _markdown(block: Slice, text: str, level: int) -> list[str]:
    words = " ".join(block.of(text).split())
    if block.kind == "heading":
        return [f"{'#' * min(level, 6)} {words}"]
    if block.kind in ("item", "step"):
        return [f"{'-' if block.kind == 'item' else '1.'} {words}"]
    if block.kind == "code":
        return ["```", block.of(text), "```"]
    if block.kind in ("header", "row"):
        cells = block.of(text).split(" | ")
        row = f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"
        return [row, f"|{'---|' * len(cells)}"] if block.kind == "header" else [row]
    return [words]


def _yaml(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
