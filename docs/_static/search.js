// The search by name: key / from every page, or the word "Search" in a bar.
//
// A dialog with a field and a list (the combobox pattern of ARIA 1.2).  The names come from two
// shards, which are read when the dialog opens for the first time; docs/_static/find.js ranks.
"use strict";

(function () {
  const h = ic.h;
  const KINDS = { // letter, colour (see search.css), what it is called
    f: ["f", "fn", "static function"], F: ["f", "fn", "function"],
    v: ["v", "var", "static variable"], V: ["v", "var", "variable"],
    t: ["t", "type", "type"], s: ["s", "type", "struct"], u: ["u", "type", "union"],
    e: ["e", "type", "enum"], c: ["c", "var", "enumerator"], b: [".", "mem", "member"],
    m: ["#", "mac", "macro"],
  };
  const SORTS = {
    p: ["py", "py", "Python’s name", "Python"], o: ["op", "op", "instruction", "Instructions"],
    "/": ["/", "file", "file", "Files"], y: ["", "", "", "Names in C"],
    h: ["§", "book", "chapter", "Book"], s: ["§", "book", "section", "Book"],
    g: ["g", "book", "glossary", "Book"], l: ["lab", "lab", "lab", "Labs"],
    n: ["n", "book", "note", "Notes"], r: ["§", "book", "page", "Book"],
  };
  const BEST = 3, EACH = 7;
  // Sphinx's own use of the key would take the focus away.
  if (typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.ENABLE_SEARCH_SHORTCUTS = false;

  let index = null, loading = null, failed = "";

  function load() {
    if (!loading) {
      loading = Promise.all([ic.load("search/names"), ic.load("search/book").catch(() => [])])
        .then(([names, book]) => { index = find.index(names, book); })
        .catch((error) => { failed = error.message; });
    }
    return loading;
  }

  function address(hit) {
    if (hit.address) return ic.root + hit.address;
    const path = hit.path.split("/").map(encodeURIComponent).join("/");
    return ic.root + "browse/" + path + ".html" + (hit.line ? "#L" + hit.line : "");
  }

  // -- the list --------------------------------------------------------------------------------

  // The best few, whatever they are; then the others, by what they are.
  function grouped(hits) {
    const groups = [["Best", hits.slice(0, BEST)]];
    const named = new Map();
    for (const hit of hits.slice(BEST)) {
      const name = SORTS[hit.sort][3];
      if (!named.has(name)) named.set(name, []);
      if (named.get(name).length < EACH) named.get(name).push(hit);
    }
    if (hits.length <= BEST + 2) return [["", hits]];
    return groups.concat([...named]);
  }

  // The name, with the letters marked that the words have in common with it.
  function marked(name, words) {
    const low = name.toLowerCase(), on = new Uint8Array(name.length);
    for (const w of words) {
      let at = low.indexOf(w.low);
      if (at < 0 && w.norm) {
        const map = [];
        let bare = "";
        for (let i = 0; i < low.length; i++) if (/[a-z0-9]/.test(low[i])) { bare += low[i]; map.push(i); }
        const found = bare.indexOf(w.norm);
        if (found >= 0) for (let i = 0; i < w.norm.length; i++) on[map[found + i]] = 1;
        continue;
      }
      for (let i = at; at >= 0 && i < at + w.low.length; i++) on[i] = 1;
    }
    const out = [];
    for (let i = 0; i < name.length;) {
      let j = i;
      while (j < name.length && on[j] === on[i]) j++;
      out.push(on[i] ? h("mark", null, name.slice(i, j)) : name.slice(i, j));
      i = j;
    }
    return out;
  }

  const shown = new WeakMap(); // what each row shows

  function row(hit, id, words) {
    const [letter, colour, what] = hit.kind ? KINDS[hit.kind] : SORTS[hit.sort];
    const where = hit.sort === "/" ? hit.path : hit.path ? hit.path + ":" + hit.line : "";
    const about = hit.sort === "p" ? hit.about : hit.sort === "o" ? "in the bytecode" : hit.about || "";
    const link = h("a.find-hit", { role: "option", id, href: address(hit), "aria-selected": "false", tabindex: "-1" },
      h("span.find-kind." + colour, { "aria-hidden": "true", title: what }, letter),
      h("span.find-name" + (hit.address ? ".prose" : ""), null,
        hit.owner ? h("span.find-owner", null, hit.owner + ".") : null, marked(hit.name, words)),
      h("span.ic-voice", null, ", " + what + (where ? ", " : "")),
      h("span.find-about", null, about),
      h("span.find-where", null, where));
    shown.set(link, hit);
    return link;
  }

  // -- the dialog --------------------------------------------------------------------------------

  let box = null;

  function open(start) {
    if (box) return;
    const field = h("input.find-field", {
      type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "find-list",
      "aria-autocomplete": "list", "aria-label": "Search names, files, chapters and labs",
      autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "go",
      placeholder: "PyDict_SetItem, list.append, dictobj lookup, LOAD_FAST, a chapter …",
    });
    const list = h("div.find-list", { role: "listbox", id: "find-list", "aria-label": "Found" });
    const note = h("div.find-note");
    const close = h("button.ic-close", { type: "button", "aria-label": "Close", onclick: () => box.close() }, "×");
    const foot = h("div.find-foot", { "aria-hidden": "true" },
      hint(["↑", "↓"], "choose"), hint(["↵"], "open"), hint(["Ctrl", "↵"], "in a new tab"),
      hint(["Esc"], "close"));
    box = h("dialog.find", { "aria-label": "Search" },
      h("div.find-top", null, glass(), field, close), list, note, foot);
    let rows = [], at = 0;

    function choose(i, byKey) {
      if (!rows.length) return;
      rows[at].setAttribute("aria-selected", "false");
      at = (i + rows.length) % rows.length;
      rows[at].setAttribute("aria-selected", "true");
      field.setAttribute("aria-activedescendant", rows[at].id);
      if (byKey) {
        if (at === 0) list.scrollTop = 0;
        else rows[at].scrollIntoView({ block: "nearest" });
      }
    }

    function show() {
      const text = field.value.trim();
      rows = [];
      at = 0;
      field.removeAttribute("aria-activedescendant");
      list.replaceChildren();
      note.replaceChildren();
      if (!text) return welcome();
      if (failed) {
        note.append(h("p", null, "The names cannot be read: " + failed + ". Is the folder _data of the site there?"));
        return undefined;
      }
      if (!index) {
        note.append(h("p", null, "Reading the names …"));
        return undefined;
      }
      const words = text.split(/[\s.]+|->|::/).filter(Boolean).map(find.word);
      const hits = index.search(text, 60);
      let n = 0;
      for (const [name, group] of grouped(hits)) {
        const items = group.map((hit) => row(hit, "find-" + n++, words));
        rows.push(...items);
        if (items.length) list.append(section(name, items));
      }
      const more = [
        further("find-text", "browse/text.html#q=" + encodeURIComponent(text), "Lines of the source with", text),
        further("find-prose", "search.html?q=" + encodeURIComponent(text), "Pages of the book with", text),
      ];
      rows.push(...more);
      if (!hits.length) note.append(nothing(text));
      list.append(section(hits.length ? "Elsewhere" : "Look elsewhere", more));
      list.scrollTop = 0;
      choose(0);
      return undefined;
    }

    function section(name, items) {
      return h("div.find-group", { role: "group", "aria-label": name || "Found" },
        name ? h("div.find-head", { "aria-hidden": "true" }, name) : null, items);
    }

    function further(id, to, before, text) {
      return h("a.find-hit.find-further", { role: "option", id, href: ic.root + to, "aria-selected": "false", tabindex: "-1" },
        h("span.find-kind.file", { "aria-hidden": "true" }, "≡"), h("span.find-said", null, before + " ", h("b", null, text)));
    }

    function nothing(text) {
      return h("div.find-none", null, h("p", null, "No name is like ", h("b", null, text), "."),
        h("p", null, "Names that live only inside one function are not in this list; the lines of the source are searched for any text."));
    }

    function welcome() {
      const recent = ic.settings.get("find-recent", []);
      if (recent.length) {
        const items = recent.map((hit, i) => row(hit, "find-" + i, []));
        rows.push(...items);
        list.append(section("Where you were", items));
        choose(0);
      }
      note.append(h("p.find-ways", null, "Names of C and of Python, files, instructions, chapters, labs. ",
        "Case, underscores and a letter out of place do not matter: ",
        h("code", null, "pdsi"), ", ", h("code", null, "struct dictobject"), ", ", h("code", null, "op->ob_type"), "."));
    }

    function remember(link) {
      const hit = shown.get(link);
      if (!hit) return;
      const { sort, kind, name, path, line, owner, address: to, about } = hit;
      const kept = { sort, kind, name, path, line, owner, address: to, about };
      const same = (r) => r.name === name && r.path === path && r.line === line && r.address === to;
      const old = ic.settings.get("find-recent", []).filter((r) => !same(r));
      ic.settings.set("find-recent", [kept, ...old].slice(0, 8));
    }
    field.addEventListener("input", show);
    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key];
      if (step) {
        const to = Math.abs(step) === 1 ? at + step : Math.max(0, Math.min(rows.length - 1, at + step));
        choose(to, true);
      } else if (event.key === "Enter" && event.target === field && rows.length) {
        remember(rows[at]);
        if (event.ctrlKey || event.metaKey) window.open(rows[at].href);
        else rows[at].click();
      } else return;
      event.preventDefault();
    });
    list.addEventListener("pointermove", (event) => {
      const link = event.target.closest(".find-hit");
      if (link && rows[at] !== link) choose(rows.indexOf(link));
    });
    list.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      remember(link);
      if (!(event.ctrlKey || event.metaKey || event.shiftKey)) box.close();
    });
    box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
    box.addEventListener("close", () => {
      box.remove();
      box = null;
    });
    document.body.append(box);
    field.value = start || "";
    box.showModal();
    field.focus();
    show();
    if (!index) load().then(() => { if (box) show(); });
  }

  function hint(names, text) {
    return h("span", null, names.map((n) => h("kbd.ic-key", null, n)), " " + text);
  }

  function glass() {
    const span = h("span.find-glass", { "aria-hidden": "true" });
    span.innerHTML = '<svg viewBox="0 0 24 24"><circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5 21 21"/></svg>';
    return span;
  }

  ic.keys.add({ key: "/", label: "Search names, files, chapters and labs", group: "Everywhere", run: () => open() });

  ic.ready(() => {
    for (const link of document.querySelectorAll('.bar-site a[href$="search.html"], a.find-open')) {
      link.setAttribute("aria-keyshortcuts", "/");
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        open();
      });
    }
    // Furo's field in the sidebar: what is typed into it goes on in the dialog.
    for (const field of document.querySelectorAll(".sidebar-search")) {
      field.placeholder = "Search   /";
      field.setAttribute("aria-keyshortcuts", "/");
      field.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        open();
      });
    }
  });

  window.search = { open, load, get index() { return index; } };
})();
