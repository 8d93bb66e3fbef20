// The page of a source file: permalinks and ranges, the outline, what encloses the top line, keys.
"use strict";

(function () {
  const { h } = ic;
  const source = document.getElementById("source");
  const tools = document.querySelector(".tools");
  if (!source || !tools) return;
  const html = document.documentElement;
  const path = source.dataset.path;

  // -- the row of tools --------------------------------------------------------------------------

  const buttons = h("span.tool-buttons", null);
  tools.append(buttons);
  // Others put their tools here, by rank.
  ic.tool = function (element, rank) {
    element.dataset.rank = rank;
    const after = [...buttons.children].find((other) => other.dataset.rank > rank);
    buttons.insertBefore(element, after || null);
  };
  const toggle = (label, title, on, run) => h("button.tool", { type: "button", title, "aria-pressed": String(on),
    onclick: (event) => event.currentTarget.setAttribute("aria-pressed", String(run())) }, label);

  // -- lines: #L10 and #L10-L20 --------------------------------------------------------------------

  let marked = [], selection = null, pivot = 0;

  function parse(hash) {
    const found = /^#L(\d+)(?:-L?(\d+))?$/.exec(hash);
    if (!found) return null;
    const a = parseInt(found[1], 10), b = found[2] ? parseInt(found[2], 10) : a;
    return { first: Math.min(a, b), last: Math.max(a, b) };
  }

  function follow(scroll) {
    for (const number of marked) number.classList.remove("h");
    marked = [];
    selection = parse(location.hash);
    picked.hidden = !selection;
    if (!selection) return;
    const { first, last } = selection;
    pivot = first;
    for (let n = first; n <= last; n++) {
      const number = document.getElementById("L" + n);
      if (!number) break;
      number.classList.add("h");
      marked.push(number);
    }
    range.textContent = first === last ? `line ${first}` : `lines ${first}–${last}`;
    if (scroll && first !== last && marked.length) marked[0].scrollIntoView({ block: "start" });
  }

  source.addEventListener("click", (event) => {
    const number = event.target.closest(".g a[id]");
    if (!number || event.ctrlKey || event.metaKey || event.altKey) return;
    const line = parseInt(number.textContent, 10);
    if (!event.shiftKey || !pivot) {
      pivot = line;
      return;
    }
    event.preventDefault();
    getSelection().removeAllRanges();
    extend(line);
  });

  function extend(line) {
    const first = Math.min(pivot, line), last = Math.max(pivot, line), keep = pivot;
    history.replaceState(null, "", first === last ? `#L${first}` : `#L${first}-L${last}`);
    follow(false);
    pivot = keep;
  }

  const range = h("b", null);
  const picked = h("span.picked", { hidden: true }, range,
    h("button.tool", { type: "button", title: "Copy a link to these lines (y)", onclick: copyLink }, "copy link"),
    h("button.tool", { type: "button", title: "Copy these lines as Markdown (Y)", onclick: copyMarkdown }, "as Markdown"));
  ic.tool(picked, 0);

  function copyLink() {
    ic.copy(location.href, "link copied");
  }

  // The text of lines, from the page itself.
  function textOf(first, last) {
    const out = [];
    for (const chunk of source.querySelectorAll(".c")) {
      const start = parseInt(chunk.querySelector(".g a").textContent, 10);
      const lines = plain(chunk.querySelector("pre")).split("\n");
      if (start > last) break;
      if (start + lines.length <= first) continue;
      lines.forEach((text, i) => {
        const n = start + i;
        if (n >= first && n <= last && (i < lines.length - 1 || text)) out.push(text);
      });
    }
    return out.join("\n");
  }
  function plain(pre) {
    const copy = pre.cloneNode(true);
    for (const box of copy.querySelectorAll(".peek")) box.remove();
    return copy.textContent;
  }

  async function copyMarkdown() {
    const { first, last } = selection;
    const data = await ic.names.catalogue().catch(() => null);
    const text = textOf(first, last), fence = text.includes("```") ? "````" : "```";
    const lines = first === last ? `line ${first}` : `lines ${first}–${last}`;
    const of = data ? ` of CPython ${data.release}` : "";
    ic.copy(`\`${path}\`, ${lines}${of}:\n\n${fence}c\n${text}\n${fence}\n`, "copied as Markdown");
  }

  addEventListener("hashchange", () => follow(true));

  // -- the outline -----------------------------------------------------------------------------

  const outline = document.getElementById("outline");
  const entries = outline ? [...outline.querySelectorAll("li > a")].map((a) => {
    const line = parseInt(a.hash.slice(2), 10);
    return { a, line, end: parseInt(a.dataset.e, 10) || line, name: a.textContent, item: a.parentNode };
  }) : [];
  const KINDS = { f: "functions", t: "types", m: "macros", v: "variables" };
  let filter = null;

  function filters() {
    if (entries.length < 8) return;
    const off = new Set();
    const empty = h("p.outline-none", { hidden: true }, "Nothing of that name in this file.");
    const draw = () => {
      const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { a, name, item } of entries) {
        const lower = name.toLowerCase();
        item.hidden = off.has(a.className) || !words.every((word) => lower.includes(word));
        if (!item.hidden) shown++;
      }
      empty.hidden = shown > 0;
    };
    filter = h("input", { type: "search", placeholder: "filter", "aria-label": "Filter the outline", oninput: draw });
    filter.addEventListener("keydown", (event) => {
      const first = entries.find(({ item }) => !item.hidden);
      if (event.key === "Enter" && first) {
        first.a.click();
        filter.blur();
      } else if (event.key === "ArrowDown" && first) {
        first.a.focus();
        event.preventDefault();
      } else if (event.key === "Escape") {
        filter.value = "";
        draw();
        filter.blur();
        event.stopPropagation();
      }
    });
    const there = Object.keys(KINDS).filter((kind) => entries.some(({ a }) => a.className === kind));
    const chips = there.length < 2 ? [] : there.map((kind) => h("button.chip", { type: "button", "aria-pressed": "true",
      onclick(event) {
        if (!off.delete(kind)) off.add(kind);
        event.currentTarget.setAttribute("aria-pressed", String(!off.has(kind)));
        draw();
      } }, KINDS[kind]));
    outline.querySelector("ol").before(h("div.outline-filter", null, filter, h("div.chips", { role: "group", "aria-label": "Kinds" }, chips)), empty);
  }

  if (outline) {
    outline.addEventListener("click", (event) => {
      if (event.target.closest("li > a") && outline.matches(":popover-open")) outline.hidePopover();
    });
    outline.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const at = entries.findIndex(({ a }) => a === event.target);
      if (!step || at < 0) return;
      let to = at + step;
      while (entries[to] && entries[to].item.hidden) to += step;
      (entries[to] ? entries[to].a : filter || event.target).focus();
      event.preventDefault();
    });
    const apply = (on) => {
      html.classList.toggle("no-outline", !on);
      ic.settings.set("outline", on);
      return on;
    };
    const on = ic.settings.get("outline", true);
    html.classList.toggle("no-outline", !on);
    ic.tool(toggle("Outline", "Show the outline (O)", on, () => apply(html.classList.contains("no-outline"))), 3);
    buttons.lastChild.classList.add("wide-only");
  }

  // -- what encloses the line at the top ---------------------------------------------------------

  const where = tools.querySelector(".where");
  const chunks = [...source.querySelectorAll(".c")];
  let current = null, waiting = false;

  function topLine() {
    const y = tools.getBoundingClientRect().bottom + 2;
    let low = 0, high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (chunks[middle].getBoundingClientRect().bottom <= y) low = middle + 1;
      else high = middle;
    }
    const chunk = chunks[low];
    if (!chunk) return 0;
    const box = chunk.getBoundingClientRect(), numbers = chunk.firstElementChild.childElementCount;
    const line = parseInt(chunk.firstElementChild.firstElementChild.textContent, 10);
    return line + Math.max(0, Math.min(numbers - 1, Math.floor((y - box.top) / (box.height / numbers))));
  }

  // The innermost entry around a line, and failing that the last one before it.
  function enclosing(line) {
    let low = 0, high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle].line <= line) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && i > low - 60; i--) if (entries[i].end >= line && entries[i].end > entries[i].line) return { inside: entries[i], near: entries[low - 1] };
    return { inside: null, near: entries[low - 1] || null };
  }

  function track() {
    waiting = false;
    const started = source.getBoundingClientRect().top < tools.getBoundingClientRect().bottom;
    const line = started ? topLine() : 0;
    const { inside, near } = line ? enclosing(line) : { inside: null, near: null };
    where.replaceChildren(...(inside
      ? [h("a", { href: inside.a.getAttribute("href"), "data-kind": inside.a.className }, inside.name),
        h("small", null, `lines ${inside.line}–${inside.end}`)]
      : [h("span.path", null, started ? path.split("/").at(-1) : "")]));
    const entry = inside || near;
    if (entry === current) return;
    if (current) current.a.removeAttribute("aria-current");
    current = entry;
    if (!entry) return;
    entry.a.setAttribute("aria-current", "location");
    if (!outline.matches(":hover, :focus-within") && outline.offsetParent !== null) {
      const list = outline.querySelector("ol"), at = entry.a.offsetTop;
      if (at < list.scrollTop + 40 || at > list.scrollTop + list.clientHeight - 60) list.scrollTop = at - list.clientHeight / 3;
    }
  }

  addEventListener("scroll", () => {
    if (!waiting) requestAnimationFrame(track);
    waiting = true;
  }, { passive: true });
  addEventListener("resize", track);

  // -- notes -------------------------------------------------------------------------------------

  if (source.querySelector(".note")) {
    const apply = (on) => {
      html.classList.toggle("no-notes", !on);
      ic.settings.set("notes", on);
      return on;
    };
    const on = ic.settings.get("notes", true);
    html.classList.toggle("no-notes", !on);
    const button = toggle("Notes", "Show the notes (m)", on, () => apply(html.classList.contains("no-notes")));
    ic.tool(button, 2);
    ic.keys.add({ key: "m", label: "Notes on and off", run: () => button.click() });
  }

  ic.tool(h("button.tool", { type: "button", title: "Keys (?)", "aria-label": "Keys", onclick: ic.help }, "?"), 9);

  // -- keys ----------------------------------------------------------------------------------------

  // The next name on the page, from the one with the focus or from the top of the window.
  function name(by) {
    const all = [...source.querySelectorAll("pre a[href], pre dfn")];
    let at = all.indexOf(ic.names.named(document.activeElement));
    if (at < 0) {
      const top = tools.getBoundingClientRect().bottom, line = topLine();
      const chunk = chunks.find((c) => c.getBoundingClientRect().bottom > top && parseInt(c.querySelector(".g a").textContent, 10) <= line);
      const from = chunk || chunks[0];
      at = all.findIndex((a) => from.compareDocumentPosition(a) & Node.DOCUMENT_POSITION_CONTAINED_BY && a.getBoundingClientRect().top >= top);
      at = at < 0 ? 0 : at - (by > 0 ? 1 : 0);
    }
    const next = all[at + by];
    if (!next) return;
    if (next.localName === "dfn") next.tabIndex = -1;
    next.focus({ preventScroll: true, focusVisible: true });
    const box = next.getBoundingClientRect();
    if (box.top < tools.getBoundingClientRect().bottom + 20 || box.bottom > innerHeight - 40) next.scrollIntoView({ block: "center" });
  }
  function definition(by) {
    const line = topLine() + (by > 0 ? 2 : 0);
    const next = by > 0 ? entries.find((e) => e.line > line) : entries.findLast((e) => e.line < line - 2);
    if (next) location.hash = "L" + next.line;
  }
  const group = "This page";
  ic.keys.add({ key: "n", label: "Next name", group, run: () => name(1) });
  ic.keys.add({ key: "b", label: "Name before", group, run: () => name(-1) });
  ic.keys.add({ key: "]", label: "Next definition", group, run: () => definition(1) });
  ic.keys.add({ key: "[", label: "Definition before", group, run: () => definition(-1) });
  ic.keys.add({ key: "o", label: "Outline: filter", group, when: () => !!outline, run() {
    if (outline.offsetParent === null) {
      if (html.classList.contains("no-outline")) buttons.querySelector(".wide-only").click();
      if (outline.offsetParent === null && !outline.matches(":popover-open")) outline.showPopover();
    }
    (filter || entries[0].a).focus();
  } });
  ic.keys.add({ key: "O", label: "Outline on and off", group, when: () => !!outline, run: () => buttons.querySelector(".wide-only").click() });
  ic.keys.add({ key: "y", label: "Copy a link to the lines", group, run: copyLink });
  ic.keys.add({ key: "Y", label: "Copy the lines as Markdown", group, when: () => !!selection, run: () => { copyMarkdown(); } });
  ic.keys.add({ key: ["J", "K"], label: "Lines: more, fewer", group, when: () => !!selection, run(event) {
    const { first, last } = selection, end = pivot === first ? last : first;
    extend(Math.max(1, end + (event.key === "J" ? 1 : -1)));
  } });
  ic.keys.add({ key: "t", label: "Light, dark, or as the system has it", group: "Everywhere", run: () => document.querySelector(".theme-toggle").click() });

  filters();
  follow(true);
  track();
})();
