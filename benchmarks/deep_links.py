"""Do deep links open at the sentence? Chromium's own highlight on random sentences of real pages.

    python -m benchmarks.deep_links FOLDER [--count 1000] [--seed 1]

FOLDER holds HTML documentation, such as /usr/share/doc/postgresql-doc-15/html. Each sentence's
link is opened in Chromium; the page is photographed with `::target-text` in a colour of its own,
and the coloured places are compared with where the sentence's words stand. Writes a line of JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import io
import json
import random
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from corpus.document import Document, Slice
from corpus.formats import html
from corpus.passages import units
from qa.citation import link_to

COLOUR = (255, 0, 254)
HIGHLIGHT = "::target-text { background-color: rgb(255, 0, 254) !important; }"
HEIGHT = 800
KINDS = ("sentence", "item", "step")
# Where the sentence stands: its boxes in the page's visible text, found without the fragment,
# by walking the text nodes and comparing letters only. Of several places, the one that most of the
# letters before and after it fit. Null when it is nowhere.
PLACE = r"""([sentence, before, after]) => {
  const known = new Map();
  const fold = (text) => text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const letters = (text) => {
    if (!known.has(text)) known.set(text, fold(text));
    return known.get(text);
  };
  const wanted = letters(sentence);
  const owners = [], characters = [];  // of each letter, its character; of each character, its node
  let all = "";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let i = 0; i < node.data.length; i++) {
      for (const letter of letters(node.data[i])) { all += letter; owners.push(characters.length); }
      characters.push([node, i]);
    }
  }
  const common = (one, other) => {
    let count = 0;
    while (count < one.length && count < other.length && one[count] === other[count]) count++;
    return count;
  };
  const reversed = (text) => [...text].reverse().join("");
  let best = -1, place = null;
  for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + 1)) {
    const fits = common(reversed(all.slice(Math.max(0, at - 200), at)), reversed(letters(before)))
      + common(all.slice(at + wanted.length, at + wanted.length + 200), letters(after));
    if (fits <= best) continue;
    best = fits;
    const range = document.createRange();
    // As many signs before its first letter and after its last as the sentence itself has.
    let start = owners[at], end = owners[at + wanted.length - 1];
    const sign = (index) => characters[index] && characters[index][0].data[characters[index][1]];
    const beyond = (index, step, count) => {
      let reached = index;
      for (let next = index + step; count && letters(sign(next) ?? "x") === ""; next += step) {
        if (/\s/.test(sign(next))) continue;
        reached = next;
        count--;
      }
      return reached;
    };
    const signs = (text) => text.replace(/\s/g, "").length;
    start = beyond(start, -1, signs(/^[^\p{L}\p{N}]*/u.exec(sentence)[0]));
    end = beyond(end, 1, signs(/[^\p{L}\p{N}]*$/u.exec(sentence)[0]));
    range.setStart(...characters[start]);
    range.setEnd(characters[end][0], characters[end][1] + 1);
    place = [...range.getClientRects()].map((b) => [b.left, b.top, b.right, b.bottom]);
  }
  return place;
}"""
SLACK = 6  # pixels by which a highlight may be higher than its letters
SIGNS = 24  # and wider: full stops, brackets, which are no letters


def main() -> None:
    given = _arguments()
    sys.stdout.write(json.dumps(measured(given.folder, given.count, given.seed, given.show)) + "\n")


def measured(folder: Path, count: int, seed: int, show: bool = False) -> dict[str, Any]:
    """What became of each sentence's link; `on_it` is the share of those marked, and alone."""
    outcome: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    with serving(folder) as address, chromium() as page:
        for document, place in sample(folder, count, seed):
            served = replace(document, url=f"{address}/{document.uri}")
            verdict = _verdict(page, served, place, forms)
            outcome[verdict] += 1
            if show and verdict != "on it":
                link = link_to(served, place)
                sys.stdout.write(f"{verdict}: {link}\n    {place.of(document.text)!r}\n")
    share = round(outcome["on it"] / count, 4)
    return {"sentences": count, "on_it": share, "outcomes": dict(outcome), "forms": dict(forms)}


def sample(folder: Path, count: int, seed: int) -> list[tuple[Document, Slice]]:
    """Sentences drawn evenly from pages drawn evenly."""
    drawn = random.Random(seed)
    pages = sorted(folder.glob("*.html"))
    read = functools.lru_cache(maxsize=None)(_read)
    found: list[tuple[Document, Slice]] = []
    while len(found) < count:
        document = read(drawn.choice(pages))
        choices = _sentences(document) if document else []
        if document and choices:
            found.append((document, drawn.choice(choices)))
    return found


def _read(path: Path) -> Document | None:
    try:
        return html.read(path.read_bytes(), path.name)
    except ValueError:
        return None


def _sentences(document: Document) -> list[Slice]:
    found = []
    for block in document.blocks:
        if block.kind in ("paragraph", "item", "step"):
            found += [u for u in units(document, block.start, block.end) if u.kind in KINDS]
    return [unit for unit in found if len(unit.of(document.text).split()) > 2]


def _verdict(page: Any, document: Document, place: Slice, forms: Counter[str]) -> str:
    link = link_to(document, place)
    forms[_form(link)] += 1
    page.goto("about:blank")
    page.goto(link)
    marked = _marked(page, expected=":~:" in link)
    if not len(marked):
        return "not marked" if ":~:" in link else "no fragment"
    text = document.text
    around = text[max(0, place.start - 200) : place.start], text[place.end : place.end + 200]
    boxes = page.evaluate(PLACE, [place.of(text), *around])
    if boxes is None:
        return "not found by the benchmark"
    if _outside(marked, boxes):
        return "elsewhere"
    return "on it" if _covered(marked, boxes) else "a part of it"


def _form(link: str) -> str:
    _, _, directive = link.partition(":~:text=")
    if not directive:
        return "anchor" if "#" in link else "page"
    terms = directive.split(",")
    around = any(term.endswith("-") or term.startswith("-") for term in terms)
    core = [term for term in terms if not (term.endswith("-") or term.startswith("-"))]
    return ("start,end" if len(core) == 2 else "whole") + (" with what is around" if around else "")


def _marked(page: Any, expected: bool) -> np.ndarray[Any, Any]:
    """Coordinates (n, 2: x, y) of the pixels in the highlight's colour."""
    for _ in range(10 if expected else 2):
        page.wait_for_timeout(60)
        shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        ys, xs = np.nonzero((shot == COLOUR).all(axis=2))
        if len(xs):
            return np.stack([xs, ys], axis=1)
    return np.empty((0, 2), dtype=int)


def _outside(marked: np.ndarray[Any, Any], boxes: list[list[float]]) -> bool:
    inside = np.zeros(len(marked), dtype=bool)
    for left, top, right, bottom in boxes:
        x, y = marked[:, 0], marked[:, 1]
        near = (left - SIGNS <= x) & (x <= right + SIGNS)
        inside |= near & (top - SLACK <= y) & (y <= bottom + SLACK)
    return bool((~inside).any())


def _covered(marked: np.ndarray[Any, Any], boxes: list[list[float]]) -> bool:
    """Whether every box that is on the screen has the highlight in it."""
    for left, top, right, bottom in boxes:
        if bottom > HEIGHT - SLACK or top < SLACK or right - left < 12:
            continue
        x, y = marked[:, 0], marked[:, 1]
        if not ((left <= x) & (x <= right) & (top <= y) & (y <= bottom)).any():
            return False
    return True


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The folder on loopback, with the highlight's colour in every page."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = folder / Path(self.path.partition("?")[0]).name
            body = path.read_bytes() if path.is_file() else b""
            if path.suffix == ".html":
                style = f"<style>{HIGHLIGHT}</style></head>".encode()
                body = body.replace(b"</head>", style, 1)
            self.send_response(200 if body else 404)
            kind = {".html": "text/html", ".css": "text/css"}.get(path.suffix, "image/png")
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=arguments)
        yield browser.new_page(viewport={"width": 1000, "height": HEIGHT})
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="tell of each sentence that fails")
    return parser.parse_args()


if __name__ == "__main__":
    main()
