"""What a way of sending messages to the owner has to be."""

from __future__ import annotations

from typing import Protocol

from qa.desk.messages import Message

TIMEOUT_S = 20


class NotSent(RuntimeError):
    """The other side could not be reached or did not take the message; tried again later."""


class Channel(Protocol):
    name: str

    def send(self, message: Message) -> None:
        """Hands the message over, or raises NotSent with the reason, without any secret."""
        ...


def as_text(message: Message) -> str:
    """A message as an owner reads it, the conversation below it."""
    asked = [
        f"\nAsked: {turn['question']}\nShown: {turn['answer']}" for turn in message.conversation
    ]
    lines = [
        message.message,
        "",
        "-- ",
        f"{message.name} <{message.email}>",
        f"Reference {message.reference}, {message.at}",
        *([f"From the page {message.page}"] if message.page else []),
        *(["", "The conversation before:", *asked] if asked else []),
    ]
    return "\n".join(lines) + "\n"
