"""The bundled model in onnxruntime: no torch, half a second from a cold process to a vector.

The graph is committed without weights (`python -m index.export_graph` writes it); the weights are
handed to it from the model's safetensors file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped, unused-ignore]
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.encoder import MAX_TOKENS, Vectors

GRAPH = Path(__file__).parent / "graphs" / "all-MiniLM-L6-v2.onnx"
# In the file, but no part of the graph: a buffer, and a layer that this model does not use.
UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")

# Texts that are sorted by length together, and word pieces (padding included) in one batch.
# On 2 cores, 2,000 SQuAD paragraphs: see BATCH figures in tests of benchmarks.
WINDOW = 4096
BATCH_TOKENS = 4096


class OnnxEncoder:
    """See `index.encoder.Encoder`. One session serves every thread."""

    def __init__(self, name: str, folder: Path, digest: str) -> None:
        self.name = name
        self.digest = digest
        self.dimensions: int = _json(folder / "config.json")["hidden_size"]
        self.max_tokens: int = min(
            MAX_TOKENS, _json(folder / "sentence_bert_config.json")["max_seq_length"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.special_tokens: int = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        self._weights = load_file(folder / "model.safetensors")  # the session reads them in place
        self._session = _session(self._weights)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), WINDOW):
            window = self._word_pieces(texts[start : start + WINDOW])
            for batch in _batches([len(ids) for ids in window]):
                vectors[[start + row for row in batch]] = self._run([window[row] for row in batch])
                if progress:
                    progress(len(batch))
        return vectors

    def encode_query(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(text).ids
        if len(ids) > self.max_tokens:
            ids = [*ids[: self.max_tokens - 1], ids[-1]]
        vector: Vectors = self._run([ids])[0]
        return vector

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.encode(text, add_special_tokens=False).offsets

    def _word_pieces(self, texts: Sequence[str]) -> list[list[int]]:
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        for text, encoding in zip(texts, encodings, strict=True):
            if len(encoding) > self.max_tokens:
                raise ValueError(
                    f"a passage of {len(encoding)} word pieces is over the {self.max_tokens} that "
                    f"{self.name} reads: {text[:60]!r}"
                )
        return [encoding.ids for encoding in encodings]

    def _run(self, word_pieces: Sequence[list[int]]) -> Vectors:
        ids = np.zeros((len(word_pieces), max(map(len, word_pieces))), np.int64)
        mask = np.zeros_like(ids)
        for row, pieces in enumerate(word_pieces):
            ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        vectors: Vectors = self._session.run(
            ["vectors"], {"input_ids": ids, "attention_mask": mask}
        )[0]
        return vectors


def _session(weights: dict[str, NDArray[np.float32]]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    # Spinning threads would burn the cores between two questions.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    used = {name: value for name, value in weights.items() if name not in UNUSED}
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in used.values()]
    options.add_external_initializers(list(used), values)
    return onnxruntime.InferenceSession(str(GRAPH), options, providers=["CPUExecutionProvider"])


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows from the longest to the shortest, so that little of a batch is padding."""
    rows = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while rows:
        size = max(1, BATCH_TOKENS // max(1, lengths[rows[0]]))
        yield rows[:size]
        rows = rows[size:]


def _json(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value
