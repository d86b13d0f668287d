"""Whether a document's file is still what was indexed: size and time first, then the hash."""

from __future__ import annotations

import threading
from pathlib import Path

from corpus.sources import folder
from index.search import Index
from qa.answer import State


class Freshness:
    """Looks at files and remembers hashes. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._roots = {root["name"]: Path(root["path"]) for root in index.manifest["roots"]}
        self._known: dict[tuple[str, int, int], State] = {}
        self._lock = threading.Lock()

    def path(self, uri: str) -> Path | None:
        """The file that a document was read from, whether or not it is still there."""
        source = self._index.source(uri)
        if source is None:
            return None
        root = self._roots[source.root]
        return root / source.relative if source.relative else root

    def state(self, uri: str) -> State:
        """`current`, `changed` since it was indexed, or `missing`."""
        source, path = self._index.source(uri), self.path(uri)
        if source is None or path is None:
            return "unknown"
        try:
            status = path.stat()
        except OSError:
            return "missing"
        key = uri, status.st_size, status.st_mtime_ns
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = folder.state(path, source.size, source.mtime_ns, source.sha256)
            with self._lock:
                self._known[key] = known
        return known
