"""A question and texts in, how near each is to it in meaning out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder

KEPT = 8_192  # vectors of texts, 1.5 KB each


class Meanings:
    """Safe to share between threads. A site's sentences come back with every question about their
    page, so the vectors of those met last are kept."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def cosines(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(texts,)`; of a text that is too long for the encoder its beginning is compared."""
        if not texts:
            return np.zeros(0, np.float32)
        found = self._vectors(texts)
        nearness: NDArray[np.float32] = np.stack(found) @ self._encoder.encode_query(question)
        return nearness

    def _vectors(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            beginnings = [_beginning(text, self._encoder) for text in fresh]
            known |= zip(fresh, self._encoder.encode(beginnings), strict=True)
        with self._lock:
            for text, vector in known.items():
                self._kept[text] = vector
                self._kept.move_to_end(text)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return [known[text] for text in texts]


def _beginning(text: str, encoder: Encoder) -> str:
    room = encoder.max_tokens - encoder.special_tokens
    offsets = encoder.offsets(text)
    return text if len(offsets) <= room else text[: offsets[room - 1][1]]
