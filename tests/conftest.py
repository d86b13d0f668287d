"""What tests share: the bundled documents indexed once, small sites, and no network."""

from __future__ import annotations

import os

# Two files run at a time on few cores: PyTorch's threads wait there without spinning. It is read
# when PyTorch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.environment import prepare

prepare()

from index.build import update  # noqa: E402
from index.encoder import Encoder, open_encoder  # noqa: E402
from index.files import Store  # noqa: E402
from qa import open_store  # noqa: E402
from qa.assistant import Assistant  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Every connection to anything but this machine fails the test that makes it."""
    patch = pytest.MonkeyPatch()
    connect = socket.socket.connect

    def refused(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a connection to {address}")
        connect(self, address)

    patch.setattr(socket.socket, "connect", refused)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return open_encoder()


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the bundled documents, of the package under test."""
    import corpus

    return Path(corpus.__file__).parent / "sample"


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, sample: Path) -> Path:
    """The bundled documents' index. For reading only."""
    path = tmp_path_factory.mktemp("sample") / "store"
    update(Store(path), encoder, [sample])
    return path


@pytest.fixture(scope="session")
def assistant(sample_store: Path) -> Assistant:
    return open_store(sample_store)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site of a shop, in three formats."""
    folder = tmp_path / "shop"
    (folder / "help").mkdir(parents=True)
    (folder / "returns.md").write_text(RETURNS, "utf-8")
    (folder / "help" / "shipping.html").write_text(SHIPPING, "utf-8")
    (folder / "contact.txt").write_text(CONTACT, "utf-8")
    return folder


@pytest.fixture
def quoth(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line in a process of its own, in an empty folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        import qa

        package = str(Path(qa.__file__).resolve().parent.parent)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUOTH_")}
        return subprocess.run(
            [sys.executable, "-P", "-m", "qa.cli", *map(str, arguments)],
            cwd=folder,
            env={**kept, "PYTHONPATH": package, "PYTHONWARNINGS": "error", **variables},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )

    return run


RETURNS = """---
title: Returns
url: https://shop.example/returns
updated: 2026-01-15
---

# Returns

Goods can be sent back within 30 days of delivery.

## What it costs

Sending goods back is free within the country. These goods cannot be sent back:

- opened software;
- flowers and plants;
- gift cards.

| Country | Days | Fee |
|---|---|---|
| Norway | 30 | 12 euros |
| Japan | 45 | 25 euros |

## Frequently asked questions

### When do I get my money back?

The money is paid back within 14 days after the goods have arrived.
"""

SHIPPING = """<!doctype html>
<html lang="en"><head><title>Shipping - The Shop</title></head>
<body><nav><a href="/">Home</a> <a href="/shop">Shop</a></nav>
<main><h1>Shipping</h1>
<p>Parcels leave the warehouse in Rotterdam on every working day.</p>
<h2 id="express">Express</h2>
<p>An express parcel arrives on the next morning &amp; costs 19 euros.</p>
</main><footer>Imprint</footer></body></html>
"""

CONTACT = """Contact

The shop answers letters that are sent to Postbus 71 in Rotterdam.

Opening hours

The counter is open from nine to five, except on Sundays.
"""
