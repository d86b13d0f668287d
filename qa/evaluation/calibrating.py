"""An owner's test set and an index in, a calibration for exactly what answers there out.

Each question that has an answer is asked once more with the pages that answer it hidden, so that
the curve learns what the lack of an answer looks like.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.files import replace
from qa import calibrations, citation, conversation
from qa.confidence import OWN, Calibration, Features, read
from qa.evaluation import calibration
from qa.evaluation.asking import Asker
from qa.evaluation.derived import leave_one_out
from qa.evaluation.questions import Question
from qa.question import understood
from qa.shown import shown

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Row:
    """What confidence goes by in one question. `group` is shared by a question's two askings."""

    group: int
    features: Features
    right: bool


def calibrated(
    questions: Sequence[Question],
    asker: Asker,
    aim: float,
    progress: Progress = lambda stage, done, total: None,
) -> Calibration:
    """The curve and the thresholds for an aim, a share of the answers shown that may be wrong.

    Raises ValueError when the questions are too few, or no threshold reaches the aim.
    """
    if len(questions) < calibration.FEWEST:
        raise ValueError(
            f"{len(questions)} questions are too few to calibrate with; at least "
            f"{calibration.FEWEST} would do"
        )
    asked = [(at, question) for at, question in enumerate(questions)]
    asked += [
        (at, hidden)
        for at, question in enumerate(questions)
        for hidden in leave_one_out([question], asker)
    ]
    rows: list[_Row] = []
    progress("asking", 0, len(asked))
    for done, (group, question) in enumerate(asked, 1):
        if row := _row(group, question, asker):
            rows.append(row)
        progress("asking", done, len(asked))
    facts = {
        "asked": len(questions),
        "answerable": sum(question.answerable for question in questions),
        "hidden": len(asked) - len(questions),
    }
    found = calibration.fit(
        np.array([row.features for row in rows]),
        np.array([row.right for row in rows], bool),
        calibrations.digests(asker.index, asker.assistant.judges[0].reader),
        aim=aim,
        groups=np.array([row.group for row in rows]),
        facts=facts,
    )
    if not found.facts["answered"]:
        raise ValueError(
            f"no threshold keeps wrong answers to {aim:.1%} of those shown: the surest answer is "
            "wrong already; a larger --aim or more questions would do"
        )
    return found


def keep(store: Path, made: Calibration) -> Path:
    """Puts a calibration in the store, in the place of one for the same models."""
    file = store / OWN
    try:
        others = [one for one in read(file) if one.made_for != made.made_for]
    except ValueError:
        others = []
    text = json.dumps([one.to_json() for one in [*others, made]], indent=1) + "\n"
    try:
        replace(file, text.encode())
    except OSError as error:
        raise ValueError(f"{file} could not be written: {error.strerror}") from None
    return file


def told(made: Calibration) -> str:
    """What was fitted, the risk-coverage curve at round shares, and the thresholds."""
    facts = made.facts
    lines = [
        f"{facts['questions']:,} questions: {facts['asked']:,} of the set, and {facts['hidden']:,} "
        "of them again without the pages that answer",
        f"{facts['answerable']:,} have an answer; the first place is right in {facts['right']:,}",
        f"AUROC {facts['auroc']:.3f}, calibration error {facts['ece']:.3f}",
        "",
        "wrong, at most   answered   answer_at",
    ]
    for most, answer_at, answered in facts["curve"]:
        at = f"{answer_at:.4f}" if answered else "none"
        lines.append(f"{most:>13.0%}   {answered:>8.1%}   {at:>9}")
    lines += [
        "",
        f"answer_at {made.answer_at}, suggest_at {made.suggest_at}: {facts['answered']:.1%} are "
        f"answered and {facts['wrong']:.1%} of these are wrong, for the aim of {facts['aim']:.1%}",
    ]
    return "\n".join(lines)


def _row(group: int, question: Question, asker: Asker) -> _Row | None:
    """None where nothing is found, or where another reader than the chosen one reads."""
    assistant = asker.assistant_for(question)
    try:
        given = understood(question.text, asker.settings.question_characters)
    except ValueError:
        return None
    asked = asker.index.mended(given)
    hits = assistant.hits(asked, conversation.turns(question.history))
    judge = assistant.judge(hits)
    places = judge.places(asked, hits)
    if judge is not assistant.judges[0] or not places:
        return None
    best = places[0]
    quote = citation.cite(best.hit.passage, shown(given, best), "answer")
    right = asker.matcher.target(question).right_quote(quote)
    return _Row(group, judge.features(asked, places, assistant.index.lexical), right)
