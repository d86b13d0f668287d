"""Training: what the reader learns from, and that a run goes on where it was broken off."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from onnxruntime.quantization import quantize_dynamic
from tokenizers import Tokenizer

from index.encoder import bundled_folder, open_encoder
from qa.readers.spans.network import FOLDER, WEIGHTS, Network, Pair
from qa.training import (
    altered,
    export,
    fit,
    inputs,
    model,
    negatives,
    noise,
    pages,
    questions,
    train,
)

DATA = Path(os.environ.get("QUOTH_DATA", ""))
WITH_DATA = pytest.mark.skipif(
    not os.environ.get("QUOTH_DATA"), reason="needs the training data, in QUOTH_DATA"
)

HARBOURS = (
    ("Aldby", 1871, "six"),
    ("Borg", 1902, "nine"),
    ("Cray", 1955, "two"),
    ("Dun", 1830, "ten"),
)
PASSAGES = [
    f"The harbour of {town} was opened in {year}. It has {number} quays. Boats leave at dawn."
    for town, year, number in HARBOURS
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    whole = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    whole.no_truncation()
    whole.no_padding()
    return whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Every training file, each with the same four passages, three questions on each."""
    for name in questions.FILES:
        paragraphs = []
        for passage in PASSAGES:
            town, year = passage.split()[3], passage.split("in ")[1][:4]
            asked = {
                f"When was the harbour of {town} opened?": year,
                f"Whose harbour? {town}": town,
            }
            qas = [
                {"question": q, "answers": [{"text": a, "answer_start": passage.index(a)}]}
                for q, a in asked.items()
            ]
            qas.append({"question": f"Who owns {town}?", "answers": [], "is_impossible": True})
            paragraphs.append({"context": passage, "qas": qas})
        file = tmp_path / "reader-train" / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
    return tmp_path


@pytest.fixture
def made(folder: Path, tokenizer: Tokenizer) -> inputs.Inputs:
    data = questions.read(folder, folder)
    rows = [[(q.passage + 1) % 4, (q.passage + 2) % 4] for q in data.questions]
    return inputs.Inputs(data, np.array(rows, np.int32), {}, tokenizer)


@WITH_DATA
def test_no_passage_that_is_measured_on_is_trained_on():
    trained = {questions.normalised(passage) for passage in questions.read(DATA).passages}
    for file in sorted((DATA / "reader-dev").glob("*.json")):
        for article in json.loads(file.read_bytes())["data"]:
            for paragraph in article["paragraphs"]:
                words = questions.normalised(paragraph["context"])
                assert words not in trained, paragraph["context"][:80]


@WITH_DATA
def test_the_data_is_read_whole_and_its_spans_are_words():
    data = questions.read(DATA)
    assert len(data.questions) > 60_000
    for question in Random(1).sample(data.questions, 2_000):
        text = data.passages[question.passage]
        assert all(0 <= start < end <= len(text) for start, end in question.spans)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"squad1-train-part\.json is not there"):
        questions.read(tmp_path)


def test_what_answers_is_what_the_word_pieces_mark(made):
    random = Random(3)
    for question in made.data.questions:
        text = made.data.passages[question.passage]
        for group in made.groups(question, random):
            assert all(len(pair.pieces) <= inputs.MAX_TOKENS for pair in group)
            for pair in group:
                for start, end in zip(pair.starts, pair.ends, strict=True):
                    marked = made.tokenizer.decode(pair.pieces[start : end + 1])
                    assert marked == text[slice(*question.spans[0])].lower()


def test_a_batch_has_no_more_word_pieces_than_are_allowed(made):
    batches = made.batches(made.data.questions, "name", 400)
    assert len(batches) > 2
    assert all(one.pieces.size <= 400 or one.groups == 1 for one in batches)
    again = made.batches(made.data.questions, "name", 400)
    assert all(np.array_equal(a.pieces, b.pieces) for a, b in zip(batches, again, strict=True))


def test_a_question_beside_other_passages_is_answered_only_by_its_own(made):
    random = Random(4)
    for question in made.data.questions:
        groups = list(made.groups(question, random))
        assert [bool(pair.starts) for pair in groups[0]][1:] == [False] * (len(groups[0]) - 1)
        assert bool(groups[0][0].starts) is bool(question.spans)
        assert all(not pair.starts for group in groups[1:] for pair in group)


def test_a_long_passage_is_cropped_around_its_answer(tokenizer, folder):
    data = questions.read(folder, folder)
    long = "Gulls are loud. " * 100 + PASSAGES[0] + " Gulls are loud." * 100
    at = long.index("1871")
    data.passages[0] = long
    made = inputs.Inputs(data, np.zeros((len(data.questions), 1), np.int32), {}, tokenizer)
    for seed in range(40):
        pair = made.sequence(
            "When?", made.bodies[0], [(at, at + 4)], Random(seed).randint(20, 256), Random(seed)
        )
        assert tokenizer.decode(pair.pieces[pair.starts[0] : pair.ends[0] + 1]) == "1871"
        assert len(pair.pieces) <= inputs.MAX_TOKENS


def test_changed_questions_ask_for_what_the_passage_does_not_have():
    others = ["The castle of Everon stands in Fallow since 1411."]
    asked = "When was the harbour of Aldby opened first?"
    question = questions.Question(asked, 0, ())
    near = {"harbour": ["lagoon"], "opened": ["closed"]}
    found = {negatives.changed(question, PASSAGES[0], others, near, Random(n)) for n in range(60)}
    assert "When was the lagoon of Aldby opened first?" in found
    assert len(found - {None}) > 3
    assert asked not in found


def test_an_altered_passage_does_not_answer_or_answers_as_before():
    text = "Gulls are loud. " + PASSAGES[0]
    at = text.index("1871")
    question = questions.Question("When was the harbour of Aldby opened?", 0, ((at, at + 4),))
    others = ["The castle stands in Fallow since 1411."]
    near = {"harbour": ["lagoon"], "opened": ["closed"], "loud": ["meek"], "leave": ["quit"]}
    lacking = {altered.altered(question, text, others, near, Random(n)) for n in range(60)}
    cut = "Gulls are loud.  It has six quays. Boats leave at dawn."
    assert (cut, ()) in lacking
    assert {changed for changed, _ in lacking} >= {
        text.replace("Aldby", "Fallow"),
        text.replace("harbour", "lagoon"),
        text.replace("opened", "closed"),
    }
    assert all(changed[s:e] == "1871" for changed, spans in lacking for s, e in spans)
    still = [altered.kept(question, text, others, near, Random(n)) for n in range(60)]
    assert {changed for changed, _ in still} == {
        text,
        text.replace("loud", "meek"),
        text.replace("leave", "quit"),
    }
    assert all(changed[s:e] == "1871" for changed, spans in still for s, e in spans)
    alone = questions.Question("Who?", 0, ((0, 5),))
    assert altered.altered(alone, "Gulls are loud.", others, near, Random(1)) is None
    assert altered.kept(alone, "Gulls are loud.", [], near, Random(1)) == (
        "Gulls are loud.",
        ((0, 5),),
    )


def test_words_of_a_kind_are_near_but_not_the_same_and_end_alike(tmp_path):
    class Encoder:
        """norths has the stem of north; sings is as near to both as south and ends like one."""

        def encode(self, texts):
            at = {"north": 0.0, "norths": 0.05, "sings": 1.0, "south": 1.0}
            return np.array([[np.cos(at.get(t, 2.5)), np.sin(at.get(t, 2.5))] for t in texts])

    texts = [f"north norths sings south number {n}" for n in range(negatives.SAID)]
    data = questions.Data(texts, ["x"] * len(texts), [], frozenset())
    near = negatives.near_words(data, Encoder(), tmp_path)
    assert near["north"] == ["south"]
    assert near["sings"] == ["norths"]
    assert negatives.near_words(data, None, tmp_path) == near  # as it was kept


def test_our_own_questions_stand_beside_their_passages_and_are_asked_in_each_epoch(
    folder, tokenizer, monkeypatch
):
    file = folder / "written.jsonl"
    name = questions.named(PASSAGES[1])
    lines = (
        {"passage": name, "questions": [["Quay count?", 47, 51], ["Who built it?"]]},
        {"passage": "of another data set", "questions": [["What?"]]},
    )
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setattr(questions, "WRITTEN", (file,))
    data = questions.read(folder, folder)
    counted, unanswered = [question for question in data.questions if question.written]
    assert data.passages[counted.passage][slice(*counted.spans[0])] == "nine"
    assert unanswered.spans == ()
    made = inputs.Inputs(data, np.zeros((len(data.questions), 1), np.int32), {}, tokenizer)
    monkeypatch.setitem(inputs.SHARE, "squad1-train-part", 0.5)
    for epoch in map(str, range(8)):
        asked = made.ordered(epoch)
        assert asked.count(counted) == asked.count(unanswered) == 1
        assert len(asked) < len(data.questions)
    assert made.ordered("1") == made.ordered("1") != made.ordered("2")


SITE = """=== page: Fees
# Fees

The desk takes cards. You have 14 days to pay a bill and 14 days to ask about it.

## Letters

| Letter | Fee | Days |
|---|---|---|
| **Short** letter | £22 | 7 |
| Report | £75 | 20 |

- Nothing is *charged* for letters to a food bank.
=== questions
Q: How long may I take to settle up?
A: 14 days << 14 days to pay a bill
Q: price of a brief note
A: £22
Q: What about one for the food bank?
A: Nothing is *charged* for letters
Q: which line tells about the report
A: | Report | £75 | 20 |
Q: What does a report cost for children?
A: -
=== page: Hours
# Hours

We open at eight. The night desk opens at ten.
=== questions
Q: From when can I come?
A: eight
"""


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    sites = tmp_path / "sites"
    sites.mkdir()
    (sites / "clinic.txt").write_text(SITE, encoding="utf-8")
    (sites / "bank.txt").write_text(
        SITE.replace("Fees", "Charges").replace("food bank", "bank"), encoding="utf-8"
    )
    return sites


def test_a_site_s_questions_stand_beside_its_passages_below_their_headings(folder, sites):
    data = questions.read(folder, sites)
    asked = [question for question in data.questions if question.site == "clinic"]
    answers = [[data.passages[q.passage][start:end] for start, end in q.spans] for q in asked[:5]]
    assert answers[:3] == [["14 days"], ["£22"], ["Nothing is charged for letters"]]
    assert answers[3] == ["Report | £75 | 20"]
    assert answers[4] == []
    table = asked[1].passage
    assert data.leads[table].splitlines()[:2] == ["Fees", "Letters"]
    first = asked[0].passage
    assert data.passages[first][asked[0].spans[0][1] :].startswith(" to pay")


def test_a_site_is_held_out_whole_and_asked_of_itself_alone(folder, sites, monkeypatch, tmp_path):
    monkeypatch.setattr(pages, "HELD_OUT", frozenset({"bank"}))
    data = questions.read(folder, sites)
    assert {q.site for q in data.training() if q.site} == {"clinic"}
    assert {q.site for q in data.development() if q.site} == {"bank"}
    mined = negatives.mine(data, open_encoder(), tmp_path)
    for question, rows in zip(data.questions, mined, strict=True):
        if question.site:
            found = {data.source[row] for row in rows if row >= 0}
            assert found == {question.site}
            assert question.passage not in rows


def test_what_a_page_does_not_say_is_no_answer(tmp_path):
    (tmp_path / "one.txt").write_text(SITE.replace("A: eight", "A: nine"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"one/02\.md does not say 'nine'"):
        list(pages.read(tmp_path))


def test_our_own_sites_are_read_whole_and_their_answers_lie_in_passages():
    encoder = open_encoder()
    asked: Counter[str] = Counter()
    for page in pages.read():
        lost = len(page.questions) - len(pages.cut(page, encoder)[1])
        assert lost <= 1, page.document.uri
        asked[page.site] += len(page.questions)
    files = {file.stem: file.read_text("utf-8") for file in pages.FOLDER.glob("*.txt")}
    assert asked == {site: text.count("\nQ:") for site, text in files.items()}
    assert set(files) > pages.HELD_OUT


@WITH_DATA
def test_our_own_questions_have_their_passages_and_their_words():
    written = [question for question in questions.read(DATA).questions if question.written]
    lines = [line for file in questions.WRITTEN for line in file.read_text("utf-8").splitlines()]
    assert len(written) == sum(len(json.loads(line)["questions"]) for line in lines) > 12_000


def test_noise_keeps_what_is_asked_about():
    asked = "How many quays does the harbour of Aldby have?"
    typed = [noise.typed(asked, Random(n)) for n in range(300)]
    assert 0.5 < sum(t == asked for t in typed) / 300 < 0.8
    assert all("arbour" in t or "Aldby" in t or "quays" in t for t in typed)


def restored() -> model.Network:
    """The network of the shipped weights, each in float32 the number that its int8 stands for."""
    network = model.Network(bundled_folder())
    graph = onnx.load(FOLDER / WEIGHTS).graph
    held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    # Embeddings are looked up by name; a matrix has the name of the node that multiplies by it.
    names = {f"{name}_quantized": (name, False) for name in network.state_dict()}
    for node in graph.node:
        if node.op_type in ("MatMulInteger", "MatMulIntegerToFloat"):
            module = node.name.strip("/").split("/MatMul")[0].split("/Gemm")[0]
            names[node.input[1]] = (f"{module.replace('/', '.')}.weight", True)
    state = {name: held[name] for name in network.state_dict() if name in held}
    for quantized, (name, is_matrix) in names.items():
        if quantized in held:
            stem = quantized.removesuffix("_quantized")
            scale = held[f"{stem}_scale"]
            value = held[quantized].astype(np.float32)
            if scale.ndim < 2:  # what has a scale a row is rounded around 0
                value = value - held[f"{stem}_zero_point"].astype(np.float32)
            value = value * scale
            state[name] = value.T if is_matrix else value
    network.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return network


def test_shipped_weights_are_restored_to_what_they_stand_for(made):
    """Only what the shipped ones round while they run may differ."""
    pairs = [group[0] for q in made.data.questions[:6] for group in made.groups(q, Random(1))]
    scores = model.scored(restored().eval(), batch := inputs.batch([[pair] for pair in pairs]))
    its_start, _, its_answerable = Network.shipped().run(
        [Pair(pair.pieces, pair.second, pair.body) for pair in pairs]
    )
    told = np.corrcoef(scores.answerable.detach().numpy(), its_answerable)[0, 1]
    inside = batch.body[:, : its_start.shape[1]]
    start = scores.start.detach().numpy()[:, : its_start.shape[1]]
    spans = np.corrcoef(start[inside], its_start[inside])[0, 1]
    assert min(told, spans) > 0.97


def test_the_fit_asks_every_nth_question_with_its_page_and_without():
    gold = (("page.md", "words"),)
    cases = [case for n in range(6) for case in fit._twice(str(n), gold)]
    kept = [(case.question, bool(case.hidden)) for case in fit._every(3, cases)]
    assert kept == [("0", False), ("0", True), ("3", False), ("3", True)]


@pytest.mark.filterwarnings("ignore")  # the exporter's own
def test_int8_stays_nearer_to_float32_than_onnxruntime_s_own(made, tmp_path):
    pairs = [
        Pair(pair.pieces, pair.second, pair.body)
        for question in made.data.questions[:8]
        for group in made.groups(question, Random(1))
        for pair in group
    ]
    whole, ours, plain = (tmp_path / name for name in ("whole.onnx", "ours.onnx", "plain.onnx"))
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():  # weights between the steps of the shipped ones
        for weights in (network := restored()).parameters():
            weights.mul_(1 + 0.01 * torch.randn(weights.shape, generator=random))
    export.graph(network, whole)
    export.quantize(whole, ours)
    quantize_dynamic(whole, plain, per_channel=True, reduce_range=True)
    assert ours.stat().st_size < 25_000_000

    def scores(file: Path) -> np.ndarray:
        start, end, _ = Network(file.read_bytes(), "", made.tokenizer).run(pairs)
        inside = [slice(*pair.body) for pair in pairs]
        return np.concatenate([of[n, s] for of in (start, end) for n, s in enumerate(inside)])

    exact = scores(whole)
    lost, usually = (np.abs(scores(file) - exact).mean() for file in (ours, plain))
    assert lost < usually / 1.5


def _told(curve: Path) -> list[tuple[str, int, int]]:
    lines = [json.loads(line) for line in curve.read_text("utf-8").splitlines()]
    return [(line["network"], line["seen"], line["steps"]) for line in lines if "steps" in line]


def test_a_run_that_was_broken_off_goes_on_to_the_same_weights(made, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "WINDOW", 20)
    monkeypatch.setattr(train, "CHECKPOINT_S", -1)
    plan = train.Plan(teachers=1, epochs=0.6, reader_epochs=0.6)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    train.train(made, bundled_folder(), whole, plan)
    tell = train._Run._tell
    left = iter(range(3))

    def killed(run: train._Run) -> None:
        tell(run)
        if next(left, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(train._Run, "_tell", killed)
    with pytest.raises(KeyboardInterrupt):
        train.train(made, bundled_folder(), broken, plan)
    assert (broken / "teacher-1.safetensors").exists()
    assert not (broken / "reader.safetensors").exists()
    monkeypatch.setattr(train._Run, "_tell", tell)
    train.train(made, bundled_folder(), broken, plan)
    assert {file.name for file in broken.iterdir()} == {file.name for file in whole.iterdir()}
    told, again = (_told(folder / "curve.jsonl") for folder in (whole, broken))
    assert list(dict.fromkeys(again)) == told
    # Only the window that was not kept any more is learnt from twice.
    assert len(again) == len(told) + 1
    assert again.count(again[3]) == 2
    assert again[3][0] == again[2][0] == "reader"
    assert (broken / "reader.safetensors").read_bytes() == (
        whole / "reader.safetensors"
    ).read_bytes()


def test_a_question_s_passages_compete_and_teachers_are_learnt_from(made):
    """The loss is least where the right place has all of the question's probability."""

    class Told(torch.nn.Module):
        def __init__(self, sharp: float) -> None:
            super().__init__()
            self.sharp = torch.nn.Parameter(torch.tensor(sharp))

        def forward(self, pieces, mask, types):
            starts, ends = torch.from_numpy(one.starts), torch.from_numpy(one.ends)
            return self.sharp * starts, self.sharp * ends, self.sharp * (2.0 * starts.any(1) - 1)

    groups = [g for q in made.data.questions[:6] for g in made.groups(q, Random(2))]
    other = [inputs.Pair(g[0].pieces, g[0].second, g[0].body) for g in groups[:1]]
    one = inputs.batch([*groups, other])
    wrong, unsure, sure = (model.loss_of(Told(s), one).item() for s in (-3.0, 0.0, 30.0))
    assert wrong > unsure > sure
    assert sure < 1e-6
    like_wrong = [model.loss_of(Told(s), one, [Told(-3.0)]).item() for s in (-3.0, 30.0)]
    like_sure = [model.loss_of(Told(s), one, [Told(30.0)]).item() for s in (-3.0, 30.0)]
    assert like_wrong[0] < like_wrong[1]
    assert like_sure[0] > like_sure[1]
