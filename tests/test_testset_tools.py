"""quoth testset, why and gaps over a small site."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qa.evaluation import formats
from qa.evaluation.derived import from_faq, without_questions
from qa.evaluation.gaps import grouped
from qa.evaluation.questions import Gold


def test_check_names_doubles_golds_that_are_gone_and_answers_on_other_pages(quoth, site, tmp_path):
    (site / "copy.md").write_text(
        "# Copy\n\nThe money is paid back within 14 days after the goods have arrived.\n"
    )
    rows = [
        ("1", "When do I get my money back?", "returns.md",
         "The money is paid back within 14 days after the goods have arrived."),
        ("2", "when do i get my money back", "contact.txt", ""),
        ("3", "Where is the warehouse?", "contact.txt", "Parcels leave the warehouse in Rotterdam"),
        ("4", "Who are you?", "about.md", ""),
        ("5", "How much is express delivery?", "shipping.html",
         "An express parcel comes on the next morning and costs 19 euros"),
        ("6", "Who are you?", "not answered", ""),
    ]  # fmt: skip
    lines = ["id,question,page,quote", *(",".join(row) for row in rows)]
    (tmp_path / "set.csv").write_text("\n".join(lines))
    done = quoth("testset", "check", tmp_path / "set.csv", "--docs", site)
    assert done.returncode == 2, done.stderr
    told = done.stdout.splitlines()
    said = "2: is asked as 1 too, with other gold; either counts: when do i get my money back"
    assert f"doubtful: {said}" in told
    assert "wrong: 6: is asked as 4 too, and one of them says that it is not answered" in told
    assert "wrong: 4: about.md is nowhere in the documents" in told
    assert any(line.endswith("is on shop/copy.md too") for line in told)
    assert any("is not there but on shop/help/shipping.html" in line for line in told)
    assert any("has been edited; the nearest is on shop/help/shipping" in line for line in told)
    assert told[-1].startswith("golds: 2 found, 1 moved, 1 changed, 1 gone; 2 wrong, ")
    (tmp_path / "good.csv").write_text("\n".join(lines[:2]))
    assert quoth("testset", "check", tmp_path / "good.csv", "--docs", site).returncode == 0


def test_a_faq_becomes_a_set_and_its_questions_leave_the_documents(quoth, site, tmp_path):
    out, pages = tmp_path / "faq.csv", tmp_path / "pages"
    done = quoth("testset", "from-faq", site, "--out", out, "--pages", pages)
    assert done.returncode == 0, done.stderr
    (question,) = formats.read(out)
    assert question.text == "When do I get my money back?"
    answer = "The money is paid back within 14 days after the goods have arrived."
    assert question.gold == (Gold("shop/returns.md", answer),)
    page = (pages / "shop" / "returns.md.md").read_text()
    assert answer in page
    assert question.text not in page
    assert "| Norway | 30 | 12 euros |" in page
    assert '\ntitle: "Returns"\nurl: "https://shop.example/returns"\n' in page
    done = quoth("evaluate", out, "--docs", pages, "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads((tmp_path / "out.json").read_text())["questions"]
    assert result["gold"][0]["status"] == "found"
    assert result["first"]["right_quote"]  # harder to find, as its words are not there
    done = quoth("testset", "from-faq", site / "contact.txt", "--out", out)
    assert (done.returncode, "no heading that ends with a question mark" in done.stderr) == (
        2,
        True,
    )


def test_documents_without_their_questions_say_the_rest_as_before(site, encoder, tmp_path):
    from corpus.formats import load

    _, documents = from_faq(site)
    for document in documents:
        again = load("markdown").read(without_questions(document).encode(), "again.md")
        before = [b.of(document.text).split() for b in document.blocks if b.kind != "heading"]
        after = [b.of(again.text).split() for b in again.blocks if b.kind != "heading"]
        assert after == before


def test_leave_one_out_hides_each_page(quoth, site, tmp_path):
    (tmp_path / "set.jsonl").write_text(
        '{"id": "a", "question": "when do I get my money back", "gold": [{"page": "returns.md"}]}\n'
        '{"id": "b", "question": "who won the cup final in 1966", "gold": []}\n'
    )
    arguments = ["testset", "leave-one-out", tmp_path / "set.jsonl", "--docs", site]
    done = quoth(*arguments, "--out", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    (question,) = formats.read(tmp_path / "out.jsonl")
    assert (question.id, question.gold) == ("a-left-out", ())
    assert question.hidden == ("shop/returns.md",)


def test_why_tells_each_step_and_where_the_gold_was_lost(quoth, site):
    done = quoth(
        "why", "when do I get my money back", "--docs", site, "--gold", "returns.md"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("asked: when do I get my money back\n")
    assert "*  1  " in done.stdout
    assert "decided: answered, " in done.stdout
    assert "verdict: right" in done.stdout
    misspelled = "when do I get my money back from the warehuose"
    done = quoth("why", misspelled, "--docs", site, "--gold", "Nine to five")
    read_as = misspelled.replace("huo", "hou")
    assert done.stdout.startswith(f"asked: {misspelled}\nread as: {read_as}\n\nfound, ")
    assert "lost as not read" in done.stdout or "lost as not ranked" in done.stdout


def test_gaps_group_what_is_not_answered(quoth, site, tmp_path):
    asked = [
        "who won the cup final in 1966",
        "who was the winner of the cup final of 1966",
        "how do I bake a sourdough loaf",
        "when do I get my money back",
        "Hello!",
    ]
    (tmp_path / "log.csv").write_text("question\n" + "\n".join(asked))
    done = quoth("gaps", tmp_path / "log.csv", "--docs", site, "--json", tmp_path / "gaps.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 of 5 questions are not answered; 2 gaps\n\n   2  who won")
    first, second = json.loads((tmp_path / "gaps.json").read_text())["gaps"]
    assert (first["count"], second["questions"]) == (2, ["how do I bake a sourdough loaf"])
    assert first["nearest"].startswith("shop/")


@pytest.mark.parametrize("size", [0, 1, 40])
def test_every_row_is_in_one_group_and_like_its_centre(size):
    vectors = np.random.default_rng(size).normal(size=(size, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) if size else 1
    groups = grouped(vectors, 0.6)
    assert sorted(row for group in groups for row in group) == list(range(size))
    for centre, *others in groups:
        assert all(vectors[centre] @ vectors[row] >= 0.6 - 1e-5 for row in others)
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)
