"""Which lines of a plain text are headings, told by marks, numbers, capitals or how they stand."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise, zip_longest

from corpus.formats._lines import Line

CHARACTERS = 80
WORDS = 12
SENTENCE_WORDS = 8  # "3. Definitions." may end like a sentence up to this many
CENTRED_AT = 8  # columns; less is an indented paragraph

# How deep a heading of each style stands; a numbered one adds its depth, an underlined one the
# place of its sign in the order of their first use.
CAPITALS, PLAIN = 2, 3
NUMBERED, UNDERLINED = 2, 1

NO_CONTENT = ("blank", "furniture", "mark")
ENDS_NONE = tuple(".,;:!…-。，；：！")
UNDERLINE = re.compile(r"([=~^*#+\"-])\1{2,}")
HASHES = re.compile(r"(#{1,6})[ \t]+(?=\S)")
NUMBER = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)[.)]?[ \t]+(?=\S)")
NOT_PROSE = re.compile(r"[={}<>\\@|`;©]|^copyright\b|://|^[$%/.~#]|\S {3,}\S|^\S*[_/]\S*$", re.I)


def mark_headings(lines: list[Line]) -> None:
    """Gives headings their role and level; one that comes before anything else is the title."""
    _mark_underlined(lines)
    indents = Counter(line.indent for line in lines if line.role in ("text", "heading"))
    margin = max(indents, key=lambda indent: indents[indent], default=0)
    worded = [at for at, line in enumerate(lines) if line.role not in NO_CONTENT]
    run: list[Line] = []
    for at, following in zip_longest(worded, worded[1:]):
        line = lines[at]
        follower = lines[following] if following is not None else None
        if follower and _is_unmarked(lines, at, follower, margin, at == worded[0]):
            line.level = CAPITALS if line.text.isupper() else PLAIN
            run.append(line)
        else:
            _accept(run, lines[worded[0]])
            run = []
            _mark_if_marked(lines, at, follower)
    if worded:
        _raise_title(lines, lines[worded[0]])
    _lower_questions(lines)


def _mark_underlined(lines: list[Line]) -> None:
    signs: list[str] = []
    for at, (above, line) in enumerate(pairwise(lines)):
        fits = 0.6 * len(above.text) <= len(line.text) and len(above.text) <= CHARACTERS
        if above.role in ("text", "step") and fits and _is_free(lines, at - 1):
            if not UNDERLINE.fullmatch(line.text):
                continue
            if line.text[0] not in signs:
                signs.append(line.text[0])
            _make_heading(above, UNDERLINED + signs.index(line.text[0]))


def _is_unmarked(lines: list[Line], at: int, follower: Line, margin: int, is_first: bool) -> bool:
    """Whether a line has neither mark nor number, but looks and stands like a heading."""
    line = lines[at]
    if line.role != "text" or NUMBER.match(line.text) or not _is_free(lines, at - 1):
        return False
    if margin < line.indent < CENTRED_AT or not _looks_like_one(line.text):
        return False
    both_centred = min(line.indent, follower.indent) >= CENTRED_AT + margin
    return line.text.isupper() or _is_free(lines, at + 1) or (is_first and both_centred)


def _looks_like_one(text: str) -> bool:
    return (
        len(text) <= CHARACTERS
        and len(text.split()) <= WORDS
        and any(character.isalpha() for character in text)
        and not text.endswith(ENDS_NONE)
        and not text.lstrip("\"'“‘(¿¡")[:1].islower()
        and not NOT_PROSE.search(text)
    )


def _mark_if_marked(lines: list[Line], at: int, follower: Line | None) -> None:
    """ "## Scope", or "1.2 Scope" alone between blank lines and not in a list of such lines."""
    line = lines[at]
    if line.role not in ("text", "step") or not _is_free(lines, at - 1) or follower is None:
        return
    if (hashes := HASHES.match(line.text)) and not HASHES.match(lines[at + 1].text):
        _make_heading(line, len(hashes[1]), hashes.end())
    number = NUMBER.match(line.text)
    if not number or not _is_free(lines, at + 1):
        return
    depth = number[1].count(".")
    after = NUMBER.match(follower.text)
    in_list = after is not None and after[1].count(".") == depth
    named = line.text[number.end() :]
    if named.endswith(".") and len(named.split()) <= SENTENCE_WORDS:
        named = named[:-1]
    if not in_list and _looks_like_one(named):
        _make_heading(line, NUMBERED + depth)


def _is_free(lines: list[Line], at: int) -> bool:
    return not 0 <= at < len(lines) or lines[at].role in (*NO_CONTENT, "heading")


def _accept(run: list[Line], first: Line) -> None:
    """Lines that look like headings one after the other: a title and a section, or a mere list."""
    keep = run if len(run) <= 2 else [run[0], run[-1]] if run[0] is first else run[-1:]
    for line in keep:
        _make_heading(line, line.level)


def _make_heading(line: Line, level: int, mark: int = 0) -> None:
    """A number is part of a heading, a mark of so many characters is not."""
    line.role, line.level = "heading", level
    line.start = line.end - len(line.text) + mark


def _raise_title(lines: list[Line], first: Line) -> None:
    if first.role != "heading":
        return
    headings = [line for line in lines if line.role == "heading"]
    others = [line.level for line in headings if line is not first]
    if first.level > 1 and 1 in others:
        for line in headings:
            line.level += 1
    first.level = 1


def _lower_questions(lines: list[Line]) -> None:
    """A question below a heading that is none is part of that section, as in an FAQ."""
    section = 0
    for line in lines:
        if line.role == "heading" and not line.text.endswith("?"):
            section = line.level
        elif line.role == "heading" and section == line.level > 1:
            line.level += 1
