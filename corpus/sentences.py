"""A block of text in, the offsets of its sentences out.

Rules rather than a model: a sentence ends at a terminator that is followed by white space and by
something that can begin a sentence, unless the word before it is a known abbreviation or an
initial. Chinese and Japanese terminators need no white space after them.
"""

from __future__ import annotations

import re

# Abbreviations that stand before a name or a number and so hardly ever end a sentence. Those that
# often do end one (etc., Inc., a.m.) are left out: there the next word's capital decides.
_BEFORE_A_NAME = frozenset(
    """
    mr mrs ms dr prof rev hon st sen rep gov gen col lt capt sgt pres messrs mme mlle mgr
    art arts no nos vol vols fig figs eq sec secs ch chs cf vs v para paras p pp approx ca ed eds
    e.g i.e viz al resp incl dept
    jan feb mar apr jun jul aug sept sep oct nov dec
    nr abs bzw z.b d.h u.a vgl hr fr ggf usw sog inkl
    núm sr sra srta dña av prov pág págs
    m mm cie env
    """.split()
)
# After an initial or an acronym ("U.S. The court ...") only these words begin a new sentence.
_STARTERS = frozenset(
    """
    the a an this that these those it its he she they we you i his her their our your my in on at by
    for from with without after before during since until when while if although because as however
    but and or so yet thus therefore moreover there here what who which why how where no yes not all
    each every some many most both under according then today das der die es ein eine im in wir sie
    le la les il elle el los las un una une
    """.split()
)
_TERMINATOR = re.compile(
    r"""[.!?…؟।۔]+ ["'”’»)\]›*_]* (?:\[\d{1,3}\])* (?=\s|$) | [。！？｡]+[」』”’）]* | \n[ \t]*\n""",
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"([^\W\d_](?:[^\s]*[^\W\d_])?)\.?$")
_FIRST_WORD = re.compile(r"\w+")
_NUMBER_MARK = re.compile(r"(?:^|\n)\s*(?:\d{1,3}|[ivxIVX]{1,5}|[a-zA-Z])\.$")
_OPENERS = "\"'“‘«([‹¿¡*_"


def sentences(text: str) -> list[tuple[int, int]]:
    """`(start, end)` of each sentence, without the white space around it, in order.

    Every character that is not white space lies in exactly one of them.

    >>> [("A case. Art. 5 applies.")[s:e] for s, e in sentences("A case. Art. 5 applies.")]
    ['A case.', 'Art. 5 applies.']
    """
    found: list[tuple[int, int]] = []
    start = 0
    for match in _TERMINATOR.finditer(text):
        if _ends_a_sentence(text, start, match):
            _add(found, text, start, match.end())
            start = match.end()
    _add(found, text, start, len(text))
    return found


def _ends_a_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group().strip()
    if not mark or mark[0] in "。！？｡":
        return True
    following = text[match.end() : match.end() + 80].lstrip()
    if not following:
        return True
    following = following.lstrip(_OPENERS)
    if following[:1].islower():
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    before = text[start : match.start() + 1]
    if _NUMBER_MARK.search(before):
        return False
    word = _LAST_WORD.search(before)
    if word is None:
        return True
    name = word.group(1).lower()
    if name in _BEFORE_A_NAME:
        return False
    if all(len(letters) == 1 for letters in name.split(".")) and name != "i":
        first = _FIRST_WORD.match(following)
        return first is not None and first.group().lower() in _STARTERS
    return True


def _add(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    body = piece.strip()
    if not body:
        return
    first = start + piece.index(body[0])
    if found and not any(c.isalnum() for c in body):
        found[-1] = (found[-1][0], first + len(body))
    else:
        found.append((first, first + len(body)))
