"""Markdown: rendered as CommonMark with tables, then read as HTML, so raw HTML in it counts too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpus.decoding import decode
from corpus.document import Document, Unreadable
from corpus.formats._clean import one_line
from corpus.formats._compose import Block, Composer, Metadata, compose
from corpus.formats._furniture import content_of
from corpus.formats._metadata import date_of, language_of, text_of
from corpus.formats._tree import parse
from corpus.formats._walker import blocks_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd")
VERSION = 1

# A heading's own id, as Pandoc, kramdown and several site generators write it.
EXPLICIT_ID = re.compile(r"\s*\{\s*#([^\s{}]+)[^{}]*\}$")

# Tags that make a browser take the rest of the page for their content; in prose they are names.
SWALLOWING = "iframe|noembed|noframes|noscript|plaintext|script|style|template|textarea|title|xmp"
OPENING = re.compile(rf"<(?=(?:{SWALLOWING}|select|svg|math)\b)", re.I)
COMPLETE = re.compile(rf"<({SWALLOWING}|select|svg|math)\b[^>]*>.*?</\1\s*>", re.I | re.S)


def read(data: bytes, uri: str) -> Document:
    parser = _parser()
    tokens = parser.parse(decode(data).replace("\r\n", "\n"))
    front = ""
    for token in tokens:
        if token.type == "front_matter":
            front = token.content
        elif token.type == "html_block":
            token.content = _harmless(token.content)
        for child in token.children or ():
            if child.type == "html_inline":
                child.content = OPENING.sub("&lt;", child.content)
    tree = parse(parser.renderer.render(tokens, parser.options, {}))
    if tree.body is None:
        raise Unreadable("holds no text")
    composer = blocks_of(content_of(tree.body)[0])
    _name_headings(composer)
    return compose(
        composer, _metadata(front), data=data, uri=uri, extractor="markdown", version=VERSION
    )


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading: "What's new?" -> "whats-new"."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.front_matter import front_matter_plugin

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return parser.use(front_matter_plugin)


def _harmless(html: str) -> str:
    """A block of raw HTML in which a tag that would swallow the rest of the page is text."""
    pieces: list[str] = []
    end = 0
    for whole in COMPLETE.finditer(html):
        pieces += (OPENING.sub("&lt;", html[end : whole.start()]), whole[0])
        end = whole.end()
    pieces.append(OPENING.sub("&lt;", html[end:]))
    html = "".join(pieces)
    return html if html.count("<!--") == html.count("-->") else html.replace("<!--", "&lt;!--")


def _name_headings(composer: Composer) -> None:
    """Gives every heading its anchor: its own id, else GitHub's slug, numbered when it repeats."""
    used: dict[str, int] = {}
    for block in composer.blocks:
        if block.kind == "heading" and not _take_explicit_id(block):
            name = slug(block.text)
            count = used.get(name, 0)
            used[name] = count + 1
            block.anchor = f"{name}-{count}" if count else name or None


def _take_explicit_id(block: Block) -> bool:
    found = EXPLICIT_ID.search(block.text)
    if found and found.start():
        block.anchor, block.text = found[1], block.text[: found.start()]
    return bool(found and found.start())


def _metadata(front: str) -> Metadata:
    values = {str(key).casefold(): value for key, value in _mapping(front).items()}

    def first(*names: str) -> object:
        return next((values[name] for name in names if values.get(name) is not None), None)

    title = first("title")
    return Metadata(
        title=text_of(title if isinstance(title, str) else one_line(str(title)) if title else None),
        url=text_of(first("url", "permalink", "canonical")),
        updated=date_of(first("updated", "last_modified", "date")),
        language=language_of(first("language", "lang")),
    )


def _mapping(front: str) -> Mapping[object, object]:
    """The front matter's values; none when it is not valid, since the page itself still is."""
    import yaml

    try:
        values = yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
