"""Inputs in, a trained network out: teachers first, then the reader that learns from them, too.

Seeded, with a checkpoint every few minutes.
"""

from __future__ import annotations

import gc
import json
import logging
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from qa.evaluation import metrics
from qa.readers.spans.reader import MAX_TOKENS
from qa.training import model
from qa.training.inputs import WINDOW, Batch, Group, Inputs, Pair, batch
from qa.training.questions import Question


@dataclass(frozen=True, slots=True)
class Plan:
    """How many teachers, each trained for `epochs`, and the reader's epochs after them."""

    teachers: int = 3
    epochs: float = 2.9
    reader_epochs: float = 3.7


FINISHED = "reader.safetensors"
# Of what a network is trained on: word pieces of a batch, padding included, and the full rate.
BATCH_TOKENS = {"cpu": 5_000, "cuda": 40_000}
LEARNING_RATE = {"cpu": 2e-4, "cuda": 4e-4}
HEAD_LEARNING_RATE = 1e-3
WARM_UP = 0.05  # of a network's training, then linear decay to zero
WEIGHT_DECAY = 0.01
CLIP = 1.0
CHECKPOINT_S = 400
MEASURED = 600  # held-out questions
BUILDERS = 4  # processes that make batches for a GPU

_log = logging.getLogger("quoth.training")


@dataclass(slots=True)
class Progress:
    """Where a network's training stands: the windows and questions it has seen."""

    window: int = 0
    seen: int = 0
    steps: int = 0
    seconds: float = 0.0


def train(inputs: Inputs, base: Path, work: Path, plan: Plan | None = None) -> Path:
    """Trains, or goes on training, in `work`; the finished reader's weights' file.

    Each teacher starts from the sentence encoder in `base`; the reader from the first teacher.
    """
    plan = plan or Plan()
    gc.freeze()  # to look through the millions of word pieces again and again takes long
    files = [work / f"teacher-{number}.safetensors" for number in range(1, plan.teachers + 1)]
    for number, file in enumerate(files):
        if not file.is_file():
            start = model.Network.started_from(base, number)
            _Run(inputs, start, file, plan.epochs, ()).go()
    if not (work / FINISHED).is_file():
        teachers = [model.load(base, file).to(model.device()).eval() for file in files]
        start = model.load(base, files[0]) if files else model.Network.started_from(base, 0)
        _Run(inputs, start, work / FINISHED, plan.reader_epochs, teachers).go()
    return work / FINISHED


class _Run:
    """The training of the network that `file` will hold; what it is called decides all chance."""

    def __init__(
        self,
        inputs: Inputs,
        network: model.Network,
        file: Path,
        epochs: float,
        teachers: Sequence[model.Network],
    ) -> None:
        torch.set_num_threads(os.cpu_count() or 1)  # FAISS, while mining, set one for this thread
        self.inputs, self.file, self.teachers = inputs, file, teachers
        self.network = network.to(model.device())
        rate = LEARNING_RATE[model.device().type]
        self.windows = _windows(inputs, file.stem, epochs)
        self.total = sum(len(asked) for _, asked in self.windows)
        heads = [*self.network.span.parameters(), *self.network.answerable.parameters()]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(self.network.encoder.parameters()), "top": rate},
                {"params": heads, "top": HEAD_LEARNING_RATE},
            ],
            weight_decay=WEIGHT_DECAY,
            fused=True,
        )
        self.at = Progress()
        self.losses: list[torch.Tensor] = []

    def go(self) -> None:
        self._resume()
        saved = started = time.monotonic()
        before = self.at.seconds
        left = self.windows[self.at.window :]
        for (name, asked), batches in zip(left, _built(self.inputs, left), strict=True):
            torch.manual_seed(int.from_bytes(name.encode()[-7:]))
            self.network.train()
            for number, one in enumerate(batches):
                self._step(one, self._rate(self.at.seen + len(asked) * number / len(batches)))
            self.at.seen += len(asked)
            self.at.window += 1
            self.at.seconds = before + time.monotonic() - started
            self._tell()
            if time.monotonic() - saved > CHECKPOINT_S:
                self._save()
                saved = time.monotonic()
        self._log({"seen": self.at.seen, **measured(self.network, self.inputs)})
        model.save(self.network, self.file)
        self._checkpoint.unlink(missing_ok=True)

    def _rate(self, seen: float) -> float:
        """The share of the full learning rate after so many questions."""
        progress = seen / self.total
        return max(0.01, min(1.0, progress / WARM_UP)) * max(0.0, 1 - progress)

    def _step(self, one: Batch, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * rate
        loss = model.loss_of(self.network, one, self.teachers)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.losses.append(loss.detach())
        self.at.steps += 1

    def _tell(self) -> None:
        line = {
            "network": self.file.stem,
            "seen": self.at.seen,
            "of": self.total,
            "steps": self.at.steps,
            "minutes": round(self.at.seconds / 60, 1),
            "loss": round(float(torch.stack(self.losses).mean()), 4),
        }
        self.losses.clear()
        self._log(line)

    def _log(self, line: dict[str, object]) -> None:
        with (self.file.parent / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        _log.info("%s", line)

    @property
    def _checkpoint(self) -> Path:
        return self.file.with_suffix(".checkpoint")

    def _save(self) -> None:
        """Weights, optimizer and place in one file, whole or not there."""
        kept = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for number, values in self.optimizer.state_dict()["state"].items():
            kept |= {f"optimizer.{number}.{name}": value for name, value in values.items()}
        place = {one.name: str(getattr(self.at, one.name)) for one in fields(Progress)}
        part = self.file.with_suffix(".part")
        save_file({name: value.contiguous() for name, value in kept.items()}, part, place)
        part.replace(self._checkpoint)
        self._log({"seen": self.at.seen, **measured(self.network, self.inputs)})

    def _resume(self) -> None:
        if not self._checkpoint.is_file():
            return
        with safe_open(self._checkpoint, "pt") as kept:
            place = kept.metadata()
        values = load_file(self._checkpoint)
        weights: dict[str, torch.Tensor] = {}
        moments: dict[int, dict[str, torch.Tensor]] = defaultdict(dict)
        for name, value in values.items():
            of, rest = name.split(".", 1)
            if of == "network":
                weights[rest] = value
            else:
                number, what = rest.split(".")
                moments[int(number)][what] = value
        self.network.load_state_dict(weights)
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": dict(moments)})
        self.at = Progress(**{one: json.loads(value) for one, value in place.items()})


_Windows = list[tuple[str, list[Question]]]


def _windows(inputs: Inputs, name: str, epochs: float) -> _Windows:
    """Every window of a network's training, by its own name; of a part of an epoch the first."""
    windows: _Windows = []
    for epoch in range(int(np.ceil(epochs))):
        asked = inputs.ordered(f"{name} {epoch}")
        asked = asked[: round(len(asked) * min(1, epochs - epoch))]
        windows += [
            (f"{name} {epoch} {at}", asked[at : at + WINDOW]) for at in range(0, len(asked), WINDOW)
        ]
    return windows


def _built(inputs: Inputs, windows: _Windows) -> Iterator[list[Batch]]:
    """Each window's batches. A GPU is faster than one process can make them."""
    global _at_work  # what the processes find when they are forked
    _at_work = inputs, windows
    if model.device().type == "cpu":
        yield from map(_batches_of, range(len(windows)))
        return
    with multiprocessing.get_context("fork").Pool(BUILDERS) as pool:
        yield from pool.imap(_batches_of, range(len(windows)))


_at_work: tuple[Inputs, _Windows]


def _batches_of(window: int) -> list[Batch]:
    inputs, windows = _at_work
    name, asked = windows[window]
    return inputs.batches(asked, name, BATCH_TOKENS[model.device().type])


@torch.no_grad()
def measured(network: model.Network, inputs: Inputs, limit: int = MEASURED) -> dict[str, float]:
    """On held-out questions: how often the best span is a right one to the piece; how well
    answerability tells a question's own passage from the one that search finds (AUROC), and of our
    own questions, which of them are answered (AUROC)."""
    network.eval()
    held = inputs.data.development()
    public = [q for q in held if q.spans and not q.is_ours]
    if not public:
        return {}
    public = Random(0).sample(public, min(limit, len(public)))
    exact, logits, right = _read(network, [_beside_one_other(inputs, q) for q in public])
    told = {"exact": float(exact[right].mean()), "auroc": metrics.auroc(logits, right)}
    for name, ours in (
        ("written", [q for q in held if q.written]),
        ("sites", [q for q in held if q.site]),
    ):
        if ours:
            _, logits, right = _read(network, [[_beside_its_own(inputs, q)] for q in ours])
            told[f"auroc of {name}"] = metrics.auroc(logits, right)
    return {name: round(value, 4) for name, value in told.items()}


def _read(
    network: model.Network, groups: Sequence[Group]
) -> tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.bool_]]:
    """Of each sequence whether its best span is right, its logit, and whether it has an answer."""
    exact, logits, right = [], [], []
    for at in range(0, len(groups), 16):
        scores = model.scored(network, one := batch(groups[at : at + 16]))
        first, last = (of.argmax(1).cpu().numpy() for of in (scores.start, scores.end))
        rows = np.arange(len(first))
        exact.append(one.starts[rows, first] & one.ends[rows, last])
        logits.append(scores.answerable.cpu().numpy())
        right.append(one.starts.any(1))
    return np.concatenate(exact), np.concatenate(logits), np.concatenate(right)


def _beside_its_own(inputs: Inputs, question: Question) -> Pair:
    random = Random(question.text)
    body = inputs.bodies[question.passage]
    return inputs.sequence(question.text, body, question.spans, MAX_TOKENS, random)


def _beside_one_other(inputs: Inputs, question: Question) -> Group:
    pairs = [_beside_its_own(inputs, question)]
    row = int(inputs.mined[id(question)][0])
    if row >= 0:
        random = Random(question.text)
        pairs.append(inputs.sequence(question.text, inputs.bodies[row], (), MAX_TOKENS, random))
    return pairs
