"""The reader in, the numbers that stand around it out: what the parts of a place's score weigh, and
the shipped calibration.

    python -m qa.training.fit --data DIR --work DIR

writes qa/weights/calibration.json, or says which WEIGHTS to set in qa/readers/spans/reader.py
first. Fitted on SQuAD's held-out training passages, indexed as pages, on the tuning half of
tests/faq.jsonl, on our own questions over the bundled documents and on help sites that no reader
was trained on (qa/training/data); each question is asked twice, once with its page (or article)
hidden.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.environment import prepare

prepare()

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from corpus.document import Document, Passage, Slice  # noqa: E402
from index.build import update  # noqa: E402
from index.encoder import open_encoder  # noqa: E402
from index.files import Store  # noqa: E402
from index.search import Hit  # noqa: E402
from qa import calibrations, citation, open_store  # noqa: E402
from qa.answer import Span  # noqa: E402
from qa.assistant import Assistant  # noqa: E402
from qa.confidence import SHIPPED  # noqa: E402
from qa.evaluation import calibration, formats, metrics  # noqa: E402
from qa.evaluation.questions import Question  # noqa: E402
from qa.place import Place, ranked  # noqa: E402
from qa.readers.spans import reader as spans  # noqa: E402
from qa.readers.spans.decode import Found  # noqa: E402
from qa.training import pages, questions, ranking  # noqa: E402

GAIN = 0.01  # in right first places, of both kinds of sets together, for which WEIGHTS are changed
ROOT = Path(__file__).resolve().parent.parent.parent
OWN = Path(__file__).parent / "data"
FITTED_TO = ("clinic", "software", "town")  # the other sites in OWN are there to measure on
SITES, PAGES = 16, 10  # small sites, and the pages of each
ARTICLE = 25  # passages that are hidden together
STRANGE = 5  # every such question of a site is asked of another one, too
UNANSWERED = 0.4  # of the questions asked, as the fit counts them: in use not most are
# Share of the answers shown that may be wrong, of these sets, which ask in quite other words or for
# what is almost there: a smaller one holds back most right answers.
AIM = 0.24
FAQ_WEIGHT = 2.0  # a question of a help site counts as that many of SQuAD's


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the pages and texts that are right for it, and the pages it is asked without."""

    question: str
    gold: tuple[tuple[str, str], ...]  # uri, text
    hidden: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Read:
    """A case with every place that its question was read to have, and whether that is right."""

    case: Case
    question: str  # as it was read
    hits: list[Hit]
    found: list[tuple[int, Found, spans.Signals]]

    def places(self) -> list[Place]:
        """Best first, with the weights that hold now."""
        read: list[list[Span]] = [[] for _ in self.hits]
        for hit, one, signals in self.found:
            read[hit].append(spans.span(one, signals))
        return ranked(self.hits, read)

    def right(self) -> NDArray[np.bool_]:
        """`(found,)`"""
        right = []
        for hit, one, signals in self.found:
            places = ranked([self.hits[hit]], [[spans.span(one, signals)]])
            right.append(bool(places) and _is_right(places[0], self.case))
        return np.array(right, np.bool_)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m qa.training.fit", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--every", type=int, default=1, help="ask only every Nth of SQuAD's questions"
    )
    given = parser.parse_args()
    data = questions.read(given.data)
    squad, its_cases = _squad(data, given.work)
    asked = [(squad, _every(given.every, its_cases)), _faq(given.work)]
    asked += [_site(name, given.work) for name in FITTED_TO]
    asked += _pages(given.work)
    asked += [(site, _every(given.every, cases)) for site, cases in _small(data, given.work)]
    asked += list(_strangers(asked))
    read = [(assistant, one) for assistant, cases in asked for one in _read(assistant, cases)]
    reader = squad.judges[0].reader
    assert isinstance(reader, spans.SpanReader)
    _tell_no_answer(data, reader)
    _weigh([one for _, one in read if not one.case.hidden and one.case.gold])
    rows, right, weight, answered, group = [], [], [], [], []
    for assistant, one in read:
        places = one.places()
        if places:
            lexical = assistant.index.lexical
            rows.append(assistant.judges[0].features(one.question, places, lexical))
            right.append(_is_right(places[0], one.case))
            weight.append(one.case.weight)
            answered.append(bool(one.case.gold) and not one.case.hidden)
            group.append(one.case.question)
    made_for = calibrations.digests(squad.index, squad.judges[0].reader)
    fitted = calibration.fit(
        np.array(rows),
        np.array(right),
        made_for,
        aim=AIM,
        weight=_counted(np.array(weight), np.array(answered)),
        groups=np.unique(group, return_inverse=True)[1],
        facts={"on": "shipped"},
    )
    SHIPPED.write_text(json.dumps([fitted.to_json()], indent=1) + "\n", encoding="utf-8")
    _tell(f"{SHIPPED.name}: {fitted.facts}, answer_at {fitted.answer_at}")


def _tell_no_answer(read: questions.Data, reader: spans.SpanReader) -> None:
    """Where answerability best parts held-out questions that SQuAD 2.0's are like, beside their own
    passages, if as many have an answer as have none: what benchmarks/reading.py goes by."""
    asked = [question for question in read.development() if question.written in questions.CLOSE]
    says = [reader.found(q.text, [_alone(read.passages[q.passage])])[0][1] for q in asked]
    logits, known = np.array(says), np.array([bool(question.spans) for question in asked])
    right = [((logits >= at)[known].mean() + (logits < at)[~known].mean()) / 2 for at in logits]
    best = float(logits[int(np.argmax(right))])
    _tell(f"answerable from {1 / (1 + np.exp(-best)):.2f}: right of {len(says)}: {max(right):.3f}")


def _alone(text: str) -> Hit:
    block = Slice("paragraph", 0, len(text))
    page = Document("page.txt", text, "", "text", 1, "", (block,), language="en")
    return Hit(Passage(page, 0, len(text)), 0.0, 1, "both", 0.0)


def _weigh(read: Sequence[Read]) -> None:
    """Fits what the signals weigh, on both sets alike, and tells it. Ends the run where that puts
    GAIN more right places first: what is compared in meaning goes by them, so they come first."""
    asked = [one for one in read if one.found]
    signals = [np.array([of for *_, of in one.found]) for one in asked]
    right = [one.right() for one in asked]
    is_faq = np.array([one.case.weight > 1 for one in asked])
    counts = np.where(is_faq, (~is_faq).sum() / max(1, is_faq.sum()), 1.0)
    shares = []
    for weights in (spans.WEIGHTS, fitted := ranking.fit(signals, right, counts)):
        first = ranking.first_is_right(signals, right, weights)
        squad, faq = (float(first[part].mean()) for part in (~is_faq, is_faq))
        _tell(f"WEIGHTS = {weights}: right first places squad {squad:.3f}, faq {faq:.3f}")
        shares.append(squad + faq)
    if shares[1] > shares[0] + GAIN:
        sys.exit(f"set WEIGHTS = {fitted} in {spans.__file__} and run this again")


def _counted(weight: NDArray[np.float64], answered: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weights, so that UNANSWERED of those of one kind of set are of what nothing answers."""
    counted = weight.copy()
    for kind in np.unique(weight):
        its, none = (weight == kind) & answered, (weight == kind) & ~answered
        counted[none] *= UNANSWERED / (1 - UNANSWERED) * weight[its].sum() / weight[none].sum()
    return counted


def _is_right(place: Place, case: Case) -> bool:
    """Whether what is shown of the place holds a right text of its page, or is a part of one."""
    quote = citation.cite(place.hit.passage, place.span, "answer")
    document = place.hit.passage.document
    shown = " ".join(part.of(document.text) for part in quote.parts)
    exact = quote.exact.of(document.text)
    golds = [text for uri, text in case.gold if uri == document.uri and uri not in case.hidden]
    return bool(golds) and bool(metrics.contains_quote(shown, exact, golds))


def _read(assistant: Assistant, cases: Sequence[Case]) -> Iterator[Read]:
    reader = assistant.judges[0].reader
    assert isinstance(reader, spans.SpanReader)
    k = assistant.settings.passages_read
    for number, case in enumerate(cases):
        asked = assistant.index.mended(case.question)
        hits = assistant.index.search(asked, k if not case.hidden else 6 * k)
        kept = [hit for hit in hits if hit.passage.document.uri not in case.hidden][:k]
        kept = [replace(hit, rank=rank) for rank, hit in enumerate(kept, 1)]
        yield Read(case, asked, kept, reader.signals(asked, kept))
        if number % 500 == 499:
            _tell(f"{number + 1} of {len(cases)} questions read")


def _squad(read: questions.Data, work: Path) -> tuple[Assistant, list[Case]]:
    held = sorted(n for n in read.held_out if read.source[n] == "squad1-train-part")
    uri = {n: f"held-out/{at // ARTICLE:02}/{at:04}.txt" for at, n in enumerate(held)}
    for number, name in uri.items():
        file = work / "sites" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(read.passages[number], encoding="utf-8")
    cases = []
    for question, gold in _asked(read, uri):
        article = gold[0][0].split("/")[1]
        hidden = frozenset(u for u in uri.values() if u.split("/")[1] == article)
        cases += [Case(question, gold, without, 1.0) for without in (frozenset(), hidden)]
    return _assistant(work / "squad-store", work / "sites" / "held-out"), cases


def _small(read: questions.Data, work: Path) -> list[tuple[Assistant, list[Case]]]:
    """Sites of few pages: what is sure must not hang on how much there is beside it."""
    held = sorted(n for n in read.held_out if read.source[n] == "squad1-train-part")
    sites = []
    for site in range(0, len(held), len(held) // SITES):
        uri = {n: f"small-{site}/{n}.txt" for n in held[site : site + PAGES]}
        for number, name in uri.items():
            file = work / "sites" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(read.passages[number], encoding="utf-8")
        cases = [
            Case(question, gold, hidden, 1.0)
            for question, gold in _asked(read, uri)
            for hidden in (frozenset[str](), frozenset([gold[0][0]]))
        ]
        folder = work / "sites" / f"small-{site}"
        sites.append((_assistant(work / f"small-{site}-store", folder), cases))
    return sites


def _asked(
    read: questions.Data, uri: dict[int, str]
) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Each question about these passages, with the pages and texts that are right."""
    for question in read.development():
        if question.passage in uri and question.spans:
            text = read.passages[question.passage]
            own = uri[question.passage]
            yield question.text, tuple((own, text[start:end]) for start, end in question.spans)


def _strangers(
    asked: Sequence[tuple[Assistant, list[Case]]],
) -> Iterator[tuple[Assistant, list[Case]]]:
    """Each site asked what the next one is asked, which has nothing to do with it."""
    for (assistant, _), (_, others) in zip(asked, [*asked[1:], asked[0]], strict=True):
        answered = [case for case in others if case.gold and not case.hidden]
        yield assistant, [replace(case, gold=()) for case in answered[::STRANGE]]


def _faq(work: Path) -> tuple[Assistant, list[Case]]:
    asked = formats.read(ROOT / "tests" / "faq.jsonl")
    cases = _cases(one for one in asked if "tuning" in one.tags)
    cases += _cases(formats.read(OWN / "sample.jsonl"))
    return _assistant(work / "faq-store", ROOT / "corpus" / "sample"), cases


def _site(name: str, work: Path) -> tuple[Assistant, list[Case]]:
    cases = _cases(formats.read(OWN / "sites" / f"{name}.jsonl"))
    return _assistant(work / f"{name}-store", OWN / "sites" / name), cases


def _pages(work: Path) -> list[tuple[Assistant, list[Case]]]:
    """The help sites that no reader was trained on."""
    cases: dict[str, list[Case]] = {}
    for page in pages.read():
        if page.site in pages.HELD_OUT:
            uri = page.document.uri
            file = work / "sites" / uri
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(page.markdown, encoding="utf-8")
            for text, *place in page.questions:
                gold = ((uri, page.document.text[slice(*place)]),) if place else ()
                cases.setdefault(page.site, []).extend(_twice(text, gold))
    return [
        (_assistant(work / f"{site}-store", work / "sites" / site), its)
        for site, its in cases.items()
    ]


def _every(nth: int, cases: Sequence[Case]) -> list[Case]:
    """Every Nth question's, each asked twice."""
    return [case for number, case in enumerate(cases) if number // 2 % nth == 0]


def _cases(asked: Iterable[Question]) -> list[Case]:
    golds = ((one, tuple((g.page or "", g.quote or "") for g in one.gold)) for one in asked)
    return [case for one, gold in golds for case in _twice(one.text, gold)]


def _twice(text: str, gold: tuple[tuple[str, str], ...]) -> Iterator[Case]:
    """A help site's question as it is and, where something answers it, with what does hidden."""
    yield Case(text, gold, frozenset(), FAQ_WEIGHT)
    if gold:
        yield Case(text, gold, frozenset(uri for uri, _ in gold), FAQ_WEIGHT)


def _assistant(store: Path, folder: Path) -> Assistant:
    update(Store(store), open_encoder(), [folder])
    return open_store(store)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
