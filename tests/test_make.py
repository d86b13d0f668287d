"""`make run` on machines that lack something: a sentence says what; running it again repairs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parent.parent / "Makefile"
pytestmark = pytest.mark.skipif(
    not (MAKEFILE.exists() and shutil.which("make")), reason="needs make and the Makefile"
)

# What the machine has, in place of a Python whose installing takes minutes: it answers the
# Makefile's questions, makes the environment and notes what is installed.
PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) exit ${TOO_OLD:-0};;
    *ensurepip*) exit ${NO_VENV:-0};;
    "-m venv --clear .venv") rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
    "-m pip --version") exit 0;;
    "-m pip install"*)
        echo "$*" >> installed
        case "$*" in *"${BREAKS_AT:-nothing}"*) echo "no space left on device" >&2; exit 1;; esac;;
    app.py*) echo "started $*";;
    *) exit 9;;
esac
"""
DF = """#!/bin/sh
echo Filesystem 1048576-blocks Used Available Capacity Mounted on
echo /dev/disk 99999 9999 ${FREE_MB:-90000} 10% /
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copy(MAKEFILE, tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "constraints.txt").touch()
    for name, script in (("python3", PYTHON), ("df", DF)):
        path = tmp_path / "machine" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
    return tmp_path


def make(clone: Path, *arguments: str, **machine: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{clone / 'machine'}:{os.environ['PATH']}", **machine}
    return subprocess.run(
        ["make", "--no-print-directory", "-C", clone, *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "machine", "said"),
    [
        (
            [],
            {"TOO_OLD": "1"},
            "Quoth needs Python 3.11 or newer, and python3 is not: name one, as",
        ),
        (["PYTHON=python9"], {}, "Quoth needs Python 3.11 or newer, and python9 is not: name one"),
        ([], {"NO_VENV": "1"}, "python3 has no venv module: install it (on Debian and Ubuntu: apt"),
        (["TORCH_INDEX=x"], {"FREE_MB": "2999"}, "The disk has less than 3 GB free, which Quoth's"),
    ],
)
def test_what_is_missing_is_one_sentence(clone, arguments, machine, said):
    done = make(clone, "run", *arguments, **machine)
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith(said)
    assert not (clone / ".venv").exists()


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="CUDA comes along on Linux alone")
def test_room_for_cuda_is_asked_for_unless_it_is_kept_away(clone):
    done = make(clone, "run", FREE_MB="5000")
    assert "less than 8 GB free" in done.stderr
    assert "make run TORCH_INDEX=https://download.pytorch.org/whl/cpu (3 GB)" in done.stderr
    assert make(clone, "run", "TORCH_INDEX=x", FREE_MB="5000").returncode == 0


def test_it_installs_once_and_then_starts_at_once(clone):
    done = make(clone, "run", "TORCH_INDEX=https://torch.example", "ARGS=--port 8000")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "started app.py --port 8000")
    pip, torch, quoth = (clone / "installed").read_text().splitlines()
    assert pip == "-m pip install --quiet --upgrade pip"
    assert torch.endswith("--constraint constraints.txt torch --index-url https://torch.example")
    assert quoth.endswith("--constraint constraints.txt --editable .")
    again = make(clone, "run")
    assert again.stdout == "started app.py\n"
    assert len((clone / "installed").read_text().splitlines()) == 3


@pytest.mark.parametrize("step", ["--upgrade pip", "torch", "--editable"])
def test_an_installation_that_broke_off_is_repaired_by_a_second_run(clone, step):
    broken = make(clone, "run", BREAKS_AT=step)
    assert broken.returncode != 0
    first, second = broken.stderr.splitlines()[:2]
    assert first == "no space left on device"
    assert second.startswith("The installation broke off; what is above says why. Run make again")
    assert "started" not in broken.stdout
    done = make(clone, "run")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "started app.py")


def test_an_environment_without_its_python_is_made_anew(clone):
    make(clone, "run")
    (clone / ".venv" / "bin" / "python").unlink()
    (clone / ".venv" / ".installed").unlink()
    assert make(clone, "run").stdout.endswith("started app.py\n")


def test_a_change_of_what_is_needed_is_installed(clone):
    make(clone, "run")
    os.utime(clone / ".venv" / ".installed", (0, 0))
    assert make(clone, "run").returncode == 0
    assert len((clone / "installed").read_text().splitlines()) == 6
