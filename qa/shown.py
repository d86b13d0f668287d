"""A question and the place that answers it in, the words to mark out: sentence, list or span."""

from __future__ import annotations

import re

from corpus.passages import context, introduces
from index.words import ENGLISH, stems, tokens
from qa.answer import Span
from qa.citation import LISTED
from qa.coverage import telling
from qa.place import Place, group, is_yes_no, over

FEWEST_LISTED = 2  # items or rows that a list or table shown as an answer has
MOST = {"item": LISTED, "step": LISTED, "row": 12}  # that are shown; of a longer table the one row

_SEVERAL = re.compile(
    r"\b(which|what)\b(\s+\w+){0,3}\s+(are|were|do|have|must|should|can|need)\b|\b(steps?|list|kinds|"
    r"types|sorts|ways|conditions|requirements|grounds|reasons|examples|ingredients|documents|"
    r"members|parts|elements|stages|exceptions)\b|\bwhat\b.*\bneed\b",
    re.I,
)
_HOW = re.compile(r"\bhow\s+(to|do|does|can|could|should|would|must|is|are)\b", re.I)


def shown(question: str, place: Place) -> Span:
    """The words to mark, from the start of the place's passage: of a yes/no question the sentence
    that settles it, of what introduces something the whole, of a question for all of a list or a
    table that too; else the place's span itself. What is whole may go beyond the passage."""
    document, unit = place.hit.passage.document, place.unit
    if is_yes_no(question) or introduces(document, unit):
        return over(place, unit.start, unit.end)
    around = group(document, unit)
    if FEWEST_LISTED <= len(around) <= MOST.get(unit.kind, 0) and _asks_for_all(question, place):
        lead = [part for part in context(document, unit.start) if part.kind == "introduction"]
        return over(place, (*lead, around[0])[0].start, around[-1].end)
    return place.span


def _asks_for_all(question: str, place: Place) -> bool:
    """Whether a question is for steps or for several things, or says nothing that tells one item
    or row from the others: all of it is in what stands above them."""
    document, unit = place.hit.passage.document, place.unit
    lead = context(document, unit.start)
    if unit.kind == "step" and (_HOW.search(question) or _SEVERAL.search(question)):
        return True
    if unit.kind == "item" and lead and _SEVERAL.search(question):
        return True
    path = document.heading_path(unit.start)
    near = _stems(" ".join([*path[-1:], *(part.of(document.text) for part in lead)]))
    above = near | _stems(" ".join([document.title, *path]))
    asked = set(stems(telling(question), ENGLISH))
    its_own = _stems(unit.of(document.text)) if unit.kind == "row" else set()
    return bool(asked & near) and asked <= above and not asked & its_own


def _stems(text: str) -> set[str]:
    return set(stems(tokens(text), ENGLISH))
