"""The API against its own description: whatever schemathesis makes up, no 5xx and no surprise.

The environment variable QUOTH_SCHEMA_SECONDS lengthens the search; 180 is what a release gets.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import GRADIO, serving

from qa.assistant import Assistant
from qa.desk import Desk, open_desk
from qa.settings import Settings
from qa.web.routes import API

pytest.importorskip("schemathesis", reason="schemathesis is not installed")
pytestmark = [GRADIO, pytest.mark.timeout(600)]
SECONDS = int(os.environ.get("QUOTH_SCHEMA_SECONDS", "8"))
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "unsupported_method,missing_required_header"
)


# What has the wrong length or type is refused before it is looked at.
REFUSALS = """[checks]
negative_data_rejection.expected-statuses = [400, 403, 404, 405, 411, 413, 415, 422]
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(Settings(store=tmp_path_factory.mktemp("schema")))
    yield opened
    opened.close()


def test_it_does_what_its_description_says(
    assistant: Assistant, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text(REFUSALS, "utf-8")
    with serving(assistant, desk, at_once=2) as where:
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "run", f"{where}{API}/openapi.json",
                "--checks", CHECKS, "--max-time", str(SECONDS), "--seed", "20", "--workers", "2",
                "--request-timeout", "20", "--no-color",
            ],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, _short(done.stdout) + done.stderr[-2000:]
    assert "Test cases" in done.stdout or "test cases" in done.stdout


def _short(report: str) -> str:
    """Without the megabytes that were made up."""
    return "\n".join(line[:500] for line in report.splitlines())
