"""SQuAD's JSON, 1.1 and 2.0: articles, their paragraphs, and questions about each paragraph.

A problem's line is the number of the question, as the file has no lines of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from corpus.decoding import decode
from qa.evaluation.questions import Question
from qa.evaluation.records import Problems

SUFFIXES = (".json",)


def rows(path: Path, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, (title, context, asked) in enumerate(_asked(load(path)), 1):
        quotes = dict.fromkeys(a["text"] for a in asked.get("answers", ()) if a["text"])
        gold = [{"page": title, "quote": quote, "context": context} for quote in quotes]
        row = {
            "id": str(asked["id"]),
            "question": asked["question"],
            "gold": [] if asked.get("is_impossible") else gold or None,
            "tags": [title] if title else [],
        }
        yield number, row


def write(path: Path, questions: Iterable[Question]) -> None:
    """Each context is a paragraph; quotes without one stand together in a paragraph of theirs."""
    articles: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for question in questions:
        gold = question.gold
        title = (gold[0].page if gold else None) or "questions"
        context = next((place.context for place in gold if place.context), None)
        context = context or "\n".join(question.references)
        quotes = [quote for quote in question.references if quote in context]
        asked = {
            "id": question.id,
            "question": question.text,
            "answers": [{"text": q, "answer_start": context.index(q)} for q in quotes],
            "is_impossible": not gold,
        }
        articles.setdefault(title, {}).setdefault(context, []).append(asked)
    data = [
        {"title": title, "paragraphs": [{"context": c, "qas": q} for c, q in paragraphs.items()]}
        for title, paragraphs in articles.items()
    ]
    path.write_text(json.dumps({"version": "v2.0", "data": data}, ensure_ascii=False), "utf-8")


def load(path: Path) -> dict[str, Any]:
    """The value of a file in this format; ValueError when it is something else."""
    try:
        value: dict[str, Any] = json.loads(decode(path.read_bytes()))
        if not isinstance(value, dict):
            raise TypeError("it is no object")
        for _, context, asked in _asked(value):
            answers = [answer["text"] for answer in asked.get("answers", ())]
            if not all(isinstance(t, str) for t in (context, asked["question"], *answers)):
                raise TypeError("a text is none")
            _ = asked["id"]
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path} is no JSON: {error.msg} in line {error.lineno}, column {error.colno} "
            "(with an object on each line it is JSONL: call it .jsonl)"
        ) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not in SQuAD's format ({error}): "
            "it has data, title, paragraphs, context, qas, id, question and answers"
        ) from None
    return value


def _asked(value: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each question with its article's title and its paragraph's text."""
    for article in value["data"]:
        title = str(article.get("title", "")).replace("_", " ")
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                yield title, paragraph["context"], asked
