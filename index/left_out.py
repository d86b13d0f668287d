"""Documents in, how much of what their pages show was left out as navigation and the like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from corpus import Document

MOSTLY = 0.5  # pages of which more than this was left out are named


@dataclass(slots=True)
class LeftOut:
    """Counted in characters, over the formats that know what their page shows besides."""

    shown: int = 0
    dropped: float = 0.0
    mostly: list[tuple[str, float]] = field(default_factory=list)

    def add(self, document: Document) -> None:
        if not document.page_text:
            return
        self.shown += len(document.page_text)
        self.dropped += document.dropped * len(document.page_text)
        if document.dropped > MOSTLY:
            self.mostly.append((document.uri, round(document.dropped, 3)))

    def to_json(self) -> dict[str, Any]:
        """`share` (0 to 1) of all text and `mostly`, pages with their own share, largest first."""
        largest_first = sorted(self.mostly, key=lambda page: -page[1])
        return {
            "share": round(self.dropped / self.shown, 3) if self.shown else 0.0,
            "mostly": [list(page) for page in largest_first],
        }


def told(left_out: dict[str, Any]) -> str:
    """In a sentence; empty when nothing was left out."""
    if not left_out["share"]:
        return ""
    said = f"left out of web pages as navigation and the like: {left_out['share']:.0%} of the text"
    if not left_out["mostly"]:
        return said
    (uri, share), *others = left_out["mostly"]
    pages = f"{len(others) + 1:,} pages, as" if others else "one page,"
    return f"{said}; more than half of {pages} {uri} ({share:.0%})"
