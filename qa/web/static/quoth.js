// Copies each turn that the server sends from #turn to the conversation, #log, and what little
// else the page needs a script for. The server's HTML has been through Gradio's sanitizer.
(() => {
  "use strict";

  const app = document.querySelector("gradio-app");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const withPointer = matchMedia("(pointer: fine)");
  const html = document.documentElement;

  const field = () => document.querySelector("#question textarea, #question input");

  function conversation() {
    const log = document.getElementById("log");
    if (log && log.getAttribute("role") !== "log") {
      log.setAttribute("role", "log");
      log.setAttribute("aria-live", "polite");
      log.setAttribute("aria-label", "Conversation");
    }
    return log;
  }

  function place() {
    const log = conversation();
    const sent = document.querySelector("#turn article");
    if (!log || !sent) return;
    html.classList.add("scripted");
    const shown = log.querySelector(`#${CSS.escape(sent.id)}`);
    if (!shown) append(log, sent);
    else if (!sent.querySelector(".waiting")) answer(shown, sent);
  }

  function append(log, sent) {
    const turn = sent.cloneNode(true);
    log.append(turn);
    turn.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
    // The example that was clicked is gone now; keyboards without a pointer stay closed.
    if (document.activeElement === document.body && withPointer.matches) {
      field()?.focus({ preventScroll: true });
    }
  }

  function answer(turn, sent) {
    const waiting = turn.querySelector(".waiting");
    if (waiting) waiting.parentElement.replaceWith(sent.querySelector(".reply").cloneNode(true));
  }

  async function copy(button) {
    const figure = button.closest("figure");
    const source = figure.querySelector("cite");
    const link = source.querySelector("a");
    const quote = figure.querySelector("blockquote").innerText.trim();
    const lines = [`“${quote}”`, `— ${source.innerText.trim()}`, link ? link.href : ""];
    await navigator.clipboard.writeText(lines.join("\n").trim());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  // Gradio tells its theme by a class of the body; the colours follow `data-theme`.
  const theme = () => {
    html.dataset.theme = document.body.classList.contains("dark") ? "dark" : "light";
  };

  new MutationObserver(place).observe(app, { childList: true, subtree: true });
  new MutationObserver(theme).observe(document.body, { attributeFilter: ["class"] });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.afresh");
    if (link) { // Gradio's sanitizer lets every link open a new tab.
      event.preventDefault();
      location.assign(link.href);
    }
    const button = event.target.closest(".copy");
    if (button && navigator.clipboard) copy(button);
  });
  if (navigator.clipboard) html.classList.add("can-copy");
})();
