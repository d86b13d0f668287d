"""A trained network in, weights to ship out: int8 ONNX and the manifest that it is checked by.

    python -m qa.training.export --work DIR --out FOLDER [--float32]

takes what `python -m qa.training` left in DIR. FOLDER is qa/weights for what is shipped.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from pathlib import Path

from qa.environment import prepare

prepare()

import onnx  # noqa: E402
import torch  # noqa: E402
from onnxruntime.quantization import (  # type: ignore[import-untyped]  # noqa: E402
    QuantType,
    quantize_dynamic,
)
from onnxruntime.quantization.shape_inference import (  # type: ignore[import-untyped]  # noqa: E402
    quant_pre_process,
)

from index.encoder import BUNDLED_FILES, bundled_folder, sha256_of  # noqa: E402
from qa.readers.spans.network import MANIFEST, WEIGHTS  # noqa: E402
from qa.training.model import Network, load  # noqa: E402
from qa.training.train import FINISHED  # noqa: E402

OPSET = 17
INPUTS = ("pieces", "mask", "types")
OUTPUTS = ("start", "end", "answerable")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m qa.training.export", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--work", type=Path, required=True, help="where the training ran")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--float32", action="store_true", help="do not quantize, to compare")
    given = parser.parse_args()
    trained = given.work / FINISHED
    if not trained.is_file():
        parser.error(f"{trained} is not there: python -m qa.training makes it")
    export(load(bundled_folder(), trained), given.out, quantized=not given.float32)


def export(network: Network, folder: Path, *, quantized: bool = True) -> Path:
    """Writes the weights and their manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / WEIGHTS
    if quantized:
        with tempfile.TemporaryDirectory() as scratch:
            whole = graph(network, Path(scratch) / "float32.onnx")
            prepared = Path(scratch) / "prepared.onnx"
            quant_pre_process(str(whole), str(prepared), skip_symbolic_shape=True)
            quantize(prepared, file)
    else:
        graph(network, file)
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


if __name__ == "__main__":
    main()
