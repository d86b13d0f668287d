"""quoth COMMAND: arguments in, text and an exit status out.

0 done (also when the documents do not say), 2 bad input, 3 a gate failed, 4 no usable index. Errors
are one line. The commands that evaluate are in `qa/evaluation/commands.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from qa.evaluation import commands as evaluation
from qa.inbox import add_arguments as add_inbox
from qa.inbox import run as run_inbox
from qa.snippet import add_arguments as add_widget
from qa.snippet import run as run_widget

if TYPE_CHECKING:
    from index.build import Report
    from qa.settings import Settings

DONE, BAD_INPUT, UNUSABLE, INTERRUPTED = 0, 2, 4, 130
SAMPLE = Path(__file__).resolve().parent.parent / "corpus" / "sample"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; what went wrong is one line on standard error."""
    from qa.environment import prepare

    prepare()
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except KeyboardInterrupt:
        return _failed("interrupted; nothing was changed", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except ModuleNotFoundError as error:
        return _failed(f"{error.name} is not installed; install Quoth again", UNUSABLE)
    except ValueError as error:
        return _failed(str(error), BAD_INPUT)
    except RuntimeError as error:
        from index.files import IndexUnusable
        from qa.desk.database import DeskUnusable

        if not isinstance(error, IndexUnusable | DeskUnusable):
            raise
        return _failed(str(error), UNUSABLE)


def _failed(message: str, status: int) -> int:
    sys.stderr.write(f"quoth: {message}\n")
    return status


def index(given: argparse.Namespace) -> int:
    settings = _settings(given)
    if given.base_url and not given.base_url.startswith(("http://", "https://")):
        raise ValueError(f"--base-url {given.base_url} is no http or https address")
    return _update(settings, paths=given.path, base_url=given.base_url, stored=given.stored)


def forget(given: argparse.Namespace) -> int:
    return _update(_settings(given), forget=given.path)


def _update(settings: Settings, **what: Any) -> int:
    from index.build import update
    from index.encoder import open_encoder
    from index.files import Store
    from qa.progress import bars

    with bars() as progress:
        report = update(
            Store(settings.store),
            open_encoder(settings.encoder),
            engine=settings.engine,
            progress=progress,
            **what,
        )
    _write(_told(report, settings.store))
    return DONE


def _told(report: Report, store: Path) -> str:
    from index.left_out import told

    skipped = [f"skipped {uri}: {reason}" for uri, reason in report.skipped]
    left_out = [line] if (line := told(report.left_out)) else []
    counts = f"{_count(report.documents, 'document')}, {_count(report.passages, 'passage')}"
    if not report.published:
        return "\n".join([*skipped, f"nothing has changed: {counts} in {store}"])
    changes = f"{report.added:,} new, {report.changed:,} changed, {report.gone:,} gone"
    return "\n".join(
        [
            *skipped,
            *left_out,
            f"{counts} ({changes}; {_count(len(skipped), 'file')} skipped; "
            f"{_count(report.encoded, 'passage')} encoded) in {report.seconds:.1f} s",
            f"generation {report.generation} is in {store}",
        ]
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ask(given: argparse.Namespace) -> int:
    from qa.assemble import open_assistant
    from qa.terminal import told

    answer = open_assistant(_settings(given)).ask(" ".join(given.question))
    if given.json:
        _write(json.dumps(answer.to_json(), ensure_ascii=False, indent=2))
    else:
        _write(told(answer))
    return DONE


def serve(given: argparse.Namespace) -> int:
    from index.files import Store

    settings = _settings(given)
    _check_free(settings)
    if given.sample and not Store(settings.store).exists():
        _write("Reading the bundled documents ...")
        _update(settings, paths=[SAMPLE])
    return _serve(settings)


def demo(given: argparse.Namespace) -> int:
    from dataclasses import replace

    from qa import demo, snippet

    settings = _settings(given)
    _check_free(settings)
    address = f"http://{settings.host}:{settings.port}"
    lines = snippet.lines(address, demo.WIDGET)
    with demo.served(given.site_port, lines, address) as site:
        settings = replace(settings, store=settings.store / "demo", origins=(site,))
        _write("Reading the pages of a made-up company ...")
        _update(settings, paths=[demo.SITE], base_url=f"{site}/")
        _write(f"Its site, with the widget on it, is at {site}/")
        return _serve(settings)


def _check_free(settings: Settings) -> None:
    from qa.web import server

    try:
        server.check_free(settings.host, settings.port)
    except OSError as error:
        raise ValueError(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror}): "
            "choose another with --host and --port"
        ) from None


def _serve(settings: Settings) -> int:
    from qa.assemble import FollowingAssistant
    from qa.desk import open_desk
    from qa.web import server

    assistant = FollowingAssistant(settings)
    desk = open_desk(settings)
    app = server.create_app(assistant, settings, desk)
    path = server.normalised(settings.root_path)
    _write(f"Quoth answers at http://{settings.host}:{settings.port}{path}/")
    desk.outbox.start()
    server.run(app, settings.host, settings.port, access_log=settings.access_log)
    assistant.close()
    desk.close()
    return DONE


def info(given: argparse.Namespace) -> int:
    from qa.assemble import open_assistant

    settings = _settings(given)
    assistant = open_assistant(settings)
    facts = assistant.info() | {
        "store": str(settings.store),
        "left_out": assistant.index.manifest.get("left_out"),
    }
    if given.json:
        _write(json.dumps(facts, ensure_ascii=False, indent=2))
        return DONE
    roots = "".join(
        f"\n  {r['name']}: {r['path']}" + (f" at {r['base_url']}" if r["base_url"] else "")
        for r in facts["roots"]
    )
    skipped = "".join(f"\n  {uri}: {reason}" for uri, reason in facts["skipped"])
    languages = ", ".join(f"{name} ({count})" for name, count in facts["languages"].items())
    _write(
        f"generation {facts['generation']} of {facts['created']} in {facts['store']}\n"
        f"{_count(facts['documents'], 'document')}, {_count(facts['passages'], 'passage')}; "
        f"{languages or 'no language'}\n"
        f"encoder {facts['models']['encoder']}, reader {facts['models']['reader']}\n"
        f"roots:{roots or ' none'}\nskipped:{skipped or ' nothing'}"
    )
    for notice in facts["notices"]:
        _write(notice)
    return DONE


def verify(given: argparse.Namespace) -> int:
    from qa.verify import verified

    settings = _settings(given)
    outcome = verified(settings)
    _write(outcome.told())
    return DONE if outcome.holds else UNUSABLE


def inbox(given: argparse.Namespace) -> int:
    _write(run_inbox(given, _settings(given)))
    return DONE


def widget(given: argparse.Namespace) -> int:
    _write(run_widget(given))
    return DONE


def _settings(given: argparse.Namespace) -> Settings:
    from dataclasses import fields

    from qa.settings import Settings, load

    names = {field.name for field in fields(Settings)}
    return load({name: value for name, value in vars(given).items() if name in names})


def _write(text: str) -> None:
    """To standard output, whatever its encoding can show."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()


class _Help(argparse.HelpFormatter):
    """Like argparse's, but a command and what it does stand on one line."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = 13  # the longest command, two further in than an option


class _Parser(argparse.ArgumentParser):
    """Like argparse's, but an error is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"quoth: {message} (`{self.prog} --help` tells more)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="quoth",
        formatter_class=_Help,
        description="Answers questions in the words of your documents, or says that they do not.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Any, help: str, index: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        if index:
            added.add_argument("--store", type=Path, metavar="DIR", help="the index (./store)")
            added.add_argument("--encoder", metavar="NAME", help="a sentence-transformers model")
        return added

    one = command("index", index, "Read folders or files; without any, refresh all known ones.")
    one.add_argument("path", nargs="*", type=Path, metavar="PATH")
    one.add_argument("--base-url", metavar="URL", help="the public address of the one PATH")
    one.add_argument(
        "--stored", action="store_true", help="make the index anew from the text that it holds"
    )

    one = command("forget", forget, "Remove folders or files from the index.")
    one.add_argument("path", nargs="+", metavar="PATH")

    one = command("ask", ask, "Ask one question.")
    one.add_argument("question", nargs="+", metavar="QUESTION")
    one.add_argument("--json", action="store_true", help="the whole answer as JSON")

    one = command("serve", serve, "Serve the chat page.")
    one.add_argument(
        "--sample", action="store_true", help="index the bundled documents if there is no index"
    )
    one.add_argument("--host", help="the address to listen on (127.0.0.1)")
    one.add_argument("--port", type=int, help="the port to listen on (7860)")
    one.add_argument("--root-path", metavar="PATH", help="the path under which a proxy serves it")
    one.add_argument("--title", metavar="TEXT", help="the heading of the page")

    one = command("demo", demo, "Serve a made-up company's site with the widget on it.")
    one.add_argument(
        "--site-port", type=int, default=8000, metavar="PORT", help="the port of the site (8000)"
    )
    one.add_argument("--port", type=int, help="the port of the chat (7860)")

    one = command("info", info, "Tell what the index holds.")
    one.add_argument("--json", action="store_true")

    add_inbox(command("inbox", inbox, "Read, close, export and delete what visitors wrote."))
    add_widget(command("widget", widget, "Print the lines that put the help on a site's pages."))
    command("verify", verify, "Check the index and read every source again to compare it.")
    evaluation.register(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
