// The guided reading of a file: its notes in the order of the source, one after the other.
//
// browse.js switches notes on and off; this adds the way through them: a bar with the note's
// title and place, its lines marked in the source, and where the reader left off.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const h = ic.h;
  const source = document.getElementById("source");
  const notes = source ? [...source.querySelectorAll(".note")] : [];
  if (!notes.length) return;
  const key = "reading." + location.pathname.replace(/^.*\/browse\//, "");
  const head = document.querySelector(".file-head");
  let at = -1, bar = null, forget = null, marked = [];

  const title = (note) => note.querySelector("h2").textContent;
  const lines = (note) => (note.dataset.lines || note.querySelector(".where a").hash.slice(2)).split("-").map(Number);

  // -- the way in: above the source --------------------------------------------------------------

  const left = Math.min(ic.settings.get(key, 0), notes.length - 1);
  const enter = h("button.reading-enter", { type: "button", onclick: () => go(left) },
    left ? `Read on: note ${left + 1} of ${notes.length}` : `Read it note by note (${notes.length})`);
  const contents = h("details.reading-list", null,
    h("summary", null, "The notes"),
    h("ol", null, notes.map((note, i) => h("li", null,
      h("a", { href: "#" + note.id, onclick: (event) => { event.preventDefault(); go(i); } }, title(note)),
      h("span", null, " line " + lines(note)[0])))));
  if (head) head.append(h("div.reading-ways", null, enter, contents));

  // -- the way through ----------------------------------------------------------------------------

  function go(to) {
    if (to < 0 || to >= notes.length) return;
    if (document.documentElement.classList.contains("no-notes")) { // the switch of browse.js
      const button = [...document.querySelectorAll(".tool")].find((b) => b.textContent === "Notes");
      if (button) button.click();
    }
    if (at >= 0) notes[at].classList.remove("now");
    at = to;
    const note = notes[at];
    note.classList.add("now");
    mark(note);
    show();
    ic.settings.set(key, at);
    history.replaceState(null, "", "#" + note.id);
    note.tabIndex = -1;
    note.focus({ preventScroll: true });
    const first = document.getElementById("L" + lines(note)[0]);
    // a line of a part that was never laid out has no true place yet: go there twice
    for (let i = 0; i < 2; i++) (first || note).scrollIntoView({ block: "center" });
  }

  function mark(note) {
    for (const line of marked) line.classList.remove("h");
    marked = [];
    const [first, last] = lines(note);
    for (let n = first; n <= (last || first); n++) {
      const line = document.getElementById("L" + n);
      if (!line) break;
      line.classList.add("h");
      marked.push(line);
    }
  }

  function show() {
    if (!bar) {
      const button = (label, text, run) => h("button", { type: "button", "aria-label": label, title: label, onclick: run }, text);
      bar = h("nav.reading", { "aria-label": "Guided reading" },
        button("Note before (<)", "‹", () => go(at - 1)), h("span.reading-where", null, h("b", null), h("span", null)),
        button("Next note (>)", "›", () => go(at + 1)), button("End the reading (Escape)", "×", stop));
      document.body.append(bar);
      document.documentElement.classList.add("is-reading");
      forget = ic.opened(stop);
    }
    const [, where, next] = bar.children;
    where.firstChild.textContent = title(notes[at]);
    where.lastChild.textContent = `${at + 1} of ${notes.length}`;
    bar.firstChild.disabled = at === 0;
    next.disabled = at === notes.length - 1;
    if (at === notes.length - 1) ic.settings.set(key, 0);
  }

  function stop() {
    if (!bar) return;
    const had = bar.contains(document.activeElement);
    if (forget) forget();
    bar.remove();
    bar = forget = null;
    document.documentElement.classList.remove("is-reading");
    for (const line of marked) line.classList.remove("h");
    marked = [];
    if (at >= 0) {
      notes[at].classList.remove("now");
      if (had) notes[at].focus({ preventScroll: true });
    }
  }

  // Where to go on: from the note in hand, or from what is on the screen.
  function step(by) {
    if (bar) return go(at + by);
    const top = 80;
    const next = notes.findIndex((note) => note.getBoundingClientRect().top > top);
    if (by > 0) return go(next < 0 ? notes.length - 1 : next);
    return go((next < 0 ? notes.length : next) - 1);
  }

  ic.keys.add({ key: ">", label: "Next note", group: "Notes", run: () => step(1) });
  ic.keys.add({ key: "<", label: "Note before", group: "Notes", run: () => step(-1) });
});
