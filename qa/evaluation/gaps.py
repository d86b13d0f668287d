"""Questions that were not answered in, groups of them by meaning out, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.encoder import Encoder
from qa.evaluation.outcome import Outcome

# Two questions are of one group from this cosine on.
ALIKE = 0.6
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions of one meaning; the first is the one that most others are like.

    `nearest` is the page that comes closest to most of them.
    """

    questions: tuple[str, ...]
    nearest: str | None
    title: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "count": len(self.questions),
            "questions": list(self.questions),
            "nearest": self.nearest,
            "title": self.title,
        }


def gaps(outcomes: Sequence[Outcome], encoder: Encoder, alike: float = ALIKE) -> list[Gap]:
    """The groups of the questions that were not answered; a greeting is none."""
    unanswered = [o for o in outcomes if not o.answered and o.decision != "fixed"]
    if not unanswered:
        return []
    vectors = np.stack([encoder.encode_query(outcome.question.text) for outcome in unanswered])
    return [_gap([unanswered[at] for at in group]) for group in grouped(vectors, alike)]


def grouped(vectors: np.ndarray, alike: float) -> list[list[int]]:
    """Rows of unit vectors in groups: around the row with most rows alike, then of what is left."""
    near = [np.flatnonzero(vectors @ vector >= alike - 1e-6) for vector in vectors]
    free = np.ones(len(vectors), bool)
    groups = []
    while free.any():
        sizes = [int(free[rows].sum()) if free[at] else 0 for at, rows in enumerate(near)]
        centre = int(np.argmax(sizes))
        members = [row for row in near[centre].tolist() if free[row] and row != centre]
        free[[centre, *members]] = False
        groups.append([centre, *members])
    return groups


def told(found: Sequence[Gap], total: int) -> str:
    count = sum(len(gap.questions) for gap in found)
    lines = [f"{count:,} of {total:,} questions are not answered; {len(found):,} gaps"]
    for gap in found:
        lines += ["", f"{len(gap.questions):>4}  {gap.questions[0]}"]
        lines += [f"      {question}" for question in gap.questions[1:SHOWN]]
        if len(gap.questions) > SHOWN:
            lines.append(f"      and {len(gap.questions) - SHOWN:,} more")
        near = f"{gap.title}: {gap.nearest}" if gap.nearest else "none"
        lines.append(f"      nearest page: {near}")
    return "\n".join(lines)


def _gap(outcomes: Sequence[Outcome]) -> Gap:
    pages = [o.first.uri for o in outcomes if o.first]
    nearest = max(dict.fromkeys(pages), key=pages.count) if pages else None
    titles = {o.first.uri: o.first.shown["title"] for o in outcomes if o.first}
    return Gap(tuple(o.question.text for o in outcomes), nearest, titles.get(nearest or ""))
