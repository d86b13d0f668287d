"""Two results over the same questions in, what differs and whether that is more than chance out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qa.evaluation import measures
from qa.evaluation.measures import MEASURES, rounded
from qa.evaluation.outcome import GOOD
from qa.evaluation.significance import Difference, Flips, mcnemar, paired_bootstrap

SIGNIFICANT = 0.05
NEUTRAL = ("answered",)  # figures of which more is neither better nor worse
WIDTH = 160  # characters that the terminal shows of a question or an answer


@dataclass(frozen=True, slots=True)
class Comparison:
    """`figures` are new minus base; `flips` of the questions that were handled right in one alone.

    `changed` says what differs between the runs, `warnings` what should not.
    """

    names: tuple[str, str]
    questions: int
    figures: dict[str, Difference]
    flips: Flips
    flipped: tuple[tuple[dict[str, Any], dict[str, Any]], ...]
    changed: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "base": self.names[0],
            "new": self.names[1],
            "questions": self.questions,
            "changed": list(self.changed),
            "warnings": list(self.warnings),
            "metrics": {
                name: {
                    "difference": rounded(d.value),
                    "low": rounded(d.low),
                    "high": rounded(d.high),
                    "p": rounded(d.p),
                    "significant": significant(d),
                }
                for name, d in self.figures.items()
            },
            "mcnemar": {
                "lost": self.flips.lost,
                "gained": self.flips.gained,
                "p": rounded(self.flips.p),
            },
            "flipped": [
                {
                    "id": base["id"],
                    "question": base["question"],
                    "base": _side(base),
                    "new": _side(new),
                }
                for base, new in self.flipped
            ],
        }


def compare(
    base: dict[str, Any],
    new: dict[str, Any],
    names: tuple[str, str] = ("base", "new"),
    common: bool = False,
) -> Comparison:
    """Compare two results of `quoth evaluate --json`.

    Raises ValueError when they are not of the same questions, unless `common` is set, which
    compares those that both have; or when answers were counted in different ways.
    """
    warnings = _checked(base, new, names, common)
    pairs = _pairs(base, new)
    if not pairs:
        raise ValueError(f"{names[0]} and {names[1]} have no question in common")
    before = measures.columns([pair[0] for pair in pairs])
    after = measures.columns([pair[1] for pair in pairs])
    shared = [n for n in base["metrics"] if n in new["metrics"] and n in MEASURES]
    figures = {
        name: paired_bootstrap(
            MEASURES[name].statistic(before), MEASURES[name].statistic(after), len(pairs)
        )
        for name in shared
    }
    good = [[question["verdict"] in GOOD for question in side] for side in zip(*pairs, strict=True)]
    flipped = [
        pair for pair in pairs if (pair[0]["verdict"] in GOOD) != (pair[1]["verdict"] in GOOD)
    ]
    return Comparison(
        names=names,
        questions=len(pairs),
        figures={name: d for name, d in figures.items() if rounded(d.value) is not None},
        flips=mcnemar(*good),
        flipped=tuple(flipped),
        changed=tuple(_changes(base, new)),
        warnings=tuple(warnings),
    )


def significant(difference: Difference) -> bool:
    return difference.p < SIGNIFICANT


def worse(name: str, difference: Difference) -> bool:
    """Whether a figure has dropped by more than chance explains."""
    drop = difference.value < 0 if MEASURES[name].higher_is_better else difference.value > 0
    return drop and significant(difference)


def told(comparison: Comparison, shown: int = 10) -> str:
    """The comparison for the terminal or a pull request."""
    base, new = comparison.names
    lines = [f"{new} against {base}, {comparison.questions:,} questions"]
    lines += [f"warning: {warning}" for warning in comparison.warnings]
    lines += [f"differs: {change}" for change in comparison.changed] or [
        "nothing differs in what was run"
    ]
    lines.append("")
    for name, d in comparison.figures.items():
        mark = _mark(name, d)
        interval = f"({d.low:+.3f} to {d.high:+.3f}), p {d.p:.3f}"
        lines.append(f"{MEASURES[name].label:<28}{d.value:+.3f}  {interval}  {mark}".rstrip())
    flips = comparison.flips
    lines += [
        "",
        f"handled right in {new} alone: {flips.gained:,}; in {base} alone: {flips.lost:,} "
        f"(McNemar's exact test, p {flips.p:.3f})",
        f"verdict: {verdict(comparison)}",
    ]
    for before, after in comparison.flipped[:shown]:
        lines += [
            "",
            f"{before['id']}  {_short(before['question'])}",
            f"  {base}: {_said(before)}",
            f"  {new}: {_said(after)}",
        ]
    if len(comparison.flipped) > shown:
        lines += ["", f"and {len(comparison.flipped) - shown:,} more that flipped (--json has all)"]
    return "\n".join(lines)


def _mark(name: str, difference: Difference) -> str:
    if not significant(difference):
        return ""
    if name in NEUTRAL:
        return "more" if difference.value > 0 else "fewer"
    return "worse" if worse(name, difference) else "better"


def verdict(comparison: Comparison) -> str:
    """In a sentence whether the new run handles more questions right."""
    base, new = comparison.names
    flips = comparison.flips
    if flips.p >= SIGNIFICANT:
        return f"no significant difference in the questions handled right (p {flips.p:.3f})"
    ahead = new if flips.gained > flips.lost else base
    return f"{ahead} handles significantly more questions right (p {flips.p:.4f})"


def _checked(
    base: dict[str, Any], new: dict[str, Any], names: tuple[str, str], common: bool
) -> list[str]:
    first, second = names
    for key in ("always_answer", "retrieval_only"):
        if base["settings"][key] != new["settings"][key]:
            one = first if base["settings"][key] else second
            flag = key.replace("_", "-")
            raise ValueError(f"{one} was made with --{flag} and the other was not: run them alike")
    warnings = []
    if base["set"]["digest"] != new["set"]["digest"]:
        if not common:
            raise ValueError(
                f"{first} and {second} are of different questions ({base['set']['name']}, "
                f"{new['set']['name']}): --common compares those that both have"
            )
        warnings.append("the sets differ; only what both ask alike is compared")
    if base["index"]["documents_digest"] != new["index"]["documents_digest"]:
        warnings.append("the documents differ; the difference may be theirs")
    return warnings


def _pairs(
    base: dict[str, Any], new: dict[str, Any]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Questions that both runs were asked, with the same gold."""
    others = {question["id"]: question for question in new["questions"]}
    return [
        (question, others[question["id"]])
        for question in base["questions"]
        if question["id"] in others and _asked(question) == _asked(others[question["id"]])
    ]


def _asked(question: dict[str, Any]) -> tuple[str, list[Any], Any, Any]:
    golds = [(g.get("page"), g.get("quote"), g.get("context")) for g in question["gold"]]
    return question["question"], golds, question.get("hidden"), question.get("history")


def _changes(base: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What the second run was run with that the first was not."""
    sides = [
        {"index": side["index"]["digest"][:12], **side["models"], **side["settings"]}
        for side in (base, new)
    ]
    keys: Sequence[str] = list(dict.fromkeys([*sides[0], *sides[1]]))
    return [
        f"{key} {sides[0].get(key)} -> {sides[1].get(key)}"
        for key in keys
        if sides[0].get(key) != sides[1].get(key)
    ]


def _side(question: dict[str, Any]) -> dict[str, Any]:
    return {key: question[key] for key in ("verdict", "answer", "uri", "confidence", "loss")}


def _said(question: dict[str, Any]) -> str:
    answer = _short(question["answer"] or "no answer")
    place = f" ({question['uri']})" if question["answer"] else ""
    return f"{(question['verdict'] or '').replace('_', ' ')}: {answer}{place}"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= WIDTH else plain[: WIDTH - 2] + " …"
