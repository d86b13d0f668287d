"""Documents in, passages out. Knows nothing of vectors or models."""

from corpus.document import Document, Passage, Section, Slice, Unreadable
from corpus.passages import split

__all__ = ["Document", "Passage", "Section", "Slice", "Unreadable", "split"]
