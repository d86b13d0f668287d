"""An Answer in, the text that `quoth ask` prints out."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from typing import Any

from qa.answer import Answer, Quote

MARK, PLAIN = "\x1b[1m", "\x1b[0m"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STATES = {
    "changed": " (the source has changed since it was indexed)",
    "missing": " (source not found)",
}


def told(answer: Answer) -> str:
    """The quotes with their sources; the exact words are bold where the terminal can."""
    return "\n\n".join([_answered(answer), *answer.notices])


def _answered(answer: Answer) -> str:
    if answer.quotes:
        first, *others = answer.quotes
        differ = [_place(quote) for quote in others if quote.role == "differs"]
        also = [_place(quote) for quote in others if quote.role != "differs"]
        return "\n\n".join(
            [
                _quoted(first),
                *(["The documents differ:", *differ] if differ else []),
                *(["Also:", *also] if also else []),
            ]
        )
    closest = [_place(quote) for quote in answer.closest]
    return "\n\n".join([answer.reason, *(["Closest:", *closest] if closest else [])])


def _place(quote: Quote) -> str:
    return _quoted(quote, indent="  ")


def _quoted(quote: Quote, indent: str = "") -> str:
    """The parts with their source; an ellipsis stands where a list or table is cut short."""
    document = quote.passage.document
    lines: list[str] = []
    end = 0
    for part in quote.to_json()["parts"]:
        if lines and document.has_words_between(end, part["start"]):
            lines.append(f"{indent}…")
        lines.append(_part(part, indent))
        end = part["end"]
    return "\n".join([*lines, f"{indent}-- {_source(quote)}"])


def _part(part: dict[str, Any], indent: str) -> str:
    """A part's words, wrapped; of code every line as it is."""
    if part["kind"] == "code":
        lines = part["text"].expandtabs().split("\n")
        return "\n".join(f"{indent}    {_printable(line)}".rstrip() for line in lines)
    bullet = "- " if part["kind"] in ("item", "step") else ""
    before, marked, after = (_printable(part[key]) for key in ("before", "marked", "after"))
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    marked = f"{MARK}{marked}{PLAIN}" if colour and marked else marked
    return textwrap.fill(
        bullet + before + marked + after,
        min(100, shutil.get_terminal_size().columns),
        initial_indent=indent,
        subsequent_indent=indent + " " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _source(quote: Quote) -> str:
    document = quote.passage.document
    path = document.heading_path(quote.exact.start)
    where = " › ".join(dict.fromkeys([document.title, *path]))
    dated = f", updated {document.updated}" if document.updated else ""
    address = (document.url and quote.link) or document.uri
    return _printable(f"{where}{dated}: {address}") + _STATES.get(quote.state, "")


def _printable(text: str) -> str:
    """Without the characters that would steer the terminal."""
    return _CONTROL.sub("", text.replace("\n", " "))
