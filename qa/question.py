"""What a visitor typed in, a question that can be asked out."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")


def understood(typed: str, max_characters: int) -> str:
    """The question without control characters and superfluous space.

    Raises ValueError, in a sentence for the visitor, when there is nothing to look for in it.
    """
    if len(typed) > max_characters:
        raise ValueError(
            f"The question has {len(typed):,} characters; please ask in at most {max_characters:,}."
        )
    # Cc are controls, Cs lone surrogates, Co and Cn mean nothing to anybody else.
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") else c for c in typed)
    question = _SPACE.sub(" ", kept).strip()
    if not question:
        raise ValueError("The question is empty; please type what you would like to know.")
    if not any(character.isalnum() for character in question):
        raise ValueError("The question has no word in it; please ask in words.")
    return question
