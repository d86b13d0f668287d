"""Settings in, an Assistant out: the one place that names concrete classes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

from corpus.document import Document
from index import vectors
from index.encoder import Encoder, open_encoder
from index.files import Generation, IndexUnusable, Store
from index.search import Index
from qa import calibrations, readers
from qa.answer import Answer
from qa.assistant import Assistant
from qa.confidence import Calibration
from qa.judgement import Judge
from qa.readers import Reader
from qa.settings import Settings
from qa.suggest import Suggestions

LOOK_EVERY_S = 1.0
EVERY_LANGUAGE = "sentences"  # the reader for documents that the chosen one cannot read

_log = logging.getLogger("quoth")


def open_assistant(settings: Settings) -> Assistant:
    """An assistant over the newest whole generation of the store; it does not follow updates.

    Raises IndexUnusable when there is no index to answer from, ValueError for a setting that
    names something unknown.
    """
    encoder = open_encoder(settings.encoder)
    return assembled(Store(settings.store).current(), encoder, settings)


class FollowingAssistant:
    """An assistant that goes over to each new generation once that is published and whole.

    A thread looks once a second. Questions in flight finish on the generation they began with.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = Store(settings.store)
        self._encoder = open_encoder(settings.encoder)
        self._assistant = assembled(self._store.current(), self._encoder, settings)
        self._seen = self._store.published()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="quoth-follow", daemon=True)
        self._thread.start()

    def ask(self, question: str, history: Sequence[Any] = ()) -> Answer:
        return self._assistant.ask(question, history)

    def document(self, uri: str) -> Document | None:
        return self._assistant.document(uri)

    def examples(self, count: int) -> list[str]:
        return self._assistant.examples(count)

    def suggestions(self) -> Suggestions:
        return self._assistant.suggestions()

    def info(self) -> dict[str, Any]:
        return self._assistant.info()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            published = self._store.published()
            if published is None or published == self._seen:
                continue
            self._seen = published
            try:
                generation = self._store.verified(published)
                self._assistant = assembled(generation, self._encoder, self._settings)
                _log.info("serving generation %d", published)
            except (IndexUnusable, OSError, ValueError) as error:
                _log.warning("generation %d is not served: %s", published, error)


def assembled(generation: Generation, encoder: Encoder, settings: Settings) -> Assistant:
    """An assistant over one generation, whatever encodes for it."""
    vectors.load(settings.engine)  # an index names its own; a name that is none is an error still
    index = Index(generation, encoder)
    names = dict.fromkeys((settings.reader, EVERY_LANGUAGE))
    opened = [readers.load(name).open(encoder, index) for name in names]
    # The owner calibrates the chosen reader; that nothing is fitted to the other is no news.
    own = calibrations.of_owner(settings.store, calibrations.digests(index, opened[0]))
    return Assistant(index, [_judge(index, reader, settings, own) for reader in opened], settings)


def _judge(index: Index, reader: Reader, settings: Settings, own: Sequence[Calibration]) -> Judge:
    calibration = calibrations.chosen(own, calibrations.digests(index, reader))
    answer_at = calibration.answer_at if settings.answer_at is None else settings.answer_at
    suggest_at = settings.suggest_at
    if suggest_at is None:
        suggest_at = min(calibration.suggest_at, answer_at)
    if suggest_at > answer_at:
        raise ValueError(
            f"suggest_at ({suggest_at}) is above answer_at ({answer_at}); it must be at most that"
        )
    return Judge(reader, calibration, answer_at, suggest_at)
