"""The pictures in the documents, taken in Chromium of `quoth demo` as a visitor sees it.

python -m benchmarks.screenshots [--folder docs/images]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
UP_WITHIN_S = 300
COLOURS = 128  # of a picture, which keeps it small
ANSWERED = "How long is the warranty?"
UNANSWERED = "Do you sell gift vouchers?"
DESKTOP = {"viewport": {"width": 1100, "height": 760}}
PHONE = {"viewport": {"width": 390, "height": 760}, "has_touch": True, "device_scale_factor": 2}


def main() -> None:
    given = _arguments()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, picture in taken().items():
        path = given.folder / f"{name}.png"
        picture.quantize(COLOURS).save(path, optimize=True)
        sys.stdout.write(f"{path}: {path.stat().st_size // 1000} kB\n")


def taken() -> dict[str, Image.Image]:
    """Every picture under its name."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    pictures = {}
    with served() as site, sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        browser = running.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        for name, (visitor, show) in SHOTS.items():
            page = browser.new_context(**visitor).new_page()
            page.goto(site)
            page.locator("quoth-widget .opener").wait_for()
            show(page)
            page.wait_for_timeout(500)
            page.screenshot(path=Path(folder) / "shot.png")
            with Image.open(Path(folder) / "shot.png") as shot:
                pictures[name] = shot.convert("RGB")
            page.context.close()
        browser.close()
    return pictures


def opened(page: Any) -> None:
    page.locator("quoth-widget .opener").click()
    page.locator("quoth-widget .choice").first.wait_for()


def asked(question: str) -> Callable[[Any], None]:
    def show(page: Any) -> None:
        opened(page)
        field = page.locator("quoth-widget textarea").first
        field.fill(question)
        field.press("Enter")
        page.locator("quoth-widget .feedback").last.wait_for()
        page.wait_for_load_state("networkidle")

    return show


def writing(page: Any) -> None:
    asked(UNANSWERED)(page)
    page.locator("quoth-widget .reply .plain").last.click()


def typing(page: Any) -> None:
    opened(page)
    page.locator("quoth-widget textarea").first.press_sequentially("can a loom")
    page.locator("quoth-widget .next .choice").first.wait_for()


def arabic(page: Any) -> None:
    page.evaluate(IN_ARABIC)
    page.wait_for_load_state("networkidle")
    asked(ANSWERED)(page)


# The page's widget again, as on a page in Arabic.
IN_ARABIC = """() => {
  document.querySelector("quoth-widget").remove();
  Object.assign(document.documentElement, { lang: "ar", dir: "rtl" });
  const there = document.querySelector("script[src$='widget.js']");
  const script = Object.assign(document.createElement("script"), { src: there.src });
  script.dataset.color = there.dataset.color;
  document.body.append(script);
}"""


def source(page: Any) -> None:
    asked(ANSWERED)(page)
    page.goto(page.locator("quoth-widget .source a").first.get_attribute("href"))
    page.locator("quoth-widget .panel").wait_for()
    page.get_by_role("button", name="Close").click()


DARK = {**DESKTOP, "color_scheme": "dark"}
SHOTS: dict[str, tuple[dict[str, Any], Callable[[Any], None]]] = {
    "typing": (DESKTOP, typing),
    "answered": (DESKTOP, asked(ANSWERED)),
    "unanswered": (DESKTOP, asked(UNANSWERED)),
    "handoff": (DESKTOP, writing),
    "source": (DESKTOP, source),
    "dark": (DARK, asked("What does delivery to Austria cost?")),
    "arabic": (DESKTOP, arabic),
    "phone": (PHONE, asked(ANSWERED)),
}


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The address of the demo's site."""
    port, site_port = _free_port(), _free_port()
    command = ("demo", "--port", str(port), "--site-port", str(site_port))
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "qa.cli", *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + UP_WITHIN_S
            while not _is_up(f"http://127.0.0.1:{port}"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("quoth demo did not come up")
                time.sleep(0.2)
            yield f"http://127.0.0.1:{site_port}"
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/v1/ready").is_success
    except httpx.HTTPError:
        return False


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    return parser.parse_args()


if __name__ == "__main__":
    main()
