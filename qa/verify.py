"""The law, checked over a whole store: reading a source again gives the text that is quoted from.

Of every document whose source has not changed, the bytes with the recorded hash are read by the
recorded extractor and compared with what is stored.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from corpus import Document, Unreadable, formats
from corpus.sandbox import Sandbox
from corpus.sources import folder
from index.files import Store
from index.texts import Texts
from qa.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `verified` found; `remarks` has a sentence for each document that is not the same."""

    generation: int
    counts: Counter[str]
    remarks: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether no document differs from its source; changed and missing ones do not count."""
        return self.counts["differs"] == 0

    def told(self) -> str:
        same, others = self.counts["same"], self.counts - Counter(same=self.counts["same"])
        rest = "".join(f", {count} {kind}" for kind, count in sorted(others.items()))
        return "\n".join(
            [
                *self.remarks,
                f"generation {self.generation} is whole; {same} of {self.counts.total()} documents "
                f"read again give the stored text{rest}",
            ]
        )


def verified(settings: Settings) -> Outcome:
    """Checks every file of the index, then every document; IndexUnusable when a file is off."""
    store = Store(settings.store)
    generation = store.current()
    roots = {root["name"]: Path(root["path"]) for root in generation.manifest["roots"]}
    texts = Texts(generation.folder)
    counts: Counter[str] = Counter()
    remarks = []
    published = store.published()
    if published != generation.number:
        what = (
            "the note of the newest generation" if published is None else f"generation {published}"
        )
        remarks.append(f"{what} is damaged; this is about generation {generation.number}")
    with Sandbox() as sandbox:
        for source in texts.sources():
            path = roots[source.root] / source.relative
            stored = texts.document(source.uri)
            assert stored is not None
            kind, remark = _compared(path, stored, source.sha256, sandbox)
            counts[kind] += 1
            if remark:
                remarks.append(f"{source.uri} {remark}")
    texts.close()
    return Outcome(generation.number, counts, tuple(remarks))


def _compared(
    path: Path, stored: Document, sha256: str, sandbox: Sandbox
) -> tuple[str, str | None]:
    """`same`, `changed`, `missing`, `not comparable` or `differs`, and what to say of it."""
    try:
        data = folder.read_bytes(path)
    except Unreadable as reason:
        return "missing", f"{reason}"
    if hashlib.sha256(data).hexdigest() != sha256:
        return "changed", "has changed since it was indexed: run `quoth index`"
    if stored.version != formats.load(stored.extractor).VERSION:
        return "not comparable", "was read by another version: run `quoth index`"
    try:
        again = sandbox.read(stored.extractor, data, stored.uri)
    except Unreadable as reason:
        return "differs", f"was indexed, but now {reason}"
    if (again.text, again.blocks) != (stored.text, stored.blocks):
        return "differs", "gives another text than the stored one"
    return "same", None
