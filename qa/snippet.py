"""quoth widget: the lines that a site's owner puts into their pages."""

from __future__ import annotations

import argparse
from html import escape
from urllib.parse import urlsplit

OPTIONS = ("title", "greeting", "language", "theme", "color", "position", "offset", "examples")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", metavar="ADDRESS", help="where visitors reach quoth serve")
    parser.add_argument("--fixed", action="store_true", help="a fixed version, with its hash")
    parser.add_argument("--iframe", action="store_true", help="for sites that allow no script")
    for name in OPTIONS:
        parser.add_argument(f"--data-{name}", metavar="TEXT", help=f"the attribute data-{name}")


def run(given: argparse.Namespace) -> str:
    """Raises ValueError for an address that is none."""
    parts = urlsplit(given.address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{given.address} is no http or https address of a server")
    address = given.address.rstrip("/")
    title = given.data_title or "Ask a question"
    if given.iframe:
        return (
            f'<iframe src="{escape(address)}/frame" title="{escape(title)}" '
            'width="400" height="640" loading="lazy"></iframe>'
        )
    return f"{_script(given, address)}\n{_without_script(address, title)}"


def _script(given: argparse.Namespace, address: str) -> str:
    from qa.web import embed

    chosen = {name: getattr(given, f"data_{name}") for name in OPTIONS}
    data = "".join(
        f' data-{name}="{escape(value)}"' for name, value in chosen.items() if value is not None
    )
    if not given.fixed:
        return f'<script src="{escape(address)}/widget.js"{data} defer></script>'
    return (
        f'<script src="{escape(address)}/widget-{embed.version()}.js"\n'
        f'  integrity="{embed.integrity()}" crossorigin="anonymous"{data} defer></script>'
    )


def _without_script(address: str, title: str) -> str:
    return (
        f'<noscript><form action="{escape(address)}/plain"><label>{escape(title)} '
        '<input name="q" required></label> <button>Ask</button></form></noscript>'
    )
