"""Dates, languages and addresses as sources write them, in one form or None."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

from corpus.formats._clean import one_line

MONTHS = "january february march april may june july august september october november december"
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def text_of(value: object) -> str | None:
    """A title or address as one clean line; None for anything but text that shows."""
    return one_line(value) or None if isinstance(value, str) else None


def date_of(value: object) -> str | None:
    """The day as ISO 8601: of a date, or of "2026-05-20T10:00Z", "Wed, 20 May 2026 10:00:00 GMT",
    "May 20, 2026", "20 May 2026".
    """
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    if not isinstance(value, str):
        return None
    text = one_line(value)
    for read in (_iso, _in_words, _http):
        try:
            if day := read(text):
                return day.isoformat()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def language_of(value: object) -> str | None:
    """A language tag such as "en" or "pt-BR"."""
    text = value.strip() if isinstance(value, str) else ""
    return text.replace("_", "-") if LANGUAGE.fullmatch(text) else None


def _iso(text: str) -> dt.date | None:
    found = re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", text)
    return dt.date(*map(int, found.groups())) if found else None


def _in_words(text: str) -> dt.date | None:
    found = re.fullmatch(
        r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)? )?(?P<month>[a-z]{3,9})\.?"
        r"(?: (?P<after>\d{1,2})(?:st|nd|rd|th)?)?,? (?P<year>\d{4})",
        text.casefold(),
    )
    day = found and (found["day"] or found["after"])
    if not found or not day:
        return None
    for number, name in enumerate(MONTHS.split(), start=1):
        if name == found["month"] or found["month"] in (name[:3], name[:4]):
            return dt.date(int(found["year"]), number, int(day))
    return None


def _http(text: str) -> dt.date:
    return parsedate_to_datetime(text).date()
