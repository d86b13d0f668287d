"""A test set and an index in, what is wrong or doubtful about the set out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np

from qa.evaluation import metrics
from qa.evaluation.asking import Asker
from qa.evaluation.gold import Match
from qa.evaluation.questions import Gold, Question, same

# Two questions from this cosine on are shown as perhaps one: at .95 and above they differ in a
# word's form or in punctuation.
ALIKE = 0.95


@dataclass(frozen=True, slots=True)
class Report:
    """`wrong` cannot stand: golds that are nowhere, questions that both have an answer and none."""

    statuses: dict[str, int]
    wrong: tuple[str, ...]
    doubtful: tuple[str, ...]

    def told(self) -> str:
        counts = ", ".join(f"{count:,} {status}" for status, count in self.statuses.items())
        lines = [*(f"wrong: {w}" for w in self.wrong), *(f"doubtful: {d}" for d in self.doubtful)]
        summary = f"golds: {counts or 'none'}; {len(self.wrong):,} wrong, "
        return "\n".join([*lines, f"{summary}{len(self.doubtful):,} doubtful"])


def check(questions: Sequence[Question], asker: Asker) -> Report:
    statuses = dict.fromkeys(("found", "moved", "changed", "gone"), 0)
    wrong, doubtful = _twice(questions)
    doubtful += _alike(questions, asker)
    for question in questions:
        named = _named(question, asker)
        for match in asker.matcher.target(question).matches:
            statuses[match.status] += 1
            told = wrong if match.status == "gone" else doubtful
            told += [f"{question.id}: {remark}" for remark in _remarks(match, named)]
    return Report(
        {status: count for status, count in statuses.items() if count},
        tuple(wrong),
        tuple(dict.fromkeys(doubtful)),
    )


def _twice(questions: Sequence[Question]) -> tuple[list[str], list[str]]:
    """Questions that say the same, but for case and punctuation: wrong ones and doubtful ones."""
    wrong: list[str] = []
    doubtful: list[str] = []
    first: dict[object, Question] = {}
    for question in questions:
        other = first.setdefault(same(question), question)
        if other is question:
            continue
        told = f"{question.id}: is asked as {other.id} too"
        if question.answerable != other.answerable:
            wrong.append(f"{told}, and one of them says that it is not answered")
        elif set(other.gold) == set(question.gold):
            doubtful.append(f"{told}, with the same gold: {question.text[:80]}")
        else:
            doubtful.append(f"{told}, with other gold; either counts: {question.text[:80]}")
    return wrong, doubtful


def _alike(questions: Sequence[Question], asker: Asker) -> Iterator[str]:
    texts = [" ".join(question.text.split()) for question in questions]
    vectors = np.stack([asker.encoder.encode_query(text) for text in texts])
    for at, question in enumerate(questions):
        for other in np.flatnonzero(vectors[:at] @ vectors[at] >= ALIKE).tolist():
            if metrics.words(texts[other]) != metrics.words(texts[at]):
                yield f"{question.id}: is nearly {questions[other].id}: {texts[at][:80]!r}"


def _named(question: Question, asker: Asker) -> set[str]:
    """The pages that a question's gold names."""
    names = [gold.page for gold in question.gold if gold.page]
    return {page.uri for name in names for page in asker.matcher.library.named(name)}


def _remarks(match: Match, named: Set[str]) -> Iterator[str]:
    said, gold = _said(match.gold), match.gold
    others = ", ".join(sorted(match.pages - named))
    if match.status == "gone":
        yield f"{said} is nowhere in the documents"
    elif match.status == "moved":
        yield f"{said} is not there but on {', '.join(sorted(match.pages))}"
    elif match.status == "changed":
        yield f"{said} has been edited; the nearest is on {', '.join(sorted(match.pages))}"
    elif gold.quote and others and gold.page:
        yield f"{said} is on {others} too"
    elif not gold.quote and len(match.pages) > 1:
        yield f"{said} names {len(match.pages)} pages: {', '.join(sorted(match.pages))}"


def _said(gold: Gold) -> str:
    quote = f"“{gold.quote[:60]}”" if gold.quote else ""
    return " on ".join(part for part in (quote, gold.page) if part)
