"""A result in, JUnit's XML out: a test case for each question, a failure for each wrong one."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from qa.evaluation.outcome import GOOD

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(value: dict[str, Any]) -> str:
    asked = [question for question in value["questions"] if question["verdict"]]
    failures = sum(question["verdict"] not in GOOD for question in asked)
    suite = ElementTree.Element(
        "testsuite",
        name=_xml(value["set"]["name"]),
        tests=str(len(asked)),
        failures=str(failures),
        errors="0",
        skipped="0",
        timestamp=value["created"].removesuffix("+00:00"),
        time=str(value["timing"].get("seconds", 0)),
    )
    for question in asked:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_xml(question["type"]),
            name=_xml(f"{question['id']}: {question['question']}"),
        )
        if question["verdict"] not in GOOD:
            _fail(case, question)
    root = ElementTree.Element("testsuites", name="quoth evaluate")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _fail(case: ElementTree.Element, question: dict[str, Any]) -> None:
    verdict = question["verdict"].replace("_", " ")
    lost = f", lost as {question['loss']}" if question["loss"] else ""
    failure = ElementTree.SubElement(
        case, "failure", type=question["verdict"], message=f"{verdict}{lost}"
    )
    expected = question["expected"] or {}
    failure.text = _xml(
        f"answer: {question['answer'] or 'none'} ({question['uri'] or 'no page'})\n"
        f"expected: {expected.get('text') or expected.get('title') or 'not answered'} "
        f"({expected.get('uri') or 'no page'})\n"
        f"confidence: {question['confidence']}"
    )


def _xml(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
