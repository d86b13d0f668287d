"""A question in, a reply of our own out when nothing is asked of the documents: greetings, thanks,
the wish to talk to a person."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_WORDS = 12  # of a wish to talk to a person; more than that is a question about something


class Reply(NamedTuple):
    """`code` is for programs, `text` for the visitor."""

    code: str
    text: str


GREETING = Reply("greeting", "Hello. Ask a question, and the answer comes in the documents' words.")
THANKS = Reply("thanks", "You are welcome. Ask on whenever you like.")
GOODBYE = Reply("goodbye", "Goodbye. Come back with any question.")
PERSON = Reply(
    "person",
    "Only documents are quoted here. For a person, use the contact that this site offers.",
)

ABOUT = Reply(
    "about",
    "This help answers in the documents' own words and says where they stand. Ask it a question.",
)

_END = r"[\s,!.]*(there|all|everyone|quoth|folks|again)?[\s!.?]*"
_FIXED = (
    (
        GREETING,
        r"(hi|hey|hello|hallo|hullo|howdy|greetings|good (morning|afternoon|evening|day)|"
        r"guten (tag|morgen|abend)|bonjour|salut|hola|buenos d[ií]as|ol[aá]|bom dia|مرحبا|"
        r"how are you( doing)?( today)?)",
    ),
    (
        THANKS,
        r"((ok(ay)?|great|perfect|super|cool|good)[\s,!.]*)?"
        r"(thanks?( you)?( (so|very) much| a lot)?|"
        r"thx|ty|cheers|much appreciated|danke( sch[oö]n)?|vielen dank|merci( beaucoup)?|"
        r"(muchas )?gracias|obrigad[oa]|شكرا)( for (your|the) help)?"
        r"([\s,!.]*(that('s| is| was)?|it|this)? ?(helped|helps|helpful|great|all|perfect|it)"
        r"( a lot)?)?"
        r"([\s,!.]*(good)?bye)?|ok(ay)?|alright|got it|great|perfect|cool|nice",
    ),
    (
        ABOUT,
        r"(who|what) are you|what('s| is) (this|your name)|what can (you|i) (do|ask)( here)?|"
        r"(can|could) you help( me)?|help( me)?|are you (a )?(bot|robot|human|real|an? ai)",
    ),
    (
        GOODBYE,
        r"((good ?)?bye( bye)?|see you( later| soon)?|ciao|tsch[uü]ss|au revoir|adi[oó]s|tchau)",
    ),
)
_WHOLE = [(reply, re.compile(rf"(?:{words}){_END}", re.I)) for reply, words in _FIXED]
_PERSON = re.compile(
    r"\b(talk|speak|chat)\b.{0,20}\b(person|human( being)?|someone|somebody|agent|operator|"
    r"representative|founder|staff|team)\b(?! (about|on|regarding|who|that|for)\b)"
    r"|\b(person|human( being)?|someone|somebody|agent|operator|representative)\b.{0,12}"
    r"\b(to|can) (talk|speak|chat)( to| with)?\b"
    r"|\b(contact|reach|connect|transfer|write|get)\b.{0,20}\b(an? |the |your |real )+"
    r"(person|human( being)?|agent|operator|representative|founder|staff|team)\b"
    r"|^(a )?(human|agent|operator|real person|live (chat|agent|person))\b[\s!.?]*$",
    re.I,
)


def fixed(question: str) -> Reply | None:
    """The reply, or None where the documents are asked.

    >>> fixed("thank you!").code, fixed("thank you letters")
    ('thanks', None)
    """
    for reply, words in _WHOLE:
        if words.fullmatch(question):
            return reply
    if len(question.split()) <= MOST_WORDS and _PERSON.search(question):
        return PERSON
    return None
