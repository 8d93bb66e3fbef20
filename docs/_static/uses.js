// The panel of uses: by kind, file and function, with filters, preview and keys; and the light on
// every use of a name in the page.
"use strict";

ic.uses = (function () {
  const { h, names } = ic;
  const ORDER = ["definition", "define", "declaration", "write", "read-write", "address", "initialise", "call",
    "read", "type", "sizeof", "expand", "test", "undef", "goto", "include"];
  const HEADS = {
    definition: "Defined", define: "Defined", declaration: "Declared", write: "Written", "read-write": "Read and written",
    address: "Address taken", initialise: "Initialised", call: "Called", read: "Read", type: "As a type",
    sizeof: "In sizeof", expand: "Expanded", test: "Tested by #if", undef: "Undefined", goto: "Gone to", include: "Included",
  };
  const FEW = 150; // uses that are all shown open

  async function open(symbol, from) {
    let all, data;
    try {
      [all, data] = await Promise.all([names.uses(symbol), names.catalogue()]);
    } catch (error) {
      ic.toast("the list of uses cannot be read: " + error.message);
      return;
    }
    const here = names.pathOf(location.href);
    const state = { symbol, all, data, here, sorts: new Set(), config: -1, path: "" };
    const list = h("div.uses-list", { role: "group", "aria-label": "Uses" });
    const preview = h("div.uses-preview.src", { "aria-label": "Preview", role: "region", tabindex: "0", hidden: true });
    const count = h("p.uses-count", { role: "status" });
    const redraw = () => draw(state, list, count, preview);
    const tools = filters(state, redraw);
    ic.panel.open({
      id: "uses",
      title: ["Uses of ", h("code", null, names.shown(symbol.name))],
      content: [tools, count, list, preview],
      onclose: () => light(null),
    });
    ic.panel.box.classList.add("uses");
    ic.panel.box.addEventListener("keydown", walk);
    redraw();
    if (from) light(from);
    else lightSymbol(symbol);
  }

  function filters(state, redraw) {
    const tally = new Map();
    for (const { uses } of state.all) for (const use of uses) tally.set(use.sort, (tally.get(use.sort) || 0) + 1);
    const chips = ORDER.filter((sort) => tally.has(sort)).map((sort) =>
      h("button.chip", {
        type: "button", "aria-pressed": "false",
        onclick(event) {
          const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
          event.currentTarget.setAttribute("aria-pressed", String(on));
          if (on) state.sorts.add(sort);
          else state.sorts.delete(sort);
          redraw();
        },
      }, HEADS[sort], " ", h("small", null, tally.get(sort).toLocaleString("en"))));
    const config = state.data.configs.length > 1 ? h("select", {
      "aria-label": "Configuration",
      onchange(event) {
        state.config = parseInt(event.target.value, 10);
        redraw();
      },
    }, h("option", { value: "-1" }, "any configuration"),
    state.data.configs.map((name, i) => h("option", { value: String(i) }, `compiled in ${name}`)),
    h("option", { value: "-2" }, "compiled in none")) : null;
    const path = state.all.length > 3 ? h("input", {
      type: "search", placeholder: "file or folder", "aria-label": "Only files whose path has",
      oninput(event) {
        state.path = event.target.value.trim().toLowerCase();
        redraw();
      },
    }) : null;
    return h("div.uses-filters", null, chips.length > 1 ? h("div.chips", { role: "group", "aria-label": "Kinds of use" }, chips) : null,
      config || path ? h("div.uses-more", null, path, config) : null);
  }

  function wanted(state) {
    const groups = new Map(); // sort -> [{path, uses}]
    let total = 0;
    for (const { path, uses } of state.all) {
      if (state.path && !path.toLowerCase().includes(state.path)) continue;
      for (const use of uses) {
        if (state.sorts.size && !state.sorts.has(use.sort)) continue;
        if (state.config >= 0 && !(use.configs & (1 << state.config))) continue;
        if (state.config === -2 && use.configs) continue;
        const sort = use.sort === "define" ? "definition" : use.sort;
        if (!groups.has(sort)) groups.set(sort, []);
        const files = groups.get(sort);
        if (!files.length || files.at(-1).path !== path) files.push({ path, uses: [] });
        files.at(-1).uses.push(use);
        total++;
      }
    }
    for (const files of groups.values()) {
      files.sort((a, b) => (b.path === state.here) - (a.path === state.here));
    }
    return { groups, total };
  }

  function draw(state, list, count, preview) {
    const { groups, total } = wanted(state);
    preview.hidden = true;
    const files = new Set([...groups.values()].flat().map((f) => f.path)).size;
    count.textContent = total
      ? `${total.toLocaleString("en")} in ${files.toLocaleString("en")} file${files === 1 ? "" : "s"}`
      : state.all.length ? "None that passes the filters." : "No uses in what is indexed.";
    const out = [];
    for (const sort of ORDER) {
      if (!groups.has(sort)) continue;
      const found = groups.get(sort), n = found.reduce((sum, f) => sum + f.uses.length, 0);
      out.push(h("section.uses-sort", { "data-sort": sort },
        h("h3", null, HEADS[sort], " ", h("small", null, n.toLocaleString("en"))),
        found.map((f) => fileGroup(state, f, total <= FEW || (f.path === state.here && f.uses.length <= FEW), preview))));
    }
    list.replaceChildren(...out);
  }

  function fileGroup(state, { path, uses }, open, preview) {
    const body = h("div.uses-rows", null);
    const box = h("details.uses-file", { open }, h("summary", null,
      h("span.path", null, path), h("small", null, uses.length.toLocaleString("en"))), body);
    let filled = false;
    const fill = () => {
      if (filled || !box.open) return;
      filled = true;
      names.source(path).then((file) => body.replaceChildren(...rows(state, file, uses, preview)),
        (error) => body.replaceChildren(h("p.uses-count", null, "its source cannot be read: " + error.message)));
    };
    box.addEventListener("toggle", fill);
    body.style.minHeight = `calc(${new Set(uses.map((u) => u.line)).size} * 1.6em)`;
    near(box, fill);
    return box;
  }

  // Run when an element comes near the visible part of the panel.
  let watcher = null;
  const runs = new WeakMap();
  function near(element, run) {
    if (!watcher) {
      watcher = new IntersectionObserver((entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          watcher.unobserve(entry.target);
          runs.get(entry.target)();
        }
      }, { rootMargin: "400px" });
    }
    runs.set(element, run);
    watcher.observe(element);
  }

  function rows(state, file, uses, preview) {
    const out = [];
    let inside = null, last = null;
    for (const use of uses) {
      const name = names.functionAt(file, use.line);
      if (name !== inside) {
        inside = name;
        if (name) out.push(h("p.uses-in", null, names.shown(name)));
      }
      if (last && last.line === use.line) {
        last.cols.push(use.col);
        continue;
      }
      last = { line: use.line, cols: [use.col], configs: use.configs };
      out.push(last);
    }
    return out.map((row) => (row instanceof Node ? row : link(state, file, row, preview)));
  }

  function link(state, file, row, preview) {
    const a = h("a.use", { href: names.href(file.path, row.line) }, h("span.ln", null, String(row.line)),
      h("code", null, marked(file.lines[row.line - 1] || "", row.cols, state.symbol.name, true)),
      row.configs === state.data.bits ? null : h("small.config", null, configNames(row.configs, state.data)));
    a.addEventListener("focus", () => show(preview, file, row, state));
    return a;
  }

  function configNames(bits, data) {
    if (!bits) return "not compiled";
    return data.configs.filter((_, i) => bits & (1 << i)).join(", ");
  }
  ic.configNames = configNames;

  // A line with the uses marked; columns are in bytes of UTF-8, from 1.
  function marked(text, cols, name, trim) {
    const out = [];
    let from = trim ? text.length - text.trimStart().length : 0;
    for (const col of cols) {
      const at = characters(text, col - 1);
      if (at < from || text.slice(at, at + name.length) !== name) continue;
      out.push(names.code(text.slice(from, at)), h("mark", null, names.shown(name)));
      from = at + name.length;
    }
    out.push(names.code(text.slice(from)));
    return out;
  }

  function characters(text, bytes) {
    if (/^[\x00-\x7f]*$/.test(text)) return bytes;
    let i = 0;
    for (let n = 0; n < bytes && i < text.length; i++) {
      const code = text.charCodeAt(i);
      n += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xdc00 ? 4 : code >= 0xdc00 && code < 0xe000 ? 0 : 3;
    }
    return i;
  }

  const AROUND = 5;
  function show(preview, file, row, state) {
    const first = Math.max(1, row.line - AROUND), last = Math.min(file.lines.length, row.line + AROUND);
    const lines = [];
    for (let n = first; n <= last; n++) {
      lines.push(h(n === row.line ? "span.at" : "span", null,
        h("span.ln", { "aria-hidden": "true" }, String(n)),
        marked(file.lines[n - 1], n === row.line ? row.cols : [], state.symbol.name, false), "\n"));
    }
    preview.replaceChildren(h("p.path", null, `${file.path}:${row.line}`), h("pre", null, lines));
    preview.hidden = false;
  }

  // Down and up through files and lines; left and right close and open a file.
  function walk(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    const key = { j: "ArrowDown", k: "ArrowUp" }[event.key] || event.key;
    const box = event.target.closest("details");
    if (box && (key === "ArrowLeft" || key === "ArrowRight")) {
      box.open = key === "ArrowRight";
      if (!box.open) box.firstChild.focus();
    } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) {
      const stops = [...event.currentTarget.querySelectorAll("summary, .use")].filter((e) => e.checkVisibility ? e.checkVisibility() : e.offsetParent);
      const at = stops.indexOf(document.activeElement);
      const to = key === "Home" ? 0 : key === "End" ? stops.length - 1 : key === "ArrowDown" ? at + 1 : at < 0 ? stops.length - 1 : at - 1;
      if (stops[to]) {
        stops[to].focus({ preventScroll: true });
        stops[to].scrollIntoView({ block: "nearest" });
      }
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // -- light ------------------------------------------------------------------------------------

  let lit = [];
  function light(element) {
    for (const old of lit) old.classList.remove("lit");
    lit = [];
    const root = element && element.closest("#source, .excerpt, .book-note");
    const place = root && names.target(element);
    if (!place || !place.path) return 0;
    const attribute = element.localName === "a" && !element.classList.contains("d")
      ? element.getAttribute("href") : "#L" + place.line;
    for (const a of root.querySelectorAll(`pre a[href="${CSS.escape(attribute)}"]`)) {
      if (a.textContent === place.name && !a.classList.contains("d")) lit.push(a);
    }
    if (place.path === (names.position(element) || {}).path) {
      for (const own of root.querySelectorAll("pre dfn, pre a.d, pre span:not([data-byte])")) {
        if (own.textContent === place.name && names.position(own).line === place.line) lit.push(own);
      }
    }
    for (const one of lit) one.classList.add("lit");
    return lit.length;
  }
  function lightSymbol(symbol) {
    if (names.pathOf(location.href) !== symbol.path) return;
    const first = document.querySelector(`#source pre a[href="#L${symbol.line}"]`);
    if (first && first.textContent === symbol.name) light(first);
  }

  let soon = 0;
  const later = (element) => {
    clearTimeout(soon);
    if (ic.panel.id === "uses") return;
    soon = setTimeout(() => light(element), 120);
  };
  addEventListener("pointerover", (event) => {
    const element = names.named(event.target);
    if (element && !event.buttons) later(element);
  });
  addEventListener("focusin", (event) => {
    const element = names.named(event.target);
    if (element) later(element);
  });

  async function openCurrent() {
    const element = ic.current(), place = names.target(element);
    ic.hideCard();
    const [symbol] = place ? await names.symbols(place) : [];
    if (symbol) open(symbol, element);
    else ic.toast("nothing is known of this name");
  }
  ic.keys.add({ key: "u", label: "Its uses", group: "The name under the pointer or cursor",
    shown: () => !!document.querySelector(".src"), when: () => !!ic.current(), run: openCurrent });
  ic.keys.add({ key: ["↓", "↑"], label: "In a list of uses: next and previous", group: "Panels", run: () => false });
  ic.keys.add({ key: ["←", "→"], label: "In a list of uses: close and open a file", group: "Panels", run: () => false });

  return { open, light };
})();
