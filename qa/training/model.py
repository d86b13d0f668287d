"""The reader's network: the encoder's layers, a span head and an answerability head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, AutoConfig, AutoModel
from transformers.masking_utils import eager_mask

from qa.training.inputs import Batch

ANSWERABLE_WEIGHT = 1.0  # of its loss beside the spans'
TAUGHT = 0.7  # share of the loss that is to score as the teachers do
DROPOUT = 0.1  # of the hidden states
LOWEST = torch.finfo(torch.float32).min


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    **_: object,
) -> tuple[Tensor, None]:
    """Attention in the type that its inputs have; transformers' own takes a fifth longer, because
    under autocast it goes to float32 and back. All are `(sequences, heads, length, size)`."""
    with torch.autocast(query.device.type, enabled=False):
        if attention_mask is not None:
            attention_mask = attention_mask[:, :, :1].to(query.dtype)
        if query.is_cuda:
            mixed = nn.functional.scaled_dot_product_attention(
                query, key, value, attention_mask, scale=scaling
            )
        else:
            scores = (query * scaling) @ key.transpose(2, 3)
            if attention_mask is not None:
                scores = scores + attention_mask
            mixed = scores.softmax(-1) @ value
        return mixed.transpose(1, 2).contiguous(), None


torch.backends.cuda.enable_cudnn_sdp(False)  # it plans each length anew, for longer than a step
AttentionInterface.register("lean", _attend)
AttentionMaskInterface.register("lean", eager_mask)


class Network(nn.Module):
    """Word pieces in; start and end scores `(sequences, length)` and answerability logits out."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the encoder's configuration; its weights are loaded by `started_from`."""
        super().__init__()
        config = AutoConfig.from_pretrained(
            folder, hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=0.0
        )
        self.encoder = AutoModel.from_config(  # type: ignore[no-untyped-call]
            config, add_pooling_layer=False, attn_implementation="lean"
        )
        self.span = nn.Linear(config.hidden_size, 2)
        self.answerable = nn.Linear(config.hidden_size, 1)

    @classmethod
    def started_from(cls, folder: Path, seed: int) -> Network:
        """The network with a sentence encoder's weights and new heads."""
        torch.manual_seed(seed)
        network = cls(folder)
        weights = load_file(folder / "model.safetensors")
        missing, _ = network.encoder.load_state_dict(weights, strict=False)
        if [name for name in missing if not name.endswith(("position_ids", "token_type_ids"))]:
            raise ValueError(f"{folder} lacks weights: {missing[:3]}")
        return network

    def forward(self, pieces: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self.encoder(
            input_ids=pieces, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        start, end = self.span(hidden).float().unbind(-1)
        return start, end, self.answerable(hidden[:, 0]).float().squeeze(-1)


@dataclass(frozen=True, slots=True)
class Scores:
    """A batch's `(sequences, length)` logits, LOWEST outside a body, and `(sequences,)` logits."""

    start: Tensor
    end: Tensor
    answerable: Tensor


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def scored(network: nn.Module, batch: Batch) -> Scores:
    """Where the network is, on the CPU or a GPU."""
    where = next(network.parameters()).device
    arrays = (_moved(array, where) for array in (batch.pieces, batch.mask, batch.types))
    with torch.autocast(where.type, torch.bfloat16):
        start, end, answerable = network(*arrays)
    outside = _moved(~batch.body, where)
    return Scores(start.masked_fill(outside, LOWEST), end.masked_fill(outside, LOWEST), answerable)


def loss_of(network: nn.Module, batch: Batch, teachers: Sequence[nn.Module] = ()) -> Tensor:
    """Spans compete over all passages of their question; each passage answers or does not.

    Shared normalisation and the sum over several right places: Clark and Gardner, "Simple and
    Effective Multi-Paragraph Reading Comprehension" (2018). Beside what is right, the mean of the
    teachers' probabilities is learnt from, if there are any: Hinton, Vinyals and Dean, "Distilling
    the Knowledge in a Neural Network" (2015).
    """
    scores = scored(network, batch)
    where = scores.start.device
    group = _moved(batch.group, where)
    has: NDArray[np.bool_] = np.any(batch.starts, 1)
    answered = np.zeros(batch.groups, np.bool_)
    answered[batch.group[has]] = True
    asked = _moved(answered, where)
    right = _moved(has.astype(np.float32), where)
    loss = ANSWERABLE_WEIGHT * _binary(scores.answerable, right)
    for logits, places in ((scores.start, batch.starts), (scores.end, batch.ends)):
        loss = loss + _shared(logits, _moved(places, where), group, asked)
    if not teachers:
        return loss
    with torch.no_grad():
        taught = [scored(teacher, batch) for teacher in teachers]
        says = torch.stack([one.answerable.sigmoid() for one in taught]).mean(0)
        starts, ends = (
            torch.stack([_log_shares(one, group, len(asked)).exp() for one in of]).mean(0)
            for of in ([one.start for one in taught], [one.end for one in taught])
        )
    alike = ANSWERABLE_WEIGHT * _binary(scores.answerable, says)
    for logits, shares in ((scores.start, starts), (scores.end, ends)):
        told = _log_shares(logits, group, len(asked)).clamp(min=-100)
        alike = alike - (shares * told).sum() / len(asked)
    return TAUGHT * alike + (1 - TAUGHT) * loss


def _moved(array: NDArray[Any], where: torch.device) -> Tensor:
    return torch.from_numpy(array).to(where)


def _binary(logits: Tensor, shares: Tensor) -> Tensor:
    return nn.functional.binary_cross_entropy_with_logits(logits, shares)


def _log_shares(scores: Tensor, group: Tensor, groups: int) -> Tensor:
    """`(sequences, length)` log of each place's probability among all of its question."""
    return scores - _by_group(scores.logsumexp(1), group, groups)[group][:, None]


def _shared(scores: Tensor, right: Tensor, group: Tensor, answered: Tensor) -> Tensor:
    """The mean of -log P(a right place) over the questions that have one."""
    everything = _by_group(scores.logsumexp(1), group, len(answered))
    gold = _by_group(scores.masked_fill(~right, LOWEST).logsumexp(1), group, len(answered))
    lost = (everything - gold).masked_fill(~answered, 0)
    return lost.sum() / answered.sum().clamp(min=1)


def _by_group(values: Tensor, group: Tensor, groups: int) -> Tensor:
    """`(groups,)` log of the sum of exponentials of a group's values."""
    highest = values.new_full((groups,), LOWEST)
    highest = highest.scatter_reduce(0, group, values.detach(), "amax")
    total = values.new_zeros(groups).scatter_add(0, group, (values - highest[group]).exp())
    return highest + total.log()


def save(network: Network, file: Path) -> None:
    part = file.with_suffix(".part")
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, part)
    part.replace(file)


def load_into(network: Network, file: Path) -> Network:
    network.load_state_dict(load_file(file))
    return network


def load(folder: Path, file: Path) -> Network:
    return load_into(Network(folder), file)
