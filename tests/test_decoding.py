"""Bytes of any encoding become text, or a reason why they are none."""

import pytest

from corpus.decoding import decode
from corpus.document import Unreadable

WORDS = "Übung für Kïnder – 20 €"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"], ids=lambda name: name
)
def test_it_reads_what_needs_no_declaration(encoding: str) -> None:
    assert decode(WORDS.encode(encoding)) == WORDS


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("width", ["16", "32"])
def test_it_follows_the_byte_order_mark(width: str, order: str) -> None:
    name = f"utf-{width}-{order}"
    assert decode(("\ufeff" + WORDS).encode(name)) == WORDS


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("Shift_JIS", "cp932", "これは①日本語です"),
        ("windows-1251", "cp1251", "Договор вступил в силу"),
        ("koi8-r", "koi8-r", "Договор"),
        ("gb2312", "gb18030", "布达佩斯公约"),
        ("iso-8859-2", "iso8859-2", "Zażółć gęślą jaźń"),
        ("ISO-8859-1", "cp1252", "costs 20 €"),
        ("x-sjis", "cp932", "日本"),
    ],
)
def test_it_reads_the_declared_encoding_as_browsers_do(
    declared: str, encoding: str, text: str
) -> None:
    assert decode(text.encode(encoding), declared) == text


def test_it_prefers_utf8_to_what_is_declared() -> None:
    assert decode(WORDS.encode(), "iso-8859-1") == WORDS


@pytest.mark.parametrize(
    "declared", ["rot13", "unicode_escape", "utf-7", "zip", "none", "", "utf-8"]
)
def test_it_takes_no_declaration_that_is_no_encoding_of_text(declared: str) -> None:
    assert decode("café".encode("cp1252"), declared) == "café"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"plain\0text", "NUL"),
        (bytes(range(256)), "neither UTF-8 nor Windows-1252"),
        (b"\xff" * 3 + b"\x01\x02\x03" + b"a" * 500, "control characters"),
        (b"\xe9\x81", "neither UTF-8 nor Windows-1252"),
        (b"\xff\xfe\x00\xd8", "utf-16-le"),
        (b"\xef\xbb\xbf\xff", "utf-8"),
    ],
)
def test_it_says_why_bytes_are_no_text(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        decode(data)


def test_it_says_when_the_declared_encoding_is_wrong() -> None:
    with pytest.raises(Unreadable, match="is not the cp932 that it declares: byte 4"):
        decode(b"\x93\xfa\x96\x7b\x85", "shift_jis")


def test_it_bears_few_control_characters_in_windows_1252() -> None:
    assert decode(b"caf\xe9 " + b"a" * 2000 + b"\x1b").endswith("a\x1b")
