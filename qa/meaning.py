"""A question and texts in, how near each is to it in meaning out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder


def cosines(question: str, texts: Sequence[str], encoder: Encoder) -> NDArray[np.float32]:
    """`(texts,)`; of a text that is too long for the encoder its beginning is compared."""
    if not texts:
        return np.zeros(0, np.float32)
    vectors = encoder.encode([_beginning(text, encoder) for text in texts])
    nearness: NDArray[np.float32] = vectors @ encoder.encode_query(question)
    return nearness


def _beginning(text: str, encoder: Encoder) -> str:
    room = encoder.max_tokens - encoder.special_tokens
    offsets = encoder.offsets(text)
    return text if len(offsets) <= room else text[: offsets[room - 1][1]]
