"""A result and a gate's file in, the reasons for which it does not pass out; and floors written.

A gate is TOML or JSON: `floors` (figures and the least that each must be; for those where lower is
better the most), `margin` (what chance may take from a floor), `set` and `documents` (digests that
the floors were measured on) and `against` (`base`, a result beside the file, and `figures` that may
not drop significantly).
"""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.evaluation import result
from qa.evaluation.compare import compare, worse
from qa.evaluation.measures import MEASURES

KEYS = ("floors", "margin", "set", "documents", "always_answer", "against", "lowered")
# What a floor of our own may lose before it counts as a drop: three of 150 questions, which another
# processor's rounding can turn.
MARGIN = 0.02
# What gets a floor when a file is begun: enough questions stand behind each of them.
FLOORED = (
    "right_quote", "right_page", "refused", "precision", "auroc", "aurc",
    "hit_at_1", "hit_at_5", "mrr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    floors: dict[str, float] = field(default_factory=dict)
    margin: float = 0.0
    set: str | None = None
    documents: str | None = None
    always_answer: bool = False
    base: Path | None = None
    figures: tuple[str, ...] = ()
    lowered: tuple[dict[str, Any], ...] = ()


def load(path: Path) -> Gate:
    """A gate's file; ValueError, in a sentence, when it is none."""
    try:
        text = path.read_text("utf-8")
        value = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"{path}: {(error.strerror or 'not readable').lower()}") from None
    except ValueError as error:
        raise ValueError(f"{path} is no gate: {error}") from None
    if not isinstance(value, dict) or any(
        not isinstance(value.get(key, {}), dict) for key in ("floors", "against")
    ):
        raise ValueError(f"{path} is no gate: floors and against are tables of names and values")
    if unknown := sorted(value.keys() - set(KEYS)):
        raise ValueError(f"{path} sets {unknown[0]}, which no gate has; known: {', '.join(KEYS)}")
    against = value.get("against", {})
    gate = Gate(
        floors=value.get("floors", {}),
        margin=value.get("margin", 0.0),
        set=value.get("set"),
        documents=value.get("documents"),
        always_answer=value.get("always_answer", False),
        base=path.parent / str(against["base"]) if "base" in against else None,
        figures=tuple(against.get("figures", ("right_quote", "refused"))),
        lowered=tuple(value.get("lowered", ())),
    )
    _check(path, gate)
    return gate


def _check(path: Path, gate: Gate) -> None:
    for name in [*gate.floors, *gate.figures]:
        if name not in MEASURES:
            raise ValueError(
                f"{path} names {name}, which is no figure; known: {', '.join(MEASURES)}"
            )
    for name, floor in [*gate.floors.items(), ("margin", gate.margin)]:
        if isinstance(floor, bool) or not isinstance(floor, int | float) or not 0 <= floor <= 1:
            raise ValueError(f"{path} sets {name} to {floor!r}; what would do is 0 to 1")
    if not gate.floors and not gate.base:
        raise ValueError(f"{path} asks for nothing: give it floors, or a base to compare against")


def reasons(value: dict[str, Any], gate: Gate) -> list[str]:
    """Why a result does not pass, a sentence each; none when it does."""
    found = []
    asked, documents = value["set"]["digest"], value["index"]["documents_digest"]
    if gate.set and gate.set != asked:
        found.append(f"the floors are for another test set ({gate.set[:12]}, not {asked[:12]})")
    if gate.documents and gate.documents != documents:
        found.append(
            f"the floors are for other documents ({gate.documents[:12]}, not {documents[:12]})"
        )
    if gate.always_answer != value["settings"]["always_answer"] and gate.set:
        found.append("the floors were measured with another --always-answer")
    for name, floor in gate.floors.items():
        found += _below(name, floor, gate.margin, value["metrics"].get(name))
    if gate.base:
        comparison = compare(result.load(gate.base), value, (gate.base.name, "this run"))
        for name in gate.figures:
            difference = comparison.figures.get(name)
            if difference and worse(name, difference):
                found.append(
                    f"{name} has changed by {difference.value:+.4f} against {gate.base.name} "
                    f"({difference.low:+.4f} to {difference.high:+.4f}, p {difference.p:.3f})"
                )
    return found


def _below(name: str, floor: float, margin: float, figure: dict[str, Any] | None) -> list[str]:
    if figure is None or figure["value"] is None:
        return [f"{name} cannot be told from this run, and its floor is {floor}"]
    higher = MEASURES[name].higher_is_better
    short = floor - figure["value"] if higher else figure["value"] - floor
    if short <= margin + 1e-9:
        return []
    word = "below its floor" if higher else "above its ceiling"
    allowed = f" less the margin {margin}" if margin else ""
    return [f"{name} is {figure['value']:.4f}, {word} {floor}{allowed}"]


def set_floors(path: Path, value: dict[str, Any], lower: str | None) -> str:
    """Write this result's figures as floors into `path`; returns what was changed, in a sentence.

    Raises ValueError when that would lower one, or drop floors of another set or documents, and
    `lower`, the reason for it, is not given.
    """
    before = load(path) if path.exists() else Gate(margin=MARGIN)
    floors = {
        name: _floor(name, figure["value"])
        for name, figure in value["metrics"].items()
        if figure["value"] is not None and name in (before.floors or FLOORED)
    }
    dropped = [
        f"{name} from {before.floors[name]} to {floors.get(name, 'nothing')}"
        for name in before.floors
        if name not in floors or _is_lower(name, floors[name], before.floors[name])
    ]
    if before.floors and (before.set, before.documents) != (
        value["set"]["digest"],
        value["index"]["documents_digest"],
    ):
        dropped.insert(0, "the floors of another test set or other documents")
    if dropped and not (lower and lower.strip()):
        raise ValueError(
            f"this would lower {'; '.join(dropped)}: give the reason with --lower REASON"
        )
    note = {"date": datetime.now(UTC).date().isoformat(), "reason": lower, "floors": dropped}
    written = {
        "set": value["set"]["digest"],
        "documents": value["index"]["documents_digest"],
        "always_answer": value["settings"]["always_answer"],
        "margin": before.margin,
        "floors": floors,
        "lowered": [*before.lowered, *([note] if dropped else [])],
    }
    path.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return f"{len(floors)} floors are in {path}; lowered: {'; '.join(dropped) or 'none'}"


def _floor(name: str, value: float) -> float:
    """A figure to three decimals, on the side of the floor that it passes."""
    rounding = math.floor if MEASURES[name].higher_is_better else math.ceil
    return rounding(value * 1000 + (1e-9 if rounding is math.floor else -1e-9)) / 1000


def _is_lower(name: str, new: float, old: float) -> bool:
    return new < old if MEASURES[name].higher_is_better else new > old
