"""An assistant in, the chat page out, as Gradio blocks: the one file that knows Gradio.

Each turn is sent as HTML to a part of the page that is not shown, `#turn`; `static/quoth.js` copies
it to the conversation, `#log`. So what is already there stays as it is, open passages included,
and a screen reader hears the new turn alone. `gr.HTML` would need `unsafe-eval` in the page's
Content-Security-Policy; `gr.Markdown` passes HTML on, through Gradio's sanitizer.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request, Response
from gradio.route_utils import FnIndexInferError

from qa.answer import Answer
from qa.conversation import TURNS, Turn, said, turns
from qa.web import render
from qa.web.line import Assistant
from qa.web.markup import Html
from qa.web.theme import VARIABLES
from qa.web.welcome import colophon, masthead, welcome

ANSWERED_AT_ONCE = 8  # questions; each keeps one thread busy
WAITING_AT_MOST = 100  # questions in the queue, after which Gradio turns new ones away
EXAMPLES = 4

Record = Callable[[dict[str, Any], str | None, float], None]
Show = Callable[[Answer], Html]

_log = logging.getLogger("quoth")


def mount(
    app: FastAPI,
    assistant: Assistant,
    record: Record,
    *,
    title: str,
    root_path: str,
    hands_over: bool,
) -> None:
    """Put the chat page at the root of `app`. Routes that `app` already has come before it.

    `record` is called with each answer, as JSON, no page and the seconds that it took.
    """
    show = partial(render.answer, root_path=root_path, hands_over=hands_over)
    page = _blocks(assistant, record, show, title, root_path)
    page.queue(max_size=WAITING_AT_MOST, default_concurrency_limit=ANSWERED_AT_ONCE, api_open=False)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        root_path=root_path or None,
        theme=_theme(),
        show_error=False,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
        mcp_server=False,
        app_kwargs={"exception_handlers": dict.fromkeys((KeyError, FnIndexInferError), _nothing)},
    )


def _nothing(request: Request, error: Exception) -> Response:
    """For who calls a function that the page does not have, which Gradio fails at."""
    if not request.url.path.endswith("/run/predict"):
        raise error
    return Response("Nothing is here.", 404, media_type="text/plain")


def _blocks(
    assistant: Assistant, record: Record, show: Show, title: str, root_path: str
) -> gr.Blocks:
    info = assistant.info()

    def ask(question: str, given: str | None) -> Iterator[tuple[Any, Any, Any]]:
        """The question at once, with the field emptied for the next; then what came of it. What
        could not be asked is given back, to be mended. `given` are the turns before, which the
        browser holds."""
        if not (question or "").strip():
            yield gr.skip(), gr.skip(), gr.skip()
            return
        turn_id = f"turn-{uuid.uuid4().hex}"
        yield _literal(render.turn(turn_id, question, render.waiting())), "", gr.skip()
        started = time.perf_counter()
        before = _turns(given)
        answer, reply = _reply(assistant, question, before, show)
        if answer is not None:
            record(answer.to_json(), None, time.perf_counter() - started)
        kept = _sendable(question) if answer is None else gr.skip()
        after = gr.skip() if answer is None else _held([*before, said(answer)])
        yield _literal(render.turn(turn_id, question, reply)), kept, after

    def surroundings() -> tuple[str, str]:
        """What tells of the index, which may have been built anew since the server started."""
        info = assistant.info()
        return _literal(welcome(title, info)), _literal(colophon(info))

    page = gr.Blocks(title=title, analytics_enabled=False, fill_width=True)
    with page:
        with gr.Column(elem_id="quoth"):
            _markup(masthead(root_path), elem_id="masthead")
            with gr.Column(elem_id="welcome"):
                opening = _markup(welcome(title, info))
                with gr.Column(elem_id="examples"):
                    examples = [gr.Button(text) for text in assistant.examples(EXAMPLES)]
            gr.Column(elem_id="log")
            before = gr.Textbox(visible="hidden", elem_id="before")
            turn = _markup(Html(), elem_id="turn")
            with gr.Row(elem_id="composer"):
                field = gr.Textbox(
                    label="Your question",
                    placeholder="Ask a question",
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=6,
                    autofocus=True,
                    elem_id="question",
                )
                send = gr.Button("Ask", variant="primary", elem_id="send")
            foot = _markup(colophon(info), elem_id="colophon")
        asking: list[tuple[gr.Component, list[Callable[..., Any]]]] = [
            (field, [field.submit, send.click]),
            *((example, [example.click]) for example in examples),
        ]
        for source, triggers in asking:
            gr.on(
                triggers,
                ask,
                inputs=[source, before],
                outputs=[turn, field, before],
                show_progress="hidden",
                trigger_mode="always_last",
                concurrency_limit=ANSWERED_AT_ONCE,
                concurrency_id="questions",
                api_visibility="private",
            )
        # In the queue, it would open a stream of events. A question asked while that one closes
        # is taken to be heard there, and waits for ever.
        page.load(
            surroundings,
            outputs=[opening, foot],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
    return page


def _reply(
    assistant: Assistant, question: str, before: Sequence[Turn], show: Show
) -> tuple[Answer | None, Html]:
    """The answer, if there is one, and what is shown."""
    try:
        answer = assistant.ask(question, before)
        return answer, show(answer)
    except ValueError as error:
        return None, render.refusal(str(error))
    except Exception:
        _log.exception("a question was not answered")
        sentence = "Something went wrong, and the question was not answered. Please try again."
        return None, render.refusal(sentence)


def _held(its: Sequence[Turn]) -> str:
    """The last turns for the browser to hold, without the answers, which nothing is found by."""
    return json.dumps([{"question": turn.question, "uri": turn.uri} for turn in its[-TURNS:]])


def _turns(held: str | None) -> tuple[Turn, ...]:
    """The turns that a browser gives back; none where it gives something else."""
    try:
        return turns(json.loads(held or "[]"))
    except (ValueError, RecursionError):
        return ()


def _markup(html: Html, **given: Any) -> gr.Markdown:
    return gr.Markdown(_literal(html), latex_delimiters=[], **given)


def _literal(html: Html) -> str:
    """HTML that Markdown passes on as it is: one block of it ends only at an empty line.

    A percent sign, because Gradio's Markdown keeps its own marks between three of them.
    """
    return _sendable(html).replace("\r", "&#13;").replace("\n", "&#10;").replace("%", "&#37;")


def _sendable(text: str) -> str:
    """Without halves of surrogate pairs, which a forged question may hold."""
    return text.encode("utf-8", "replace").decode()


def _theme() -> gr.themes.Base:
    fonts = ["ui-sans-serif", "system-ui", "sans-serif"]
    theme = gr.themes.Base(font=fonts, font_mono=["ui-monospace", "monospace"])
    dark = {f"{name}_dark": value for name, value in VARIABLES.items()}
    return theme.set(**VARIABLES, **{n: v for n, v in dark.items() if hasattr(theme, n)})
