"""The README and the user guide promise what there is, and name all of it."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import qa
from qa.cli import main
from qa.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
pytestmark = pytest.mark.skipif(not README.exists(), reason="reads the README, which is not here")


def help_of(*arguments: str) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), pytest.raises(SystemExit):
        main([*arguments, "--help"])
    return shown.getvalue()


COMMANDS = re.findall(r"^    ([a-z]+) ", help_of(), re.M)


@pytest.fixture(scope="module")
def guide(sample: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((sample / "quoth").glob("*.md")))


@pytest.fixture(scope="module")
def everything(guide: str) -> str:
    return README.read_text("utf-8") + guide


def test_every_command_named_exists_and_every_command_is_named(everything):
    named = set(re.findall(r"(?:`|^ *(?:\$ )?|bin/)quoth ([a-z]+)", everything, re.M))
    assert named == set(COMMANDS)


def test_every_option_named_exists_and_every_option_is_named(everything):
    named, there = (
        set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
        for text in (everything, "".join(map(help_of, COMMANDS)))
    )
    assert named | {"--help"} == there


def test_every_setting_named_exists_and_is_in_the_guide_with_its_default(everything, guide):
    settings = {field.name: field.default for field in fields(Settings)}
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", everything))
    assert named == {PREFIX + name.upper() for name in settings}
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| `(\w+)` \|", guide, re.M)
    told = {name: (default.strip("`"), variable) for name, default, variable in rows}
    assert told == {
        name: (
            _as_told(default),
            PREFIX + name.upper(),
        )
        for name, default in settings.items()
    }


def test_every_make_target_named_exists(everything):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"(?:`|^ *)make ([a-z]+)", everything, re.M))
    assert {"run", "test"} <= named <= targets


@pytest.mark.parametrize(
    "page",
    [README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "corpus").rglob("*.md"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not re.match(r"[a-z]+:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_the_quote_on_the_first_screen_stands_in_its_page(sample, assistant):
    text = README.read_text("utf-8")
    shown = re.search(r'\$ quoth ask "(.+)"\n((?:    .+\n)+?)    -- (.+): (\S+)\n', text)
    assert shown, "no question with its answer"
    question, quote, place, uri = shown.groups()
    page = (sample.parent / uri).read_text("utf-8")
    assert _on_one_line(quote) in _on_one_line(page)
    place, _, updated = place.partition(", updated ")
    assert f"updated: {updated}" in page
    for heading in place.split(" › "):
        assert f"# {heading}\n" in page
    answer = assistant.ask(question)
    pages = [q.passage.document.uri for q in (*answer.quotes, *answer.closest)]
    assert uri in pages


def test_the_example_in_python_runs(sample_store, sample, tmp_path):
    (code,) = re.findall(r"```python\n(.+?)```", README.read_text("utf-8"), re.S)
    (tmp_path / "store").symlink_to(sample_store)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env={"PYTHONPATH": str(Path(qa.__file__).resolve().parent.parent)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    answer = _on_one_line(done.stdout)
    assert answer
    assert any(answer in _plain(page.read_text("utf-8")) for page in sample.rglob("*.md"))


def _as_told(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "the calibration's" if default is None else str(default or "empty")


def _on_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _plain(markdown: str) -> str:
    """A page's words, without its links' addresses and the signs of emphasis."""
    return _on_one_line(re.sub(r"\]\([^)]*\)|[\[`]|\*\*", "", markdown))
