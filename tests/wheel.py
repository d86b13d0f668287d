"""The built wheel, alone in a virtual environment; its libraries are those of the running Python.

`python tests/wheel.py FOLDER` makes the environment in FOLDER and prints the path of its Python.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build(folder: Path) -> Path:
    """The wheel of this checkout."""
    _run("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment in `folder` that has the wheel.

    Only the folders of the libraries are passed on, not what is installed as editable in them.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    packages = folder.joinpath(
        "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages"
    )
    libraries = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (packages / "libraries.pth").write_text("\n".join(libraries) + "\n")
    _run("-m", "pip", "--python", python, "install", "--no-deps", "--no-index",
         "--ignore-installed", wheel)  # fmt: skip
    return python


def _run(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.stdout.write(f"{install(build(folder), folder / 'environment')}\n")
