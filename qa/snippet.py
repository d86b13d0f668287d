"""quoth widget: the lines that a site's owner puts into their pages."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

# What `data-...` on the script's tag may set, told in docs/widget.md.
OPTIONS = (
    "title", "greeting", "language", "theme", "color", "position", "offset", "examples", "key",
    "handoff", "ahead",
)  # fmt: skip
CHOICES = {
    "language": ("en", "de", "fr", "es", "pt", "ar"),
    "theme": ("light", "dark", "auto"),
    "position": ("right", "left"),
    "handoff": ("yes", "no"),
    "ahead": ("yes", "no"),
}
# Of these, what makes sense in a frame.
FRAME_OPTIONS = tuple(name for name in OPTIONS if name not in ("position", "offset", "key"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", metavar="ADDRESS", help="where visitors reach quoth serve")
    parser.add_argument("--fixed", action="store_true", help="a fixed version, with its hash")
    parser.add_argument("--iframe", action="store_true", help="for sites that allow no script")
    for name in OPTIONS:
        parser.add_argument(f"--data-{name}", metavar="TEXT", help=f"the attribute data-{name}")


def run(given: argparse.Namespace) -> str:
    """Raises ValueError for an address that is none, and for what the widget would not heed."""
    chosen = {name: getattr(given, f"data_{name}") for name in OPTIONS}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    for name, allowed in CHOICES.items():
        if chosen.get(name, allowed[0]) not in allowed:
            told = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
            raise ValueError(f"--data-{name} {chosen[name]} is none of {told}")
    if not re.fullmatch("[A-Za-z]", chosen.get("key", "h")):
        raise ValueError(f"--data-key {chosen['key']} is no letter")
    if given.iframe:
        return frame(given.address, chosen)
    return lines(given.address, chosen, fixed=given.fixed)


def lines(address: str, chosen: Mapping[str, str], *, fixed: bool = False) -> str:
    """The script's tag, and a form for browsers without JavaScript."""
    address = _checked(address)
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in chosen.items())
    script = f'<script src="{escape(address)}/widget.js"{data} defer></script>'
    if fixed:
        from qa.web import embed

        script = (
            f'<script src="{escape(address)}/widget-{embed.version()}.js"\n'
            f'  integrity="{embed.integrity()}" crossorigin="anonymous"{data} defer></script>'
        )
    return (
        f'{script}\n<noscript><form action="{escape(address)}/plain"><label>'
        f'{escape(_title(chosen))} <input name="q" required></label> <button>Ask</button></form>'
        "</noscript>"
    )


def frame(address: str, chosen: Mapping[str, str]) -> str:
    """The widget as a page within the page."""
    options = urlencode({name: chosen[name] for name in FRAME_OPTIONS if name in chosen})
    where = f"{_checked(address)}/frame{'?' if options else ''}{options}"
    return (
        f'<iframe src="{escape(where)}" title="{escape(_title(chosen))}" '
        'width="400" height="640" loading="lazy"></iframe>'
    )


def _title(chosen: Mapping[str, str]) -> str:
    return chosen.get("title") or "Ask a question"


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{address} is no http or https address of a server")
    return address.rstrip("/")
