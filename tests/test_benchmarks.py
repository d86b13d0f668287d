"""The benchmark of indexing measures commands as a user runs them and writes a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

indexing = pytest.importorskip("benchmarks.indexing", reason="not in the wheel")


def test_it_measures_a_folder_and_writes_a_row(site: Path) -> None:
    found = indexing.measured("the shop", site)
    assert (found.documents, found.passages) == (3, 7)
    assert "3 documents, 7 passages" in found.first.output
    assert "nothing has changed" in found.again.output
    for run in (found.first, found.again):
        assert 0 < run.seconds < 120
        assert 50 < run.memory_mb < 4000
    table = indexing.table([found], "Beside other work.")
    assert "\n\nBeside other work.\n\n| corpus |" in table
    assert re.search(r"^\| the shop \| [\d.]+ MB \| 3 \| 7 \| [\d.]+ \| ", table, re.M)


def test_a_command_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such file or folder"):
        indexing.quoth("index", tmp_path / "nowhere", "--store", tmp_path / "store")
