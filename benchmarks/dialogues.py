"""`python -m benchmarks.dialogues`: whether follow-up questions find the page they are about.

Asks the dialogues of tests/dialogues.jsonl turn by turn of an index of corpus/sample made for the
run, sending what was answered before as a chat page does, and prints the share of follow-ups (and
of first turns) whose first quote, or nearest passage, is from a right page. `alone` asks the same
follow-ups without the turns before. `single` asks the questions of tests/faq.jsonl that have an
answer, `single after` asks each after a turn about another page, which it must not lean on.
`--misses` lists what went wrong in the tuning half.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from qa.environment import prepare

prepare()

from index.build import update  # noqa: E402
from index.encoder import open_encoder  # noqa: E402
from index.files import Store  # noqa: E402
from qa import open_store  # noqa: E402
from qa.answer import Answer  # noqa: E402
from qa.assistant import Assistant  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
HALVES = ("tuning", "report")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--misses", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        update(Store(store), open_encoder(), [ROOT / "corpus" / "sample"])
        rows = measured(open_store(store), given.misses)
        rows |= singles(open_store(store))
    for (half, kind), shares in sorted(rows.items()):
        _tell(f"{half:<8} {kind:<14} {sum(shares):3} of {len(shares):3} = {_share(shares):.3f}")


def measured(assistant: Assistant, misses: bool = False) -> dict[tuple[str, str], list[bool]]:
    """For each half and kind of turn, whether each turn found a right page."""
    rows: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for dialogue in dialogues():
        half = next(half for half in HALVES if half in dialogue["tags"])
        history: list[dict[str, Any]] = []
        for number, turn in enumerate(dialogue["turns"]):
            answer = assistant.ask(turn["question"], history)
            history.append(as_turn(turn["question"], answer))
            if not turn["gold"]:
                continue
            found = is_on_page(answer, turn["gold"])
            rows[half, "follow-up" if number else "first"].append(found)
            if number:
                rows[half, "alone"].append(
                    is_on_page(assistant.ask(turn["question"]), turn["gold"])
                )
                kind = next(tag for tag in dialogue["tags"] if tag not in HALVES)
                rows[half, f"  {kind}"].append(found)
            if misses and not found and half == "tuning":
                _tell(
                    f"{dialogue['id']} {[t['question'] for t in dialogue['turns'][: number + 1]]}"
                )
                _tell(f"   found {page(answer)}, not {turn['gold'][0]['uri']}")
    return rows


def singles(assistant: Assistant) -> dict[tuple[str, str], list[bool]]:
    """For each half, whether questions of their own found a right page, alone and after a turn
    about another one."""
    rows: dict[tuple[str, str], list[bool]] = defaultdict(list)
    asked = [question for question in _lines("faq.jsonl") if question["gold"]]
    for at, question in enumerate(asked):
        half = next(half for half in HALVES if half in question["tags"])
        pages = {gold["uri"] for gold in question["gold"]}
        after = [*asked[at + 1 :], *asked[:at]]
        other = next(one for one in after if one["gold"][0]["uri"] not in pages)
        turn = {"question": other["question"], "uri": other["gold"][0]["uri"]}
        for kind, history in (("single", []), ("single after", [turn])):
            answer = assistant.ask(question["question"], history)
            rows[half, kind].append(is_on_page(answer, question["gold"]))
    return rows


def dialogues() -> list[dict[str, Any]]:
    return _lines("dialogues.jsonl")


def _lines(name: str) -> list[dict[str, Any]]:
    lines = (ROOT / "tests" / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def as_turn(question: str, answer: Answer) -> dict[str, Any]:
    """What a client sends of a turn with the next question."""
    return {"question": question, "answer": answer.text, "uri": page(answer)}


def page(answer: Answer) -> str | None:
    quotes = answer.quotes or answer.closest
    return quotes[0].passage.document.uri if quotes else None


def is_on_page(answer: Answer, gold: list[dict[str, str]]) -> bool:
    return page(answer) in {one["uri"] for one in gold}


def _share(values: list[bool]) -> float:
    return sum(values) / len(values)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
