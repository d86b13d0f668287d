"""Tokens for the message form: signed, stamped with the time, worth nothing at once or too late.

They keep out programs that post without having opened a form. Nothing is kept for them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

OLDEST_S = 12 * 3600
YOUNGEST_S = 2  # nobody fills in the form faster


def made(key: bytes, at: float | None = None) -> str:
    stamp = f"{int(time.time() if at is None else at)}.{secrets.token_hex(8)}"
    return f"{stamp}.{_signature(key, stamp)}"


def problem(key: bytes, token: str, at: float | None = None) -> str | None:
    """What is wrong with a token, in a sentence; None when it holds."""
    stamp, _, signature = token.rpartition(".")
    if not hmac.compare_digest(
        _signature(key, stamp).encode(), signature.encode("utf-8", "replace")
    ):
        return "The form's token is not one of ours; please open the form again."
    age_s = (time.time() if at is None else at) - int(stamp.partition(".")[0])
    if age_s < YOUNGEST_S:
        return "That was sent faster than anyone types; please send it again."
    if age_s > OLDEST_S:
        return "The form was open for too long; please open it again."
    return None


def _signature(key: bytes, stamp: str) -> str:
    return hmac.new(key, stamp.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
