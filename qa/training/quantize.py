"""A float32 graph in, an int8 graph of the same network out.

onnxruntime's own quantizer gives all that goes into a matrix one scale, the whole batch's. Before
and within the feed-forward layers a few word pieces have values ten times those of the others,
which then are rounded to almost nothing. So there every word piece has a scale of its own (Yao et
al., "ZeroQuant: Efficient and Affordable Post-Training Quantization", 2022), and each word's row of
embeddings, too; the rest is left to onnxruntime.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    QuantType,
    quantize_dynamic,
)
from onnxruntime.quantization.shape_inference import (  # type: ignore[import-untyped]
    quant_pre_process,
)

# Of weights that multiply: processors without VNNI add pairs of products in 16 bits, which the
# full 127 overflows.
MOST = 64
# What stands for 0, and the least step. What goes into a feed-forward layer has both signs; what
# GELU gives is above -.17, so that 16 steps below 0 are enough.
SIGNED = (128, 1e-6)
GELU = (16, 0.17 / 16)


def quantize(float32: Path, file: Path) -> None:
    """Writes to `file` what the graph in `float32` is with weights of 8 bits."""
    logging.getLogger().setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(float32), str(prepared), skip_symbolic_shape=True)
        model = onnx.load(prepared)
        rewritten = _Rows(model.graph).rewrite()
        onnx.save(model, prepared)
        quantize_dynamic(
            str(prepared),
            str(file),
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=rewritten,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )


class _Rows:
    """Puts nodes with a scale a row in the place of those that lose most with one for all."""

    def __init__(self, graph: GraphProto) -> None:
        self.graph = graph
        self.held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}

    def rewrite(self) -> list[str]:
        """The names of the nodes that were added, to be left as they are. Raises ValueError when
        there is nothing to put them in the place of."""
        before = {node.name for node in self.graph.node}
        nodes = [new for node in self.graph.node for new in self._instead(node)]
        used = {name for node in nodes for name in node.input}
        constants = [numpy_helper.from_array(v, n) for n, v in self.held.items() if n in used]
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(nodes)
        self.graph.initializer.extend(constants)
        added = [node.name for node in nodes if node.name not in before]
        if not any(node.op_type == "MatMulIntegerToFloat" for node in nodes):
            raise ValueError("the graph has no feed-forward layer of the names known here")
        return added

    def _instead(self, node: NodeProto) -> Iterator[NodeProto]:
        if node.op_type == "Gather" and node.input[0].endswith("word_embeddings.weight"):
            yield from self._looked_up(node)
        elif node.op_type == "MatMul" and "/intermediate/dense/" in node.name:
            yield from self._multiplied(node, *SIGNED)
        elif node.op_type == "MatMul" and node.name.endswith("/output/dense/MatMul"):
            inner = "/attention/" not in node.name
            yield from self._multiplied(node, *GELU) if inner else (node,)
        else:
            yield node

    def _looked_up(self, node: NodeProto) -> Iterator[NodeProto]:
        table, ids = node.input
        scale = _scale(self.held[table], 1, 127)[:, None]
        self.held[f"{table}_quantized"] = np.round(self.held[table] / scale).astype(np.int8)
        self.held[f"{table}_scale"] = scale
        name = node.name
        yield _node("Gather", [f"{table}_quantized", ids], f"{name}_rows")
        yield _node("Gather", [f"{table}_scale", ids], f"{name}_scales")
        yield _node("Cast", [f"{name}_rows"], f"{name}_cast", to=TensorProto.FLOAT)
        yield _node("Mul", [f"{name}_cast", f"{name}_scales"], node.output[0])

    def _multiplied(self, node: NodeProto, zero: int, least: float) -> Iterator[NodeProto]:
        """x W = r (x/r) W, where r is a row's scale and (x/r) is rounded."""
        given, weights = node.input
        name, whole = node.name, self.held[weights]
        scale = _scale(whole, 0, MOST)
        self.held[f"{weights}_quantized"] = np.round(whole / scale).astype(np.int8)
        self.held[f"{weights}_scale"] = scale
        self.held[f"{weights}_zero_point"] = np.zeros(len(scale), np.int8)
        above = np.float32(1 / (255 - zero))
        one, steps = self._constant("one", np.float32(1)), self._constant(f"above_{zero}", above)
        zeros = self._constant(f"zero_{zero}", np.uint8(zero))
        row, scaled, rounded = f"{name}_row", f"{name}_scaled", f"{name}_rounded"
        most = given
        if zero == SIGNED[0]:
            most = f"{name}_size"
            yield _node("Abs", [given], most)
        yield _node("ReduceMax", [most], f"{name}_most", axes=[-1], keepdims=1)
        yield _node("Mul", [f"{name}_most", steps], f"{name}_step")
        smallest = self._constant(f"least_{zero}", np.float32(least))
        yield _node("Max", [f"{name}_step", smallest], row)
        yield _node("Div", [given, row], scaled)
        yield _node("QuantizeLinear", [scaled, one, zeros], rounded)
        # Named as the node in whose place it is, for who reads the weights back.
        inputs = [rounded, f"{weights}_quantized", one, f"{weights}_scale", zeros]
        inputs.append(f"{weights}_zero_point")
        yield helper.make_node(
            "MatMulIntegerToFloat", inputs, [f"{name}_sum"], name=name, domain="com.microsoft"
        )
        yield _node("Mul", [f"{name}_sum", row], node.output[0])

    def _constant(self, name: str, value: np.generic) -> str:
        self.held.setdefault(name := f"rows/{name}", np.array(value))
        return name


def _scale(weights: NDArray[np.float32], axis: int, most: int) -> NDArray[np.float32]:
    """Of each row (axis 1) or column (0) what 1 of its integers stands for."""
    scale: NDArray[np.float32] = np.maximum(np.abs(weights).max(axis), 1e-12) / most
    return scale.astype(np.float32)


def _node(kind: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
    return helper.make_node(kind, inputs, [output], name=f"{kind} {output}", **attributes)
