"""Bytes in, text out: which encoding a source is in, and when it is no text at all."""

from __future__ import annotations

import codecs
import contextlib
import re

from corpus.document import Unreadable

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# The labels that browsers read differently from their names (https://encoding.spec.whatwg.org/).
AS_BROWSERS_READ = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}

# A declaration names text only: Python also knows codecs that unpack, escape or rotate.
DECLARABLE = re.compile(
    r"cp(125\d|866|874|932|949)|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic)"
    r"|gb18030|big5hkscs|euc_jp|iso2022_jp"
)

# Prose in Windows-1252 has next to no control characters; a binary file has a few per cent.
MOST_CONTROLS = 0.001
CONTROLS = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\x7f]")


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`, without its byte-order mark.

    The first that applies: the byte-order mark; strict UTF-8; the `declared` encoding (HTML names
    its own); Windows-1252, if the bytes can be that. Raises `Unreadable` for anything else.
    """
    for mark, marked in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], marked, "its byte-order mark says")
    try:
        return _without_nul(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if encoding := _declarable(declared):
        return _strict(data, encoding, "it declares")
    return _windows_1252(data)


def _strict(data: bytes, encoding: str, says: str) -> str:
    try:
        return _without_nul(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"is not the {encoding} that {says}: byte {error.start} does not decode"
        ) from None


def _declarable(label: str | None) -> str | None:
    """Python's codec for a declared label; None if there is none or it is no text but UTF-8."""
    name = (label or "").strip().casefold()
    with contextlib.suppress(LookupError, ValueError):
        name = codecs.lookup(name).name
    name = AS_BROWSERS_READ.get(name, name)
    return name if DECLARABLE.fullmatch(name) else None


def _windows_1252(data: bytes) -> str:
    try:
        text = _without_nul(data.decode("cp1252"))
    except UnicodeDecodeError:
        raise Unreadable("is neither UTF-8 nor Windows-1252 text; save it as UTF-8") from None
    if len(CONTROLS.findall(text)) > MOST_CONTROLS * len(text):
        raise Unreadable("holds control characters as binary files do; save its text as UTF-8")
    return text


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise Unreadable("holds NUL characters as binary files do; save its text as UTF-8")
    return text
