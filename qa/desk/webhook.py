"""A message in, a signed HTTP request to the owner's address out.

`Quoth-Signature: t=SECONDS,v1=HEX` is the HMAC-SHA256 under the shared secret of the seconds, a
full stop and the body. `Idempotency-Key` is the message's reference, the same at every attempt.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import httpx

from qa.desk.deliver import TIMEOUT_S, NotSent
from qa.desk.messages import Message


class Webhook:
    name = "webhook"

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret.encode()

    def send(self, message: Message) -> None:
        body = json.dumps(message.to_json(), ensure_ascii=False).encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "quoth",
            "idempotency-key": message.reference,
            "quoth-signature": signature(body, self._secret, int(time.time())),
        }
        try:
            with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
                status = client.post(self._url, content=body, headers=headers).status_code
        except httpx.HTTPError as error:
            raise NotSent(f"the webhook did not take it ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise NotSent(f"the webhook answered {status}")


def signature(body: bytes, secret: bytes, at: int) -> str:
    signed = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
