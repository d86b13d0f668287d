"""A visitor's text in, the same without e-mail addresses, telephone and card numbers out."""

from __future__ import annotations

import re

EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+(?:@|\s?\(at\)\s?)[\w-]+(?:\.[\w-]+)+")
# Digits with at most two marks between them, so that a sentence's numbers stay apart.
NUMBER = re.compile(r"(?<![\w.])(?:\+|\(\+?)?\d(?:[ \u00a0./()-]{0,2}\d){6,22}(?!\w)")
DATE = re.compile(r"\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2\d{4}")
CARD_DIGITS = range(13, 20)
PHONE_DIGITS = range(7, 16)


def masked(text: str) -> str:
    """
    >>> masked("Call +49 30 1234567 or mail ann@example.org about order 2026-01-15")
    'Call [phone] or mail [e-mail] about order 2026-01-15'
    """
    return NUMBER.sub(_number, EMAIL.sub("[e-mail]", text))


def _number(found: re.Match[str]) -> str:
    digits = [int(character) for character in found[0] if character.isdigit()]
    if len(digits) in CARD_DIGITS and _luhn(digits):
        return "[card]"
    if len(digits) in PHONE_DIGITS and not DATE.fullmatch(found[0]):
        return "[phone]"
    return found[0] if len(digits) < PHONE_DIGITS.start or DATE.fullmatch(found[0]) else "[number]"


def _luhn(digits: list[int]) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
