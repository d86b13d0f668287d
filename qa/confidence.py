"""What the pipeline knows about its best span in, a confidence and a verdict out.

Not calibrated: a logistic curve fitted on the tuning half of tests/faq.jsonl, which orders answers
and puts a threshold between them but promises no share of right ones.
"""

from __future__ import annotations

import math

from qa.answer import Verdict

# Fitted with `python -m benchmarks.answers --fit`.
SCORE_WEIGHT, BIAS = 4.1, -4.7
CALIBRATED = False


def confidence(score: float) -> float:
    """From the best span's score to (0, 1)."""
    return 1 / (1 + math.exp(-(SCORE_WEIGHT * score + BIAS)))


def verdict(confidence: float, answer_at: float, suggest_at: float) -> Verdict:
    if confidence >= answer_at:
        return "answered"
    return "unsure" if confidence >= suggest_at else "none"
