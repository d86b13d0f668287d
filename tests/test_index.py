"""Building and opening an index: what is read again, what survives, what is refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import index.build as building
from corpus.sandbox import Sandbox
from index.build import update
from index.encoder import Encoder
from index.files import Damaged, IndexUnusable, Store
from index.left_out import told
from index.search import Index
from index.texts import Texts


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def found(store: Store, encoder: Encoder, question: str) -> list[str]:
    hits = Index(store.current(), encoder).search(question)
    return [hit.passage.document.uri for hit in hits]


def test_it_finds_passages_by_meaning_and_by_words(store, encoder, site):
    update(store, encoder, [site])
    opened = Index(store.current(), encoder)
    hits = opened.search("how long does an overnight package take")
    assert hits[0].passage.document.uri == "shop/help/shipping.html"
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert all(a.score >= b.score for a, b in zip(hits, hits[1:], strict=False))
    assert opened.search("Postbus 71")[0].passage.document.uri == "shop/contact.txt"


def test_saved_and_opened_again_it_finds_the_same(store, encoder, site):
    update(store, encoder, [site])
    generation = store.current()
    questions = ["money back", "gift cards", "Norway", "Sunday"]
    first, second = (Index(generation, encoder) for _ in range(2))
    for question in questions:
        assert first.search(question) == second.search(question)


def test_a_second_run_publishes_nothing(store, encoder, site):
    assert update(store, encoder, [site]).published
    again = update(store, encoder, [site])
    assert (again.published, again.generation, again.encoded) == (False, 1, 0)
    assert update(store, encoder).published is False


def test_only_what_changed_is_read_and_encoded_again(store, encoder, site, monkeypatch):
    update(store, encoder, [site])
    read = []
    original = Sandbox.read
    monkeypatch.setattr(Sandbox, "read", lambda self, *a: read.append(a[2]) or original(self, *a))
    cut = []
    whole = building.split
    monkeypatch.setattr(building, "split", lambda d, *a: cut.append(d.uri) or whole(d, *a))
    (site / "contact.txt").write_text("Contact\n\nWrite to the new address in Breda.\n")
    (site / "returns.md").touch()
    report = update(store, encoder, [site])
    assert read == cut == ["shop/contact.txt"]
    assert (report.changed, report.added, report.gone, report.encoded) == (1, 0, 0, 1)
    assert found(store, encoder, "Breda address")[0] == "shop/contact.txt"


def test_it_tells_how_much_of_pages_was_left_out(store, encoder, site, bees):
    menu = "".join(f"<li><a href='{n}'>A page on another matter {n}</a></li>" for n in range(40))
    (site / "menu.html").write_text(f"<nav><ul>{menu}</ul></nav><main><p>Bees sleep.</p></main>")
    left_out = update(store, encoder, [site]).left_out
    assert store.current().manifest["left_out"] == left_out
    ((page, share),) = left_out["mostly"]
    assert page == "shop/menu.html"
    assert share > 0.9
    assert 0.5 < left_out["share"] < share
    assert told(left_out).startswith("left out of web pages as navigation and the like: ")
    assert told(left_out).endswith(f"more than half of one page, shop/menu.html ({share:.0%})")
    assert update(store, encoder, [bees]).left_out == left_out
    assert told(update(store, encoder, forget=["shop"]).left_out) == ""


def test_a_removed_file_leaves_and_other_roots_stay(store, encoder, site, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.md").write_text("# Bees\n\nBees make honey from nectar.\n")
    update(store, encoder, [site])
    update(store, encoder, [other])
    (site / "contact.txt").unlink()
    report = update(store, encoder, [site])
    assert (report.gone, report.documents) == (1, 3)
    assert found(store, encoder, "honey")[0] == "other/a.md"


def test_forget_removes_one_root(store, encoder, site, tmp_path):
    single = tmp_path / "single.txt"
    single.write_text("Bees make honey from nectar.\n")
    update(store, encoder, [site, single])
    assert found(store, encoder, "honey")[0] == "single.txt"
    report = update(store, encoder, forget=[str(site)])
    assert (report.documents, report.gone) == (1, 3)
    update(store, encoder, forget=["single.txt"])
    assert Index(store.current(), encoder).search("honey") == []
    with pytest.raises(ValueError, match="is not indexed"):
        update(store, encoder, forget=["shop"])


def test_a_missing_or_emptied_root_is_an_error_and_removes_nothing(store, encoder, site):
    update(store, encoder, [site])
    away = site.with_name("away")
    site.rename(away)
    with pytest.raises(ValueError, match="no such file or folder"):
        update(store, encoder)
    site.mkdir()
    with pytest.raises(ValueError, match="holds no document"):
        update(store, encoder)
    assert len(store.current().manifest["documents"]) == 3
    assert update(store, encoder, stored=True).documents == 3


def test_two_roots_of_one_name_are_told_apart(store, encoder, site, tmp_path):
    second = tmp_path / "deeper" / "shop"
    second.mkdir(parents=True)
    (second / "bees.md").write_text("Bees make honey.\n")
    update(store, encoder, [site, second])
    assert found(store, encoder, "honey")[0] == "shop-2/bees.md"


def test_a_base_address_gives_each_document_its_public_one(store, encoder, site):
    update(store, encoder, [site])
    report = update(store, encoder, [site], base_url="https://shop.example/docs/")
    assert (report.published, report.encoded) == (True, 0)
    texts = Texts(store.current().folder)
    assert texts.document("shop/contact.txt").url == "https://shop.example/docs/contact.txt"
    assert texts.document("shop/returns.md").url == "https://shop.example/returns"
    texts.close()
    assert update(store, encoder, [site]).published is False


def test_equal_passages_are_encoded_once_and_all_named(store, encoder, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    for n in range(40):
        (folder / f"{n:02}.md").write_text("# Bees\n\nBees make honey from nectar.\n")
    report = update(store, encoder, [folder])
    assert (report.passages, report.encoded) == (40, 1)
    (hit,) = Index(store.current(), encoder).search("honey")
    assert hit.passage.document.uri == "copies/00.md"
    assert [p.document.uri for p in hit.also] == [f"copies/0{n}.md" for n in range(1, 5)]


def test_two_generations_are_kept(store, encoder, site):
    update(store, encoder, [site])
    for n in range(3):
        (site / "contact.txt").write_text(f"The counter is number {n}.\n")
        update(store, encoder, [site])
    assert sorted(os.listdir(store.path / "generations")) == ["3", "4"]


DAMAGE = {
    "truncated": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[:-9] + bytes([data[-9] ^ 4]) + data[-8:],
    "emptied": lambda data: b"",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_any_damaged_file_is_noticed_and_the_generation_before_served(
    store, encoder, site, kind, caplog
):
    update(store, encoder, [site])
    (site / "contact.txt").write_text("The counter is closed.\n")
    update(store, encoder, [site])
    folder = store.path / "generations" / "2"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert {"manifest.json", "texts.sqlite", "vectors.npy"} <= {path.name for path in files}
    for path in files:
        original = path.read_bytes()
        path.write_bytes(DAMAGE[kind](original))
        caplog.clear()
        assert store.current().number == 1
        assert "serving generation 1 instead" in caplog.text
        path.write_bytes(original)
    assert store.current().number == 2


def test_files_exchanged_between_generations_are_noticed(store, encoder, site):
    update(store, encoder, [site])
    (site / "contact.txt").write_text("The counter is closed.\n")
    update(store, encoder, [site])
    old, new = (store.path / "generations" / n for n in "12")
    shutil.copy(old / "vectors" / "vectors.npy", new / "vectors" / "vectors.npy")
    with pytest.raises(Damaged, match=r"vectors\.npy of generation 2"):
        store.verified(2)
    for name in ("manifest.json", "manifest.sha256"):
        shutil.copy(old / name, new / name)
    with pytest.raises(Damaged, match="another one's manifest"):
        store.verified(2)


def test_a_damaged_generation_is_replaced_by_the_next_update(store, encoder, site):
    update(store, encoder, [site])
    (store.path / "generations" / "1" / "texts.sqlite").write_bytes(b"")
    with pytest.raises(IndexUnusable, match="is damaged: run `quoth index` to build"):
        store.current()
    assert update(store, encoder, [site]).generation == 2
    assert os.listdir(store.path / "generations") == ["2"]


@pytest.fixture
def bees(tmp_path: Path) -> Path:
    folder = tmp_path / "bees"
    folder.mkdir()
    (folder / "a.md").write_text("# Bees\n\nBees make honey from nectar.\n")
    return folder


@pytest.mark.parametrize("named", [False, True])
def test_an_index_damaged_beyond_use_still_knows_its_roots(store, encoder, site, bees, named):
    update(store, encoder, [site], base_url="https://shop.example/docs/")
    update(store, encoder, [bees])
    for texts in store.path.glob("generations/*/texts.sqlite"):
        texts.write_bytes(b"")
    with pytest.raises(ValueError, match="is not stored any more: run `quoth index`"):
        update(store, encoder, stored=True)
    report = update(store, encoder, [bees] if named else [])
    assert report.documents == 4
    roots = {root["name"]: root["base_url"] for root in store.current().manifest["roots"]}
    assert roots == {"bees": None, "shop": "https://shop.example/docs/"}
    assert update(store, encoder).published is False


def test_a_root_added_last_outlives_damage_and_one_forgotten_last_stays_so(
    store, encoder, site, bees
):
    update(store, encoder, [site])
    update(store, encoder, [bees])
    (store.path / "generations" / "2" / "texts.sqlite").write_bytes(b"")
    assert store.current().number == 1
    assert update(store, encoder, [site]).documents == 4
    update(store, encoder, forget=["bees"])
    (store.current().folder / "texts.sqlite").write_bytes(b"")
    assert update(store, encoder).documents == 3


def test_a_missing_root_of_a_damaged_index_can_be_forgotten(store, encoder, site, bees):
    update(store, encoder, [site, bees])
    (store.path / "generations" / "1" / "texts.sqlite").write_bytes(b"")
    shutil.rmtree(bees)
    with pytest.raises(ValueError, match="bees: no such file or folder"):
        update(store, encoder)
    assert update(store, encoder, forget=["bees"]).documents == 3


def test_an_index_that_lost_its_manifest_asks_for_all_folders(store, encoder, site, caplog):
    update(store, encoder, [site])
    (store.path / "generations" / "1" / "manifest.json").write_bytes(b"{}")
    with pytest.raises(IndexUnusable, match="run `quoth index` with all your folders"):
        store.current()
    for what in ({}, {"stored": True}, {"forget": ["shop"]}):
        with pytest.raises(ValueError, match="no longer says which folders it was made of: run"):
            update(store, encoder, **what)
    assert update(store, encoder, [site]).documents == 3
    assert "the new one is made of those that are named now" in caplog.text


def test_a_base_address_belongs_to_one_path(store, encoder, site, bees):
    for paths in ([], [site, bees]):
        with pytest.raises(ValueError, match=r"of one folder or file and (none is|2 are) named"):
            update(store, encoder, paths, base_url="https://shop.example/")
    assert not store.exists()


def test_a_lost_or_broken_current_file_loses_nothing(store, encoder, site):
    update(store, encoder, [site])
    (store.path / "CURRENT").write_text("seven")
    assert store.current().number == 1
    (store.path / "CURRENT").unlink()
    assert store.current().number == 1


def rewritten(store: Store, change) -> None:
    """The current generation's manifest with a change, its checksum right again."""
    import hashlib

    folder = store.current().folder
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    content = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_text(hashlib.sha256(content).hexdigest())


def test_another_format_is_refused_and_rebuilt_from_the_stored_text(store, encoder, site):
    update(store, encoder, [site])
    rewritten(store, lambda manifest: manifest.update(format=0))
    with pytest.raises(IndexUnusable, match="run `quoth index`"):
        Index(store.current(), encoder)
    shutil.rmtree(site)
    report = update(store, encoder, stored=True)
    assert (report.published, report.documents) == (True, 3)
    assert found(store, encoder, "gift cards")[0] == "shop/returns.md"


def test_an_index_of_another_model_is_refused_and_encoded_anew(store, encoder, site):
    update(store, encoder, [site])
    rewritten(store, lambda manifest: manifest["encoder"].update(name="other", digest="f" * 64))
    with pytest.raises(IndexUnusable, match=r"made with other \(ffffffffffff\)"):
        Index(store.current(), encoder)
    report = update(store, encoder)
    assert report.encoded == report.passages


def test_an_encoder_that_gives_no_numbers_is_named(store, encoder, site, monkeypatch):
    update(store, encoder, [site])
    index = Index(store.current(), encoder)
    empty = np.full(encoder.dimensions, np.nan, np.float32)
    monkeypatch.setattr(encoder, "encode_query", lambda text: empty)
    with pytest.raises(IndexUnusable, match=f"{encoder.name} gives no numbers"):
        index.search("When is the money paid back?")


def test_a_full_disk_leaves_the_index_in_use_as_it_was(store, encoder, site):
    update(store, encoder, [site])
    (site / "more.md").write_text("\n\n".join(f"Paragraph {n} is here." for n in range(3000)))
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from qa.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        f"sys.exit(main(['index', '--store', {str(store.path)!r}, {str(site)!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=_package()
    )
    assert done.returncode == 4, done.stderr
    assert "could not be written" in done.stderr.splitlines()[-1]
    assert "the one in use is unchanged" in done.stderr
    assert store.current().number == 1
    assert os.listdir(store.path / "generations") == ["1"]
    assert update(store, encoder, [site]).generation == 2


def _package() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(building.__file__).parent.parent)}


def _long_build(store: Store, site: Path) -> subprocess.Popen[str]:
    text = "\n\n".join(f"Paragraph {n} on {n * 7} different things to read." for n in range(9000))
    (site / "long.md").write_text(text)
    process = subprocess.Popen(
        [sys.executable, "-m", "qa.cli", "index", "--store", str(store.path), str(site)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_package(),
        # A suite that runs in the background has interrupts ignored, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not list((store.path / "generations").glob("building-*/texts.sqlite")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    return process


def test_interrupted_or_killed_while_building_it_keeps_the_index_in_use(store, encoder, site):
    update(store, encoder, [site])
    process = _long_build(store, site)
    with pytest.raises(IndexUnusable, match="another process is building"):
        update(store, encoder, [site])
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    # Python dies of the signal itself where it was caught in an exec; a shell calls both 130.
    assert process.returncode in (130, -signal.SIGINT), errors
    assert errors.splitlines()[-1] == "quoth: interrupted; nothing was changed"
    assert os.listdir(store.path / "generations") == ["1"]

    process = _long_build(store, site)
    process.kill()
    process.communicate()
    assert store.current().number == 1
    (site / "long.md").unlink()
    assert update(store, encoder, [site]).published is False
    assert os.listdir(store.path / "generations") == ["1"]


def test_nothing_on_disk_is_pickled(store, encoder, site):
    update(store, encoder, [site])
    for path in store.current().folder.rglob("*.npy"):
        np.load(path, allow_pickle=False)
