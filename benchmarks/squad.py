"""Data sets in SQuAD's format in, questions and a site of their passages out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Asked:
    """`page` is the uri that the question's passage has in the site; no references: it has no
    answer there."""

    question: str
    page: str
    article: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """`passages` are by uri, in their order."""

    name: str
    sha256: str
    passages: dict[str, str]
    asked: list[Asked]

    def articles(self) -> list[str]:
        return sorted({one.article for one in self.asked})


def read(file: Path) -> Dataset:
    source = file.read_bytes()
    passages: dict[str, str] = {}
    asked: list[Asked] = []
    seen: dict[str, str] = {}
    for number, article in enumerate(json.loads(source)["data"]):
        name = f"article-{number:03}"
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            uri = seen.setdefault(text, f"site/{name}/{len(seen):05}.txt")
            passages[uri] = text
            for question in paragraph["qas"]:
                references = () if question.get("is_impossible") else question["answers"]
                texts = tuple(dict.fromkeys(answer["text"] for answer in references))
                asked.append(Asked(question["question"], uri, uri.split("/")[1], texts))
    return Dataset(file.stem, hashlib.sha256(source).hexdigest(), passages, asked)


def write_site(folder: Path, data: Dataset, articles: Sequence[str]) -> Path:
    """The passages of these articles as text files; the folder to index."""
    site = folder / "site"
    for uri, text in data.passages.items():
        if uri.split("/")[1] in articles:
            file = folder / uri
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return site
