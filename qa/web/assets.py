"""The name of a static file in, its address out."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
ROUTE = "/web"


def address(name: str, root_path: str = "") -> str:
    """Where a browser finds the file; changes with its content, so that caches never go stale."""
    return f"{root_path}{ROUTE}/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
