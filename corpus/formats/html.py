"""HTML: the main content of a page, without navigation, notices and text that nobody sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpus.decoding import decode
from corpus.document import Document, Unreadable
from corpus.formats._compose import Metadata, compose
from corpus.formats._furniture import content_of
from corpus.formats._metadata import date_of, language_of, text_of
from corpus.formats._tree import parse
from corpus.formats._walker import blocks_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser as Tree

SUFFIXES = (".html", ".htm", ".xhtml")
VERSION = 1

# Browsers look for the declaration in this many bytes too.
PRESCAN_BYTES = 1024
DECLARED = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.I)
DECLARED_XML = re.compile(rb"""^\s*<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.:-]{1,40})""")

# XML closes empty elements with "/>", which HTML takes for an opening tag.
EMPTY_XML = re.compile(r"<(script|style|title|textarea|iframe|a|p|div|span|td|th|li)(\s[^<>]*)?/>")

UPDATED = (
    "article:modified_time",
    "og:updated_time",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "revised",
)


def read(data: bytes, uri: str) -> Document:
    source = decode(data, declared_encoding(data))
    if source.lstrip().startswith("<?xml"):
        source = EMPTY_XML.sub(r"<\1\2></\1>", source)
    tree = parse(source)
    metadata = _metadata(tree)
    if tree.body is None:
        raise Unreadable("holds no text")
    content, page_text = content_of(tree.body)
    return compose(
        blocks_of(content),
        metadata,
        data=data,
        uri=uri,
        extractor="html",
        version=VERSION,
        page_text=page_text,
    )


def declared_encoding(data: bytes) -> str | None:
    head = data[:PRESCAN_BYTES]
    found = DECLARED.search(head) or DECLARED_XML.search(head)
    return found[1].decode("ascii") if found else None


def _metadata(tree: Tree) -> Metadata:
    meta = _meta(tree)
    title = tree.css_first("head > title")
    canonical = tree.css_first("link[rel~=canonical][href]")
    root = tree.css_first("html")
    return Metadata(
        title=text_of(title.text()) if title else text_of(meta.get("og:title")),
        url=text_of(canonical.attributes["href"]) if canonical else text_of(meta.get("og:url")),
        updated=next((day for name in UPDATED if (day := date_of(meta.get(name)))), None),
        language=language_of(root.attributes.get("lang") or root.attributes.get("xml:lang"))
        if root
        else None,
    )


def _meta(tree: Tree) -> dict[str, str]:
    """What <meta> elements say, by name in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        values = node.attributes
        name = values.get("property") or values.get("name") or values.get("http-equiv")
        if name:
            found.setdefault(name.casefold(), values["content"] or "")
    return found
