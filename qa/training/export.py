"""A trained network in, weights to ship out: int8 ONNX and the manifest that it is checked by.

    python -m qa.training.export --work DIR --out FOLDER [--float32]

takes what `python -m qa.training` left in DIR. FOLDER is qa/weights for what is shipped.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from qa.environment import prepare

prepare()

import torch  # noqa: E402

from index.encoder import BUNDLED_FILES, bundled_folder, sha256_of  # noqa: E402
from qa.readers.spans.network import MANIFEST, WEIGHTS  # noqa: E402
from qa.training.model import Network, load  # noqa: E402
from qa.training.quantize import quantize  # noqa: E402
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
            quantize(whole, file)
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


if __name__ == "__main__":
    main()
