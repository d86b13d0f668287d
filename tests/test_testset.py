"""Test sets: every format says the same, what is wrong is named with its place, nothing is run."""

from __future__ import annotations

import json
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.evaluation import formats
from qa.evaluation.questions import BadTestSet, Gold, Question, digest, merged
from qa.evaluation.records import Problems

ROOT = Path(__file__).resolve().parent
TABLES = (".csv", ".tsv", ".jsonl", ".xlsx")

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")),
    min_size=1,
    max_size=30,
).map(lambda text: f"a{text}".strip())
golds = st.builds(Gold, st.none() | texts, st.none() | texts, st.none() | texts).filter(
    lambda gold: gold.page or gold.quote
)
tags = st.lists(st.from_regex(r"[a-z-]{1,8}", fullmatch=True), max_size=3, unique=True).map(tuple)
questions = st.lists(
    st.builds(
        Question,
        id=texts,
        text=texts,
        gold=st.lists(golds, max_size=3, unique=True).map(tuple),
        tags=tags,
        history=st.lists(
            st.fixed_dictionaries({"question": texts, "uri": st.none() | texts}), max_size=2
        ).map(tuple),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda question: question.id,
)


def problems_of(path: Path) -> list[str]:
    with pytest.raises(BadTestSet) as raised:
        formats.read(path)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize("suffix", TABLES)
@given(questions)
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read_again(tmp_path_factory, suffix, asked):
    path = tmp_path_factory.mktemp("set") / f"set{suffix}"
    formats.write(path, asked)
    assert formats.read(path) == asked


def test_squad_is_read_in_both_versions_and_written(tmp_path):
    context = "Parcels leave on Monday. They arrive on Tuesday."
    asked = {"id": "1", "question": "When do they arrive?"}
    answer = {"text": "on Tuesday", "answer_start": 37}
    for extra in ({}, {"is_impossible": False}):
        paragraph = {"context": context, "qas": [{**asked, **extra, "answers": [answer, answer]}]}
        impossible = {"id": "2", "question": "Who?", "answers": [], "is_impossible": True}
        if extra:
            paragraph["qas"].append(impossible)
        path = tmp_path / "squad.json"
        article = {"title": "The_Shop", "paragraphs": [paragraph]}
        path.write_text(json.dumps({"version": "x", "data": [article]}))
        found = formats.read(path)
        assert found[0].gold == (Gold("The Shop", "on Tuesday", context),)
        assert [q.answerable for q in found[1:]] == [False] * bool(extra)
        formats.write(tmp_path / "again.json", found)
        again = formats.read(tmp_path / "again.json")
        assert [(q.id, q.text, q.gold) for q in again] == [(q.id, q.text, q.gold) for q in found]


def test_the_project_s_own_set_is_one(tmp_path):
    found = formats.read(ROOT / "faq.jsonl")
    assert len(found) == 200
    assert sum(q.answerable for q in found) == 150
    formats.write(tmp_path / "faq.xlsx", found)
    assert digest(reversed(formats.read(tmp_path / "faq.xlsx"))) == digest(found)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_is_read_in_every_encoding_and_separator_of_excel(tmp_path, separator, encoding):
    path = tmp_path / "set.csv"
    rows = ["Frage;URL;Answer", "Wann öffnet das Café?;help/hours;Um neun Uhr"]
    path.write_text("\r\n".join(r.replace(";", separator) for r in rows), encoding)
    (found,) = formats.read(path)
    assert found.text == "Wann öffnet das Café?"
    assert found.gold == (Gold("help/hours", "Um neun Uhr"),)


@pytest.mark.parametrize(
    ("header", "row", "gold"),
    [
        ("question,page,quote", "Why?,a.md,Because.", [Gold("a.md", "Because.")]),
        ("query,url", "Why?,https://x.example/a", [Gold("https://x.example/a")]),
        ("Q,Expected Answer", "Why?,Because.", [Gold(None, "Because.")]),
        ("question,gold", "Why?,help/a.html", [Gold("help/a.html")]),
        ("question,gold", "Why?,Because it is.", [Gold(None, "Because it is.")]),
        ("question,page", "Why?,Not answered", []),
        ("question,quote,answerable", "Why?,,no", []),
        ("question,quote,is_impossible", "Why?,,TRUE", []),
        ("question,page,quote", "Why?,a.md,One. || Two.", [Gold("a.md", "One."),
                                                         Gold("a.md", "Two.")]),
        ("question,page,quote", "Why?,a || b,One. || Two.", [Gold("a", "One."), Gold("b", "Two.")]),
        ("question,page 1,page 2", "Why?,a.md,b.md", [Gold("a.md"), Gold("b.md")]),
        ("question,quote,quote", "Why?,One.,Two.", [Gold(None, "One."), Gold(None, "Two.")]),
    ],
)  # fmt: skip
def test_columns_go_by_their_usual_names(tmp_path, header, row, gold):
    path = tmp_path / "set.csv"
    path.write_text(f"{header}\n{row}\n")
    assert list(formats.read(path)[0].gold) == gold


def test_every_problem_is_named_at_once_with_line_and_column(tmp_path):
    path = tmp_path / "set.csv"
    path.write_text(
        "id,question,page,quote,answerable\n"
        "1,,a.md,,\n"
        "2,Why?,,,\n"
        '1,"Two\nlines?",a.md,,\n'
        "4,Why?,a || b || c,One. || Two.,\n"
        "5,Why?,a.md,Because.,no\n"
        "6,Why?,a.md,,perhaps\n"
        "7,Why, when?,a.md,x,y,z\n"
    )
    assert problems_of(path) == [
        "line 2, column question: is empty",
        "line 3, column gold: is missing: name a page or a quote, or write 'not answered' when "
        "the documents do not answer",
        "line 4, column id: '1' is also the id of line 2",
        "line 6, column quote: 3 pages and 2 quotes: give as many of one as the other",
        "line 7, column gold: says 'not answered' and names what answers; it must do one of both",
        "line 8, column answerable: is 'perhaps'; what would do is yes or no",
        "line 9: has 7 cells and the header 5; put quotes around text that holds a separator",
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("set.csv", b"", "is empty"),
        ("set.csv", b"question,page\n", "holds no question"),
        ("set.csv", b"question:page\nWhy?:a.md\n", "columns are separated by , ; tab or |"),
        ("set.csv", b"frage?,seite\nx,y\n", "no column is called question (or query, q, text)"),
        ("set.csv", b"question,page\nWhy?\x00,a.md\n", "NUL characters"),
        ("set.csv", bytes(range(128, 256)) * 9, "neither UTF-8 nor Windows-1252"),
        ("set.jsonl", b'{"question": "Why?"', "line 1, column 20: is no JSON"),
        ("set.jsonl", b"[1]\n", "line 1: is no object: [1]"),
        ("set.jsonl", b'{"qestion": "Why?", "gold": []}', "no key is called question"),
        ("set.jsonl", b'{"question": "Why?", "gold": [{"x": 1}]}', "neither a page nor a quote"),
        ("set.jsonl", b'{"question": {"a": 1}, "gold": []}', "which is no text"),
        ("set.jsonl", b'{"question": "\xff", "gold": []}', "column 15: is no UTF-8"),
        ("set.jsonl", b"[" * 100_000, "line 1: is nested too deeply"),
        ("set.json", b"{}", "is not in SQuAD's format"),
        ("set.json", b'{"question": 1}\n{"question": 2}', "call it .jsonl"),
        ("set.xlsx", b"PK not a workbook", "is no XLSX workbook"),
        ("set.txt", b"Why?", "its suffix must be one of .csv, .json, .jsonl"),
    ],
)
def test_a_file_that_is_no_test_set_is_one_sentence(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="set") as raised:
        formats.read(tmp_path / name)
    assert said in str(raised.value)
    with pytest.raises(ValueError, match="no such file"):
        formats.read(tmp_path / f"other-{name.replace('.txt', '.csv')}")


def test_formulas_are_neither_run_nor_written(tmp_path):
    evil = '=HYPERLINK("http://x.example","click")'
    asked = [Question(id="+1", text=evil, gold=(Gold("@page", "-quote"),))]
    for suffix in (".csv", ".xlsx"):
        path = tmp_path / f"set{suffix}"
        formats.write(path, asked)
        assert formats.read(path) == asked
    written = (tmp_path / "set.csv").read_text("utf-8-sig")
    assert "\"'=HYPERLINK(" in written
    assert not any(cell.startswith(("=", "@", "+", "-")) for cell in written.split(","))
    with zipfile.ZipFile(tmp_path / "set.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_the_saved_value_of_a_formula_is_read_and_nothing_computed(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["question", "page"])
    book.active.append(['=CONCATENATE("Wh","y?")', "a.md"])
    book.active.append([None, "a.md"])
    book.save(tmp_path / "set.xlsx")  # written by a library, so no value was ever computed
    assert problems_of(tmp_path / "set.xlsx") == [
        "line 2, column question: is a formula without a saved value: open the workbook in a "
        "spreadsheet and save it",
        "line 3, column question: is empty",
    ]


@pytest.mark.parametrize(("suffix", "lines"), [(".csv", 60_000), (".jsonl", 15_000),
                                               (".xlsx", 5_000)])  # fmt: skip
def test_long_sets_go_through_loader_and_writer_in_little_memory(tmp_path, suffix, lines):
    padding = "and so on " * 8

    def many():
        for n in range(lines):
            yield Question(f"q{n}", f"What is thing {n} {padding}?", (Gold("page.md", padding),))

    path = tmp_path / f"many{suffix}"
    tracemalloc.start()
    formats.write(path, many())
    problems = Problems()
    count = sum(1 for _ in formats.stream(path, problems))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, list(problems)) == (lines, [])
    assert peak < 24_000_000  # and the longest set is larger


def test_many_problems_are_counted_and_few_are_listed(tmp_path):
    path = tmp_path / "set.csv"
    path.write_text("question,page\n" + ",x\n" * 3_000)
    with pytest.raises(BadTestSet) as raised:
        formats.read(path)
    assert "has 3,000 problems" in str(raised.value)
    assert "and 2,980 more" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 22


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many parties are there?", "how many"),
        ("how do I join", "how"),
        ("Is China a party?", "yes or no"),
        ("red notice", "other"),
        ("Who's asking?", "other"),
    ],
)
def test_the_type_of_a_question_is_told_by_its_beginning(question, kind):
    assert Question("1", question).type == kind


def test_all_gold_of_a_question_that_is_asked_twice_counts_for_both():
    one, other = Gold("a.md"), Gold("b.md")
    asked = [
        Question("1", "What now?", (one,)),
        Question("2", "what NOW", (other,)),
        Question("3", "What now?", ()),
        Question("4", "What now?", (other,), history=({"question": "Before?"},)),
    ]
    assert [question.gold for question in merged(asked)] == [
        (one, other),
        (other, one),
        (),
        (other,),
    ]


def test_reading_runs_no_other_program(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    path = tmp_path / "set.csv"
    path.write_text("question,page\n=cmd|' /C calc'!A0,a.md\n")
    assert formats.read(path)[0].text == "=cmd|' /C calc'!A0"
