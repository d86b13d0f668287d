"""The API: questions, events, suggestions, state, and what it says when something is wrong."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from serving import GRADIO, serving

from qa import open_store
from qa.answer import Answer
from qa.assistant import Assistant
from qa.desk import Desk, open_desk
from qa.settings import Settings
from qa.terminal import told
from qa.web import schema, token
from qa.web.client import Client, Refused
from qa.web.routes import API
from qa.web.welcome import welcome

pytestmark = GRADIO
QUESTION = "How many votes does a Security Council decision on sanctions need?"
VARYING = ("id", "timing_ms")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(Settings(store=tmp_path_factory.mktemp("api")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def api(assistant: Assistant, desk: Desk) -> Iterator[str]:
    with serving(assistant, desk) as where:
        yield where + API


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {k: v for k, v in one.items() if k not in VARYING} == {
        k: v for k, v in other.items() if k not in VARYING
    }


def events(response: httpx.Response) -> list[tuple[str, Any]]:
    blocks = response.text.strip().split("\n\n")
    pairs = [block.split("\n") for block in blocks]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in pairs
    ]


def test_it_answers_as_the_command_line_does(api: str, assistant: Assistant, desk: Desk) -> None:
    given = {
        "question": QUESTION,
        "history": [{"question": "What are sanctions?", "answer": "Measures."}],
        "page": "https://shop.example/cart?user=ann@shop.example#x",
    }
    answer = httpx.post(f"{api}/ask", json=given).json()
    assert same(answer, assistant.ask(QUESTION).to_json())
    schema.Answer.model_validate(answer)
    logged = next(row for row in desk.questions.all() if row["id"] == answer["id"])
    assert (logged["question"], logged["verdict"]) == (QUESTION, "answered")
    assert logged["page"] == "https://shop.example/cart"


def test_it_tells_of_each_step_and_ends_with_the_same_answer(
    api: str, assistant: Assistant
) -> None:
    response = httpx.post(f"{api}/ask/stream", json={"question": QUESTION})
    assert response.headers["content-type"].startswith("text/event-stream")
    told = events(response)
    assert [name for name, _ in told] == ["searching", "reading", "answer"]
    assert same(told[-1][1], assistant.ask(QUESTION).to_json())


@pytest.mark.parametrize("question", ["", "   ", "\x00\x07", "🙂", "why " * 300])
def test_it_says_in_a_sentence_why_a_question_cannot_be_asked(api: str, question: str) -> None:
    refused = httpx.post(f"{api}/ask", json={"question": question})
    assert refused.status_code == 422
    assert refused.json()["error"].startswith("The question ")
    told = events(httpx.post(f"{api}/ask/stream", json={"question": question}))
    assert told[-1] == ("error", refused.json())


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "[]", "{", '{"question": 7}', '{"question": "a", "more": 1}', "[" * 50_000,
        '{"question": "a", "history": [{}]}', '{"question": "a", "page": 5}', "\ud800",
        json.dumps({"question": "a", "history": [{"question": "b", "answer": "c"}] * 6}),
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_question_in_one_sentence(api: str, body: str) -> None:
    response = httpx.post(
        f"{api}/ask",
        content=body.encode("utf-8", "surrogatepass"),
        headers={"content-type": "application/json"},
    )
    assert response.status_code in (400, 422)
    assert list(response.json()) == ["error"]


def test_it_says_so_when_a_body_is_no_json(api: str) -> None:
    headers = {"content-type": "application/json"}
    response = httpx.post(f"{api}/ask", content=b"{", headers=headers)
    assert response.json() == {"error": "The body is not valid JSON."}


def test_it_survives_half_a_surrogate_pair(api: str) -> None:
    response = httpx.post(
        f"{api}/ask",
        content=b'{"question": "sanctions \\ud800 votes", "history": [{"question": "\\udfff"}]}',
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 422
    assert list(response.json()) == ["error"]


LEANING = "and who decides that?"


def test_a_question_may_lean_on_the_turns_before_it(api: str, assistant: Assistant) -> None:
    before = {"question": QUESTION, "answer": "Nine.", "uri": "sample/sanctions.md"}
    leaning = {"question": LEANING, "history": [before]}
    answer = httpx.post(f"{api}/ask", json=leaning).json()
    assert same(answer, assistant.ask(LEANING, [before]).to_json())
    assert not same(answer, assistant.ask(LEANING).to_json())
    streamed = httpx.post(f"{api}/ask/stream", json=leaning)
    assert same(events(streamed)[-1][1], answer)


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([{"question": "x"}] * 6, "history: List should have at most 5 items"),
        ([{"question": "x" * 2001}], "history.0.question: String should have at most 2000"),
        ([{"question": "x", "uri": "x" * 2001}], "history.0.uri: String should have at most 2000"),
        ([{"answer": "x"}], "history.0.question: Field required"),
        ([{"question": "x", "title": "y"}], "history.0.title: Extra inputs"),
        ("when", "history: Input should be a valid list"),
    ],
)
def test_a_history_is_checked_and_bounded(api: str, history: Any, said: str) -> None:
    response = httpx.post(f"{api}/ask", json={"question": LEANING, "history": history})
    assert response.status_code == 422
    assert response.json()["error"].startswith(said)


def test_a_greeting_is_answered_without_a_quote(api: str) -> None:
    answer = schema.Answer.model_validate(
        httpx.post(f"{api}/ask", json={"question": "hello"}).json()
    )
    assert (answer.verdict, answer.reason.code, answer.quotes) == ("fixed", "greeting", [])


def test_it_suggests_examples_headings_and_what_to_ask_next(api: str, assistant: Assistant) -> None:
    assert httpx.get(f"{api}/suggest").json()["examples"] == assistant.examples(5)
    ahead = httpx.get(f"{api}/suggest", params={"q": "secur"}).json()["headings"]
    assert ahead
    assert all("secur" in heading["text"].casefold() for heading in ahead)
    assert all(heading["link"] for heading in ahead)
    uri = "sample/quoth/settings.md"
    following = httpx.get(f"{api}/suggest", params={"after": uri}).json()["next"]
    assert "How do I change the port?" in following
    nothing = httpx.get(f"{api}/suggest", params={"q": "zzzzzz", "after": "no.md"}).json()
    assert nothing == {"examples": [], "next": [], "headings": [], "notices": []}


def test_every_surface_says_that_no_trained_reader_answers(sample_store) -> None:
    untrained = open_store(sample_store, reader="sentences")
    (notice,) = untrained.info()["notices"]
    with serving(untrained) as where:
        assert httpx.get(f"{where}/api/v1/suggest").json()["notices"] == [notice]
        assert notice in httpx.get(f"{where}/plain").text
        answer = httpx.post(f"{where}{API}/ask", json={"question": QUESTION}).json()
        assert answer["notices"] == [notice]
        assert notice in told(untrained.ask(QUESTION))
        assert notice in welcome("Ask", untrained.info())


def test_it_says_whether_it_runs_and_could_answer(api: str, assistant: Assistant) -> None:
    generation = str(assistant.info()["generation"])
    assert httpx.get(f"{api}/health").json() == {"status": "ok", "generation": generation}
    assert httpx.get(f"{api}/ready").json() == {"ready": True, "waiting": 0, "why": ""}


def test_it_counts_for_prometheus_whoever_may_see_it(api: str, assistant: Assistant) -> None:
    httpx.post(f"{api}/ask", json={"question": QUESTION})
    counts = httpx.get(f"{api}/metrics").text
    assert 'quoth_answers_total{verdict="answered"}' in counts
    assert "sanctions" not in counts
    proxied = httpx.get(f"{api}/metrics", headers={"x-forwarded-for": "127.0.0.1"})
    assert proxied.status_code == 404
    with serving(assistant, metrics_token="open sesame") as where:
        given = {"authorization": "Bearer open sesame"}
        assert httpx.get(f"{where}{API}/metrics").status_code == 404
        assert httpx.get(f"{where}{API}/metrics", headers=given).status_code == 200


def test_its_description_names_every_route_and_no_other_host(api: str) -> None:
    described = httpx.get(f"{api}/openapi.json")
    assert {path.removeprefix(API) for path in described.json()["paths"]} == {
        "/ask", "/ask/stream", "/suggest", "/feedback", "/message", "/token", "/health", "/ready",
        "/metrics",
    }  # fmt: skip
    assert "http" not in described.text.replace("HTTP", "").replace("https", "")


class _Held:
    """The assistant, answering only once it is let go."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.examples = assistant.examples
        self.document = assistant.document
        self.info = assistant.info
        self.suggestions = assistant.suggestions
        self.go = threading.Event()
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def ask(self, question: str, history: Any = ()) -> Answer:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.go.wait(20)
        with self._lock:
            self.at_once -= 1
        return self.assistant.ask(question, history)


def test_a_full_line_sends_people_away_with_the_time_to_come_back(assistant: Assistant) -> None:
    held = _Held(assistant)
    with serving(held, at_once=2, waiting=3) as where, ThreadPoolExecutor(20) as visitors:

        def ask(_: int) -> httpx.Response:
            return httpx.post(f"{where}{API}/ask", json={"question": QUESTION}, timeout=60)

        first = [visitors.submit(ask, n) for n in range(5)]
        for _ in range(100):
            if httpx.get(f"{where}{API}/ready").json()["waiting"] == 5:
                break
            time.sleep(0.05)
        ready = httpx.get(f"{where}{API}/ready")
        assert (ready.status_code, ready.json()["why"]) == (503, "the line is full")
        refused = [ask(0), httpx.post(f"{where}{API}/ask/stream", json={"question": QUESTION})]
        held.go.set()
        answered = [future.result() for future in first]
    assert [response.status_code for response in answered] == [200] * 5
    assert held.most_at_once == 2
    for response in refused:
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1
        assert "try again" in response.json()["error"]


def test_it_does_not_show_what_broke(
    assistant: Assistant, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(_Held):
        def ask(self, question: str, history: Any = ()) -> Answer:
            raise RuntimeError("secret path")

    with serving(Broken(assistant)) as where:
        answer = httpx.post(f"{where}{API}/ask", json={"question": QUESTION})
        told = events(httpx.post(f"{where}{API}/ask/stream", json={"question": QUESTION}))
    assert answer.status_code == 500
    assert answer.json() == told[-1][1]
    assert "content-security-policy" in answer.headers
    assert "secret path" not in answer.text


def test_its_client_asks_and_writes_and_raises_the_sentence(api: str, desk: Desk) -> None:
    with Client(api.removesuffix(API)) as client:
        answer = client.ask(QUESTION)
        assert answer.answer is not None
        assert "nine of fifteen" in answer.answer
        leaning = client.ask("and who decides that?", [answer])
        assert (leaning.quotes + leaning.closest)[0].uri == answer.quotes[0].uri
        assert client.feedback(answer.id, helpful=False, reason="too short")
        assert client.suggest("secur").headings
        receipt = client.message("Ann", "ann@shop.example", "Where is my parcel?")
        assert desk.messages.get(receipt.reference).message == "Where is my parcel?"
        with pytest.raises(Refused, match="The question is empty"):
            client.ask(" ")


def letter(token: str, **other: Any) -> dict[str, Any]:
    given = {
        "name": "Ann", "email": "ann@shop.example", "message": "Where is my parcel?",
        "conversation": [{"question": "When?", "answer": "On Monday."}],
        "page": "https://shop.example/help?x=1", "key": uuid.uuid4().hex, "token": token,
    }  # fmt: skip
    return given | other


@pytest.fixture
def ripe(desk: Desk) -> str:
    """A token that is old enough."""
    return token.made(desk.database.secret("token"), time.time() - 5)


def test_a_message_is_kept_once_however_often_it_is_sent(api: str, desk: Desk, ripe: str) -> None:
    given = letter(ripe)
    receipts = [httpx.post(f"{api}/message", json=given).json() for _ in range(3)]
    assert receipts[0]["reply_within"] == "two working days"
    assert len({receipt["reference"] for receipt in receipts}) == 1
    kept = desk.messages.get(receipts[0]["reference"])
    assert (kept.name, kept.email, kept.message) == ("Ann", "ann@shop.example", given["message"])
    assert list(kept.conversation) == given["conversation"]


def test_a_message_that_cannot_be_stored_is_not_acknowledged(
    api: str, desk: Desk, ripe: str, caplog: pytest.LogCaptureFixture
) -> None:
    with desk.database.writing() as connection:
        connection.execute("PRAGMA max_page_count = 1")  # a full disk
    try:
        given = letter(ripe, message="x" * 5000)
        refused = [httpx.post(f"{api}/message", json=given) for _ in range(5)][-1]
    finally:
        with desk.database.writing() as connection:
            connection.execute("PRAGMA max_page_count = 100000")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert refused.json()["error"].startswith("This could not be stored at the moment")
    assert "sqlite" not in refused.text
    assert httpx.post(f"{api}/message", json=given).status_code == 200


def test_a_message_needs_a_token_of_ours_neither_new_nor_old(api: str, desk: Desk) -> None:
    key = desk.database.secret("token")
    fresh = httpx.get(f"{api}/token").json()["token"]
    stamp, _, signature = token.made(key, time.time() - 5).rpartition(".")
    before = len(desk.messages.all())
    for given, said in [
        (fresh, "faster than anyone types"),
        (token.made(key, time.time() - token.OLDEST_S - 5), "open for too long"),
        (token.made(b"another", time.time() - 5), "not one of ours"),
        (f"{int(stamp.split('.')[0]) - 1}.x.{signature}", "not one of ours"),
        ("", "not one of ours"),
        ("a.b.ü", "not one of ours"),
    ]:
        refused = httpx.post(f"{api}/message", json=letter(given))
        assert refused.status_code == 422
        assert said in refused.json()["error"]
    assert len(desk.messages.all()) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " \u0000 "}, {"name": "a" * 101}, {"email": "ann"}, {"email": "a@b\r\nBcc: c@d.e"},
        {"email": "ann@shop"}, {"message": "\u200b" * 0}, {"message": "x" * 5001}, {"key": "short"},
        {"conversation": [{"question": "a", "answer": "b"}] * 21}, {"more": 1}, {"name": None},
    ],
)  # fmt: skip
def test_a_message_that_is_not_whole_is_refused_in_a_sentence(
    api: str, ripe: str, wrong: dict[str, Any]
) -> None:
    refused = httpx.post(f"{api}/message", json=letter(ripe, **wrong))
    assert refused.status_code == 422
    assert refused.json()["error"]


def test_what_fills_in_the_hidden_field_gets_a_receipt_and_is_not_sent(
    api: str, desk: Desk, ripe: str
) -> None:
    receipt = httpx.post(f"{api}/message", json=letter(ripe, confirm="yes")).json()
    assert desk.messages.get(receipt["reference"]).state == "spam"


def test_messages_are_limited_by_visitor(assistant: Assistant, desk: Desk, ripe: str) -> None:
    with serving(assistant, desk, messages_per_hour=2) as where:
        sent = [httpx.post(f"{where}{API}/message", json=letter(ripe)) for _ in range(3)]
    assert [response.status_code for response in sent] == [200, 200, 429]
    assert int(sent[-1].headers["retry-after"]) > 60


def test_feedback_is_kept_with_its_question_and_unknown_ids_are_told(api: str, desk: Desk) -> None:
    answer = httpx.post(f"{api}/ask", json={"question": QUESTION}).json()
    given = {"answer": answer["id"], "helpful": False, "reason": "Mail ann@shop.example"}
    assert httpx.post(f"{api}/feedback", json=given).json() == {"stored": True}
    (row,) = [row for row in desk.questions.all() if row["id"] == answer["id"]]
    assert (row["helpful"], row["reason"]) == (0, "Mail [e-mail]")
    unknown = httpx.post(f"{api}/feedback", json={**given, "answer": "0" * 32})
    assert (unknown.status_code, list(unknown.json())) == (404, ["error"])


def test_without_a_desk_it_answers_and_takes_no_messages(assistant: Assistant) -> None:
    with serving(assistant) as where:
        assert httpx.post(f"{where}{API}/ask", json={"question": QUESTION}).status_code == 200
        assert httpx.get(f"{where}{API}/token").status_code == 404
        assert httpx.post(f"{where}{API}/message", json=letter("")).status_code == 404
