"""Places that speak of another country, year or edition than the one asked for."""

from __future__ import annotations

import pytest
from pages import document

from corpus.document import Passage
from index.search import Hit
from qa import another
from qa.answer import Span
from qa.place import Place, ranked

OTHERS = "China, India and Russia are not parties to the Convention."
LISTED = "Parties outside Europe include Canada, Ghana and the United States."
EDITION = "Tallinn Manual 2.0, published in 2017, has 154 rules."


def place(text: str, score: float = 20.0, title: str = "Budapest Convention") -> Place:
    its = document(("paragraph", text), title=title)
    hit = Hit(Passage(its, 0, len(text)), 0.0, 1, "both", 0.0)
    (found,) = ranked([hit], [[Span(0, len(text), score, 0.5)]])
    return found


@pytest.mark.parametrize(
    ("question", "text", "aside"),
    [
        ("Is Canada a party to the Budapest Convention?", OTHERS, True),
        ("Is China a party to the Budapest Convention?", OTHERS, False),
        ("Is Canada a party to the Budapest Convention?", LISTED, False),
        ("Is the US a party to the Budapest Convention?", LISTED, False),
        ("Has Russia joined?", "The Russian government and China have refused to join.", False),
        ("Has Norway joined?", "The Norwegian government has joined, and so has Iceland.", False),
        ("Can Eurojust arrest people?", "No, says Europol, it cannot.", True),
        ("Is Germany a party?", "They include Canada and Japan.", False),
        ("Is Germany a party?", "Every member of the Council of Europe is a party.", False),
        ("Which states are parties with Germany?", OTHERS, False),
        ("We live in Kent. Can members bring guests?", "On Sunday members may bring one.", False),
        ("How many cases were there in 2019?", "It handled 12,972 cases in 2024.", True),
        ("How many cases were there in 2024?", "It handled 12,972 cases in 2024.", False),
        ("How many cases were there in 2019?", "It handles some 13,000 cases a year.", False),
        ("How many were there in May 2024?", "There were 17 of them in July 2024.", True),
        ("How many have there been since 2019?", "There were 640 in 2024.", False),
        ("Was it in force in 2019?", "It entered into force in 2004.", False),
        ("I moved here in 2019. What does it cost?", "It costs 4 euros from May 2024.", False),
        ("Is the fee 2.5 euros?", "The fee is 3.5 euros.", False),
        ("How many rules does the Tallinn Manual 3.0 have?", EDITION, True),
        ("How many rules does the Tallinn Manual 2.0 have?", EDITION, False),
        ("When is it open on Friday?", "On the first Thursday it is open until eight.", True),
        ("When is it open on Friday?", "Tuesday – Friday: 10 to 6", False),
        ("open fridays?", "It is open on weekdays.", False),
    ],
)
def test_what_is_said_of_another_stands_behind(question: str, text: str, aside: bool) -> None:
    (found,) = another.marked(question, [place(text)])
    assert found.aside is aside
    assert found.span.score == (20.0 - another.ASIDE if aside else 20.0)


@pytest.mark.parametrize(
    ("question", "aside"),
    [
        ("europol headquarters", True),
        ("Where is the headquarters of Europol?", True),
        ("Where is the headquarters of Interpol?", False),
        ("Where are the headquarters?", False),
    ],
)
def test_what_is_said_of_somebody_else_stands_behind(question: str, aside: bool) -> None:
    text = "Interpol is a worldwide organization with its headquarters in Lyon."
    heading = "The seats of Europol and Interpol"
    its = document(("heading", heading), ("paragraph", text))
    passage = Passage(its, its.blocks[1].start, len(its.text), (its.blocks[0],))
    at = text.index("Lyon")
    places = ranked([Hit(passage, 0.0, 1, "both", 0.0)], [[Span(at, at + 4, 20.0, 0.5)]])
    assert another.marked(question, places)[0].aside is aside


def test_who_it_is_may_be_a_name() -> None:
    text = "Interpol is the largest of them all, says Interpol."
    its = document(("paragraph", f"They are like Interpol and Europol. {text}"))
    passage = Passage(its, its.text.index(text), len(its.text))
    places = ranked([Hit(passage, 0.0, 1, "both", 0.0)], [[Span(0, 8, 20.0, 0.5)]])
    assert not another.marked("Who is larger than Europol?", places)[0].aside


@pytest.mark.parametrize(
    ("question", "text", "denied"),
    [
        ("Which files can it read?", "It does not read PDF.", True),
        ("Which files can't it read?", "It does not read PDF.", False),
        ("Can it read PDF?", "It does not read PDF.", False),
        ("Why does it fail?", "It does not read PDF.", False),
        ("Which files can it read?", "It does not write, but it reads PDF.", False),
    ],
)
def test_what_denies_it_stands_back(question: str, text: str, denied: bool) -> None:
    its = document(("paragraph", text))
    hit = Hit(Passage(its, 0, len(text)), 0.0, 1, "both", 0.0)
    at = text.index("PDF")
    (found,) = another.marked(question, ranked([hit], [[Span(at, at + 3, 20.0, 0.5)]]))
    assert found.span.score == (20.0 - another.DENIED if denied else 20.0)


def test_documents_in_another_language_are_left_alone() -> None:
    its = document(("paragraph", "Die Karte für Hunde gilt einen Tag."), language="de")
    hit = Hit(Passage(its, 0, len(its.text)), 0.0, 1, "both", 0.0)
    places = ranked([hit], [[Span(0, len(its.text), 20.0, 0.5)]])
    assert another.marked("Was kostet die Karte für ein Fahrrad im Zug?", places) == places


def test_what_is_said_of_the_one_asked_about_comes_first() -> None:
    found = another.marked("Is Ghana a party?", [place(OTHERS, 22.0), place(LISTED, 15.0)])
    assert [one.unit.of(one.hit.passage.document.text) for one in found] == [LISTED, OTHERS]


def test_a_name_in_lower_case_is_told_by_the_passages() -> None:
    text = f"{LISTED} {OTHERS}"
    its = document(("paragraph", text), title="Budapest Convention")
    hit = Hit(Passage(its, 0, len(text)), 0.0, 1, "both", 0.0)
    spans = [Span(0, len(LISTED), 15.0, 0.5), Span(len(LISTED) + 1, len(text), 20.0, 0.5)]
    found = another.marked("is ghana party to the convention", ranked([hit], [spans]))
    assert [one.aside for one in found] == [False, True]
    assert found[0].span.start == 0


def test_an_answer_is_not_taken_from_what_is_said_of_others(assistant) -> None:
    answer = assistant.ask("How many rules does the Tallinn Manual 3.0 have?")
    assert not answer.answered
    answer = assistant.ask("Is Canada a party to the Budapest Convention?")
    shown = (answer.quotes or answer.closest)[0]
    assert "Canada" in shown.sentence.of(shown.passage.document.text)
