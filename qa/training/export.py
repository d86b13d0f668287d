"""A trained network in, `qa/weights/` out: int8 ONNX and the manifest that it is checked by."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]
from onnxruntime.quantization.shape_inference import (  # type: ignore[import-untyped]
    quant_pre_process,
)

from index.encoder import BUNDLED_FILES, sha256_of
from qa.readers.spans.network import MANIFEST, WEIGHTS
from qa.training.model import Network

OPSET = 17
INPUTS = ("pieces", "mask", "types")
OUTPUTS = ("start", "end", "answerable")


def export(network: Network, folder: Path) -> Path:
    """Writes the weights and their manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / WEIGHTS
    with tempfile.TemporaryDirectory() as scratch:
        whole = graph(network, Path(scratch) / "float32.onnx")
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(whole), str(prepared), skip_symbolic_shape=True)
        quantize(prepared, file)
    manifest = {
        "name": "quoth-reader",
        "sha256": sha256_of(file),
        "bytes": file.stat().st_size,
        "tokenizer": BUNDLED_FILES["tokenizer.json"],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return file


def graph(network: Network, file: Path) -> Path:
    """The network in float32, any number of sequences of any length."""
    example = torch.tensor([[101, 2054, 102, 2003, 102], [101, 2003, 102, 2054, 102]])
    arguments = (example, torch.ones_like(example), torch.zeros_like(example))
    free = {0: "sequences", 1: "length"}
    with torch.no_grad():
        torch.onnx.export(
            network.eval(),
            arguments,
            str(file),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={
                **dict.fromkeys((*INPUTS, "start", "end"), free),
                "answerable": {0: "sequences"},
            },
            opset_version=OPSET,
            dynamo=False,
        )
    return file


def quantize(prepared: Path, file: Path) -> None:
    """Weights to signed 8 bits, one scale a channel.

    Their range is reduced to 7 bits: processors without VNNI add pairs of products in 16 bits,
    which the full range overflows.
    """
    logging.getLogger().setLevel(logging.WARNING)
    quantize_dynamic(
        str(prepared),
        str(file),
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
