"""Text as a reader sees it: without what is invisible, and white space as one space."""

from __future__ import annotations

import re

# Characters without a shape of their own: controls, soft hyphen, zero-width space, direction marks
# and overrides, invisible operators, byte-order mark, tags, lone surrogates. Text hidden by them
# would be searched and quoted without anyone having seen it.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
    # Joiners shape Persian, Indic scripts and emoji; after ASCII they only hide.
    "|(?:(?<=[\x00-\x7f])|^)[\u200c\u200d]+"
)

SPACE = re.compile(r"\s+")


def visible(text: str) -> str:
    """`text` without invisible characters, its white space as it is."""
    return INVISIBLE.sub("", text)


def one_line(text: str) -> str:
    """`text` without invisible characters, runs of white space as one space, none at the ends."""
    return SPACE.sub(" ", visible(text)).strip()


def same(one: str, other: str) -> bool:
    """Whether two titles are equal to a reader: without regard to case and white space."""
    return one_line(one).casefold() == one_line(other).casefold()
