"""The server: what it answers, what it refuses, how it starts and stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import parsed
from serving import GRADIO, ask, serving

from qa.answer import Answer
from qa.assistant import Assistant
from qa.desk import open_desk
from qa.settings import Settings
from qa.web import server

pytestmark = GRADIO
QUESTION = "How many votes does a Security Council decision on sanctions need?"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(assistant, title="Ask <them> & us") as where:
        yield where


def test_it_says_that_it_is_well_and_what_it_answers_from(
    address: str, assistant: Assistant
) -> None:
    health = httpx.get(f"{address}/health").json()
    assert health == {"status": "ok", "generation": str(assistant.info()["generation"])}


def test_it_answers_a_question_with_its_quote(address: str) -> None:
    turn = parsed(ask(address, QUESTION))
    assert turn.one("h2").text == f"You asked: {QUESTION}"
    assert "nine of fifteen" in turn.one("blockquote").one("mark").text


def test_it_keeps_what_was_asked_on_the_chat_page_masked_unless_told_not_to(
    assistant: Assistant, tmp_path: Path
) -> None:
    for kept in (True, False):
        desk = open_desk(Settings(store=tmp_path / str(kept), log_questions=kept))
        with serving(assistant, desk) as address:
            ask(address, "What is a treaty, ann@shop.example?")
        asked = [row["question"] for row in desk.questions.all()]
        assert asked == (["What is a treaty, [e-mail]?"] if kept else [])
        desk.close()


def test_it_opens_the_source_that_a_quote_links_to(address: str) -> None:
    link = parsed(ask(address, QUESTION)).one("figure").one("a").attributes["href"]
    assert link
    page = httpx.get(address + link if link.startswith("/") else link)
    assert "nine of fifteen" in parsed(page.text.removeprefix("<!doctype html>")).one("mark").text


def test_it_answers_several_questions_at_once(assistant: Assistant) -> None:
    slow = _Slow(assistant)
    with serving(slow) as where, ThreadPoolExecutor(8) as visitors:
        turns = list(visitors.map(lambda n: ask(where, f"{n}. {QUESTION}"), range(8)))
    assert all(f"{n}. {QUESTION}" in parsed(turn).text for n, turn in enumerate(turns))
    assert slow.most_at_once > 1


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (" \n\x00\t", "The question is empty"),
        ("🙂🙂", "has no word in it"),
        ("why " * 300, "please ask in at most 1,000"),
    ],
)
def test_it_says_what_is_wrong_with_a_question(address: str, question: str, said: str) -> None:
    assert said in parsed(ask(address, question)).one("p", "refusal").text


def test_nothing_is_no_turn(address: str) -> None:
    assert ask(address, " \n\t") == ""


@pytest.mark.parametrize("question", [None, 7, ["a"], {"a": 1}, "\ud800"])
def test_it_survives_what_is_no_question(address: str, question: Any) -> None:
    ask(address, question)
    assert "nine of fifteen" in ask(address, QUESTION)


def test_it_refuses_ten_megabytes_before_reading_them(address: str) -> None:
    answer = httpx.post(f"{address}/gradio_api/queue/join", json={"data": ["x" * 10_000_000]})
    assert answer.status_code == 413


def test_it_does_not_show_visitors_what_broke(
    assistant: Assistant, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(_Other):
        def ask(self, question: str, history: Any = ()) -> Answer:
            raise RuntimeError("secret path")

    with serving(Broken(assistant)) as where:
        turn = ask(where, QUESTION)
    assert "Something went wrong" in turn
    assert "secret path" not in turn
    assert "secret path" in caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("POST", "/upload"),
        ("GET", "/gradio_api/dev/reload"),
        ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/api/predict"),
        ("POST", "/gradio_api/call/ask"),
        ("POST", "/gradio_api/component_server"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://127.0.0.1"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/monitoring/summary"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/web/../server.py"),
        ("GET", "/web/%2e%2e/server.py"),
        ("DELETE", "/"),
    ],
)
def test_it_has_no_routes_that_the_page_does_not_use(address: str, method: str, path: str) -> None:
    assert httpx.request(method, address + path).status_code in (404, 405)


@pytest.mark.parametrize("function", [0, -1, 999, None])
def test_no_question_goes_past_the_queue(address: str, function: int | None) -> None:
    asked = {"data": [QUESTION, None], "fn_index": function, "session_hash": "a"}
    assert httpx.post(f"{address}/gradio_api/run/predict", json=asked).status_code == 404


def test_it_sends_headers_that_keep_foreign_scripts_out(address: str) -> None:
    for path in ("/", "/health", "/nowhere", "/source/sample/sanctions.md", "/web/quoth.js"):
        headers = httpx.get(address + path).headers
        policy = headers["content-security-policy"]
        assert "unsafe-eval" not in policy
        assert "script-src 'self'" in policy or "default-src 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_its_page_carries_our_name_and_nothing_of_other_hosts(address: str) -> None:
    page = httpx.get(address).text
    assert "<title>Ask &lt;them&gt; &amp; us</title>" in page
    assert not re.search(r"(?:src|href|content)=\"(?:https?:)?//", page)
    assert "Gradio" not in page


def test_its_static_files_change_their_address_with_their_content(address: str) -> None:
    links = re.findall(r'(?:src|href)="(/web/[^"]+)"', httpx.get(address).text)
    assert len(links) == 4
    for link in links:
        assert re.search(r"\?v=[0-9a-f]{12}$", link)
        assert httpx.get(address + link).status_code == 200


@pytest.mark.parametrize(
    "uri", ["nothing.md", "../../etc/passwd", "a%00b", "%F0%9F%99%82", "x?y#z"]
)
def test_it_says_in_a_page_that_a_document_is_not_there(address: str, uri: str) -> None:
    answer = httpx.get(f"{address}/source/{uri}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith(("text/html", "text/plain"))


@pytest.mark.parametrize("query", ["start=a&end=b", "start=1", "start=-5&end=9", "start=9&end=1e9"])
def test_it_shows_a_source_whatever_the_offsets_are(address: str, query: str) -> None:
    answer = httpx.get(f"{address}/source/sample/sanctions.md?{query}")
    assert answer.status_code == 200
    assert "<mark" not in answer.text


@pytest.mark.parametrize("prefix", ["", "/help"])
def test_it_works_behind_a_proxy_whether_that_strips_its_path_or_not(
    assistant: Assistant, prefix: str
) -> None:
    with serving(assistant, root_path="help/") as where:
        page = httpx.get(f"{where}{prefix}/").text
        links = re.findall(r'(?:src|href)="(/[^"]+)"', page)
        assert links
        assert all(link.startswith("/help/web/") for link in links)
        for link in links:
            assert httpx.get(where + prefix + link.removeprefix("/help")).status_code == 200
        assert httpx.get(f"{where}{prefix}/config").status_code == 200
        source = httpx.get(f"{where}{prefix}/source/sample/sanctions.md")
        assert 'href="/help/"' in source.text


def test_it_says_that_a_port_is_taken(assistant: Assistant) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=r"in use"):
            server.check_free("127.0.0.1", port)
    server.check_free("127.0.0.1", port)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_it_stops_on_ctrl_c_without_a_traceback(sample_store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = (
        "from pathlib import Path; from qa import open_store; from qa.web import server;"
        f"app = server.create_app(open_store(Path({str(sample_store)!r})));"
        f"server.run(app, '127.0.0.1', {port}); print('goodbye')"
    )
    served = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        # As an open page does.
        with httpx.stream("GET", f"{address}/gradio_api/heartbeat/abc", timeout=20) as stream:
            next(stream.iter_raw())
            served.send_signal(signal.SIGINT)
            said, _ = served.communicate(timeout=20)
    finally:
        served.kill()
        served.communicate()
    assert served.returncode == 0
    assert said == "goodbye\n"


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{address}/health")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {address}")


class _Other:
    """The assistant under another's `ask`."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.examples = assistant.examples
        self.document = assistant.document
        self.info = assistant.info
        self.suggestions = assistant.suggestions


class _Slow(_Other):
    """Takes long enough for other questions to come, and counts those it has at once."""

    at_once = most_at_once = 0

    def ask(self, question: str, history: Any = ()) -> Answer:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.6)
        self.at_once -= 1
        return self.assistant.ask(question, history)
