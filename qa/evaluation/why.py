"""One question in, its way through Quoth step by step out, as text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from index.search import Hit
from qa.evaluation.asking import Asker, Options
from qa.evaluation.gold import Target
from qa.evaluation.outcome import Outcome
from qa.evaluation.questions import Question
from qa.place import Place
from qa.question import understood
from qa.terminal import told

PLACES = 5
WIDTH = 150


def explained(asker: Asker, question: Question) -> str:
    """What was understood, found, read and decided, and with gold where it was lost.

    Raises ValueError for a question that cannot be asked.
    """
    assistant = asker.assistant
    asked = understood(question.text, asker.settings.question_characters)
    mended = asker.index.mended(asked)
    hits = assistant.hits(mended)
    judge = assistant.judge(hits)
    answer = assistant.ask(question.text)
    target = asker.matcher.target(question)
    (outcome,) = asker.outcomes([question], Options())
    lines = [f"asked: {asked}", *([f"read as: {mended}"] if mended != asked else []), ""]
    lines += [*_found(asker, hits, target), "", *_read(judge.places(mended, hits))]
    lines += [
        "",
        f"decided: {answer.verdict}, {answer.confidence:.4f} sure; answered from "
        f"{judge.answer_at}, unsure from {judge.suggest_at}",
        "",
        told(answer),
    ]
    if question.gold:
        lines += ["", *_gold(asker, question, target, outcome)]
    return "\n".join(lines)


def _found(asker: Asker, hits: Sequence[Hit], target: Target) -> list[str]:
    """The passages that are read; a star marks those that hold gold."""
    right = frozenset().union(*target.rows) if target.rows else frozenset()
    lines = [f"found, the {len(hits)} best of which all are read:"]
    for hit in hits:
        star = "*" if asker.index.texts.row(hit.passage) in right else " "
        lines.append(
            f"{star}{hit.rank:>3}  {hit.score:+.3f}  cosine {hit.cosine:.3f}  by {hit.found:<8} "
            f"{hit.passage.document.uri}: {_short(hit.passage.text)}"
        )
    return lines


def _read(places: Sequence[Place]) -> list[str]:
    lines = [f"read, the {min(PLACES, len(places))} best of {len(places)} places:"]
    for place in places[:PLACES]:
        hit, span = place.hit, place.span
        text = hit.passage.text[span.start : span.end]
        lines.append(
            f"  {span.score:.4f}  answerability {span.answerability:.3f}  passage {hit.rank}: "
            f"{_short(text)}"
        )
    return lines


def _gold(asker: Asker, question: Question, target: Target, outcome: Outcome) -> list[str]:
    lines = ["gold:"]
    for match, rank in zip(target.matches, outcome.ranks, strict=True):
        gold: dict[str, Any] = match.gold.to_json()
        said = ": ".join(str(gold[key]) for key in ("page", "quote") if key in gold)
        place = f"rank {rank}" if rank else "no candidate"
        pages = ", ".join(sorted(match.pages)) or "no page"
        lines.append(f"  {_short(said)}: {match.status} in {pages}, {place}")
    verdict = (outcome.verdict or "").replace("_", " ")
    lines.append(f"verdict: {verdict}" + (f", lost as {outcome.loss}" if outcome.loss else ""))
    return lines


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= WIDTH else plain[: WIDTH - 2] + " …"
