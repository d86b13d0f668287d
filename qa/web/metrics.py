"""What happens in, counts for Prometheus out. No text and no visitor is in them."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 4, 8)


class Metrics:
    """A registry of its own, so that two applications in one process do not share counts."""

    def __init__(self, waiting: Callable[[], int], pending: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self.answers = Counter(
            "quoth_answers_total", "Answers by verdict", ["verdict"], registry=self._registry
        )
        self.seconds = Histogram(
            "quoth_answer_seconds",
            "From a question to its answer",
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.refused = Counter(
            "quoth_refused_total", "Requests not served", ["status"], registry=self._registry
        )
        self.messages = Counter(
            "quoth_messages_total", "Messages to the owner", registry=self._registry
        )
        self.feedback = Counter(
            "quoth_feedback_total", "Verdicts on answers", ["helpful"], registry=self._registry
        )
        Gauge(
            "quoth_questions_waiting", "Being answered or in line", registry=self._registry
        ).set_function(waiting)
        Gauge(
            "quoth_deliveries_pending", "Messages still to be sent", registry=self._registry
        ).set_function(pending)

    def text(self) -> bytes:
        return generate_latest(self._registry)
