"""Digests of what answers in, the calibration that holds for it out: the owner's or the shipped."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from index import fusion
from index.search import Index
from qa.confidence import FEATURES, OWN, SHIPPED, Calibration, read
from qa.readers import Reader, sentences

# For the sentence reader, whose score alone decides: fitted on the tuning half of tests/faq.jsonl,
# with which it orders answers and promises nothing.
UNTRAINED = Calibration(
    made_for={"reader": sentences.DIGEST},
    mean=(0.0,) * len(FEATURES),
    scale=(1.0,) * len(FEATURES),
    weights=(4.1,) + (0.0,) * (len(FEATURES) - 1),
    bias=-4.7,
    answer_at=0.5,
    suggest_at=0.3,
    calibrated=False,
    facts={},
)
# For a reader that nothing was fitted to: what its score is worth is not known, so that it is never
# sure and shows the closest passages.
UNFITTED = replace(UNTRAINED, made_for={}, weights=(0.0,) * len(FEATURES), bias=-0.4)

_log = logging.getLogger("quoth")


def digests(index: Index, reader: Reader) -> dict[str, str]:
    """What a calibration is made for; re-indexing does not change it."""
    return {
        "encoder": index.manifest["encoder"]["digest"],
        "reader": reader.digest,
        "fusion": fusion.DIGEST,
    }


def of_owner(store: Path, made_for: dict[str, str]) -> list[Calibration]:
    """The calibrations kept in the store. Warns when none of them holds for `made_for`."""
    own = _readable(store / OWN)
    if own and not _fitting(own, made_for):
        _log.warning("%s was made for other models and is set aside: calibrate again", store / OWN)
    return own


def chosen(own: Sequence[Calibration], made_for: dict[str, str]) -> Calibration:
    """The owner's for exactly this encoder, reader and fusion, else the shipped, else another
    one of this reader, which then counts as not calibrated, else one that is never sure."""
    known = [*own, *_readable(SHIPPED)]
    fitting = _fitting(known, made_for)
    if fitting:
        return fitting[0]
    same_reader = (
        c for c in [*known[::-1], UNTRAINED] if c.made_for.get("reader") == made_for["reader"]
    )
    return replace(next(same_reader, UNFITTED), calibrated=False)


def _readable(file: Path) -> list[Calibration]:
    if not file.is_file():
        return []
    try:
        return read(file)
    except ValueError as error:
        _log.warning("%s; it is set aside", error)
        return []


def _fitting(known: list[Calibration], made_for: dict[str, str]) -> list[Calibration]:
    return [calibration for calibration in known if calibration.made_for == made_for]
