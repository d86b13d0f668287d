// The help widget: <script src=".../widget.js" data-title="..." defer></script>. See docs/widget.md.
// Everything that comes from a server or a page is put in as text, never as HTML.
(() => {
  "use strict";

  const script = document.currentScript;
  if (!script || document.querySelector("quoth-widget")) return;
  const set = script.dataset;
  const base = new URL(".", script.src).href;
  const api = `${base}api/v1/`;
  const framed = set.mode === "frame";
  const LANGUAGES = ["en", "de", "fr", "es", "pt", "ar"];
  const KEPT_TURNS = 20;
  const SLOW_MS = 6000;
  const TOKEN_AGE_MS = 3000;

  const language = [set.language, document.documentElement.lang, ...navigator.languages]
    .map((tag) => (tag || "").slice(0, 2).toLowerCase())
    .find((tag) => LANGUAGES.includes(tag)) || "en";

  // Elements.

  function el(name, properties, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== ""));
    return made;
  }

  function icon(path) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(svg.namespaceURI, "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }

  const ICONS = {
    ask: "M4 5h16v11H9l-5 4z",
    close: "M6 6l12 12M18 6L6 18",
    afresh: "M4 12a8 8 0 1 0 3-6.2M4 4v4h4",
    up: "M7 10v10H4V10zM7 11l4-7c2 0 2.5 1.5 2 3l-.6 3H19c1 0 1.700 1 1.400 2l-1.800 6.500c-.2.9-1 1.5-2 1.5H7",
    down: "M17 14V4h3v10zM17 13l-4 7c-2 0-2.5-1.5-2-3l.6-3H5c-1 0-1.700-1-1.400-2l1.800-6.500c.2-.9 1-1.5 2-1.5H17",
  };

  // A place to go: a web or mail address, or one of the server's own pages.
  function target(link) {
    try {
      const url = new URL(link, base);
      return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
    } catch {
      return null;
    }
  }

  function linkTo(label, link) {
    const href = target(link);
    return href
      ? el("a", { href, target: "_blank", rel: "noopener", dir: "auto" }, label)
      : el("span", { dir: "auto" }, label);
  }

  // The server.

  class Trouble extends Error {}

  const inWords = (error) => (error instanceof Trouble ? error.message : text.failed);

  async function call(path, body, options = {}) {
    if (navigator.onLine === false) throw new Trouble(text.offline);
    let response;
    try {
      response = await fetch(api + path, {
        method: body ? "POST" : "GET",
        headers: body ? { "content-type": "application/json" } : {},
        body: body ? JSON.stringify(body) : undefined,
        credentials: "omit",
        referrerPolicy: "no-referrer",
        ...options,
      });
    } catch (error) {
      throw error.name === "AbortError" ? error : new Trouble(text.unreachable);
    }
    if (response.ok) return response;
    const wait = response.headers.get("retry-after");
    if (wait) throw new Trouble(text.busy.replace("{seconds}", wait));
    const told = await response.json().catch(() => ({}));
    throw new Trouble(response.status < 500 && told.error ? told.error : text.failed);
  }

  // Reads the events of an answer; `heard` gets the name of each step.
  async function asked(question, heard, signal) {
    const history = turns.slice(-5).map(({ question, answer }) => (
      { question: question.slice(0, 2000), uri: [...answer.quotes, ...answer.closest][0]?.uri }
    ));
    const body = { question, history, page };
    const response = await call("ask/stream", body, { signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) throw new Trouble(text.unreachable);
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) || [];
          if (name === "answer") return JSON.parse(data);
          if (name === "error") throw new Trouble(JSON.parse(data).error);
          heard(name);
        }
      }
    } catch (error) {
      throw error instanceof Trouble || error.name === "AbortError"
        ? error : new Trouble(text.unreachable);
    }
  }

  const page = framed ? undefined : location.origin + location.pathname;

  // An answer as elements.

  const FAMILIES = { item: "ul", step: "ol", header: "table", row: "table", code: "pre" };

  function quoted(quote) {
    const made = [];
    let family = null;
    for (const part of quote.parts) {
      const wanted = FAMILIES[part.kind] || "p";
      const last = made[made.length - 1];
      const box = wanted === family && wanted !== "p" ? last : el(wanted, { dir: "auto" });
      if (box !== last) made.push(box);
      family = wanted;
      if (wanted === "ul" || wanted === "ol") box.append(el("li", {}, marked(part)));
      else if (wanted === "table") box.append(row(part));
      else box.append(...marked(part));
    }
    return el("blockquote", { lang: quote.language }, made);
  }

  function marked(part) {
    return [part.before, part.marked ? el("mark", {}, part.marked) : "", part.after];
  }

  function row(part) {
    const cell = part.kind === "header" ? "th" : "td";
    const marks = [part.before.length, part.before.length + part.marked.length];
    const bars = [...part.text.matchAll(/(?:^| )\|(?: |$)/g)];
    return el("tr", {}, [null, ...bars].map((bar, at) => {
      const start = bar ? bar.index + bar[0].length : 0;
      const words = part.text.slice(start, bars[at]?.index);
      const [low, high] = marks.map((edge) => Math.min(Math.max(edge - start, 0), words.length));
      return el(cell, { scope: cell === "th" ? "col" : null }, marked({
        before: words.slice(0, low), marked: words.slice(low, high), after: words.slice(high),
      }));
    }));
  }

  function source(quote) {
    const path = [...new Set([quote.title, ...quote.heading])].join(" › ");
    const facts = [];
    if (quote.updated) facts.push(text.updated.replace("{date}", day(quote.updated)));
    if (quote.state === "changed" || quote.state === "missing") facts.push(text[quote.state]);
    return el("p", { class: "source" }, el("cite", {}, linkTo(path, quote.link)),
      facts.map((fact) => el("span", {}, fact)));
  }

  function day(date) {
    return new Date(`${date}T12:00:00Z`).toLocaleDateString(language, { dateStyle: "medium" });
  }

  function shownText(answer) {
    const [quote] = answer.answered ? answer.quotes : answer.closest;
    const said = quote ? quote.parts.map((part) => part.text).join("\n") : answer.answer;
    return [answer.answered ? "" : text[answer.verdict], said].filter(Boolean).join("\n")
      .slice(0, 4000);
  }

  // A reply of the server's own, such as a greeting's: nothing is quoted.
  function fixed({ reason }) {
    const made = [el("p", { class: "verdict" }, text[`fixed_${reason.code}`] || reason.text)];
    if (reason.code === "person" && handsOff) {
      made[0].textContent = text.person;
      made.push(el("p", {}, contact()));
    }
    return made;
  }

  function others(label, quotes, open) {
    return quotes.length ? [el("details", { open }, el("summary", {}, label),
      quotes.map((quote) => [quoted(quote), source(quote)]).flat())] : [];
  }

  function reply(answer) {
    const made = [];
    if (answer.answered && !answer.quotes.length) return fixed(answer);
    if (answer.answered) {
      const [first, ...rest] = answer.quotes;
      const differs = ({ role }) => role === "differs";
      made.push(quoted(first), source(first),
        ...others(text.differ, rest.filter(differs), true),
        ...others(text.also, rest.filter((quote) => !differs(quote)), false));
    } else {
      made.push(el("p", { class: "verdict" }, text[answer.verdict] || answer.reason.text));
      for (const quote of answer.closest) {
        made.push(el("details", { open: answer.verdict === "unsure" && quote === answer.closest[0] },
          el("summary", { lang: quote.language, dir: "auto" }, quote.sentence.slice(0, 160)),
          quoted(quote), source(quote)));
      }
    }
    made.push(el("div", { class: "after" },
      !answer.answered && handsOff ? contact() : "", feedback(answer)));
    return made;
  }

  function contact() {
    return el("button", { type: "button", class: "plain", onclick: openForm }, text.contact);
  }

  function feedback(answer) {
    const box = el("div", { class: "feedback" });
    const trouble = el("span", { class: "trouble", role: "alert" });
    let sent = Promise.resolve();
    // One after the other: a thumb that arrives after its reason would take the reason's place.
    const send = (helpful, reason) => {
      sent = sent.catch(() => {})
        .then(() => call("feedback", { answer: answer.id, helpful, reason }));
      return sent;
    };
    const thanked = (sending) => {
      trouble.textContent = "";
      return sending.then(() => {
        box.replaceChildren(el("span", { tabindex: "-1" }, text.thanks));
        box.firstChild.focus({ preventScroll: true });
      }).catch((error) => { trouble.textContent = inWords(error); });
    };
    const thumb = (helpful) => el("button", {
      type: "button", class: "icon", "aria-label": helpful ? text.helpful : text.unhelpful,
      title: helpful ? text.helpful : text.unhelpful,
      onclick: () => {
        const sending = send(helpful, "");
        if (helpful) {
          thanked(sending);
        } else {
          sending.catch(() => {}); // the reason is sent with the same verdict
          ask();
        }
      },
    }, icon(helpful ? ICONS.up : ICONS.down));
    const ask = () => {
      const reason = el("input", { maxlength: 500, "aria-label": text.why, placeholder: text.why });
      const form = el("form", {
        onsubmit: (event) => {
          event.preventDefault();
          thanked(send(false, reason.value));
        },
      }, reason, el("button", { class: "plain" }, text.send));
      box.replaceChildren(form, trouble);
      reason.focus();
    };
    box.append(thumb(true), thumb(false), trouble);
    return box;
  }

  // The conversation, kept for this tab.

  const KEY = `quoth ${base}`;
  let turns = [];
  let isOpen = false;

  function remember() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ isOpen, turns: turns.slice(-KEPT_TURNS) }));
    } catch { /* Storage is full or forbidden: the conversation lasts as long as the page. */ }
  }

  function recalled() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      return Array.isArray(kept?.turns) ? kept : { turns: [] };
    } catch {
      return { turns: [] };
    }
  }

  function addTurn(question) {
    const box = el("div", { class: "reply" });
    const turn = el("article", {},
      el("h3", {}, el("span", { class: "unseen" }, `${text.asked} `), el("bdi", {}, question)), box);
    ui.welcome.hidden = true;
    ui.log.append(turn);
    show(turn);
    return box;
  }

  // Scrolls the conversation, and never the page, to the beginning of a turn.
  function show(turn) {
    ui.log.scrollTop += turn.getBoundingClientRect().top - ui.log.getBoundingClientRect().top - 14;
  }

  let current = null;

  async function ask(question) {
    question = question.trim();
    if (!question) return;
    current?.abort();
    clearTimeout(typing);
    const mine = current = new AbortController();
    ui.next.replaceChildren();
    const box = addTurn(question);
    const state = el("p", { class: "waiting" }, text.searching);
    box.append(state);
    const slow = setTimeout(() => { state.textContent = text.slow; }, SLOW_MS);
    try {
      const heard = (step) => { state.textContent = text[step] || state.textContent; };
      const answer = await asked(question, heard, mine.signal);
      turns.push({ question, answer });
      remember();
      box.replaceChildren(...reply(answer));
      show(box.parentNode);
      suggestNext(answer, mine, box.parentNode);
    } catch (error) {
      const words = error.name === "AbortError" ? text.stopped : inWords(error);
      box.replaceChildren(el("p", { class: "trouble" }, words), error.name === "AbortError" ? ""
        : el("button", {
          type: "button", class: "plain", onclick: () => { box.parentNode.remove(); ask(question); },
        }, text.again));
    } finally {
      clearTimeout(slow);
      if (current === mine) current = null;
    }
  }

  async function suggestNext(answer, mine, turn) {
    const [first] = answer.answered ? answer.quotes : answer.closest;
    if (!first) return;
    const told = await call(`suggest?after=${encodeURIComponent(first.uri)}`)
      .then((response) => response.json()).catch(() => ({ next: [] }));
    const known = new Set(turns.map((turn) => turn.question));
    const next = told.next.filter((question) => !known.has(question)).slice(0, 3);
    if (current !== null && current !== mine) return;
    ui.next.replaceChildren(...next.map(choice));
    show(turn); // The choices have taken room from it.
  }

  function choice(question) {
    return el("button", {
      type: "button", class: "choice", dir: "auto",
      onclick: () => { ui.field.value = ""; ask(question); ui.field.focus(); },
    }, question);
  }

  // Headings that go on like what is being typed: questions to ask, places to open.

  let typing = 0;

  function lookAhead() {
    clearTimeout(typing);
    const typed = ui.field.value.trim();
    if (set.ahead === "no" || current) return;
    typing = setTimeout(async () => {
      const headings = typed.length < 3 ? [] : (await call(`suggest?q=${encodeURIComponent(
        typed.slice(0, 200))}`).then((r) => r.json()).catch(() => ({ headings: [] }))).headings;
      if (ui.field.value.trim() !== typed || current) return;
      ui.next.replaceChildren(...headings.slice(0, 3).map((heading) => {
        if (/[?؟]$/.test(heading.text)) return choice(heading.text);
        const link = linkTo(heading.text, heading.link);
        link.className = "choice";
        link.title = heading.title;
        return link;
      }));
    }, 250);
  }

  async function welcome() {
    if (ui.examples.childElementCount) return;
    const own = (set.examples || "").split("|").map((one) => one.trim()).filter(Boolean);
    const show = (some) => ui.examples.replaceChildren(...some.slice(0, 4).map(choice));
    if (own.length) show(own);
    const { examples = [], notices = [] } =
      await call("suggest").then((response) => response.json()).catch(() => ({}));
    ui.notices.replaceChildren(...notices.map((notice) => el("p", { class: "small" }, notice)));
    if (!own.length) show(examples);
  }

  // The hand-off.

  const handsOff = set.handoff !== "no";
  let token = null;

  function getToken() {
    token = call("token").then((r) => r.json()).then((told) => ({ ...told, at: Date.now() }));
    token.catch(() => {});
  }

  function conversation() {
    return turns.filter((turn) => turn.answer).slice(-KEPT_TURNS).map(({ question, answer }) => (
      { question, answer: shownText(answer) }
    ));
  }

  function openForm() {
    getToken();
    const key = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`.replace(".", "");
    const field = (name, label, properties, tag = "input") => {
      const input = el(tag, { id: name, name, required: true, ...properties });
      return el("p", {}, el("label", { for: name }, label), input);
    };
    const sent = conversation();
    const attach = el("input", { type: "checkbox", id: "attach", checked: true });
    const trouble = el("p", { class: "trouble", role: "alert" });
    const button = el("button", { class: "main" }, text.send);
    const form = el("form", { class: "handoff", "aria-labelledby": "handoff" },
      el("h3", { id: "handoff", tabindex: "-1" }, text.contact),
      field("name", text.name, { autocomplete: "name", maxlength: 100 }),
      field("email", text.email, { type: "email", autocomplete: "email", maxlength: 254 }),
      field("message", text.message, { rows: 4, maxlength: 5000 }, "textarea"),
      sent.length ? el("div", {},
        el("p", { class: "check" }, attach, el("label", { for: "attach" }, text.attach)),
        el("details", {}, el("summary", {}, text.sent),
          sent.map((turn) => el("p", { dir: "auto" }, el("strong", {}, turn.question),
            el("br"), turn.answer)))) : null,
      el("p", { class: "small" }, text.privacy.replace("{page}", page || base)),
      el("p", { class: "unseen", "aria-hidden": "true" },
        el("input", { name: "confirm", tabindex: "-1", autocomplete: "off" })),
      trouble,
      el("p", { class: "buttons" }, button,
        el("button", { type: "button", class: "plain", onclick: closeForm }, text.cancel)));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      trouble.textContent = "";
      try {
        const given = Object.fromEntries(new FormData(form));
        const { token: carried, at } = await token.catch(() => { getToken(); return token; });
        await new Promise((ready) => setTimeout(ready, Math.max(0, at + TOKEN_AGE_MS - Date.now())));
        const response = await call("message", {
          ...given, key, token: carried, page, conversation: attach.checked ? sent : [],
        });
        receipt(await response.json());
      } catch (error) {
        trouble.textContent = inWords(error);
        button.disabled = false;
      }
    });
    const last = turns[turns.length - 1];
    if (last) form.elements.message.value = last.question;
    ui.talk.hidden = true;
    ui.form.replaceChildren(form);
    ui.form.hidden = false;
    form.elements.name.focus();
  }

  function receipt(told) {
    // The owner's words, or the server's usual ones in the visitor's language.
    const usual = told.reply_within === "two working days";
    const words = text.receipt.replace("{within}", usual ? text.within : told.reply_within);
    const heading = el("h3", { tabindex: "-1" }, text.taken);
    ui.form.replaceChildren(el("div", { class: "handoff" }, heading,
      el("p", {}, `${text.reference} `, el("strong", {}, told.reference)), el("p", {}, words),
      el("button", { type: "button", class: "main", onclick: closeForm }, text.back)));
    heading.focus();
  }

  function closeForm() {
    ui.form.hidden = true;
    ui.form.replaceChildren();
    ui.talk.hidden = false;
    ui.field.focus();
  }

  // Opening and closing.

  let before = null;

  function open(question) {
    if (!isOpen) {
      before = document.activeElement;
      isOpen = true;
      ui.panel.hidden = false;
      ui.button.setAttribute("aria-expanded", "true");
      ui.root.classList.add("open");
      remember();
    }
    welcome();
    if (ui.form.hidden) ui.field.focus();
    if (question) ask(question);
  }

  function close() {
    if (framed) return;
    isOpen = false;
    ui.panel.hidden = true;
    ui.button.setAttribute("aria-expanded", "false");
    ui.root.classList.remove("open");
    remember();
    const back = before && before.isConnected && before !== document.body && before !== host
      ? before : ui.button;
    back.focus();
  }

  function afresh() {
    current?.abort();
    turns = [];
    remember();
    ui.log.querySelectorAll("article").forEach((turn) => turn.remove());
    ui.next.replaceChildren();
    ui.welcome.hidden = false;
    welcome();
    ui.field.focus();
  }

  function keptInside(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (!ui.form.hidden) closeForm();
      else close();
    }
    if (event.key !== "Tab" || framed) return;
    const stops = [...ui.panel.querySelectorAll("a[href], button, input, textarea, summary, [tabindex='0']")]
      .filter((stop) => !stop.disabled && stop.tabIndex >= 0 && stop.checkVisibility());
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (shadow.activeElement !== edge && shadow.activeElement) return;
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }

  // Colours: the owner's, with black or white on it, whichever can be read.

  function readableOn(colour) {
    const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (!probe) return "#fff";
    probe.fillStyle = colour;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...probe.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
  }

  function paint() {
    const own = set.color || getComputedStyle(document.documentElement)
      .getPropertyValue("--quoth-accent").trim();
    if (own && CSS.supports("color", own)) {
      ui.root.style.setProperty("--accent", own);
      ui.root.style.setProperty("--on-accent", readableOn(own));
    }
    const offset = /^\d{1,4}$/.test(set.offset || "") ? `${set.offset}px` : set.offset;
    if (offset && CSS.supports("width", offset)) ui.root.style.setProperty("--offset", offset);
  }

  // Building it.

  const host = document.createElement("quoth-widget");
  const shadow = host.attachShadow({ mode: "open" });
  const ui = {};
  let text = {};

  function build() {
    const title = set.title || text.title;
    ui.button = el("button", {
      type: "button", class: "opener", "aria-haspopup": "dialog", "aria-expanded": "false",
      onclick: () => (isOpen ? close() : open()),
    }, icon(ICONS.ask), el("span", {}, title));
    ui.examples = el("div", { class: "choices" });
    ui.notices = el("div");
    ui.welcome = el("div", {}, el("p", { dir: "auto" }, set.greeting || text.greeting),
      ui.notices, ui.examples);
    ui.log = el("div", { class: "log", role: "log", "aria-label": text.conversation, tabindex: "0" },
      ui.welcome);
    ui.next = el("div", { class: "choices next", role: "group", "aria-label": text.suggested });
    ui.field = el("textarea", {
      rows: 1, maxlength: 1000, "aria-label": text.question, placeholder: text.question, dir: "auto",
      oninput: lookAhead,
      onkeydown: (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          ui.asking.requestSubmit();
        }
      },
    });
    ui.asking = el("form", {
      class: "asking",
      onsubmit: (event) => {
        event.preventDefault();
        const question = ui.field.value;
        if (!question.trim()) return;
        ui.field.value = "";
        ask(question);
      },
    }, ui.field, el("button", { class: "main" }, text.ask));
    ui.talk = el("div", { class: "talk" }, ui.log, ui.next, ui.asking,
      el("p", { class: "foot" }, el("span", {}, text.quoted), handsOff ? contact() : ""));
    ui.form = el("div", { class: "talk", hidden: true });
    const iconButton = (label, path, onclick) => el("button", {
      type: "button", class: "icon", "aria-label": label, title: label, onclick,
    }, icon(path));
    ui.panel = el(framed ? "main" : "div", {
      class: "panel", role: framed ? null : "dialog", "aria-modal": framed ? null : "true",
      "aria-labelledby": "title", hidden: !framed, onkeydown: keptInside,
    }, el("div", { class: "head" }, el("h2", { id: "title", dir: "auto" }, title),
      iconButton(text.afresh, ICONS.afresh, afresh),
      framed ? "" : iconButton(text.close, ICONS.close, close)), ui.talk, ui.form);
    ui.root = el("div", {
      class: `root ${framed ? "framed" : ""} ${set.position === "left" ? "left" : ""}`,
      role: framed ? null : "region", "aria-label": framed ? null : title,
      lang: language, dir: language === "ar" ? "rtl" : "ltr",
      "data-theme": ["light", "dark"].includes(set.theme) ? set.theme : "auto",
    }, framed ? "" : ui.button, ui.panel);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(ui.root);
    paint();
  }

  function attend() {
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href='#quoth'], [data-quoth]");
      if (!link) return;
      event.preventDefault();
      open(link.dataset.quoth);
    });
    document.addEventListener("keydown", (event) => {
      if (event.altKey && event.shiftKey && event.code === `Key${(set.key || "h").toUpperCase()}`) {
        event.preventDefault();
        if (isOpen) close();
        else open();
      }
    });
  }

  async function start() {
    const words = await fetch(`${base}widget/${language}.json`, { credentials: "omit" });
    text = await words.json();
    build();
    document.documentElement.append(host);
    if (!framed && host.showPopover) {
      host.popover = "manual";
      host.showPopover();
    }
    const kept = recalled();
    for (const turn of kept.turns) {
      if (typeof turn?.question !== "string" || !turn.answer?.id) continue;
      try {
        const made = reply(turn.answer);
        addTurn(turn.question).append(...made);
        turns.push(turn);
      } catch { /* Kept by an older version: left out. */ }
    }
    attend();
    if (framed) {
      isOpen = true;
      welcome();
    } else if (kept.isOpen) {
      open();
    }
  }

  const STYLE = `/*STYLE*/`;

  start();
})();
