"""A command's arguments in, an Asker over the store or over `--docs` out."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.build import update
from index.encoder import open_encoder
from index.files import Store
from qa.assemble import assembled
from qa.assistant import Assistant
from qa.evaluation.asking import Asker
from qa.evaluation.documents import prepared
from qa.progress import bars
from qa.settings import Settings, load


@contextmanager
def opened(given: argparse.Namespace) -> Iterator[Asker]:
    """Over the index of the store; with `--docs` over one that is made now and gone afterwards."""
    flags = {name: getattr(given, name, None) for name in ("store", "encoder", "reader")}
    if getattr(given, "docs", None) is None:
        yield _asker(load(flags))
        return
    if given.store:
        raise ValueError("--store and --docs name two things to ask; give one of them")
    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        settings = load({**flags, "store": Path(folder) / "store"})
        path = prepared(given.docs, Path(folder))
        with bars() as progress:
            update(
                Store(settings.store),
                open_encoder(settings.encoder),
                [path],
                engine=settings.engine,
                progress=progress,
            )
        yield _asker(settings)


def as_visited(asker: Asker) -> Assistant:
    """The same assistant without anything that is remembered between two questions."""
    encoder = open_encoder(asker.settings.encoder)
    return assembled(asker.index.generation, encoder, asker.settings)


def _asker(settings: Settings) -> Asker:
    encoder = open_encoder(settings.encoder)
    return Asker(Store(settings.store).current(), encoder, settings)
