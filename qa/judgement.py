"""Hits in, places with the probability that the best is right out: a reader and its calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.lexical import Lexical
from index.search import Hit
from qa import another, cell, confidence, definition, faq
from qa.answer import Verdict
from qa.confidence import Calibration, Features
from qa.coverage import Asked
from qa.place import Place, ranked
from qa.readers import Reader


@dataclass(frozen=True, slots=True)
class Judge:
    """A reader with what was fitted to it. `answer_at` and `suggest_at` are where verdicts part."""

    reader: Reader
    calibration: Calibration
    answer_at: float
    suggest_at: float

    def takes(self, hits: Sequence[Hit]) -> bool:
        """Whether its reader reads the language of the best hit."""
        languages = self.reader.languages
        return not hits or languages is None or _language(hits[0]) in languages

    def places(self, question: str, hits: Sequence[Hit]) -> list[Place]:
        """Every place that may answer a question, best first."""
        places = ranked(hits, self.reader.read(question, hits))
        places = definition.said_first(question, faq.raised(question, places))
        return another.marked(question, cell.chosen(question, places))

    def features(self, question: str, places: Sequence[Place], lexical: Lexical) -> Features:
        """What confidence goes by, of at least one place."""
        languages = {_language(place.hit) for place in places}
        return confidence.features(places, Asked.of(question, languages, lexical))

    def certainty(self, question: str, places: Sequence[Place], lexical: Lexical) -> float:
        """The probability that the best place is right; 0 without any."""
        if not places:
            return 0.0
        certainty = self.calibration.probability(self.features(question, places, lexical))
        return certainty * another.DOUBTED if places[0].aside else certainty

    def verdict(self, certainty: float) -> Verdict:
        if certainty >= self.answer_at:
            return "answered"
        return "unsure" if certainty >= self.suggest_at else "none"


def _language(hit: Hit) -> str:
    return hit.passage.document.language or "en"
