"""Lines of plain text in, the part that each plays out: furniture, heading, item, prose, mark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.formats._metadata import date_of

# A text whose lines are longer than this holds one paragraph a line; shorter ones are wrapped.
WRAPPED_AT = 120
TOP_LINES = 20
FULL = 55  # characters in a line that ends for want of room

# What a page copied as text begins and ends with: the labels of links and buttons around it. Those
# that could be a title too count only where several stand together.
TOP = re.compile(
    r"(skip|jump) to (the )?(main |page )?(content|navigation|search)"
    r"|for the complete documentation index, see .*|(open|toggle|close) (menu|navigation)"
    r"|\d+ min(ute)?s?( read)?|copy (page|link)|on this page|(back|return) to .{1,40}"
    r"|home( ?[>›»/|] ?[^>›»/|]{1,40})+",
    re.I,
)
TOGETHER = re.compile(
    r"(main )?(menu|navigation)|home|search|sign (in|up)|log ?in|share|print", re.I
)
BOTTOM = re.compile(
    r"(talk|speak|chat) (to|with) [^.!?]{1,30}|contact (us|sales|support)|book a demo|get started"
    r"|(back|return) to [^.!?]{1,40}|(share|print|subscribe|follow us|sign (in|up)|log ?in)"
    r"|(share|edit|print) this page[^.!?]{0,30}|was this (page|article|answer) helpful\??"
    r"|(next|previous)( (page|article|chapter))?(:.{1,60})?|(©|\(c\)|copyright)\W.{0,80}"
    r"|all rights reserved\.?|(privacy|cookie) (policy|settings|notice)|terms( of (use|service))?",
    re.I,
)
LONGEST_LABEL = 100
UPDATED = re.compile(
    r"(?:last |page )?(updated|modified|revised|reviewed|changed|published)(?: on)?:? +(.{6,30})",
    re.I,
)

BULLET = re.compile(r"[•◦‣▪●○∙·–*+-][ \t\u00a0]+(?=\S)")
SIGNS_IN_PROSE = "–*+-"  # a wrapped line may happen to begin with one of these
NUMBER = re.compile(r"\(?(\d{1,3}|[a-z])[.)][ \t\u00a0]+(?=\S)")
ENDS_SENTENCE = tuple(".!?…:;。！？")


@dataclass(slots=True)
class Line:
    """The `text` of a line without the white space around it, `start` to `end`, and its `role`:
    blank, furniture, mark (nothing but signs), heading (of a `level`), item, step or text.
    `start` stands behind the bullet of an item.
    """

    start: int
    end: int
    indent: int
    text: str
    role: str = "text"
    level: int = 0


def lines_of(text: str) -> list[Line]:
    """Every line; the roles of headings are still to be found."""
    lines: list[Line] = []
    start = 0
    for raw in text.split("\n"):
        content = raw.strip()
        at = raw.find(content)
        line = Line(start + at, start + at + len(content), len(raw[:at].expandtabs()), content)
        if not any(character.isalnum() for character in content):
            line.role = "mark" if content else "blank"
        lines.append(line)
        start += len(raw) + 1
    _mark_furniture(lines, is_wrapped(lines))
    _mark_items(lines)
    return lines


def is_wrapped(lines: Sequence[Line]) -> bool:
    """Whether paragraphs are broken into lines of about equal length."""
    long = sum(len(line.text) for line in lines if len(line.text) > WRAPPED_AT)
    return long < 0.25 * sum(len(line.text) for line in lines)


def updated_in(lines: Sequence[Line]) -> str | None:
    """The date in a line such as "Updated May 20, 2026" near the top."""
    for line in lines:
        found = UPDATED.fullmatch(line.text) if line.role == "furniture" else None
        if found and (day := date_of(found[2])):
            return day
    return None


def is_full(line: Line) -> bool:
    """Whether a line ends where it does for want of room, in the middle of a sentence."""
    return len(line.text) >= FULL and not line.text.endswith(ENDS_SENTENCE)


def _mark_furniture(lines: list[Line], wrapped: bool) -> None:
    worded = [line for line in lines if line.role == "text"]
    for line in worded[:TOP_LINES]:
        found = UPDATED.fullmatch(line.text)
        if _is_label(line, TOP) or (found and date_of(found[2])):
            line.role = "furniture"
        elif len(line.text) > LONGEST_LABEL:
            break
    group = _first_group(lines)
    labels = [line for line in group if line.role == "furniture" or _is_label(line, TOGETHER)]
    if labels and len(group) > 1:
        for line in [*labels, *(line for line in group if len(line.text.split()) <= 2)]:
            line.role = "furniture"
    for last, above in pairwise(reversed(lines)):
        if last.role == "text" and _is_bottom_label(last, above, wrapped):
            last.role = "furniture"
        elif last.role != "blank":
            break


def _is_bottom_label(line: Line, above: Line, wrapped: bool) -> bool:
    """Also one that is not known, right below the last sentence of a page: "Talk to founder"."""
    if above.role == "text" and not above.text.endswith(ENDS_SENTENCE):
        return False
    is_name = len(line.text.split()) <= 4 and not line.text.endswith(ENDS_SENTENCE)
    return _is_label(line, BOTTOM) or (not wrapped and above.role == "text" and is_name)


def _is_label(line: Line, labels: re.Pattern[str]) -> bool:
    return len(line.text) <= LONGEST_LABEL and labels.fullmatch(line.text) is not None


def _first_group(lines: list[Line]) -> list[Line]:
    """The lines up to the first blank one, if they are few."""
    group: list[Line] = []
    for line in lines[: 2 * TOP_LINES]:
        if line.role == "blank" and group:
            break
        if line.role != "blank":
            group.append(line)
    return group


def _mark_items(lines: list[Line]) -> None:
    """A bullet begins an item; a number does so in a list that counts from its first line on."""
    expected: dict[int, str] = {}
    above = Line(0, 0, 0, "", "blank")
    for line in lines:
        if line.role == "text":
            bullet, number = BULLET.match(line.text), NUMBER.match(line.text)
            if bullet and not (above.role == "text" and is_full(above) and _may_be_prose(line)):
                line.role = "item"
                line.start += bullet.end()
            elif number and (
                above.role != "text" or number[1] in ("1", "a", expected.get(line.indent))
            ):
                line.role = "step"
                line.start += number.end()
                expected[line.indent] = _next(number[1])
        above = line


def _may_be_prose(line: Line) -> bool:
    return line.text[0] in SIGNS_IN_PROSE


def _next(number: str) -> str:
    return str(int(number) + 1) if number.isdigit() else chr(ord(number) + 1)
