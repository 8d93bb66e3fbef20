// The card of a name, on hover, keyboard focus or touch; and peek: its definition in place.
"use strict";

(function () {
  const { h, names } = ic;
  const WAIT = 220, LEAVE = 260;
  let pointed = null; // the name under the pointer
  let timer = 0, token = 0, dismissed = null;

  // The name that keys act on: the focused one, the card's, the one pointed at.
  ic.current = () => names.named(document.activeElement) ||
    (ic.card.anchor && names.named(ic.card.anchor)) || (pointed && pointed.isConnected && pointed);

  // -- words -----------------------------------------------------------------------------------

  const SORTS = {
    call: "calls", read: "reads", write: "writes", "read-write": "read and written", address: "address taken",
    type: "as a type", sizeof: "in sizeof", initialise: "initialised", goto: "gotos", expand: "expansions",
    test: "tested", undef: "undefined", declaration: "declarations", definition: "definitions",
    define: "definitions", include: "includes",
  };
  const ONE = { call: "call", read: "read", write: "write", goto: "goto", expand: "expansion",
    declaration: "declaration", definition: "definition", define: "definition", include: "include" };
  const ITSELF = ["definition", "declaration", "define"];
  ic.sortName = (sort, n) => (n === 1 && ONE[sort]) || SORTS[sort] || sort;

  // Which of CPython's three layers of headers a name belongs to.
  function layer(symbol, paths) {
    if (["local", "parameter", "label", "member", "enumerator"].includes(symbol.kind)) return "";
    if (paths.some((p) => /^Include\/[^/]+$/.test(p))) return "public header";
    if (paths.some((p) => p.startsWith("Include/cpython/"))) return "public header, not in the limited API";
    if (paths.some((p) => p.startsWith("Include/internal/"))) return "internal header: not for extensions";
    if (/^static\b/.test(symbol.decl)) return "static: this file only";
    return "";
  }

  const RESULTS = { new: "returns a new reference", borrowed: "returns a borrowed reference",
    null: "always returns NULL" };

  function where(offset) {
    if (!offset) return "";
    const [at, size, bit, bits] = offset;
    if (bits) return `${bits} bit${bits > 1 ? "s" : ""} at bit ${at * 8 + bit}`;
    return `offset ${at}, ${size} byte${size === 1 ? "" : "s"}`;
  }
  ic.memberPlace = where;

  function memberFacts(symbol, configs) {
    const all = symbol.more.o;
    if (!all) return [];
    const out = [where(all[0])];
    for (let i = 1; i < all.length; i++) {
      if (all[i] && JSON.stringify(all[i]) !== JSON.stringify(all[0])) out.push(`${configs[i]}: ${where(all[i])}`);
    }
    return out.filter(Boolean);
  }

  // -- the card --------------------------------------------------------------------------------

  function content(found, data, extra) {
    const symbol = found[0];
    const paths = [symbol.path];
    for (let i = 0; i < symbol.places.length; i += 3) paths.push(data.paths[symbol.places[i]]);
    const facts = [];
    if (extra.parent) {
      facts.push([symbol.kind === "member" || symbol.kind === "enumerator" ? "of " : "in ",
        h("a", { href: names.href(extra.parent.path, extra.parent.line) },
          extra.parent.name ? names.shown(extra.parent.name) : `the ${extra.parent.kind} on line ${extra.parent.line}`)]);
    }
    facts.push(...memberFacts(symbol, data.configs));
    if (symbol.more.v) facts.push(["value ", h("b", null, symbol.more.v)]);
    if (symbol.more.L && symbol.more.L[0]) facts.push(`${symbol.more.L[0][0]} bytes, aligned to ${symbol.more.L[0][1]}`);
    if (symbol.more.r) facts.push(h("b", null, RESULTS[symbol.more.r]));
    if (symbol.more.a) facts.push(h("b", null, `stable ABI since ${symbol.more.a[0]}` + (symbol.more.a[1] === "opaque" ? ", opaque" : "")));
    const of = layer(symbol, paths);
    if (of && !(symbol.more.a && of === "public header")) facts.push(of);
    if (extra.live) facts.push(extra.live);

    const other = [];
    for (let i = 0; i < Math.min(symbol.places.length, 9); i += 3) {
      const path = data.paths[symbol.places[i]], line = symbol.places[i + 1];
      if (other.length) other.push(", ");
      other.push(h("a", { href: names.href(path, line) }, `${path}:${line}`));
    }
    const more = symbol.places.length / 3 - 3;
    return h("div.card", null,
      h("p.card-head", null, h("span.kind", null, symbol.kind), " ",
        h("a.card-where", { href: names.href(symbol.path, symbol.line) }, `${symbol.path}:${symbol.line}`)),
      h("pre.card-decl.src", { tabindex: "0", "aria-label": "Declaration" }, h("code", null, names.code(declaration(symbol)))),
      h("p.card-value", { hidden: true }),
      facts.length ? h("ul.card-facts", null, facts.map((f) => h("li", null, f))) : null,
      symbol.doc ? h("p.card-doc", null, symbol.doc) : null,
      extra.note, extra.told,
      other.length ? h("p.card-places", null, "also declared: ", other, more > 0 ? ` and ${more} more` : "") : null,
      found.length > 1 ? h("p.card-places", null, "also on this line: ", found.slice(1).map((s) => `${s.kind} ${s.name}`).join(", ")) : null,
      extra.several ? h("p.card-places", null, "by where the macro is used, also: ", extra.several) : null,
      counts(symbol),
      h("p.card-do", null, actions(symbol)));
  }

  function declaration(symbol) {
    if (symbol.kind === "label") return symbol.name + ":";
    return symbol.decl || `${symbol.kind} ${symbol.name}`;
  }

  function counts(symbol) {
    const sorts = [...symbol.counts].filter(([sort]) => !ITSELF.includes(sort));
    const all = sorts.reduce((sum, [, n]) => sum + n, 0);
    const words = sorts.sort((a, b) => b[1] - a[1]).map(([sort, n]) => `${n.toLocaleString("en")} ${ic.sortName(sort, n)}`);
    return h("p.card-uses", null, all ? words.join(" · ") : "no uses in what is indexed");
  }

  function actions(symbol) {
    const button = (label, key, run) => h("button", { type: "button",
      onclick: () => { const a = ic.card.anchor; ic.card.hide(); run(a, symbol); } }, label, " ", h("kbd.ic-key", { "aria-hidden": "true" }, key));
    const out = [h("a.go", { href: names.href(symbol.path, symbol.line) }, "Go to it")];
    if (symbol.end || symbol.kind === "macro") out.push(button("Peek", "p", (a) => peek(a)));
    if (ic.uses) out.push(button("Uses", "u", (a) => ic.uses.open(symbol, a)));
    if (symbol.kind === "macro" && ic.macro) out.push(button("Expand", "e", (a) => ic.macro.open(a, symbol)));
    if (ic.struct && ic.struct.has(symbol)) out.push(button("Layout", "s", (a) => ic.struct.open(symbol, a)));
    return out;
  }

  async function extras(symbol, element) {
    const out = {};
    const tell = ic.load("notes").catch(() => null);
    const owner = symbol.kind === "member" && symbol.more.w ? symbol.id + symbol.more.w : symbol.parent;
    const here = names.position(element);
    const [told, parent, live] = await Promise.all([tell,
      owner > 0 ? names.byId(owner).catch(() => null) : null,
      here && ic.liveAt ? ic.liveAt(here.path, here.line) : ""]);
    out.parent = parent;
    if (here) out.several = await several(here, symbol);
    out.live = live;
    if (told) {
      const notes = (told.notes[symbol.path] || []).filter(([first, last]) =>
        first <= Math.max(symbol.line, 1) && symbol.line <= last);
      if (notes.length) {
        out.note = h("p.card-note", null, "Note: ", notes.map(([, , id, title], i) =>
          [i ? ", " : "", h("a", { href: ic.names.href(symbol.path) + "#note-" + id }, title)]));
      }
      const pages = (told.named[symbol.path] || {})[symbol.name] || [];
      if (pages.length) {
        out.told = h("p.card-note", null, "Explained in ", pages.map((n, i) =>
          [i ? ", " : "", h("a", { href: ic.root + told.pages[n][1] }, told.pages[n][0])]));
      }
    }
    return out;
  }

  // What else the name means at this place, in the body of a macro.
  async function several(here, symbol) {
    const shard = await names.cards(here.path);
    const ids = (shard.several || {})[`${here.line}:${here.col}`] || [];
    const all = await Promise.all(ids.filter((id) => id !== symbol.id).slice(0, 5).map(names.byId));
    if (!all.length) return null;
    const owners = await Promise.all(all.map((s) => (s.parent ? names.byId(s.parent).catch(() => null) : null)));
    const list = all.map((s, i) => [i ? ", " : "", h("a", { href: names.href(s.path, s.line) },
      (owners[i] && owners[i].name ? owners[i].name + "." : "") + names.shown(s.name)), ` (${s.kind})`]);
    return ids.length > all.length + 1 ? [list, ` and ${ids.length - 1 - all.length} more`] : list;
  }

  async function show(element, { modal = false } = {}) {
    const mine = ++token;
    const place = names.target(element);
    if (!place || !place.path) return;
    try {
      const [found, data] = await Promise.all([names.symbols(place), names.catalogue()]);
      if (mine !== token) return;
      if (!found.length) {
        if (place.line) return;
        ic.card.show(element, h("div.card", null, h("p.card-head", null, h("span.kind", null, "file"), " ",
          h("a.card-where", { href: names.href(place.path) }, place.path))), { label: place.path, modal });
        return;
      }
      const extra = await extras(found[0], element);
      if (mine !== token) return;
      dismissed = element; // gone back to, it does not open again by itself
      ic.card.show(element, content(found, data, extra), { label: `${found[0].kind} ${found[0].name}`, modal });
      ic.card.box.addEventListener("pointerenter", () => clearTimeout(timer));
      ic.card.box.addEventListener("pointerleave", leave);
      if (found[0].kind === "macro" && ic.macro) ic.macro.value(found[0], element).then((value) => {
        const line = mine === token && ic.card.box && ic.card.box.querySelector(".card-value");
        if (!line || value === null) return;
        line.replaceChildren("value ", h("b", null, value));
        line.hidden = false;
      }, () => {});
    } catch (error) {
      if (mine === token) ic.announce("nothing is known of this name: " + error.message);
    }
  }

  function hide() {
    token++;
    clearTimeout(timer);
    ic.card.hide();
  }
  ic.hideCard = hide; // and none that is on its way

  function leave() {
    clearTimeout(timer);
    timer = setTimeout(hide, LEAVE);
  }

  // -- mouse, keyboard, touch --------------------------------------------------------------------

  // A page that moves below a pointer at rest is no wish for a card.
  let rest = "";
  addEventListener("pointermove", (event) => { rest = `${event.screenX},${event.screenY}`; });
  addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch" || event.buttons || rest === `${event.screenX},${event.screenY}`) return;
    const element = names.named(event.target);
    if (!element || element === pointed) return;
    pointed = element;
    clearTimeout(timer);
    if (!ic.settings.get("cards", true)) return;
    timer = setTimeout(() => show(element), ic.card.box ? 90 : WAIT);
  });
  addEventListener("pointerout", (event) => {
    if (pointed && names.named(event.target) === pointed && !(event.relatedTarget instanceof Node && pointed.contains(event.relatedTarget))) {
      pointed = null;
      if (ic.card.box && !ic.card.box.contains(document.activeElement)) leave();
      else clearTimeout(timer);
    }
  });
  addEventListener("focusin", (event) => {
    const element = names.named(event.target);
    if (!element || !element.matches(":focus-visible")) return;
    clearTimeout(timer);
    if (element === dismissed) return;
    if (ic.settings.get("cards", true)) timer = setTimeout(() => show(element), 300);
  });
  addEventListener("focusout", (event) => {
    if (names.named(event.target) && !(ic.card.box && ic.card.box.contains(event.relatedTarget))) {
      dismissed = null;
      clearTimeout(timer);
      if (ic.card.box && ic.card.anchor === event.target) hide();
    }
  });
  // A tap opens the card, which leads on; a second tap follows the link.
  addEventListener("click", (event) => {
    if (event.pointerType !== "touch") return;
    const element = names.named(event.target);
    if (!element || ic.card.anchor === element) return;
    event.preventDefault();
    show(element);
  });
  addEventListener("scroll", () => {
    if (ic.card.box && !ic.card.box.contains(document.activeElement) && !matchMedia("(pointer: coarse)").matches) hide();
  }, { passive: true });

  // -- peek ------------------------------------------------------------------------------------

  const LONG = 400; // lines of a definition that a peek shows at most

  async function peek(element) {
    const place = names.target(element), here = names.position(element);
    if (!place || !here) return;
    const open = document.querySelector(".peek");
    const again = open && open.dataset.of === `${place.path}:${place.line}:${here.line}`;
    closePeek();
    if (again) return;
    const [found, file] = await Promise.all([names.symbols(place), names.source(place.path)]);
    const symbol = found[0] || { kind: "file", line: 1, end: 30, name: place.path };
    const first = start(file.lines, symbol);
    const last = Math.min(symbol.end || symbol.line, first + LONG);
    const lines = file.lines.slice(first - 1, last);
    const pre = h("pre.s", null, names.code(lines.join("\n"), (name) => name === symbol.name ? h("b", null, name) : names.pending(name)));
    const numbers = h("div.g", { "aria-hidden": "true" }, lines.map((_, i) => h("span", null, String(first + i))));
    const box = h("section.peek", { "aria-label": `Definition of ${symbol.name}`, tabindex: "-1",
      "data-of": `${place.path}:${place.line}:${here.line}` },
    h("header", null, h("a", { href: names.href(place.path, symbol.line) }, `${place.path}:${symbol.line}`),
      h("button.ic-close", { type: "button", "aria-label": "Close", onclick: () => closePeek(true) }, "×")),
    h("div.peek-body.src", { tabindex: "0", "aria-label": "Source of the definition", style: `--digits:${String(last).length}` },
      h("div.peek-code", null, numbers, pre)));
    insert(box, element, here.line);
    box.forget = ic.opened(() => closePeek(true));
    box.from = element;
    names.linkUp(pre, place.path);
    if (element === document.activeElement || names.named(document.activeElement)) box.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  }

  // The line on which a definition begins: its return type may stand on lines above its name.
  function start(lines, symbol) {
    let first = symbol.line;
    if (symbol.kind === "function") {
      while (first > 1 && /^[A-Za-z_][^;{}#]*[^;{}:\\]$/.test(lines[first - 2]) && symbol.line - first < 4) first--;
    } else if (symbol.kind === "typedef") {
      const open = lines.slice(Math.max(0, symbol.line - 80), symbol.line).map((l) => /^typedef\b/.test(l)).lastIndexOf(true);
      if (open >= 0) first = Math.max(0, symbol.line - 80) + open + 1;
    }
    return first;
  }

  // Put a box below a line: the text after the line's end moves down, and so do the numbers.
  function insert(box, element, line) {
    const pre = element.closest("pre"), chunk = element.closest(".c");
    const number = [...chunk.querySelectorAll(".g a")].find((a) => parseInt(a.textContent, 10) === line);
    const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    walker.currentNode = element;
    let node = walker.nextNode();
    while (node && element.contains(node)) node = walker.nextNode();
    while (node && !node.data.includes("\n")) node = walker.nextNode();
    const range = document.createRange();
    if (node) range.setStart(node, node.data.indexOf("\n") + 1);
    else {
      range.selectNodeContents(pre);
      range.collapse(false);
    }
    range.insertNode(box);
    const gap = h("div.peek-gap", null);
    number.after(gap);
    box.gap = gap;
    box.watch = new ResizeObserver(() => { gap.style.height = box.getBoundingClientRect().height + "px"; });
    box.watch.observe(box);
    chunk.classList.add("peeked");
  }

  function closePeek(back = false) {
    for (const box of document.querySelectorAll(".peek")) {
      const had = box.contains(document.activeElement), parent = box.parentNode;
      box.watch.disconnect();
      box.forget();
      box.gap.remove();
      box.closest(".c").classList.remove("peeked");
      box.remove();
      parent.normalize();
      if (back && had) box.from.focus({ preventScroll: true });
    }
  }

  ic.peek = peek;
  ic.showCard = show;

  const has = () => !!ic.current();
  const group = "The name under the pointer or cursor", shown = () => !!document.querySelector(".src");
  ic.keys.add({ key: "i", label: "Its card; again: into the card", group, shown, when: has, run() {
    if (ic.card.box) ic.card.box.focus();
    else show(ic.current(), { modal: true });
  } });
  ic.keys.add({ key: "p", label: "Peek at its definition", group, shown, when: has, run() {
    const element = ic.current();
    hide();
    peek(element);
  } });
})();
