"""The trained reader: the exact words in a passage that answer, found by our own network.

Where its weights are missing or are not what they must be, the reader without training takes over
and says so.
"""

from __future__ import annotations

import logging

from index.encoder import Encoder
from index.search import Index
from qa.readers import Reader, sentences
from qa.readers.spans.network import Network, Unusable
from qa.readers.spans.reader import SpanReader

_log = logging.getLogger("quoth")


def open(encoder: Encoder, index: Index) -> Reader:
    try:
        return SpanReader(Network.shipped(), encoder, index.lexical)
    except Unusable as error:
        _log.warning("%s; answering without the trained reader", error)
        return sentences.open(encoder, index)
