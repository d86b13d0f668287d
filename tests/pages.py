"""HTML read for tests: its elements and the text that a visitor sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from corpus.document import Document, Section, Slice

BARE = {"meta", "link", "br", "hr", "img", "input"}


@dataclass
class Node:
    name: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def all(self, name: str, class_: str | None = None) -> list[Node]:
        found = []
        for child in self.children:
            if isinstance(child, Node):
                classes = (child.attributes.get("class") or "").split()
                if name in (child.name, "*") and (class_ is None or class_ in classes):
                    found.append(child)
                found += child.all(name, class_)
        return found

    def one(self, name: str, class_: str | None = None) -> Node:
        found = self.all(name, class_)
        assert len(found) == 1, f"{len(found)} elements {name} {class_ or ''}"
        return found[0]


def parsed(html: str) -> Node:
    """The tree of a page or fragment; fails on an element that is not closed in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"left open: {[node.name for node in reader.open]}"
    return reader.open[0]


def document(*blocks: tuple[str, str], uri: str = "docs/page.md", **given: str) -> Document:
    """A document of these blocks, each a kind and its text; headings nest as `heading` repeats."""
    text, slices, sections = "", [], []
    for kind, body in blocks:
        text += "\n\n" if text and kind not in ("item", "step", "row") else "\n" if text else ""
        slices.append(Slice(kind, len(text), len(text) + len(body)))
        text += body
        if kind == "heading":
            path = (*sections[0].headings, slices[-1]) if sections else (slices[-1],)
            sections.append(Section(slices[-1].start, path, f"part-{len(sections)}"))
    values = {"title": "A page", "extractor": "markdown", "sha256": "0" * 64, **given}
    return Document(
        uri=uri, text=text, version=1, blocks=tuple(slices), sections=tuple(sections), **values
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in BARE:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.name == tag, f"</{tag}> where {closed.name} is open"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)
