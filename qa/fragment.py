"""A page's visible text and words on it in, the text fragment that makes a browser mark them out.

https://wicg.github.io/scroll-to-text-fragment/: `[prefix-,]start[,end][,-suffix]`. A browser takes
the first place that fits; it is followed here over the page's text, and a fragment that would mark
anything else is not given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

WHOLE = 50  # characters up to which words are named whole, not by their beginning and end
MOST_WORDS = 12  # of a beginning, an end or what stands around
# Chromium looks for text as it does in a page: without regard to case, accents and kinds of quotes.
_FOLDED = {
    **dict.fromkeys(map(ord, "‘’‚‛′"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″"), '"'),
    0xAD: None,
}
_UNSPACED = "\u2e80"  # scripts from here on are written without spaces


@dataclass(frozen=True, slots=True)
class Terms:
    """A fragment before it is encoded; empty terms are not given."""

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""

    def encoded(self) -> str:
        terms = [
            f"{_encoded(self.prefix)}-" if self.prefix else "",
            _encoded(self.start),
            _encoded(self.end),
            f"-{_encoded(self.suffix)}" if self.suffix else "",
        ]
        return "text=" + ",".join(term for term in terms if term)


def fragment(page: str, lines: list[str], before: str = "", after: str = "") -> str | None:
    """The shortest fragment that marks `lines`, and nothing else, on a page; None without one.

    `page` has a line for each block. `lines` are the words sought, a line for what stands in one
    block; `before` and `after` stand around them and tell equal places apart.
    """
    text = folded(page)
    sought = [" ".join(folded(line).split()) for line in lines]
    sought = [line for line in sought if line]
    place = _place(text, sought, folded(before), folded(after)) if sought else None
    if place is None:
        return None
    for terms in _candidates(text, sought, *place):
        if found(text, terms) == place:
            return terms.encoded()
    return None


def found(text: str, terms: Terms) -> tuple[int, int] | None:
    """What a browser marks in a folded text: the first place that fits all terms."""
    for start, end in _occurrences(text, terms.start, 0):
        if terms.prefix and not _ends_with(text, start, terms.prefix):
            continue
        if not terms.end:
            if not terms.suffix or _begins_with(text, end, terms.suffix):
                return start, end
            continue
        for _, last in _occurrences(text, terms.end, end):
            if not terms.suffix or _begins_with(text, last, terms.suffix):
                return start, last
        return None
    return None


@lru_cache(maxsize=64)
def folded(text: str) -> str:
    """Text as browsers compare it: a line a block, one space between words."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(_FOLDED))
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"[^\S\n]+", " ", text.casefold())


def _place(text: str, lines: list[str], before: str, after: str) -> tuple[int, int] | None:
    """Where the lines stand in the text; None when that is nowhere or cannot be told."""
    pattern = r"\s+".join(re.escape(word) for line in lines for word in line.split())
    places = [match.span() for match in re.finditer(pattern, text) if _bounded(text, *match.span())]
    if len(places) < 2:
        return places[0] if places else None
    scores = [
        _common(_words(text[max(0, start - 400) : start])[::-1], _words(before)[::-1])
        + _common(_words(text[end : end + 400]), _words(after))
        for start, end in places
    ]
    best = max(scores)
    return places[scores.index(best)] if scores.count(best) == 1 else None


def _candidates(text: str, lines: list[str], start: int, end: int) -> Iterator[Terms]:
    """Fragments for a place, the shortest first: alone, then with what stands around."""
    cores = list(_cores(lines))
    yield from cores
    prefixes, suffixes = _before(text, start), _after(text, end)
    for count in range(2, MOST_WORDS + 1, 2):
        prefix, suffix = " ".join(prefixes[-count:]), " ".join(suffixes[:count])
        for core in (cores[0], cores[-1]):
            if prefix:
                yield Terms(core.start, core.end, prefix)
            if suffix:
                yield Terms(core.start, core.end, "", suffix)
            if prefix and suffix:
                yield Terms(core.start, core.end, prefix, suffix)


def _cores(lines: list[str]) -> Iterator[Terms]:
    first, last = lines[0].split(), lines[-1].split()
    one = len(lines) == 1
    if one and (len(lines[0]) <= WHOLE or len(first) < 4):
        yield Terms(lines[0])
        return
    # Beginning and end may not overlap.
    most = len(first) // 2 if one else max(len(first), len(last))
    for count in range(2 if one else 1, min(most, MOST_WORDS) + 1):
        yield Terms(" ".join(first[:count]), " ".join(last[-count:]))


def _before(text: str, start: int) -> list[str]:
    """The words before, of the nearest line that has any."""
    lines = [line.split() for line in text[max(0, start - 2000) : start].split("\n")]
    return next((words for words in reversed(lines) if words), [])


def _after(text: str, end: int) -> list[str]:
    lines = [line.split() for line in text[end : end + 2000].split("\n")]
    return next((words for words in lines if words), [])


def _occurrences(text: str, term: str, at: int) -> Iterator[tuple[int, int]]:
    """Where a term stands, within one block and as whole words."""
    while (start := text.find(term, at)) >= 0:
        end = start + len(term)
        if _bounded(text, start, end):
            yield start, end
        at = start + 1


def _bounded(text: str, start: int, end: int) -> bool:
    return not (_joined(text[start - 1 : start], text[start : start + 1])) and not (
        _joined(text[end - 1 : end], text[end : end + 1])
    )


def _joined(left: str, right: str) -> bool:
    """Whether no word ends between two characters."""
    return all(c and (c.isalnum() or c == "_") and c < _UNSPACED for c in (left, right))


def _ends_with(text: str, at: int, term: str) -> bool:
    return text[max(0, at - len(term) - 200) : at].rstrip().endswith(term)


def _begins_with(text: str, at: int, term: str) -> bool:
    return text[at : at + len(term) + 200].lstrip().startswith(term)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _common(one: list[str], other: list[str]) -> int:
    """How many words two lists begin with in common."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _encoded(term: str) -> str:
    return quote(term, safe="").replace("-", "%2D")
