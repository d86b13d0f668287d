"""A client of the API, for Python programs.

>>> with Client("https://help.shop.example") as quoth:  # doctest: +SKIP
...     print(quoth.ask("When do I get my money back?").answer)
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel

from qa.conversation import TURNS
from qa.web import schema, token
from qa.web.routes import API

Told = TypeVar("Told", bound=BaseModel)


class Refused(RuntimeError):
    """What the server said instead; worth another try after `retry_after_s`, when that is set."""

    def __init__(self, status: int, sentence: str, retry_after_s: int | None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after_s = retry_after_s


class Client:
    """`address` is where `quoth serve` is reached, its root path included."""

    def __init__(self, address: str, timeout_s: float = 30) -> None:
        self._http = httpx.Client(base_url=address.rstrip("/") + API, timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def ask(self, question: str, before: Sequence[schema.Answer] = ()) -> schema.Answer:
        """`before`: the answers so far, oldest first, on which the question may lean."""
        turns = [schema.said(answer).model_dump() for answer in before[-TURNS:]]
        given = {"question": question, "history": turns}
        return self._told(schema.Answer, "POST", "/ask", json=given)

    def suggest(self, typed: str = "", after: str = "") -> schema.Suggestions:
        params = {"q": typed, "after": after}
        return self._told(schema.Suggestions, "GET", "/suggest", params=params)

    def feedback(self, answer_id: str, *, helpful: bool, reason: str = "") -> bool:
        """Whether it was stored, which it is not while the owner keeps no log."""
        given = {"answer": answer_id, "helpful": helpful, "reason": reason}
        return self._told(schema.Stored, "POST", "/feedback", json=given).stored

    def message(self, name: str, email: str, message: str) -> schema.Receipt:
        """Writes to the owner; takes as long as a token needs to become valid."""
        carried = self._told(schema.Token, "GET", "/token").token
        time.sleep(token.YOUNGEST_S + 1)
        given = {
            "name": name,
            "email": email,
            "message": message,
            "key": str(uuid.uuid4()),
            "token": carried,
        }
        return self._told(schema.Receipt, "POST", "/message", json=given)

    def _told(self, model: type[Told], method: str, path: str, **given: Any) -> Told:
        response = self._http.request(method, path, **given)
        if response.is_success:
            return model.model_validate(response.json())
        try:
            sentence = response.json()["error"]
        except (ValueError, KeyError, TypeError):
            sentence = f"The server answered {response.status_code}."
        wait = response.headers.get("retry-after", "")
        raise Refused(response.status_code, sentence, int(wait) if wait.isdecimal() else None)
