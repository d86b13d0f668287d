"""The house: which way imports point, what the wheel holds, what the documents promise."""

from __future__ import annotations

import ast
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("corpus", "index", "qa")
IN_CHECKOUT = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="looks at the checkout, which is not here"
)
MAY_IMPORT = {"corpus": {"corpus"}, "index": {"corpus", "index"}, "qa": {*PACKAGES}}
# Where alone each heavy or far-reaching library may be imported.
ONLY_IN = {
    "gradio": {"qa/web/page.py"},
    "fastapi": {"qa/web/"},
    "starlette": {"qa/web/"},
    "uvicorn": {"qa/web/"},
    "faiss": {"index/vectors/faiss.py"},
    "torch": {"index/reference.py", "index/export_graph.py", "qa/training/"},
    "sentence_transformers": {"index/reference.py", "index/export_graph.py"},
    "onnxruntime": {"index/onnx_encoder.py", "qa/readers/spans/network.py", "qa/training/"},
    "transformers": {"index/reference.py", "qa/training/"},
    "sqlite3": {"index/texts.py", "index/build.py", "qa/desk/database.py"},
    "smtplib": {"qa/desk/mail.py"},
    "httpx": {"qa/desk/webhook.py", "qa/web/client.py"},
    "prometheus_client": {"qa/web/metrics.py"},
    "openpyxl": {"qa/evaluation/formats/xlsx.py"},
}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@IN_CHECKOUT
def test_imports_point_one_way_and_heavy_ones_stand_in_one_place():
    wrong = []
    for path in sources():
        place = path.relative_to(ROOT).as_posix()
        for name in imported(path):
            top = name.split(".")[0]
            if top in PACKAGES and top not in MAY_IMPORT[place.split("/")[0]]:
                wrong.append(f"{place} imports {name}")
            if top in ONLY_IN and not any(place.startswith(p) for p in ONLY_IN[top]):
                wrong.append(f"{place} imports {name}")
            if name == "qa.settings.Settings" and not place.startswith("qa/"):
                wrong.append(f"{place} imports {name}")
    assert wrong == []


@IN_CHECKOUT
def test_only_settings_reads_the_environment_for_quoth():
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if re.search(r"os\.(environ|getenv)", path.read_text("utf-8"))
    }
    # What the others read or set is not Quoth's: libraries' variables, a worker's, a terminal's.
    assert readers == {
        "qa/settings.py",
        "qa/environment.py",
        "qa/terminal.py",
        "corpus/sandbox.py",
    }


@IN_CHECKOUT
def test_nothing_is_unpickled_or_evaluated():
    for path in sources():
        text = path.read_text("utf-8")
        assert not re.search(
            r"\bpickle\b.*(load|import)|allow_pickle=True|\btorch\.load\(|(?<!\.)\beval\(|\bexec\(",
            text,
        ), path


@IN_CHECKOUT
def test_the_wheel_holds_every_tracked_file_of_the_packages(tmp_path):
    subprocess.run(
        ["python", "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        env=_own_python_first(),
    )
    (wheel,) = tmp_path.glob("*.whl")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    with zipfile.ZipFile(wheel) as opened:
        inside = {name for name in opened.namelist() if ".dist-info/" not in name}
    assert {name for name in tracked if name} <= inside
    assert {name.split("/")[0] for name in inside} == set(PACKAGES)


def _own_python_first() -> dict[str, str]:
    import os
    import sys

    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@IN_CHECKOUT
def test_large_files_are_not_tracked():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    large = [n for n in tracked if n and (ROOT / n).is_file() and (ROOT / n).stat().st_size > 10**6]
    assert [name for name in large if not name.startswith("qa/weights/")] == []
