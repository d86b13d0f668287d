"""Every tunable with its default: defaults < quoth.toml < environment < flags.

The only place that reads the environment. A setting `answer_at` is `answer_at = 0.6` in
`quoth.toml`, `QUOTH_ANSWER_AT=0.6` in the environment and, where a command takes it, `--answer-at`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

FILE = Path("quoth.toml")
PREFIX = "QUOTH_"
# Read by tests and benchmarks, not by Quoth.
_OTHERS = frozenset({"QUOTH_DATA", "QUOTH_HTML_MANUAL", "QUOTH_SCHEMA_SECONDS"})

Parser = Callable[[Any], Any]


def _setting(default: Any, parse: Parser, would_do: str) -> Any:
    return field(default=default, metadata={"parse": parse, "would_do": would_do})


def _secret(would_do: str) -> Any:
    """Never shown: not in an error, not in a representation."""
    known = {"parse": _text, "would_do": would_do, "secret": True}
    return field(default="", repr=False, metadata=known)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _folder(value: Any) -> Path:
    if isinstance(value, str) and not value.strip():
        raise ValueError
    return Path(value)


def _whole(low: int, high: int) -> Parser:
    def parse(value: Any) -> int:
        number = int(value) if isinstance(value, str) else value
        if type(number) is not int or not low <= number <= high:
            raise ValueError
        return number

    return parse


def _share(value: Any) -> float:
    number = float(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        raise ValueError
    return float(number)


def _switch(value: Any) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return value if isinstance(value, bool) else known[_text(value).lower()]


def _one_of(*known: str) -> Parser:
    def parse(value: Any) -> str:
        if value not in known:
            raise ValueError
        return str(value)

    return parse


def _several(parse_one: Parser) -> Parser:
    """A TOML list, or a text with commas."""

    def parse(value: Any) -> tuple[str, ...]:
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(parse_one(_text(part).strip()) for part in parts if _text(part).strip())

    return parse


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@,*]+", value):
        raise ValueError
    return value.lower()


def _host(value: str) -> str:
    if value != "*" and not re.fullmatch(r"[\w.-]+|\[[0-9a-f:.]+\]", value.lower()):
        raise ValueError
    return value.lower()


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


def _web_address(value: Any) -> str:
    if value and not re.fullmatch(r"https?://[^\s/]+\S*", _text(value)):
        raise ValueError
    return _text(value)


_SHARE = "a number from 0 to 1"
_COUNT = "a whole number from 1 to 1,000,000"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a running Quoth is set to; `load` builds it from every place that may set it."""

    store: Path = _setting(Path("store"), _folder, "a folder")
    title: str = _setting("Ask these documents", _text, "a text")
    encoder: str = _setting(
        "all-MiniLM-L6-v2", _text, "the bundled model's name or a sentence-transformers model's"
    )
    engine: str = _setting("faiss", _text, "a vector engine's name")
    reader: str = _setting("spans", _text, "a reader's name")
    passages_read: int = _setting(8, _whole(1, 50), "a whole number from 1 to 50")
    # Without a value, those of the calibration hold.
    answer_at: float | None = _setting(None, _share, _SHARE)
    suggest_at: float | None = _setting(None, _share, _SHARE)
    question_characters: int = _setting(1000, _whole(1, 10_000), "a whole number from 1 to 10,000")
    host: str = _setting("127.0.0.1", _text, "an address to listen on")
    port: int = _setting(7860, _whole(1, 65_535), "a whole number from 1 to 65,535")
    root_path: str = _setting("", _text, "the path under which a proxy serves Quoth")
    # Who may ask, and how often.
    origins: tuple[str, ...] = _setting(
        (), _several(_origin), "origins as browsers send them, such as https://example.org"
    )
    hosts: tuple[str, ...] = _setting((), _several(_host), "host names without a port")
    proxies: tuple[str, ...] = _setting((), _several(_network), "addresses or networks")
    at_once: int = _setting(4, _whole(1, 1000), "a whole number from 1 to 1,000")
    waiting: int = _setting(64, _whole(0, 100_000), "a whole number from 0 to 100,000")
    asks_per_minute: int = _setting(30, _whole(1, 1_000_000), _COUNT)
    asks_per_minute_in_all: int = _setting(600, _whole(1, 1_000_000), _COUNT)
    messages_per_hour: int = _setting(10, _whole(1, 1_000_000), _COUNT)
    access_log: bool = _setting(False, _switch, "true or false")
    metrics_token: str = _secret("a text")
    # The desk: what is kept, and how messages reach the owner.
    log_questions: bool = _setting(True, _switch, "true or false")
    retention_days: int = _setting(365, _whole(0, 36_500), "a whole number from 0 to 36,500")
    reply_within: str = _setting("two working days", _text, "a text")
    smtp_host: str = _setting("", _text, "a mail server's name")
    smtp_port: int = _setting(587, _whole(1, 65_535), "a whole number from 1 to 65,535")
    smtp_security: str = _setting(
        "starttls", _one_of("starttls", "tls", "none"), "starttls, tls or none"
    )
    smtp_user: str = _setting("", _text, "a text")
    smtp_password: str = _secret("a text")
    mail_from: str = _setting("", _text, "an e-mail address")
    mail_to: str = _setting("", _text, "an e-mail address")
    webhook_url: str = _setting("", _web_address, "an http or https address")
    webhook_secret: str = _secret("a text of 16 characters or more")


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
    file: Path = FILE,
) -> Settings:
    """The settings that hold here. Flags that are None were not given.

    Raises ValueError naming the key, its value, where it came from and what would do.
    """
    known = {known.name: known for known in fields(Settings)}
    values: dict[str, Any] = {}
    for source, prefix, given in (
        (str(file), "", _from_file(file)),
        ("the environment", PREFIX, _from_environment(environment)),
        ("the command line", "", {k: v for k, v in (flags or {}).items() if v is not None}),
    ):
        for key, value in given.items():
            if key not in known:
                named = prefix + key.upper() if prefix else key
                raise ValueError(
                    f"{source} sets {named!r}, which is no setting; known: {', '.join(known)}"
                )
            values[key] = _parsed(known[key], value, source)
    return Settings(**values)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(f"{file} could not be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is not valid TOML: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    names = (name for name in environment if name.startswith(PREFIX) and name not in _OTHERS)
    return {name.removeprefix(PREFIX).lower(): environment[name] for name in names}


def _parsed(known: Field[Any], value: Any, source: str) -> Any:
    try:
        return known.metadata["parse"](value)
    except (KeyError, TypeError, ValueError):
        shown = "a value that is not shown" if "secret" in known.metadata else repr(value)
        raise ValueError(
            f"{source} sets {known.name} to {shown}; what would do is {known.metadata['would_do']}"
        ) from None
