"""A question beside passages in, scores of every word piece out: the shipped weights, run by ONNX.

`python -m qa.training` makes the weights. They are int8, so that a passage takes a few
milliseconds, and are opened only when they are, byte for byte, what their manifest says.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped, unused-ignore]
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.encoder import NoModel, bundled_folder

FOLDER = Path(__file__).resolve().parent.parent.parent / "weights"
WEIGHTS, MANIFEST = "reader.onnx", "reader.json"

Scores = NDArray[np.float32]


class Unusable(ValueError):
    """Weights that are missing or are not what they must be; the message says which."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage as word pieces: `[CLS] question [SEP] passage [SEP]`.

    The passage's side begins at `second`; an answer may stand within `body`.
    """

    pieces: list[int]
    second: int
    body: tuple[int, int]


class Network:
    """One session serves every thread."""

    def __init__(self, weights: bytes, digest: str, tokenizer: Tokenizer) -> None:
        self.digest = digest
        self.tokenizer = tokenizer
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        # Spinning threads would burn the cores between two questions.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                weights, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has no common class for what it raises
            raise Unusable(f"the reader's weights cannot be run: {error}") from error

    @classmethod
    def shipped(cls, folder: Path = FOLDER) -> Network:
        """The weights in `folder`. Raises Unusable, in one sentence, when they are not whole."""
        try:
            manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
            weights = (folder / WEIGHTS).read_bytes()
            tokenizer = (bundled_folder() / "tokenizer.json").read_bytes()
        except (OSError, ValueError, NoModel) as error:
            raise Unusable(f"the reader's weights cannot be read ({error})") from error
        if not isinstance(manifest, dict):
            raise Unusable(f"{MANIFEST} of the reader is no manifest")
        for name, content, expected in (
            (WEIGHTS, weights, manifest.get("sha256")),
            ("tokenizer.json", tokenizer, manifest.get("tokenizer")),
        ):
            if hashlib.sha256(content).hexdigest() != expected:
                raise Unusable(f"{name} of the reader is not the one that {MANIFEST} names")
        whole = Tokenizer.from_str(tokenizer.decode())
        whole.no_truncation()
        whole.no_padding()
        return cls(weights, str(manifest["sha256"]), whole)

    @cached_property
    def marks(self) -> tuple[int, int]:
        """The ids of `[CLS]` and `[SEP]`."""
        first, last = self.tokenizer.encode("").ids
        return first, last

    def run(self, pairs: list[Pair]) -> tuple[Scores, Scores, Scores]:
        """Start and end `(pairs, length)` and answerability `(pairs,)`, all as logits."""
        shape = len(pairs), max(len(pair.pieces) for pair in pairs)
        pieces, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
        for row, pair in enumerate(pairs):
            pieces[row, : len(pair.pieces)] = pair.pieces
            mask[row, : len(pair.pieces)] = 1
            types[row, pair.second : len(pair.pieces)] = 1
        start, end, answerable = self._session.run(
            ["start", "end", "answerable"], {"pieces": pieces, "mask": mask, "types": types}
        )
        return start, end, answerable
