"""What stands around the conversation: the name above it, the first page, the line below."""

from __future__ import annotations

from typing import Any

from qa.web.markup import Html, element, join


def masthead(root_path: str) -> Html:
    """The name, and the way to an empty page once there is a conversation."""
    return element(
        "div",
        element("span", "Quoth", class_="wordmark"),
        element("a", "New conversation", class_="afresh", href=f"{root_path}/"),
        class_="masthead",
    )


def welcome(title: str, info: dict[str, Any]) -> Html:
    notices = [element("li", notice) for notice in info["notices"]]
    return join(
        element(
            "div",
            element("h1", title, dir="auto"),
            element(
                "p",
                f"Answers are quoted word for word from {_counted(info)}, each with the place where"
                " it stands. When the documents do not say, you are told so.",
                class_="promise",
            ),
            element("ul", *notices, class_="notices") if notices else "",
            class_="opening",
        )
    )


def colophon(info: dict[str, Any]) -> Html:
    return element(
        "p",
        element("span", "Every answer is a quotation."),
        element("span", _counted(info)),
        element("span", "Shift + Enter begins a new line", class_="keys"),
        class_="colophon",
    )


def _counted(info: dict[str, Any]) -> str:
    count = info["documents"]
    return "one document" if count == 1 else f"{count:,} documents"
