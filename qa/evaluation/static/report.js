// The table of questions: sorted, filtered and opened from the JSON that stands in the page.
"use strict";
(() => {
  const STEP = 100;
  const questions = JSON.parse(document.getElementById("questions").textContent);
  const rows = document.getElementById("rows");
  const more = document.getElementById("more");
  const field = (id) => document.getElementById(id);
  const state = { sort: "", descending: false, shown: STEP };

  const make = (tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };
  const words = (name) => (name || "").replaceAll("_", " ");
  const rankOf = (q) => {
    const ranks = q.gold.map((gold) => gold.rank).filter((rank) => rank !== null);
    return ranks.length ? Math.min(...ranks) : null;
  };
  const keys = {
    question: (q) => q.question.toLowerCase(),
    verdict: (q) => words(q.verdict),
    loss: (q) => q.loss || "",
    confidence: (q) => q.confidence,
    rank: (q) => rankOf(q) ?? (q.gold.length ? 1e9 : 1e10),
  };
  for (const q of questions) {
    const first = q.first ? q.first.answer : "";
    q.text = `${q.id} ${q.question} ${first} ${q.uri || ""}`.toLowerCase();
  }

  const chosen = () => {
    const value = (id) => (field(id) ? field(id).value : "");
    const wanted = value("search").toLowerCase().split(/\s+/).filter(Boolean);
    const found = questions.filter(
      (q) =>
        wanted.every((word) => q.text.includes(word)) &&
        (!value("verdict") || q.verdict === value("verdict")) &&
        (!value("loss") || q.loss === value("loss")) &&
        (!value("tag") || q.tags.includes(value("tag"))),
    );
    if (!state.sort) return found;
    const key = keys[state.sort];
    const order = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
    return found.sort((a, b) => (state.descending ? order(b, a) : order(a, b)));
  };

  const source = (place) => {
    const line = make("p", "", "soft");
    const path = [place.title, ...(place.heading || [])].filter(Boolean);
    line.append([...new Set(path)].join(" › ") || "");
    if (place.uri) line.append(make("br"), place.uri);
    if (/^https?:/.test(place.url || "")) {
      const link = make("a", "open");
      link.href = place.url;
      link.rel = "noopener noreferrer";
      line.append(" · ", link);
    }
    return line;
  };
  const part = (heading) => {
    const box = make("div");
    box.append(make("h3", heading));
    return box;
  };
  const answerOf = (q) => {
    const box = part(q.answered ? "Answer" : "First answer, held back");
    const quote = make("blockquote");
    quote.append(q.first.before, make("mark", q.first.marked), q.first.after);
    box.append(quote, source({ ...q.first, uri: q.uri }));
    if (q.gold.length) {
      const f1 = q.first.token_f1 === null ? "" : `, token F1 ${q.first.token_f1.toFixed(2)}`;
      const page = q.first.right_page ? "right page" : "another page";
      const said = q.first.right_quote ? "right quote" : `${page}, not what was asked for`;
      box.append(make("p", `${said}${f1}, confidence ${q.confidence.toFixed(2)}`, "soft"));
    }
    return box;
  };
  const expectedOf = (q) => {
    const box = part(`What would have answered it (lost: ${q.loss})`);
    box.append(make("blockquote", q.expected.text || q.expected.title), source(q.expected));
    return box;
  };
  const goldOf = (q) => {
    const box = part(q.gold.length ? "Gold" : "Gold: not answered by the documents");
    const list = make("ul", null, "gold");
    for (const gold of q.gold) {
      const rank = gold.rank === null ? "no candidate" : `passage ${gold.rank}`;
      const said = [gold.page, gold.quote && `“${gold.quote}”`].filter(Boolean).join(": ");
      list.append(make("li", `${said} (${gold.status}, ${rank})`));
    }
    box.append(list);
    if (q.remark) box.append(make("p", q.remark));
    return box;
  };
  const opened = (q) => {
    const row = make("tr", null, "more");
    const cell = make("td");
    cell.colSpan = 5;
    const pair = make("div", null, "pair");
    if (q.first) pair.append(answerOf(q));
    if (q.expected) pair.append(expectedOf(q));
    pair.append(goldOf(q));
    cell.append(pair);
    row.append(cell);
    return row;
  };
  const closed = (q) => {
    const row = make("tr", null, "row");
    const asked = make("td");
    const button = make("button", q.question);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    asked.append(button);
    asked.append(make("div", [q.id, ...q.tags].join(" · "), "tags"));
    const verdict = make("td", null, "verdict");
    if (q.verdict) verdict.append(make("i", null, q.verdict), words(q.verdict));
    const rank = rankOf(q);
    const confidence = q.first ? q.confidence.toFixed(2) : "";
    row.append(asked, verdict, make("td", q.loss || ""), make("td", confidence, "number"));
    row.append(make("td", q.gold.length ? (rank ?? "none") : "", "number"));
    row.addEventListener("click", () => {
      const open = row.nextElementSibling && row.nextElementSibling.className === "more";
      if (open) row.nextElementSibling.remove();
      else row.after(opened(q));
      button.setAttribute("aria-expanded", String(!open));
    });
    return row;
  };

  const draw = () => {
    const found = chosen();
    rows.replaceChildren(...found.slice(0, state.shown).map(closed));
    more.hidden = found.length <= state.shown;
    field("count").textContent = `${found.length} of ${questions.length} questions`;
  };
  const again = () => {
    state.shown = STEP;
    draw();
  };
  for (const id of ["search", "verdict", "loss", "tag"]) {
    if (field(id)) field(id).addEventListener("input", again);
  }
  for (const button of document.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      state.descending = state.sort === button.dataset.sort && !state.descending;
      state.sort = button.dataset.sort;
      for (const other of document.querySelectorAll("[data-sort]")) {
        other.removeAttribute("aria-sort");
      }
      button.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      again();
    });
  }
  const choose = (id, value) => {
    for (const other of ["verdict", "loss"]) if (field(other)) field(other).value = "";
    if (field(id)) field(id).value = value;
    again();
    field("asked").scrollIntoView({ behavior: "smooth" });
  };
  for (const button of document.querySelectorAll("[data-verdict]")) {
    button.addEventListener("click", () => choose("verdict", button.dataset.verdict));
  }
  for (const button of document.querySelectorAll("[data-loss]")) {
    button.addEventListener("click", () => choose("loss", button.dataset.loss));
  }
  more.addEventListener("click", () => {
    state.shown += 5 * STEP;
    draw();
  });
  draw();
})();
