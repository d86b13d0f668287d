"""Inputs in, a trained network out: by stages, with a checkpoint every few minutes, seeded."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

import numpy as np
import torch

from qa.readers.spans.reader import MAX_TOKENS
from qa.training import model
from qa.training.inputs import WINDOW, Batch, Inputs, batch
from qa.training.questions import Question


@dataclass(frozen=True, slots=True)
class Stage:
    """`windows` of questions, all where None. A stage that rises begins a learning rate of its own:
    up to `rises` times the full one, then down to zero by the end of those that follow it. Of their
    weights `last` is left then, the rest being those from before the rise."""

    name: str
    windows: int | None = None
    rises: float = 0.0
    last: float = 1.0


# First every question beside its own passage; then beside passages that do not answer it, too; then
# with many more that are almost answered; then a part of everything, and everything with our own
# questions; more, and help sites; twice as many help sites. Of the first, 19 windows: later ones
# taught less than the second stage does in the same time. What `last` was chosen by is in
# docs/quality.md.
STAGES = (
    Stage("positives", 19, 1.0),
    Stage("groups"),
    Stage("closer", 18, 0.6, 0.7),
    Stage("again", 11, 0.7, 0.85),
    Stage("written", 33),
    Stage("more", 12, 0.7, 0.85),
    Stage("pages", 26),
    Stage("wider", 26, 0.7, 0.85),
)
SEED = 20
FINISHED = "reader.safetensors"
LEARNING_RATE, HEAD_LEARNING_RATE = 2e-4, 1e-3
WARM_UP = 0.03  # of a rise and its fall, then linear decay to zero
WEIGHT_DECAY = 0.01
CLIP = 1.0
CHECKPOINT_S = 400
MEASURED = 600  # held-out questions

_log = logging.getLogger("quoth.training")


@dataclass(slots=True)
class Progress:
    """Where a run stands: the stage and window it is in, and the questions it has seen."""

    stage: int = 0
    window: int = 0
    seen: int = 0
    steps: int = 0
    seconds: float = 0.0


def train(
    inputs: Inputs,
    base: Path,
    work: Path,
    stages: Sequence[Stage] = STAGES,
    start: Path | None = None,
) -> Path:
    """Trains, or goes on training, in `work`; the finished weights' file.

    From the sentence encoder in `base`, or with the stages of the last rise alone from the weights
    that are shipped in the folder `start`.
    """
    finished = work / FINISHED
    if finished.is_file():
        return finished
    run = _Run(inputs, base, work, stages, start)
    run.resume()
    run.go()
    run.mix(run.stages)
    model.save(run.network, finished)
    return finished


class _Run:
    def __init__(
        self,
        inputs: Inputs,
        base: Path,
        work: Path,
        stages: Sequence[Stage],
        start: Path | None,
    ) -> None:
        torch.manual_seed(SEED)
        torch.set_num_threads(os.cpu_count() or 1)  # FAISS, while mining, set one for this thread
        self.inputs, self.work = inputs, work
        self.stages = _from_the_last_rise(stages) if start else stages
        self.questions = [
            inputs.ordered(s.name, SEED)[: s.windows and s.windows * WINDOW] for s in self.stages
        ]
        self.total = sum(map(len, self.questions))
        self.network = model.restored(base, start) if start else model.Network.started_from(base)
        heads = [*self.network.span.parameters(), *self.network.answerable.parameters()]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(self.network.encoder.parameters()), "top": LEARNING_RATE},
                {"params": heads, "top": HEAD_LEARNING_RATE},
            ],
            weight_decay=WEIGHT_DECAY,
            fused=True,
        )
        self.starts = start is not None
        self.at = Progress()
        self.losses: list[float] = []

    def go(self) -> None:
        saved = started = time.monotonic()
        before = self.at.seconds
        for batches, seen in self._windows():
            share = (seen - self.at.seen) / max(1, len(batches))
            first = self.at.seen
            for number, one in enumerate(batches):
                self._step(one, self._rate(first + number * share))
            self.at.seen = seen
            self.at.window += 1
            self.at.seconds = before + time.monotonic() - started
            self._tell()
            if time.monotonic() - saved > CHECKPOINT_S:
                self._save()
                saved = time.monotonic()
        self._save()

    def _windows(self) -> Iterator[tuple[list[Batch], int]]:
        """What is still to be seen, each window with the number of questions seen by its end."""
        skip = self.at.window
        for number in range(self.at.stage, len(self.stages)):
            self.at.stage, self.at.window = number, skip
            if (number or self.starts) and self.stages[number].rises and not skip:
                self.mix(self.stages[:number])
                model.save(self.network, self._before(self.stages[number]))
            before = sum(map(len, self.questions[:number]))
            asked = self.questions[number]
            windows = self.inputs.batches(asked, self.stages[number].name, SEED, skip)
            for at, batches in enumerate(windows, skip):
                yield batches, before + min((at + 1) * WINDOW, len(asked))
            skip = 0

    def mix(self, ended: Sequence[Stage]) -> None:
        """Takes in some of the weights from before the last rise among the stages that ended."""
        rise = next((stage for stage in reversed(ended) if stage.rises), None)
        if rise and self._before(rise).is_file():
            model.mix(self.network, self._before(rise), rise.last)

    def _before(self, rise: Stage) -> Path:
        return self.work / f"before-{rise.name}.safetensors"

    def _rate(self, seen: float) -> float:
        """The share of the full learning rate after so many questions."""
        ends = list(accumulate(map(len, self.questions)))
        rises = [number for number, stage in enumerate(self.stages) if stage.rises]
        first = max(n for n in rises if n <= self.at.stage)
        last = next((n for n in rises if n > first), len(ends)) - 1
        start = ends[first - 1] if first else 0
        progress = (seen - start) / (ends[last] - start)
        warm = max(0.01, min(1.0, progress / WARM_UP))
        return self.stages[first].rises * warm * max(0.0, 1 - progress)

    def _step(self, one: Batch, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * rate
        loss = model.loss_of(self.network, one)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.losses.append(float(loss.detach()))
        self.at.steps += 1

    def _tell(self) -> None:
        line = {
            "stage": self.stages[self.at.stage].name,
            "seen": self.at.seen,
            "of": self.total,
            "steps": self.at.steps,
            "minutes": round(self.at.seconds / 60, 1),
            "loss": round(float(np.mean(self.losses)), 4),
        }
        self.losses.clear()
        self._log(line)

    def _log(self, line: dict[str, object]) -> None:
        with (self.work / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        _log.info("%s", line)

    def _save(self) -> None:
        """Weights, optimizer and place, each whole or not there; the place last."""
        model.save(self.network, self.work / "checkpoint.safetensors")
        part = self.work / "optimizer.part"
        torch.save(self.optimizer.state_dict(), part)
        part.replace(self.work / "optimizer.pt")
        place = {name: getattr(self.at, name) for name in Progress.__slots__}
        part = self.work / "place.part"
        part.write_text(json.dumps(place))
        part.replace(self.work / "place.json")
        self._log({"seen": self.at.seen, **measured(self.network, self.inputs)})

    def resume(self) -> None:
        place = self.work / "place.json"
        if not place.is_file():
            return
        self.network = model.load_into(self.network, self.work / "checkpoint.safetensors")
        state = torch.load(self.work / "optimizer.pt", weights_only=True)
        self.optimizer.load_state_dict(state)
        self.at = Progress(**json.loads(place.read_text()))


def _from_the_last_rise(stages: Sequence[Stage]) -> Sequence[Stage]:
    return stages[max(number for number, stage in enumerate(stages) if stage.rises) :]


@torch.no_grad()
def measured(network: model.Network, inputs: Inputs, limit: int = MEASURED) -> dict[str, float]:
    """On held-out questions: how often the best span is a right one to the piece, and how well
    answerability tells a question's own passage from the one that search finds (AUROC)."""
    asked = [q for q in inputs.data.development() if q.spans and not q.is_ours]
    if not asked:
        return {}
    asked = Random(SEED).sample(asked, min(limit, len(asked)))
    exact, own, other = [], [], []
    for at in range(0, len(asked), 16):
        groups = [_beside_one_other(inputs, question) for question in asked[at : at + 16]]
        start, end, answerable = model.scored(network, one := batch(groups))
        first, last = start.argmax(1).numpy(), end.argmax(1).numpy()
        rows = np.arange(len(first))
        right = one.starts[rows, first] & one.ends[rows, last]
        has = one.starts.any(1)
        exact += list(right[has])
        own += list(answerable.numpy()[has])
        other += list(answerable.numpy()[~has])
    above = np.mean([(np.array(own)[:, None] > np.array(other)).mean()])
    return {"exact": round(float(np.mean(exact)), 4), "auroc": round(float(above), 4)}


def _beside_one_other(inputs: Inputs, question: Question) -> list:  # type: ignore[type-arg]
    random = Random(question.text)
    pairs = [inputs.sequence(question.text, question.passage, question.spans, MAX_TOKENS, random)]
    row = int(inputs.mined[id(question)][0])
    if row >= 0:
        pairs.append(inputs.sequence(question.text, row, (), MAX_TOKENS, random))
    return pairs
