"""Follow-up questions, and what is said without the documents."""

from __future__ import annotations

import pytest

from qa import conversation, replies


def page(answer) -> str:
    return (answer.quotes or answer.closest)[0].passage.document.uri


def asked(assistant, *questions: str):
    """The answer to the last of these questions, each asked after the ones before."""
    history = []
    for question in questions:
        answer = assistant.ask(question, history)
        history.append({"question": question, "answer": answer.text, "uri": page(answer)})
    return answer


@pytest.mark.parametrize(
    "questions",
    [
        ("When was Interpol founded?", "and where is it based?"),
        ("Where is the seat of Eurojust?", "how many members does it have"),
        ("What is a reservation to a treaty?", "can it be withdrawn?", "why?"),
    ],
)
def test_a_follow_up_stays_on_the_page_that_was_talked_about(assistant, questions):
    first = page(asked(assistant, questions[0]))
    assert page(asked(assistant, *questions)) == first


def test_a_question_of_its_own_leaves_the_page(assistant):
    questions = "When was Interpol founded?", "What is the Tallinn Manual about?"
    assert page(asked(assistant, *questions)) == "sample/tallinn-manual.md"
    assert page(assistant.ask(questions[1])) == "sample/tallinn-manual.md"


def test_a_follow_up_is_about_what_was_asked_of_though_another_page_answered(assistant):
    history = [
        {
            "question": "When did the Budapest Convention enter into force?",
            "uri": "sample/entry-into-force.md",
        }
    ]
    answer = assistant.ask("is china a party to it?", history)
    assert page(answer) == "sample/budapest-convention.md"


def test_a_client_that_keeps_no_pages_is_understood_by_its_questions(assistant):
    history = [{"question": "When was Interpol founded?"}]
    assert page(assistant.ask("and where is it based?", history)) == "sample/interpol.md"


def test_a_page_that_is_not_indexed_is_no_hint(assistant):
    history = [{"question": "x", "uri": "elsewhere/page.md"}]
    answer = assistant.ask("What is a Red Notice?", history)
    assert page(answer) == "sample/interpol-notices.md"


@pytest.mark.parametrize(
    ("before", "question", "asked"),
    [
        (["Can Europol arrest me?"], "and Interpol?", "Can Interpol arrest me?"),
        (["Is the UK in Europol?"], "what about in Eurojust", "Is the UK in Eurojust?"),
        (["Can Europol arrest me?", "and Interpol?"], "and Eurojust?", "Can Eurojust arrest me?"),
        (["Can Europol arrest me?"], "and why?", None),
        (["Can Europol arrest me?"], "and its seat?", None),
        (["Who can arrest me?"], "and Interpol?", None),
        (["Can Europol arrest me?"], "Can Interpol?", None),
        ([], "and Interpol?", None),
    ],
)
def test_what_is_asked_of_another_page_is_asked_as_it_was_of_the_one(
    assistant, before, question, asked
):
    turns = [conversation.Turn(one) for one in before]
    assert conversation.restated(question, turns, assistant.index) == asked


def test_a_question_asked_instead_is_answered_and_kept_as_it_was_typed(assistant):
    answer = assistant.ask("and interpol?", [{"question": "can europol arrest me?"}])
    sentence = answer.quotes[0].sentence.of(answer.quotes[0].passage.document.text)
    assert sentence.startswith("No, Interpol cannot arrest anyone")
    assert answer.question == "and interpol?"


def test_a_whole_list_and_half_of_a_surrogate_pair_may_be_in_the_history(assistant):
    before = [{"question": "\ud800 Interpol seat", "answer": "item " * 3_000}]
    assert assistant.ask("and where is it based?", before).answered


def test_only_the_last_five_turns_are_looked_at():
    given = [{"question": str(number)} for number in range(9)]
    assert [turn.question for turn in conversation.turns(given)] == ["4", "5", "6", "7", "8"]


@pytest.mark.parametrize(
    ("history", "told"),
    [
        ("when", "The history is not a list of turns."),
        ([1], "A turn of the history has no question."),
        ([{"answer": "x"}], "A turn of the history has no question."),
        ([{"question": "x", "uri": 5}], "The uri of a turn of the history is not a text."),
        (
            [{"question": "x" * 3_000}],
            "The question of a turn of the history has 3,000 characters; at most 2,000 would do.",
        ),
    ],
)
def test_a_bad_history_is_one_sentence(assistant, history, told):
    with pytest.raises(ValueError, match=told):
        assistant.ask("What is a Red Notice?", history)


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("and when did it enter into force?", True),
        ("what about the second one", True),
        ("why?", True),
        ("is China a party to it?", True),
        ("Who runs Interpol?", False),
        ("Can a state use its own law as an excuse?", False),
        ("Does the UK think that notice must be given first?", False),
        ("What price does a government pay if it ignores a norm?", False),
        ("Is there some body that determines which country was behind a hack?", False),
        ("Since when has the regulation on Eurojust been applied?", False),
        ("Can Interpol arrest people itself?", False),
        ("since when?", True),
        ("which big countries did not sign it there?", True),
    ],
)
def test_what_leans_on_the_turns_before(question, leans):
    assert conversation.leans(question) is leans


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Hello!", "greeting"),
        ("good morning", "greeting"),
        ("Thanks a lot", "thanks"),
        ("ok thank you", "thanks"),
        ("merci", "thanks"),
        ("bye", "goodbye"),
        ("Can I talk to a person?", "person"),
        ("talk to the founder", "person"),
        ("please connect me to an agent", "person"),
        ("Is there a human I can talk to?", "person"),
        ("thanks, bye", "thanks"),
        ("Thank you so much, that helped", "thanks"),
        ("ok", "thanks"),
        ("Good bye!", "goodbye"),
        ("who are you?", "about"),
        ("What can you do?", "about"),
    ],
)
def test_what_is_not_asked_of_the_documents_gets_a_reply(assistant, question, code):
    answer = assistant.ask(question)
    assert (answer.verdict, answer.reason_code) == ("fixed", code)
    json = answer.to_json()
    assert json["answered"] is True
    assert json["answer"] == json["reason"]["text"]
    assert json["quotes"] == json["closest"] == []


@pytest.mark.parametrize(
    "question",
    [
        "Who thanked Interpol?",
        "How do I contact Interpol?",
        "how do i get someone extradited",
        "Hello world program",
        "who is the agent of a state in a treaty",
        "What is a goodbye notice?",
        "Can I talk to someone about mutual legal assistance?",
        "What can you do about a Red Notice?",
    ],
)
def test_a_question_with_such_a_word_in_it_is_asked_of_the_documents(question):
    assert replies.fixed(question) is None
