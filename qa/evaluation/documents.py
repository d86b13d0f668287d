"""What `--docs` names in, a path that can be indexed out: SQuAD's articles become pages."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from qa.evaluation.formats import squad


def prepared(path: Path, folder: Path) -> Path:
    """`path` itself; of a set in SQuAD's format a new folder with a page for each article."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return path
    pages = folder / (_name(path.stem) or "squad")
    pages.mkdir()
    for number, article in enumerate(squad.load(path)["data"], 1):
        title = str(article.get("title", "")).replace("_", " ") or f"Article {number}"
        contexts = dict.fromkeys(paragraph["context"] for paragraph in article["paragraphs"])
        body = "\n".join(f"<p>{escape(context)}</p>" for context in contexts)
        page = (
            f"<!doctype html>\n<title>{escape(title)}</title>\n<h1>{escape(title)}</h1>\n{body}\n"
        )
        (pages / f"{number:04}-{_name(title)}.html").write_text(page, "utf-8")
    return pages


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60]
