"""quoth demo: a made-up company's site whose visitors get its own words, at their place."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import NEEDS_CHROMIUM, chromium, playwright
from serving import GRADIO, served_by

expect = playwright.expect
pytestmark = GRADIO


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where the site and the help are served by the command."""
    import qa

    package = str(Path(qa.__file__).resolve().parent.parent)
    with socket.create_server(("127.0.0.1", 0)) as free:
        site_port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "qa.cli", "demo", "--site-port", str(site_port)]
    folder = tmp_path_factory.mktemp("demo")
    # The site and its widget are tried here, not how sure a reader is of so few pages.
    environment = {**os.environ, "PYTHONPATH": package, "QUOTH_READER": "sentences"}
    with served_by(command, cwd=folder, env=environment) as help_address:
        yield f"http://127.0.0.1:{site_port}", help_address
    assert (folder / "store" / "demo" / "desk.sqlite").exists()


def test_a_price_in_a_row_does_not_differ_from_every_other_price(
    addresses: tuple[str, str],
) -> None:
    question = {"question": "What does delivery to Austria cost?"}
    answer = httpx.post(f"{addresses[1]}/api/v1/ask", json=question, timeout=60).json()
    assert answer["answer"] == "Austria | 29 euros | 190 euros"
    assert [quote["role"] for quote in answer["quotes"]][1:].count("differs") == 0


@NEEDS_CHROMIUM
def test_a_visitor_of_its_site_gets_an_answer_and_sees_it_marked_on_the_page(
    addresses: tuple[str, str],
) -> None:
    site, _ = addresses
    wrong: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.goto(site)
        page.get_by_role("link", name="ask us anything").click()
        field = page.locator("quoth-widget textarea").first
        field.fill("How long is the warranty?")
        field.press("Enter")
        reply = page.locator("quoth-widget .reply").first
        expect(reply.locator("mark")).to_contain_text("25 years")
        link = reply.locator(".source a").get_attribute("href")
        assert re.match(rf"{site}/returns\.html#.*:~:text=", link)
        browser.close()
    assert [text for text in wrong if "favicon" not in text] == []


def test_its_links_lead_somewhere(addresses: tuple[str, str]) -> None:
    site, _ = addresses
    home = httpx.get(f"{site}/").text
    assert "/widget.js" in home
    for name in re.findall(r'href="([\w.]+)"', home):
        assert httpx.get(f"{site}/{name}").is_success, name
    assert httpx.get(f"{site}/../settings.py").status_code == 404


def test_it_says_that_a_port_is_taken(quoth: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = quoth("demo", "--site-port", port, "--port", "65500")
    assert done.returncode == 2
    assert done.stderr == (
        f"quoth: cannot listen on port {port} (Address already in use): "
        "choose another with --site-port\n"
    )
