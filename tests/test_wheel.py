"""The wheel, installed where nothing else of Quoth is, does everything from an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import wheel
from serving import ask, served_by

from qa.web import assets

IN_CHECKOUT = pytest.mark.skipif(
    not (wheel.ROOT / ".git").exists(), reason="builds the checkout, which is not here"
)
pytestmark = IN_CHECKOUT

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the `quoth` command of a fresh environment."""
    folder = tmp_path_factory.mktemp("wheel")
    return wheel.install(wheel.build(folder), folder / "environment").parent


@pytest.fixture
def environment(installed: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUOTH_")}
    return {**kept, "PATH": f"{installed}:{kept['PATH']}", "PYTHONPATH": ""}


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_quoth_comes_from_the_wheel_alone(installed, environment, empty):
    code = "import corpus, index, qa; print(*(m.__file__ for m in (corpus, index, qa)), sep='\\n')"
    found = subprocess.run(
        [installed / "python", "-c", code],
        cwd=empty, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for path in found.stdout.splitlines():
        assert Path(path).is_relative_to(installed.parent)


def test_every_command_works_from_an_empty_folder(environment, empty, site):
    def quoth(*arguments: str | Path) -> str:
        done = subprocess.run(
            ["quoth", *map(str, arguments)],
            cwd=empty, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert "3 documents, 7 passages" in quoth("index", site)
    answer = json.loads(quoth("ask", "--json", "when do I get my money back"))
    assert answer["quotes"][0]["sentence"] == (
        "The money is paid back within 14 days after the goods have arrived."
    )
    assert "roots:\n  shop: " in quoth("info")
    assert "3 of 3 documents read again give the stored text" in quoth("verify")
    assert "0 documents" in quoth("forget", "shop")


def test_it_serves_the_bundled_documents_with_page_and_styles(environment, empty):
    with served_by(["quoth", "serve", "--sample"], cwd=empty, env=environment) as address:
        page = httpx.get(f"{address}/").raise_for_status().text
        assert "Ask these documents" in page
        for asset in assets.FOLDER.iterdir():
            assert httpx.get(f"{address}{assets.ROUTE}/{asset.name}").is_success
        assert "<mark>" in ask(address, "What is extradition?")
        source = httpx.get(f"{address}/source/sample/extradition.md").raise_for_status()
        assert "Extradition" in source.text
    assert [path.name for path in empty.iterdir()] == ["store"]
