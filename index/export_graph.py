"""From the bundled model in sentence-transformers to its ONNX graph without weights (128 KB).

    python -m index.export_graph    writes index/graphs/all-MiniLM-L6-v2.onnx

Pooling and normalising are inside the graph. Its weights stay in the model's own safetensors
file, under the same names: `index.onnx_encoder` hands them over when it opens the graph. Needs
`torch`, `sentence-transformers` and `onnx`; the graph is committed, so only a change of it does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import onnx
import torch
from sentence_transformers import SentenceTransformer

from index.encoder import bundled_folder
from index.onnx_encoder import GRAPH

OPSET = 17


class _Pooled(torch.nn.Module):
    """Word piece ids and their mask in; one unit vector a text out, as the model's modules say."""

    def __init__(self, bert: torch.nn.Module) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask)[0]
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, p=2, dim=1)


def graph_without_weights(folder: Path) -> bytes:
    """The serialized graph; equal for equal versions of the libraries that write it."""
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    transformer: Any = model[0]
    bert = transformer.auto_model.eval()
    bert.set_attn_implementation("eager")
    graph = _export(_Pooled(bert))
    for tensor in graph.graph.initializer:
        tensor.name = tensor.name.removeprefix("bert.")
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="model.safetensors")
    for node in graph.graph.node:
        node.ClearField("doc_string")
        for place, name in enumerate(node.input):
            node.input[place] = name.removeprefix("bert.")
    serialized: bytes = graph.SerializeToString(deterministic=True)
    return serialized


def _export(module: torch.nn.Module) -> onnx.ModelProto:
    ids = torch.tensor([[101, 2054, 102], [101, 2003, 102]])
    free = {0: "texts", 1: "word_pieces"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        torch.onnx.export(
            module,
            (ids, torch.ones_like(ids)),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": free, "attention_mask": free, "vectors": {0: "texts"}},
            opset_version=OPSET,
            dynamo=False,
            do_constant_folding=False,
        )
        return onnx.load(str(path))


def main() -> None:
    GRAPH.parent.mkdir(exist_ok=True)
    GRAPH.write_bytes(graph_without_weights(bundled_folder()))
    sys.stdout.write(f"{GRAPH.name}: {GRAPH.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
