"""The reader's network: the encoder's layers, a span head and an answerability head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, AutoConfig, AutoModel
from transformers.masking_utils import eager_mask

from qa.readers.spans.network import WEIGHTS
from qa.training.inputs import Batch

ANSWERABLE_WEIGHT = 0.7  # of its loss beside the spans'


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
    with torch.autocast("cpu", enabled=False):
        scores = (query * scaling) @ key.transpose(2, 3)
        if attention_mask is not None:
            scores = scores + attention_mask[:, :, :1].to(scores.dtype)
        return (scores.softmax(-1) @ value).transpose(1, 2).contiguous(), None


AttentionInterface.register("lean", _attend)
AttentionMaskInterface.register("lean", eager_mask)


class Network(nn.Module):
    """Word pieces in; start and end scores `(sequences, length)` and answerability logits out."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the encoder's configuration; its weights are loaded by `started_from`."""
        super().__init__()
        config = AutoConfig.from_pretrained(
            folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )
        self.encoder = AutoModel.from_config(  # type: ignore[no-untyped-call]
            config, add_pooling_layer=False, attn_implementation="lean"
        )
        self.span = nn.Linear(config.hidden_size, 2)
        self.answerable = nn.Linear(config.hidden_size, 1)

    @classmethod
    def started_from(cls, folder: Path) -> Network:
        """The network with a sentence encoder's weights and new heads."""
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


def scored(network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    arrays = (torch.from_numpy(array) for array in (batch.pieces, batch.mask, batch.types))
    with torch.autocast("cpu", torch.bfloat16):
        start, end, answerable = network(*arrays)
    outside = torch.from_numpy(~batch.body)
    lowest = torch.finfo(torch.float32).min
    return start.masked_fill(outside, lowest), end.masked_fill(outside, lowest), answerable


def loss_of(network: nn.Module, batch: Batch) -> Tensor:
    """Spans compete over all passages of their question; each passage answers or does not.

    Shared normalisation and the sum over several right places: Clark and Gardner, "Simple and
    Effective Multi-Paragraph Reading Comprehension" (2018).
    """
    start, end, answerable = scored(network, batch)
    group = torch.from_numpy(batch.group)
    spans = _shared(start, torch.from_numpy(batch.starts), group, batch.groups)
    spans = spans + _shared(end, torch.from_numpy(batch.ends), group, batch.groups)
    right = torch.from_numpy(batch.starts.any(1)).float()
    says = nn.functional.binary_cross_entropy_with_logits(answerable, right)
    return spans + ANSWERABLE_WEIGHT * says


def _shared(scores: Tensor, right: Tensor, group: Tensor, groups: int) -> Tensor:
    """The mean of -log P(a right place) over the questions that have one."""
    everything = _by_group(scores.logsumexp(1), group, groups)
    gold = _by_group(
        scores.masked_fill(~right, torch.finfo(torch.float32).min).logsumexp(1), group, groups
    )
    answered = torch.zeros(groups, dtype=torch.bool)
    answered[group[right.any(1)]] = True
    if not answered.any():
        return torch.zeros(())
    return (everything - gold)[answered].mean()


def _by_group(values: Tensor, group: Tensor, groups: int) -> Tensor:
    """`(groups,)` log of the sum of exponentials of a group's values."""
    highest = torch.full((groups,), torch.finfo(torch.float32).min)
    highest = highest.scatter_reduce(0, group, values.detach(), "amax")
    total = torch.zeros(groups).scatter_add(0, group, (values - highest[group]).exp())
    return highest + total.log()


def save(network: Network, file: Path) -> None:
    part = file.with_suffix(".part")
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, part)
    part.replace(file)


def mix(network: Network, file: Path, share: float) -> None:
    """Leaves `share` of the network's weights and takes the rest from a file: an average of
    checkpoints (Wortsman et al., "Model soups", 2022)."""
    earlier = load_file(file)
    mixed = {
        name: share * value + (1 - share) * earlier[name] if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    network.load_state_dict(mixed)


def restored(folder: Path, shipped: Path) -> Network:
    """The network of a `shipped` folder's weights, each in float32 the number its int8 stands for.

    Raises ValueError when a weight is missing.
    """
    network = Network(folder)
    graph = onnx.load(shipped / WEIGHTS).graph
    held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    # Embeddings are looked up by name; a matrix has the name of the node that multiplies by it.
    names = {f"{name}_quantized": (name, False) for name in network.state_dict()}
    for node in graph.node:
        if node.op_type in ("MatMulInteger", "MatMulIntegerToFloat"):
            module = node.name.strip("/").split("/MatMul")[0].split("/Gemm")[0]
            names[node.input[1]] = (f"{module.replace('/', '.')}.weight", True)
    state = {name: held[name] for name in network.state_dict() if name in held}
    for quantized, (name, is_matrix) in names.items():
        if quantized in held:
            stem = quantized.removesuffix("_quantized")
            scale = held[f"{stem}_scale"]
            value = held[quantized].astype(np.float32)
            if scale.ndim < 2:  # what has a scale a row is rounded around 0
                value = value - held[f"{stem}_zero_point"].astype(np.float32)
            value = value * scale
            state[name] = value.T if is_matrix else value
    if missing := network.state_dict().keys() - state.keys():
        raise ValueError(f"{shipped / WEIGHTS} lacks {sorted(missing)[0]}")
    network.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return network


def load_into(network: Network, file: Path) -> Network:
    network.load_state_dict(load_file(file))
    return network


def load(folder: Path, file: Path) -> Network:
    network = Network(folder)
    state: dict[str, Any] = load_file(file)
    network.load_state_dict(state)
    return network
