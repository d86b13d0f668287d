"""How well answers are found in a passage, in an index, and how well their lack is told.

    python -m benchmarks.reading --data DIR [--part given|held|whole|hidden ...] [--every N]

DIR (or QUOTH_DATA) holds `reader-dev/`; without it the benchmark says so and ends.

given     each question beside its own passage: EM and F1 of the reader's best span, as SQuAD's
          script has them, and of the sentence that is best by what the chat goes by (`chat_`); with
          unanswerable questions, where the passage's answerability below NO_ANSWER means no answer.
held      the same of questions held out of training, our own (qa/training/data) among them: EM and
          F1 of the best span, and how well answerability tells our own that their passage answers
          (AUROC)
          --weights FOLDER: of a reader as `python -m qa.training.export` writes it, not the shipped
whole     every passage indexed as a page, every question asked of the index: EM and F1 of the first
          place, and where the right page stands
hidden    half of the articles indexed, every question asked: how well the shown probability tells
          the questions whose page is there (AUROC), and whether it holds (ECE, coverage)
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.squad import Asked, Dataset, read, write_site
from corpus.document import Document, Passage, Slice
from index.build import update
from index.encoder import open_encoder
from index.files import Store
from index.search import Hit
from qa import open_store
from qa.assistant import Assistant
from qa.evaluation import metrics, significance
from qa.evaluation.questions import Question
from qa.place import Place
from qa.readers.spans.network import Network
from qa.readers.spans.reader import SpanReader, span
from qa.training import questions

ANSWERABLE_ONLY = ("squad1-dev-24-articles", "squadshifts-new-wiki")
WITH_UNANSWERABLE = "squad2-dev-16-articles"
INDEXED = "squad1-dev-24-articles"
NO_ANSWER = 0.79  # told by qa.training.fit, of held-out questions like these
MOST_WRONG = 0.05  # of what is shown
LENGTHS = (80, 120, 160)  # words of a passage, up to which its questions are told together

Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("QUOTH_DATA"))
    parser.add_argument("--part", nargs="*", default=["given", "held", "whole", "hidden"])
    parser.add_argument("--every", type=int, default=1, help="ask only every Nth question")
    parser.add_argument("--weights", type=Path, help="a folder of weights, for given and held")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args(arguments)
    folder = Path(options.data or ".") / "reader-dev"
    if not (folder / f"{INDEXED}.json").is_file():
        sys.stdout.write(f"skipped: {folder} is not there; name its folder with --data DIR\n")
        return 0
    parts: dict[str, Callable[[Path, int], Iterator[tuple[str, Figures]]]] = {
        "given": partial(given, weights=options.weights),
        "held": partial(held, weights=options.weights),
        "whole": whole,
        "hidden": hidden,
    }
    figures: dict[str, Figures] = {}
    for part in options.part:
        for name, its in parts[part](folder, options.every):
            figures[name] = its
            told = "  ".join(f"{key} {value:.4g}" for key, value in its.items())
            sys.stdout.write(f"{name:<36} {told}\n")
            sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def given(folder: Path, every: int, weights: Path | None = None) -> Iterator[tuple[str, Figures]]:
    reader = _reader(folder, weights)
    for name in (*ANSWERABLE_ONLY, WITH_UNANSWERABLE):
        data = read(folder / f"{name}.json")
        figures, where = _beside(reader, data, every, name == WITH_UNANSWERABLE)
        yield f"given {name}", figures
        for by, groups in where.items():
            yield f"given {name}, F1 by {by}", groups


def held(folder: Path, every: int, weights: Path | None = None) -> Iterator[tuple[str, Figures]]:
    data = questions.read(folder.parent)
    reader = _reader(folder, weights)
    groups: dict[str, list[questions.Question]] = {}
    for question in data.development():
        name = "our own" if question.written else data.source[question.passage]
        name = "our own, close" if question.written in questions.CLOSE else name
        name = "help sites" if question.site else name
        groups.setdefault(name, []).append(question)
    for name, asked in groups.items():
        exact, f1, says, answered = [], [], [], []
        ours = asked[0].is_ours
        for question in asked[:: 1 if ours else every]:
            text = data.passages[question.passage]
            references = [text[start:end] for start, end in question.spans]
            alone = _alone(text, data.leads.get(question.passage, ""))
            ((spans, logit),) = reader.found(question.text, [alone])
            says.append(logit)
            answered.append(bool(references))
            if references:
                answer = text[spans[0].start : spans[0].end] if spans else ""
                exact.append(metrics.exact_match(answer, references))
                f1.append(metrics.token_f1(answer, references))
        figures = {"em": _percent(exact), "f1": _percent(f1), **_interval("f1", f1)}
        if ours:
            figures["auroc"] = metrics.auroc(says, answered)
        yield f"held {name}", figures


def _reader(folder: Path, weights: Path | None) -> SpanReader:
    """The shipped reader, or one of other `weights`, with the rarity of some article's words."""
    with tempfile.TemporaryDirectory() as scratch:
        data = read(folder / f"{INDEXED}.json")
        reader = _assistant(Path(scratch), data, ["article-000"]).judges[0].reader
    if not isinstance(reader, SpanReader):
        sys.exit(reader.notice)
    if weights:
        return SpanReader(Network.shipped(weights), reader.encoder, reader.lexical)
    return reader


def _beside(
    reader: SpanReader, data: Dataset, every: int, unanswerable: bool
) -> tuple[Figures, dict[str, Figures]]:
    """The figures, and F1 by type of question and by the passage's length in words."""
    scores: dict[str, list[float]] = {"em": [], "f1": [], "chat_em": [], "chat_f1": []}
    refused = []
    for asked in data.asked[::every]:
        hit = _alone(data.passages[asked.page])
        places = reader.signals(asked.question, [hit])
        by_span = [one.score for _, one, _ in places]
        by_sum = [span(one, signals).score for _, one, signals in places]
        says = max((signals[1] for *_, signals in places), default=-np.inf)
        is_silent = unanswerable and 1 / (1 + np.exp(-says)) < NO_ANSWER
        for of, by in (("", by_span), ("chat_", by_sum)):
            answer = ""
            if places and not is_silent:
                _, one, _ = places[int(np.argmax(by))]
                answer = hit.passage.text[one.start : one.end]
            scores[f"{of}em"].append(metrics.exact_match(answer, asked.references))
            scores[f"{of}f1"].append(metrics.token_f1(answer, asked.references))
        if not asked.references:
            refused.append(float(is_silent or not places))
    figures = {name: _percent(values) for name, values in scores.items()}
    figures |= _interval("f1", scores["f1"])
    if unanswerable:
        figures["no_answer_accuracy"] = _percent(refused)
    where: dict[str, dict[str, list[float]]] = {"type": {}, "words": {}}
    for asked, f1 in zip(data.asked[::every], scores["f1"], strict=True):
        words = len(data.passages[asked.page].split())
        length = next((f"up to {most}" for most in LENGTHS if words <= most), "more")
        where["type"].setdefault(Question("", asked.question).type, []).append(f1)
        where["words"].setdefault(length, []).append(f1)
    return figures, {
        by: {name: _percent(values) for name, values in sorted(groups.items())}
        for by, groups in where.items()
    }


def whole(folder: Path, every: int) -> Iterator[tuple[str, Figures]]:
    data = read(folder / f"{INDEXED}.json")
    exact, f1, ranks, seconds = [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        assistant = _assistant(Path(scratch), data, data.articles())
        for asked in data.asked[::every]:
            started = time.perf_counter()
            places, _ = _judged(assistant, asked.question)
            seconds.append(time.perf_counter() - started)
            answer = _words(places[0]) if places else ""
            exact.append(metrics.exact_match(answer, asked.references))
            f1.append(metrics.token_f1(answer, asked.references))
            ranks.append(_rank(places, asked.page))
    at = np.array(ranks)
    yield (
        f"whole {INDEXED}",
        {
            "em": _percent(exact),
            "f1": _percent(f1),
            **_interval("f1", f1),
            "hit@1": float((at <= 1).mean()),
            "mrr": float((1 / at).mean()),
            "ms_median": 1000 * metrics.percentile(50, seconds),
            "ms_95": 1000 * metrics.percentile(95, seconds),
        },
    )


def hidden(folder: Path, every: int) -> Iterator[tuple[str, Figures]]:
    """Every second article is indexed."""
    data = read(folder / f"{INDEXED}.json")
    there = data.articles()[::2]
    sure, indexed, right = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        assistant = _assistant(Path(scratch), data, there)
        for asked in data.asked[::every]:
            places, certainty = _judged(assistant, asked.question)
            sure.append(certainty)
            indexed.append(asked.article in there)
            right.append(indexed[-1] and bool(places) and _is_shown(places[0], asked))
        clinc = _clinc(folder.parent / "faq" / "clinc-oos" / "data_full.json")
        off = [_judged(assistant, question)[1] for question in clinc[::every]]
    answerable = float(np.mean(indexed))
    yield (
        f"hidden {INDEXED}",
        {
            "auroc": metrics.auroc(sure, indexed),
            "auroc_right": metrics.auroc(sure, right),
            "ece": metrics.ece(sure, right),
            "brier": metrics.brier(sure, right),
            "coverage_at_5": metrics.coverage_at_risk(MOST_WRONG, sure, right) / answerable,
            "ceiling": min(1.0, float(np.mean(right)) / (1 - MOST_WRONG) / answerable),
            "answered_share": float(np.mean(np.array(sure) >= assistant.judges[0].answer_at)),
            "clinc_mean": float(np.mean(off)) if off else float("nan"),
            "clinc_answered": float(np.mean(np.array(off) >= assistant.judges[0].answer_at)),
        },
    )


def _assistant(scratch: Path, data: Dataset, articles: Sequence[str]) -> Assistant:
    store = scratch / "store"
    update(Store(store), open_encoder(), [write_site(scratch, data, articles)])
    return open_store(store)


def _judged(assistant: Assistant, question: str) -> tuple[list[Place], float]:
    """Every place, best first, and the probability that the best is right."""
    _, places, certainty = assistant.considered(question)
    return places, certainty


def _alone(text: str, lead: str = "") -> Hit:
    """A passage that stands for itself, or below a `lead`."""
    begin = len(lead) + 1 if lead else 0
    heading = (Slice("heading", 0, len(lead)),) if lead else ()
    whole = f"{lead}\n{text}" if lead else text
    blocks = (*heading, Slice("paragraph", begin, len(whole)))
    document = Document("page.txt", whole, "", "text", 1, "", blocks, language="en")
    return Hit(Passage(document, begin, len(whole), heading), 0.0, 1, "both", 0.0)


def _words(place: Place) -> str:
    return place.hit.passage.text[place.span.start : place.span.end]


def _is_shown(place: Place, asked: Asked) -> bool:
    """Whether the sentence shown is of the right page and has a reference in it."""
    document = place.hit.passage.document
    shown = metrics.normalised(place.unit.of(document.text))
    return document.uri == asked.page and any(
        metrics.normalised(reference) in shown for reference in asked.references
    )


def _rank(places: Sequence[Place], page: str) -> float:
    pages = list(dict.fromkeys(place.hit.passage.document.uri for place in places))
    return pages.index(page) + 1.0 if page in pages else float("inf")


def _clinc(file: Path) -> list[str]:
    return [text for text, _ in json.loads(file.read_bytes())["oos_test"]] if file.is_file() else []


def _percent(values: Sequence[float]) -> float:
    return 100 * float(np.mean(values))


def _interval(name: str, values: Sequence[float]) -> Figures:
    low, high = significance.bootstrap(significance.over(values), len(values))[:2]
    return {f"{name}_low": 100 * low, f"{name}_high": 100 * high}


if __name__ == "__main__":
    sys.exit(main())
