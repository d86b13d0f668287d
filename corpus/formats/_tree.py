"""A parsed page's nodes in reading order, and which of them a reader does not see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpus.document import Unreadable
from corpus.limits import DEPTH

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser as Tree
    from selectolax.lexbor import LexborNode as Node

# Elements that begin and end a line; any other stands within one, as browsers show it.
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav"
    " ol optgroup option p pre search section summary table tbody td tfoot th thead tr ul".split()
)

# Elements whose text no browser shows, or only as a part of a picture or a form control.
UNSEEN = frozenset(
    "annotation annotation-xml applet audio canvas datalist embed frameset head iframe map meter"
    " noembed noframes noscript object option progress rp script select style svg template textarea"
    " title video -comment !doctype".split()
)

# Text that is there for screen readers or search engines only, by what style sheets call it.
UNSEEN_CLASSES = frozenset(
    "sr-only visually-hidden visuallyhidden screen-reader-text screenreader-text element-invisible"
    " u-hidden d-none".split()
)

UNSEEN_STYLE = re.compile(
    r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|opacity:0?\.?0*(?:;|!|$)"
    r"|font-size:0*\.?0*(?:[a-z%]*)(?:;|!|$)|(?:left|top|text-indent):-\d{3,}"
    r"|clip:rect\((?:0(?:px)?|1px)[,)])"
)
NO_SIZE = re.compile(r"(?:^|;)(?:max-)?(?:width|height):[01]?(?:\.0*)?(?:px|em|rem|%)?(?:;|!|$)")


def parse(source: str) -> Tree:
    """Any text is HTML, so only for want of memory is there no tree: raises MemoryError."""
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        return LexborHTMLParser(source)
    except SelectolaxError as error:
        raise MemoryError from error


def walk(root: Node) -> Iterator[tuple[Node, bool]]:
    """Every node that is seen, in order: `(node, True)` on entering, `(node, False)` on leaving.

    Text nodes are entered only. Raises `Unreadable` when elements nest deeper than `DEPTH`.
    """
    todo = [(root, True)]
    depth = 0
    while todo:
        node, entering = todo.pop()
        if not entering:
            depth -= 1
            yield node, False
        elif node.is_text_node:
            yield node, True
        elif not is_unseen(node):
            depth += 1
            if depth > DEPTH:
                raise Unreadable(f"nests its elements more than {DEPTH} deep")
            yield node, True
            todo.append((node, False))
            child = node.last_child
            while child is not None:
                todo.append((child, True))
                child = child.prev


def is_unseen(node: Node) -> bool:
    tag = node.tag
    if tag is None or tag in UNSEEN:
        return True
    attributes = node.attributes
    if tag == "dialog" and "open" not in attributes:
        return True
    if not attributes:
        return False
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    style = re.sub(r"\s", "", attributes.get("style") or "").casefold()
    if style and (UNSEEN_STYLE.search(style) or _has_no_size(style)):
        return True
    return not UNSEEN_CLASSES.isdisjoint((attributes.get("class") or "").casefold().split())


def _has_no_size(style: str) -> bool:
    return "overflow:hidden" in style and bool(NO_SIZE.search(style))
