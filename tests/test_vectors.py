"""Vector engines: what every one must do, approximate or exact, present or not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index import vectors
from index.vectors import Engine, Rows, Vectors


def unit_vectors(rows: int, dimensions: int = 48, seed: int = 0) -> Vectors:
    matrix = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


@pytest.fixture(scope="module", params=vectors.known())
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    try:
        vectors.load(name)
    except ImportError as error:
        pytest.skip(f"{name} is not installed: {error}")
    return name


@pytest.fixture(scope="module")
def matrix() -> Vectors:
    return unit_vectors(2000)


@pytest.fixture(scope="module")
def engine(engine_name: str, matrix: Vectors, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return built(engine_name, matrix, tmp_path_factory.mktemp(engine_name))


def built(name: str, matrix: Vectors, folder: Path) -> Engine:
    module = vectors.load(name)
    module.build(matrix, folder)
    return module.open(folder)


def expected(matrix: Vectors, query: Vectors, k: int) -> Rows:
    return np.argsort(-(matrix @ query), kind="stable")[:k]


def test_it_finds_what_a_full_comparison_finds(engine: Engine, matrix: Vectors) -> None:
    for query in unit_vectors(50, seed=1):
        rows, scores = engine.search(query, 10)
        assert rows.tolist() == expected(matrix, query, 10).tolist()
        assert np.allclose(scores, (matrix @ query)[rows], atol=1e-6)
        assert (np.diff(scores) <= 0).all()


def test_it_finds_a_vector_that_it_holds(engine: Engine, matrix: Vectors) -> None:
    rows, scores = engine.search(matrix[17], 1)
    assert rows.tolist() == [17]
    assert scores[0] == pytest.approx(1, abs=1e-6)


def test_it_gives_the_vectors_of_any_rows(engine: Engine, matrix: Vectors) -> None:
    rows = np.array([3, 1999, 3, 0])
    assert np.array_equal(engine.vectors(rows), matrix[rows])
    assert engine.vectors(rows[:0]).shape == (0, matrix.shape[1])
    assert len(engine) == len(matrix)


def test_it_gives_every_row_once_when_asked_for_more_than_it_has(
    engine_name: str, tmp_path: Path
) -> None:
    rows, _ = built(engine_name, unit_vectors(3), tmp_path).search(unit_vectors(1, seed=2)[0], 100)
    assert sorted(rows.tolist()) == [0, 1, 2]


def test_it_finds_nothing_in_an_empty_index(engine_name: str, tmp_path: Path) -> None:
    empty = built(engine_name, unit_vectors(0), tmp_path)
    rows, scores = empty.search(unit_vectors(1)[0], 10)
    assert len(empty) == len(rows) == len(scores) == 0


def test_it_finds_nothing_when_asked_for_nothing(engine: Engine, matrix: Vectors) -> None:
    assert len(engine.search(matrix[0], 0)[0]) == 0


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_it_refuses_a_query_that_is_not_finite(
    engine: Engine, matrix: Vectors, number: float
) -> None:
    query = matrix[0].copy()
    query[5] = number
    with pytest.raises(ValueError, match=r"a query here is 48 finite numbers, not 48 of which 47"):
        engine.search(query, 10)


def test_it_refuses_a_query_of_another_model(engine: Engine) -> None:
    with pytest.raises(ValueError, match="48 finite numbers, not 384"):
        engine.search(unit_vectors(1, 384)[0], 10)


@pytest.mark.parametrize(
    "matrix", [np.zeros(3, np.float32), np.zeros((2, 3)), np.full((2, 3), np.nan, np.float32)]
)
def test_it_refuses_vectors_that_are_none(
    engine_name: str, matrix: Vectors, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="vectors are finite float32 in rows"):
        built(engine_name, matrix, tmp_path)


def test_it_is_shared_by_threads(engine: Engine) -> None:
    queries = unit_vectors(200, seed=3)
    alone = [engine.search(query, 5)[0].tolist() for query in queries]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda query: engine.search(query, 5)[0].tolist(), queries))
    assert together == alone


def test_a_wrong_name_gets_the_right_ones() -> None:
    with pytest.raises(ValueError, match=r"^no vector engine called 'fais'; known: .*faiss"):
        vectors.load("fais")
