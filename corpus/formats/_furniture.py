"""A page's navigation, banners and notices: seen by a visitor, but not what the page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpus.formats._clean import visible
from corpus.formats._tree import BLOCKS, walk

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode as Node

ROLES = frozenset("navigation banner contentinfo search dialog alertdialog menu menubar".split())
CONTROLS = frozenset("button input nav footer".split())

# Class names and ids, whole. DocBook sets boxes of prose in ".sidebar", and dropping those lost
# 45 % of a page, so what only may be navigation must be mostly links.
NAMES = frozenset(
    "navigation navheader navfooter mw-editsection mw-jump-link noprint skip-link skiplink"
    " skip-to-content linenos lineno linenodiv copybtn edit-this-page cookieconsent cookie-consent"
    " cc-window cky-consent-container cybotcookiebotdialog didomi-host onetrust-consent-sdk"
    " usercentrics-root".split()
)
LINKS_NAMES = frozenset(
    "aside nav navbar breadcrumb breadcrumbs pagination pager sidebar side-bar sphinxsidebar toc"
    " table-of-contents tableofcontents menu related navbox catlinks site-header site-footer"
    " page-nav prev-next".split()
)
COOKIES = re.compile(
    r"(cookie|gdpr|consent)s?[-_]?(cookie|consent|law|policy)?[-_]?"
    r"(banner|bar|notice|popup|overlay|modal|message|dialog|info)[-_]?(wrapper|container|root)?"
)

MOSTLY = 0.5


def content_of(body: Node) -> tuple[Node, str]:
    """Takes the furniture out of the tree; gives the main content and all text that was seen.

    The content is the element marked as such, if it holds most of what is left; else `body`.
    """
    total = sum(len(node.text_content or "") for node, _ in walk(body) if node.is_text_node)
    pieces: list[str] = []
    doomed: list[Node] = []
    marked: list[tuple[int, Node]] = []
    begun: list[int] = []
    kept = 0
    within: Node | None = None
    for node, entering in walk(body):
        tag = node.tag
        if node.is_text_node:
            pieces.append(node.text_content or "")
            kept += 0 if within else sum(map(len, pieces[-1].split()))
            continue
        if tag == "br" or tag in BLOCKS:
            pieces.append("\t" if tag in ("td", "th") else "\u2028")
        if _is_marked(node):
            if entering:
                begun.append(kept)
            else:
                marked.append((kept - begun.pop(), node))
        if within is None and entering and _is_furniture(node, total):
            within = node
            doomed.append(node)
        elif within is not None and not entering and node.mem_id == within.mem_id:
            within = None
    most, content = max(marked, key=lambda found: found[0], default=(0, body))
    for node in doomed:
        node.decompose()
    return content if most > MOSTLY * kept else body, _lines("".join(pieces))


def _is_marked(node: Node) -> bool:
    return node.tag in ("main", "article") or node.attributes.get("role") == "main"


def _is_furniture(node: Node, total: int) -> bool:
    tag = node.tag
    if tag in CONTROLS:
        return True
    if tag == "header":
        return node.css_first("h1") is None and not _is_within(node, ("main", "article", "section"))
    if tag == "aside":
        return _is_mostly_links(node)
    attributes = node.attributes
    if not attributes or tag in ("body", "main", "article"):
        return False
    if attributes.get("aria-hidden") == "true":
        return True
    if (attributes.get("role") or "") in ROLES:
        return len(node.text()) < MOSTLY * total
    names = {*(attributes.get("class") or "").casefold().split()}
    names.add((attributes.get("id") or "").casefold())
    if not NAMES.isdisjoint(names) or any(COOKIES.fullmatch(name) for name in names):
        return len(node.text()) < MOSTLY * total
    return not LINKS_NAMES.isdisjoint(names) and _is_mostly_links(node)


def _is_within(node: Node, tags: tuple[str, ...]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in tags:
            return True
        parent = parent.parent
    return False


def _is_mostly_links(node: Node) -> bool:
    linked = sum(len(_squeezed(link)) for link in node.css("a"))
    return linked > MOSTLY * len(_squeezed(node))


def _squeezed(node: Node) -> str:
    return re.sub(r"\s", "", node.text())


def _lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in visible(text).split("\u2028"))
    return "\n".join(line for line in lines if line)
