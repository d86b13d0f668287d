"""A result in, what the terminal and a pull request are shown of it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from qa.evaluation.measures import MEASURES

HEADLINES = (
    "right_quote",
    "right_page",
    "refused",
    "precision",
    "answered",
    "exact_match",
    "token_f1",
    "auroc",
    "aurc",
    "coverage_at_5",
    "ece",
    "hit_at_1",
    "hit_at_5",
    "mrr",
)
LISTED = 10  # lost questions that a pull request is shown


def terminal(value: dict[str, Any]) -> str:
    """The figures, each with its interval, and where questions were lost."""
    lines = [_of(value), ""]
    for name, figure in value["metrics"].items():
        if figure["value"] is not None:
            label = MEASURES[name].label if name in MEASURES else name
            lines.append(f"{label:<28}{shown(figure)}   of {figure['questions']:,}")
    if value["waterfall"]:
        steps = [f"{s['step']} {s['lost']:,}" for s in value["waterfall"] if s["lost"]]
        lines += ["", f"lost: {', '.join(steps) or 'none'}"]
        verdicts = [f"{v} {count:,}" for v, count in value["verdicts"].items() if count]
        lines += [f"verdicts: {', '.join(verdicts)}"]
    lines += [*_golds(value["questions"]), *_times(value["timing"])]
    return "\n".join(lines)


def markdown(value: dict[str, Any]) -> str:
    """A summary for a pull request: headline figures, losses, the surest mistakes."""
    lines = [
        f"### Quoth: {_cell(_of(value))}",
        "",
        "| figure | value | 95 % interval |",
        "|---|---|---|",
    ]
    for name in HEADLINES:
        figure = value["metrics"].get(name)
        if figure and figure["value"] is not None:
            interval = f"{figure['low']:.3f} to {figure['high']:.3f}"
            lines.append(f"| {MEASURES[name].label} | {figure['value']:.3f} | {interval} |")
    if value["waterfall"]:
        lines += ["", "| lost | questions | left |", "|---|---|---|"]
        lines += [f"| {s['step']} | {s['lost']} | {s['left']} |" for s in value["waterfall"]]
    mistakes = [q for q in value["questions"] if q["verdict"] in MISTAKES]
    mistakes.sort(key=lambda question: (-question["confidence"], question["id"]))
    if mistakes:
        lines += [
            "",
            f"<details><summary>{len(mistakes)} wrong answers, the surest first</summary>",
        ]
        lines += ["", "| question | answer | verdict |", "|---|---|---|"]
        for q in mistakes[:LISTED]:
            cells = (q["question"], q["answer"] or "", q["verdict"].replace("_", " "))
            lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


MISTAKES = ("wrong_quote", "wrong_page", "wrongly_answered")


def shown(figure: dict[str, Any]) -> str:
    return f"{figure['value']:.3f}  ({figure['low']:.3f} to {figure['high']:.3f})"


def _of(value: dict[str, Any]) -> str:
    asked, index = value["set"], value["index"]
    return (
        f"{asked['questions']:,} questions of {asked['name']}, {index['documents']:,} documents, "
        f"reader {value['models']['reader']}"
        + (", first answers counted" if value["settings"]["always_answer"] else "")
        + (", retrieval only" if value["settings"]["retrieval_only"] else "")
    )


def _golds(questions: Iterable[dict[str, Any]]) -> list[str]:
    """How many golds are not where the set says, if any."""
    found = Counter(gold["status"] for question in questions for gold in question["gold"])
    if set(found) <= {"found"}:
        return []
    counts = ", ".join(f"{count:,} {status}" for status, count in found.most_common())
    return [f"golds: {counts}; `quoth testset check` names those that are not found"]


def _times(timing: dict[str, Any]) -> list[str]:
    lines = []
    if "p50_ms" in timing:
        half, most = timing["p50_ms"], timing["p95_ms"]
        if half["value"] is not None:
            lines.append(
                f"an answer takes {half['value']:.0f} ms, 95 % at most {most['value']:.0f} ms "
                f"({half['questions']} asked one by one)"
            )
    if timing.get("questions_per_second"):
        lines.append(
            f"{timing['asked']:,} asked in {timing['seconds']:.1f} s, "
            f"{timing['questions_per_second']:.1f} a second"
        )
    return lines


def _cell(text: str) -> str:
    """Text in a table's cell, where it can neither end the cell nor be markup."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    escaped = " ".join(escaped.split())
    for mark in "`*_[]@#":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped[:160] + (" …" if len(escaped) > 160 else "")
