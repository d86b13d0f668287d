"""Text and elements in, HTML out: whatever is not already `Html` is escaped on the way in."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

OWN = "source/"  # how addresses of our own pages begin in an answer


class Html(str):
    """Markup that was built here and may stand in a page as it is."""

    __slots__ = ()


def element(tag: str, /, *children: str, **attributes: str | int | None) -> Html:
    """`<tag attributes>children</tag>`; attributes that are None are left out.

    A trailing underscore keeps a name out of Python's way, others stand for hyphens.

    >>> element("p", "1 < 2 ", element("b", "so"), class_="sum")
    '<p class="sum">1 &lt; 2 <b>so</b></p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{tag}{given}>{join(*children)}</{tag}>")


def join(*children: str) -> Html:
    return Html("".join(c if isinstance(c, Html) else escape(c) for c in children))


def link(label: str, target: str, root_path: str = "") -> Html:
    """`label` opening `target` in a new tab; plain text when no page may lead to such a target."""
    href = safe_href(target, root_path)
    if href is None:
        return element("span", label)
    return element("a", label, href=href, target="_blank", rel="noopener")


def safe_href(target: str, root_path: str = "") -> str | None:
    """`target` if it is a web address, or one of our pages, put under `root_path`; else None.

    >>> safe_href("source/docs/a.md?start=1", "/help"), safe_href("javascript:alert(1)")
    ('/help/source/docs/a.md?start=1', None)
    """
    if target.startswith(OWN):
        return f"{root_path}/{target}"
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return target if parts.scheme in ("http", "https") and parts.netloc else None
