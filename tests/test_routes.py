"""The way in: each route held against the written list, what is refused before a body is read."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from serving import GRADIO, serving
from starlette.routing import Mount

from qa.assistant import Assistant
from qa.desk import Desk, open_desk
from qa.settings import Settings
from qa.web.limits import VISITORS, Bucket, Limits
from qa.web.routes import API, ROUTES, matching
from qa.web.server import create_app
from qa.web.visitor import networks, visitor

pytestmark = GRADIO
ASK = {"question": "What is extradition?"}
SHOP = "https://shop.example"
# Of Gradio's own routes, those that its page cannot do without.
GRADIO_ROUTES = {
    "/", "/config", "/theme.css", "/robots.txt", "/favicon.ico", "/assets/{path:path}",
    "/static/{path:path}", "/svelte/{path:path}", "/gradio_api/info", "/gradio_api/startup-events",
    "/gradio_api/queue/data", "/gradio_api/heartbeat/{session_hash}", "/gradio_api/queue/join",
    "/gradio_api/reset", "/gradio_api/cancel", "/gradio_api/run/{api_name}",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(Settings(store=tmp_path_factory.mktemp("routes")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(assistant: Assistant, desk: Desk) -> Iterator[str]:
    with serving(assistant, desk, origins=(SHOP,), proxies=("127.0.0.1/32",)) as where:
        yield where


def walked(routes, prefix: str = "") -> Iterator[tuple[str, set[str], bool]]:
    """Path, methods and whether it is one of Gradio's, of every route there is."""
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from walked(inner.routes, prefix + route.include_context.prefix)
        elif isinstance(route, Mount) and getattr(route.app, "routes", None):
            for path, methods, _ in walked(route.app.routes, prefix + route.path):
                yield path, methods, True
        elif isinstance(route, Mount):
            yield f"{prefix}{route.path}/a", {"GET"}, False
        else:
            yield prefix + route.path, set(getattr(route, "methods", None) or {"GET"}), False


def test_every_route_of_the_application_is_on_the_list_or_refused(
    assistant: Assistant, desk: Desk, address: str
) -> None:
    async def routes():
        return list(walked(create_app(assistant, Settings(), desk).routes))

    found = asyncio.run(routes())
    assert len(found) > 80
    let_in: set[str] = set()
    seen: set[int] = set()
    for template, methods, is_gradio in found:
        # A name as the widget's files have them; any other parameter takes it too.
        path = template.replace("{asked}", "0" * 12).replace("{language}", "en")
        path = re.sub(r"\{[^}]*\}", "a", path) or "/"
        listed = matching(path)
        seen |= {id(route) for route in listed}
        for method in methods - {"HEAD"}:
            allowed = any(method in route.methods for route in listed)
            if allowed and is_gradio:
                let_in.add(template or "/")
            if not allowed:
                response = httpx.request(method, address + path)
                assert response.status_code in (404, 405), f"{method} {template} is let in"
                assert response.text.strip('"{}').startswith(
                    ("Nothing is here", "Here only", 'error":"Nothing', 'error":"Here only')
                ), template
    assert {id(route) for route in ROUTES} == seen, "something listed is no route"
    normal = {re.sub(r"^//", "/", path) for path in let_in}
    assert {re.sub(r"\{\w+", "{x", p) for p in normal} <= {
        re.sub(r"\{\w+", "{x", p) for p in GRADIO_ROUTES
    }


def test_every_response_carries_the_headers_errors_too(address: str) -> None:
    asked = [
        httpx.get(f"{address}{API}/health"),
        httpx.get(f"{address}{API}/nothing"),
        httpx.post(f"{address}{API}/ask", json=ASK),
        httpx.post(f"{address}{API}/ask", json={}),
        httpx.post(f"{address}{API}/ask", content="x" * 200_000),
        httpx.get(f"{address}/nowhere"),
        httpx.get(f"{address}/", headers={"host": "evil.example"}),
        httpx.options(f"{address}{API}/ask", headers=preflight("https://evil.example")),
    ]
    assert [a.status_code for a in asked] == [200, 404, 200, 422, 413, 404, 421, 400]
    for answer in asked:
        assert "default-src" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert "server" not in answer.headers or answer.headers["server"] == "uvicorn"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80"])
def test_other_host_names_are_refused(address: str, host: str) -> None:
    answer = httpx.get(f"{address}/", headers={"host": host})
    assert answer.status_code == 421


def test_the_owners_host_names_are_answered(assistant: Assistant) -> None:
    with serving(assistant, hosts=("help.shop.example",)) as where:
        for host in ("help.shop.example", "HELP.shop.example:8080", "localhost"):
            assert httpx.get(f"{where}/health", headers={"host": host}).status_code == 200
    with serving(assistant, hosts=("*",)) as where:
        assert httpx.get(f"{where}/health", headers={"host": "any.example"}).status_code == 200


def preflight(origin: str) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://shop.example.evil.example", "http://shop.example",
     "https://shop.example:8443", "https://www.shop.example", "null", "https://SHOP.example/"],
)  # fmt: skip
def test_pages_of_other_origins_may_not_ask(address: str, origin: str) -> None:
    asked = httpx.post(f"{address}{API}/ask", json=ASK, headers={"origin": origin})
    assert asked.status_code == 403
    assert "access-control-allow-origin" not in asked.headers
    before = httpx.options(f"{address}{API}/ask", headers=preflight(origin))
    assert before.status_code == 400
    assert "access-control-allow-origin" not in before.headers
    assert (
        "access-control-allow-origin"
        not in httpx.get(f"{address}/config", headers={"origin": origin}).headers
    )


def test_pages_of_a_listed_origin_and_of_its_own_may_ask(address: str) -> None:
    for origin in (SHOP, f"http://{urlsplit(address).netloc}"):
        asked = httpx.post(f"{address}{API}/ask", json=ASK, headers={"origin": origin})
        assert asked.status_code == 200
        allowed = asked.headers.get("access-control-allow-origin")
        assert allowed == (SHOP if origin == SHOP else None)
        assert "access-control-allow-credentials" not in asked.headers
    before = httpx.options(f"{address}{API}/ask", headers=preflight(SHOP))
    assert before.status_code == 200


def test_a_body_is_refused_before_it_is_read(address: str) -> None:
    """Only the head is sent: the answer comes although the body never does."""
    where = urlsplit(address)
    for head, status in [
        ("content-type: application/json\r\ncontent-length: 10000000", b"413"),
        ("content-type: application/json\r\ntransfer-encoding: chunked", b"411"),
        ("content-type: text/plain\r\ncontent-length: 20", b"415"),
        ("content-type: application/x-www-form-urlencoded\r\ncontent-length: 20", b"415"),
        ("content-type: application/json", b"411"),
    ]:
        with socket.create_connection((where.hostname, where.port), timeout=5) as raw:
            raw.sendall(
                f"POST {API}/ask HTTP/1.1\r\nhost: {where.netloc}\r\n{head}\r\n\r\n".encode()
            )
            assert raw.recv(100).split(b" ")[1] == status, head


def test_other_methods_are_told_what_would_do(address: str) -> None:
    answer = httpx.get(f"{address}{API}/ask")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_who_asks_too_often_waits_and_nobody_else_does(assistant: Assistant) -> None:
    with serving(assistant, asks_per_minute=3, proxies=("127.0.0.1/32",)) as where:

        def ask(hops: str) -> httpx.Response:
            headers = {"x-forwarded-for": hops}
            return httpx.post(f"{where}{API}/ask", json=ASK, headers=headers)

        assert [ask("203.0.113.5").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = ask("198.51.100.9, 203.0.113.5")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert ask("203.0.113.6").status_code == 200
        queue = httpx.post(
            f"{where}/gradio_api/queue/join", json={}, headers={"x-forwarded-for": "203.0.113.5"}
        )
        assert queue.status_code == 429


def test_a_forwarded_name_is_not_taken_for_ours(assistant: Assistant) -> None:
    with serving(assistant) as where:
        forged = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}
        config = httpx.get(f"{where}/config", headers=forged)
    assert "evil.example" not in config.text
    # A proxy says by what visitors reach it, which the page needs to know.
    assert config.json()["root"] == where.replace("http:", "https:")


@pytest.mark.parametrize(
    ("peer", "forwarded", "key"),
    [
        ("203.0.113.5", "1.1.1.1", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("10.0.0.1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ],
)
def test_visitors_are_told_apart_by_the_last_hop_that_is_not_ours(peer, forwarded, key) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    assert visitor(scope, networks(("10.0.0.0/8",))) == key


def test_limits_fill_up_again_and_hold_for_all_together() -> None:
    moment = [0.0]
    limits = Limits(Settings(asks_per_minute=2, asks_per_minute_in_all=3), lambda: moment[0])
    assert [limits.wait_s("asks", "a") for _ in range(3)] == [0, 0, 30]
    assert limits.wait_s("asks", "b") == 0
    assert limits.wait_s("asks", "c") == 20
    moment[0] += 60
    assert limits.wait_s("asks", "a") == 0


def test_a_flood_of_visitors_takes_no_more_memory() -> None:
    bucket = Bucket(5, 60)
    for number in range(3 * VISITORS):
        bucket.take(str(number))
    assert len(bucket) == VISITORS
