"""Questions in, answers out.

>>> from qa import open_store                       # doctest: +SKIP
>>> open_store("store").ask("When did it enter into force?").text  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.assistant import Assistant

__all__ = ["open_store"]


def open_store(path: str | Path = "store", **settings: Any) -> Assistant:
    """An assistant over the index in `path`; further settings by name, as in `qa.settings`.

    Raises ValueError for a setting that is unknown or out of range, IndexUnusable (in
    `index.files`) when there is no index to answer from.
    """
    from qa.environment import prepare

    prepare()
    from qa.assemble import open_assistant
    from qa.settings import load

    return open_assistant(load({"store": Path(path), **settings}))
