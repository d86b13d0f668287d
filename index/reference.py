"""Any sentence-transformers model as an encoder: a folder, or a name from the local cache.

Nothing is downloaded, no code that comes with a model is run and nothing is unpickled: a model
must keep its weights in safetensors. Its own length limit and its prompts for questions and
passages are respected. The bundled model runs through here where onnxruntime is missing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers.utils import logging

from index.encoder import MAX_TOKENS, NoModel, Vectors, digest_of, sha256_of

# Texts that are sorted by length together, and encoded at once.
WINDOW = 4096
BATCH = 32


class ReferenceEncoder:
    """See `index.encoder.Encoder`."""

    def __init__(self, name: str, folder: Path, digest: str | None = None) -> None:
        self.name = name
        self.digest = digest or digest_of(
            {str(file.relative_to(folder)): sha256_of(file) for file in _deciding_files(folder)}
        )
        self._model = _load(name, folder)
        self._model.eval()
        self._lock = threading.Lock()  # its tokenizer cannot be used by two threads at once
        self.dimensions = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = min(MAX_TOKENS, int(self._model.max_seq_length or MAX_TOKENS))
        self._model.max_seq_length = self.max_tokens
        self._tokenizer = _whole_text_tokenizer(name, self._model)
        prompts = self._model.prompts
        names = ("document", "passage", "corpus", self._model.default_prompt_name or "")
        self._prompt: str = next((prompts[name] for name in names if prompts.get(name)), None) or ""
        self.special_tokens = len(self._tokenizer.encode(self._prompt).ids)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), WINDOW):
            lengths = self._lengths(texts[start : start + WINDOW])
            rows = sorted(range(start, start + len(lengths)), key=lambda row: -lengths[row - start])
            for at in range(0, len(rows), BATCH):
                batch = rows[at : at + BATCH]
                with self._lock:
                    vectors[batch] = self._model.encode_document(
                        [texts[row] for row in batch], prompt=self._prompt, **_AS_WE_STORE_THEM
                    )
                if progress:
                    progress(len(batch))
        return vectors

    def encode_query(self, text: str) -> Vectors:
        with self._lock:
            vector: Vectors = self._model.encode_query(text, **_AS_WE_STORE_THEM)
        return vector.astype(np.float32)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.encode(text, add_special_tokens=False).offsets

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        encodings = self._tokenizer.encode_batch_fast([self._prompt + text for text in texts])
        for text, encoding in zip(texts, encodings, strict=True):
            if len(encoding) > self.max_tokens:
                raise ValueError(
                    f"a passage of {len(encoding)} word pieces is over the {self.max_tokens} that "
                    f"{self.name} reads: {text[:60]!r}"
                )
        return [len(encoding) for encoding in encodings]


def find_model(name: str) -> Path:
    """The folder of the model called `name`; NoModel when it is not on this machine."""
    if (Path(name) / "config.json").is_file() or (Path(name) / "modules.json").is_file():
        return Path(name)
    for repository in (name, f"sentence-transformers/{name}"):
        try:
            return Path(snapshot_download(repository, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            continue
    raise NoModel(
        f"no encoder called {name!r} on this machine: it is neither a model's folder nor in the "
        "local Hugging Face cache"
    )


_AS_WE_STORE_THEM: dict[str, Any] = {
    "normalize_embeddings": True,
    "convert_to_numpy": True,
    "show_progress_bar": False,
}


def _load(name: str, folder: Path) -> SentenceTransformer:
    for part in _parts(folder):
        if any(part.glob("pytorch_model*.bin")) and not any(part.glob("*.safetensors")):
            raise NoModel(
                f"the encoder {name!r} keeps weights in a pickle ({part.name}/pytorch_model.bin), "
                "which can run code; use one with safetensors"
            )
    logging.disable_progress_bar()  # type: ignore[no-untyped-call, unused-ignore]
    try:
        return SentenceTransformer(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise NoModel(f"the encoder {name!r} in {folder} cannot be opened: {reason}") from error


def _parts(folder: Path) -> Iterator[Path]:
    """The folder of each module of the model, its own included."""
    yield folder
    modules = folder / "modules.json"
    if modules.is_file():
        for module in json.loads(modules.read_bytes()):
            if module["path"]:
                yield folder / module["path"]


def _deciding_files(folder: Path) -> list[Path]:
    kinds = {".json", ".txt", ".model", ".safetensors"}
    found = {file for part in _parts(folder) for file in part.glob("*") if file.suffix in kinds}
    return sorted(found)


def _whole_text_tokenizer(name: str, model: SentenceTransformer) -> Tokenizer:
    """A copy of the model's tokenizer, since the model sets a limit on its own at every call."""
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise NoModel(f"the encoder {name!r} has no fast tokenizer, which gives offsets")
    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
