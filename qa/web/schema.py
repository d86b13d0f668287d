"""What the API takes and gives, as pydantic models: for checking, for OpenAPI, for the client.

An answer is described field by field in `docs/answer.md`; fields may be added there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from qa.conversation import ANSWER_CHARACTERS, TURN_CHARACTERS, TURNS

SHOWN_TURNS = 20  # of a conversation that go with a message
ANSWER_ID = r"^[0-9a-f]{32}$"
EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"


def clean(text: str) -> str:
    """Without control characters other than line breaks and tabs, lone surrogates and the like."""
    return "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn")
    ).strip()


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", clean(text))


# Behind a `Field`, so that what is too long is told of as it was sent.
Text = AfterValidator(clean)
Line = AfterValidator(one_line)
Page = Annotated[
    str, Field(max_length=2000, description="The address of the visitor's page."), Line
]


class Given(BaseModel):
    """A request's body: nothing in it that is not known."""

    model_config = ConfigDict(extra="forbid")


class Before(Given):
    """A turn that a question may lean on."""

    question: Annotated[str, Field(max_length=TURN_CHARACTERS), Text]
    answer: Annotated[str, Field(max_length=ANSWER_CHARACTERS), Text] | None = None
    uri: Annotated[
        str | None,
        Field(max_length=TURN_CHARACTERS, description="The `uri` of the first quote shown."),
    ] = None


class Turn(Given):
    """A turn that is sent along with a message."""

    question: Annotated[str, Field(max_length=10_000), Text]
    answer: Annotated[str, Field(max_length=20_000), Text] = ""


class Question(Given):
    question: Annotated[str, Field(max_length=10_000, description="What the visitor asks.")]
    history: Annotated[
        list[Before], Field(max_length=TURNS, description="The last turns, oldest first.")
    ] = []
    page: Page | None = None


class Feedback(Given):
    answer: Annotated[str, Field(pattern=ANSWER_ID, description="The answer's `id`.")]
    helpful: bool
    reason: Annotated[str, Field(max_length=1000), Text] = ""


class Message(Given):
    name: Annotated[str, Field(min_length=1, max_length=100), Line]
    email: Annotated[str, Line, Field(pattern=EMAIL, max_length=254)]
    message: Annotated[str, Field(min_length=1, max_length=5000), Text]
    conversation: Annotated[list[Turn], Field(max_length=SHOWN_TURNS)] = []
    page: Page | None = None
    key: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9-]{16,64}$",
            description="Made up by the sender; the same when the same message is sent again.",
        ),
    ]
    token: Annotated[str, Field(max_length=200, description="From `/token`, at least 2 s old.")]
    confirm: Annotated[str, Field(max_length=1000, description="Left empty by people.")] = ""


class Problem(BaseModel):
    error: Annotated[str, Field(description="A sentence for the person who made the request.")]


class Told(BaseModel):
    """A response's body: more fields may come."""

    model_config = ConfigDict(extra="allow")


class Located(Told):
    text: str
    start: int
    end: int


class Part(Located):
    kind: str
    before: str
    marked: str
    after: str


class Quote(Told):
    role: Literal["answer", "agrees", "differs", "closest"]
    parts: list[Part]
    exact: Located
    sentence: str
    before: str
    marked: str
    after: str
    passage: Located
    uri: str
    url: str | None
    link: str
    title: str
    heading: list[str]
    anchor: str | None
    page: int | None
    updated: str | None
    language: str | None
    sha256: str
    state: Literal["current", "changed", "missing", "unknown"]


class Reason(Told):
    code: str
    text: str


class Answer(Told):
    # `schema` is a name of pydantic's own.
    schema_version: Annotated[int, Field(alias="schema")]
    id: str
    question: str
    verdict: Literal["answered", "unsure", "none", "fixed", "pinned"]
    answered: bool
    answer: str | None
    confidence: float
    calibrated: bool
    reason: Reason
    quotes: list[Quote]
    closest: list[Quote]
    generation: str
    models: dict[str, str]
    notices: Annotated[list[str], Field(description="What to know about the answers here.")] = []
    timing_ms: dict[str, float]


def said(answer: Answer) -> Before:
    """The turn that an answer makes, for the questions after it."""
    shown = answer.quotes or answer.closest
    question = answer.question[:TURN_CHARACTERS]
    return Before(question=question, uri=shown[0].uri if shown else None)


class Heading(Told):
    text: str
    title: str
    link: str


class Suggestions(Told):
    examples: Annotated[list[str], Field(description="Questions that the documents answer.")]
    next: Annotated[list[str], Field(description="Questions of the document `after`.")]
    headings: Annotated[list[Heading], Field(description="Headings that begin like `q`.")]
    notices: Annotated[list[str], Field(description="What to know about the answers here.")]


class Stored(Told):
    stored: bool


class Receipt(Told):
    reference: str
    reply_within: str


class Token(Told):
    token: str
    reply_within: str


class Health(Told):
    status: Literal["ok"]
    generation: str


class Ready(Told):
    ready: bool
    waiting: Annotated[int, Field(description="Questions being answered or in line.")]
    why: Annotated[str, Field(description="Why it is not ready; empty when it is.")]


def problem(errors: list[Any]) -> str:
    """What is wrong with a request, in one sentence, without repeating what was sent."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return "The body is not valid JSON."
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
    if first["type"] == "string_pattern_mismatch" and where == "email":
        return "email: This is not an e-mail address; one like name@example.org would do."
    return f"{where or 'The body'}: {first['msg']}."
