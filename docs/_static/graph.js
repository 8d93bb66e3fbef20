// Graphs: callers and callees of a function, ways between two functions, what files include.
//
// Reads graph/calls and graph/includes (docs/developing/formats.rst), chooses what to show, lays it
// out in columns by the number of steps, and writes the same as nested lists below the picture.
"use strict";

// It stands in the page itself, before the scripts of every page: those have run by then.
addEventListener("DOMContentLoaded", () => {
  const h = ic.h;
  const CALL = 0, POINTER = 1, ADDRESS = 2, EXPAND = 3, SLOT = 4, INCLUDE = 5;
  const SAID = ["calls", "calls through a pointer", "holds the address of", "expands", "may be", "includes"];
  const ASKED = ["called by", "called through it by", "its address is in", "expanded by", "in the slot", "included by"];
  const COLUMN = 14; // names in a column at most; the text has all
  const form = document.getElementById("graph-form");
  if (!form) return;
  const status = document.getElementById("graph-status"), figure = document.getElementById("graph");
  const text = document.getElementById("graph-text");
  const names = ["of", "to", "up", "down"], boxes = ["pointers", "macros"];

  // -- the graph of calls --------------------------------------------------------------------------

  let index = null, calls = null, loading = null;

  function load() {
    loading = loading || Promise.all([search.load(), ic.load("graph/calls"), ic.load("graph/includes")])
      .then(([, data, includes]) => {
        index = search.index;
        if (!index) throw new Error("cannot read search/names");
        calls = unpack(data, index.size);
        calls.includes = includes;
      });
    return loading;
  }

  // Edges in three arrays, by source and by target.
  function unpack({ data }, size) {
    const bytes = atob(data);
    let at = 0;
    const number = () => {
      let value = 0, shift = 0, byte;
      do {
        byte = bytes.charCodeAt(at++);
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      return value;
    };
    const out = new Map(), into = new Map();
    for (let source = 0; at < bytes.length;) {
      source += number();
      const base = index.symbol(source).line;
      let target = 0;
      for (let n = number(); n > 0; n--) {
        const step = number(), away = number();
        target += step >> 3;
        const edge = { source, target, sort: step & 7, line: base + (away & 1 ? -(away + 1) / 2 : away / 2) };
        if (!out.has(source)) out.set(source, []);
        if (!into.has(target)) into.set(target, []);
        out.get(source).push(edge);
        into.get(target).push(edge);
      }
    }
    return { out, into, size };
  }

  // Which edges are followed, by what the reader has set.
  function follows(edge) {
    if (edge.sort === EXPAND) return form.elements.macros.checked;
    if (edge.sort === CALL) return form.elements.macros.checked || index.symbol(edge.source).kind !== "m";
    return form.elements.pointers.checked;
  }

  // -- what is shown ---------------------------------------------------------------------------------

  // Level by level away from the start: {nodes: number -> level, edges, hidden: level -> how many}.
  function spread(start, depth, forward) {
    const level = new Map([[start, 0]]), all = [[start]], edges = [];
    for (let d = 1; d <= depth; d++) {
      const next = new Map();
      for (const from of all[d - 1]) {
        for (const edge of (forward ? calls.out : calls.into).get(from) || []) {
          if (!follows(edge)) continue;
          const to = forward ? edge.target : edge.source;
          if (to === start) continue;
          edges.push(edge);
          if (!level.has(to)) next.set(to, (next.get(to) || 0) + 1);
        }
      }
      for (const to of next.keys()) level.set(to, d);
      all.push([...next.keys()]);
    }
    return { level, all, edges };
  }

  // The ways from a to b with the fewest steps, all of them.
  function between(a, b) {
    const back = new Map([[b, 0]]);
    let edge = [b];
    for (let d = 1; d < 12 && edge.length && !back.has(a); d++) {
      const next = [];
      for (const to of edge) {
        for (const e of calls.into.get(to) || []) {
          if (follows(e) && !back.has(e.source)) {
            back.set(e.source, d);
            next.push(e.source);
          }
        }
      }
      edge = next;
    }
    if (!back.has(a)) return null;
    const level = new Map([[a, 0]]), edges = [], all = [[a]];
    for (let d = 1; d <= back.get(a); d++) {
      const row = new Set();
      for (const from of all[d - 1]) {
        for (const e of calls.out.get(from) || []) {
          if (follows(e) && back.get(e.target) === back.get(a) - d) {
            edges.push(e);
            row.add(e.target);
          }
        }
      }
      for (const to of row) level.set(to, d);
      all.push([...row]);
    }
    return { level, all, edges };
  }

  // Of too many in a column, those that count: near the start in the tree, and used by many.
  function pick(list, near) {
    const path = index.symbol(near).path, folder = path.slice(0, path.lastIndexOf("/"));
    const worth = (i) => {
      const s = index.symbol(i);
      return s.weight + (s.path === path ? 12 : s.path.startsWith(folder) ? 5 : 0);
    };
    return list.map((i) => [worth(i), i]).sort((a, b) => b[0] - a[0] || a[1] - b[1])
      .slice(0, COLUMN).map((x) => x[1]);
  }

  // -- drawing: columns, names in them ordered so that few lines cross ---------------------------------

  const ROW = 46, BOX = 34, GAP = 88, CHAR = 7.3;

  function layout(columns, edges) {
    const place = new Map();
    columns.forEach((column, c) => column.forEach((node, r) => place.set(node.id, { node, c, r })));
    const known = edges.filter((e) => place.has(e.from) && place.has(e.to));
    const beside = new Map();
    for (const e of known) {
      for (const [a, b] of [[e.from, e.to], [e.to, e.from]]) {
        if (!beside.has(a)) beside.set(a, []);
        beside.get(a).push(b);
      }
    }
    for (let round = 0; round < 6; round++) {
      const order = round % 2 ? [...columns.keys()].reverse() : [...columns.keys()];
      for (const c of order) {
        const mean = (node) => {
          const at = (beside.get(node.id) || []).filter((id) => place.get(id).c !== c)
            .map((id) => place.get(id).r - columns[place.get(id).c].length / 2);
          return at.length ? at.reduce((x, y) => x + y, 0) / at.length : place.get(node.id).r - columns[c].length / 2;
        };
        const key = new Map(columns[c].map((node) => [node.id, mean(node)]));
        columns[c].sort((a, b) => key.get(a.id) - key.get(b.id));
        columns[c].forEach((node, r) => { place.get(node.id).r = r; });
      }
    }
    return { place, known };
  }

  const NS = "http://www.w3.org/2000/svg";
  function s(tag, props, ...children) {
    const element = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter(Boolean));
    return element;
  }

  // columns: lists of {id, name, below, href, main}; edges: {from, to, sort, said}
  function draw(columns, edges, label) {
    columns = columns.filter((c) => c.length);
    const { place, known } = layout(columns, edges);
    const widths = columns.map((c) => Math.max(...c.map((n) => Math.max(n.name.length * CHAR, n.below.length * 5.9))) + 20);
    const lefts = [];
    let x = 8;
    for (const w of widths) {
      lefts.push(x);
      x += w + GAP;
    }
    const width = x - GAP + 8, tall = Math.max(...columns.map((c) => c.length));
    const height = tall * ROW + 16;
    const box = (id) => {
      const { c, r } = place.get(id);
      const y = 8 + (tall - columns[c].length) * ROW / 2 + r * ROW + (ROW - BOX) / 2;
      return { x: lefts[c], y, w: widths[c], c };
    };
    const lines = known.map((e) => {
      const a = box(e.from), b = box(e.to), ya = a.y + BOX / 2, yb = b.y + BOX / 2;
      let d;
      if (a.c === b.c) { // around, at the right
        const right = a.x + a.w, bend = right + 26 + Math.min(30, Math.abs(ya - yb) / 5);
        d = `M${right} ${ya}C${bend} ${ya} ${bend} ${yb} ${right + 6} ${yb}`;
      } else if (a.c < b.c) {
        const xa = a.x + a.w, xb = b.x - 6, mid = Math.max(30, (xb - xa) / 2);
        d = `M${xa} ${ya}C${xa + mid} ${ya} ${xb - mid} ${yb} ${xb} ${yb}`;
      } else { // back
        const xa = a.x, xb = b.x + b.w + 6;
        d = `M${xa} ${ya}C${xa - 40} ${ya} ${xb + 40} ${yb} ${xb} ${yb}`;
      }
      const path = s("path", { class: "edge e" + e.sort, d, "marker-end": `url(#tip${e.sort})`, "data-from": e.from, "data-to": e.to });
      path.append(s("title", null, document.createTextNode(e.said)));
      return path;
    });
    const nodes = [...place.values()].sort((p, q) => p.c - q.c || p.r - q.r).map(({ node }) => {
      const b = box(node.id);
      const g = s("a", { href: node.href, class: "node" + (node.main ? " main" : "") + (node.kind ? " k-" + node.kind : ""), "data-id": node.id,
        "aria-label": node.name + (node.below ? ", " + node.below : "") },
        s("rect", { x: b.x, y: b.y, width: b.w, height: BOX, rx: 6 }));
      const t = s("text", { x: b.x + 10, y: b.y + 15 });
      t.textContent = node.name;
      const u = s("text", { x: b.x + 10, y: b.y + 27.5, class: "below" });
      u.textContent = node.below;
      g.append(t, u);
      return g;
    });
    const tips = [0, 1, 2, 3, 4, 5].map((n) => s("marker", { id: "tip" + n, class: "tip e" + n, viewBox: "0 0 8 8", refX: 2, refY: 4,
      markerWidth: 7, markerHeight: 7, orient: "auto", markerUnits: "userSpaceOnUse" }, s("path", { d: "M0 0.5 8 4 0 7.5z" })));
    const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label },
      s("defs", null, tips), s("g", null, lines), s("g", null, nodes));
    light(svg);
    return svg;
  }

  // The lines of the name under the pointer, or with the focus, come forward.
  function light(svg) {
    const set = (id) => {
      svg.classList.toggle("lit", id !== null);
      for (const edge of svg.querySelectorAll(".edge")) {
        edge.classList.toggle("on", id !== null && (edge.dataset.from === id || edge.dataset.to === id));
      }
    };
    for (const on of ["pointerover", "focusin"]) {
      svg.addEventListener(on, (event) => {
        const node = event.target.closest(".node");
        set(node ? node.dataset.id : null);
      });
    }
    for (const off of ["pointerleave", "focusout"]) svg.addEventListener(off, () => set(null));
  }

  // -- words for things ----------------------------------------------------------------------------------

  const file = (path) => ic.root + "browse/" + path.split("/").map(encodeURIComponent).join("/") + ".html";
  const shown = (symbol) => (symbol.owner ? symbol.owner + "." : "") + symbol.name;
  const short = (path) => path.slice(path.lastIndexOf("/") + 1);
  const say = (message) => { status.textContent = message; };
  const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many || one + "s"}`;

  function here(changes) {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const [name, value] of Object.entries(changes)) value === null ? state.delete(name) : state.set(name, value);
    return "#" + state.toString();
  }

  function named(i, main) {
    const symbol = index.symbol(i);
    return { id: String(i), name: shown(symbol), below: short(symbol.path) + ":" + symbol.line, kind: symbol.kind.toLowerCase(), main,
      href: main ? file(symbol.path) + "#L" + symbol.line : here({ of: spell(i), to: null }) };
  }

  // As short as is clear: the name, and the file when there are several.
  function spell(i) {
    const symbol = index.symbol(i);
    return symbol.path + ":" + symbol.name;
  }

  // -- asking ------------------------------------------------------------------------------------------------

  // A number for what was typed: path:name, path:line (as the browser's pages say it), or a name.
  function find_(typed) {
    const exact = /^(\S+):([^:\s]+)$/.exec(typed);
    if (exact) {
      if (/^\d+$/.test(exact[2])) return index.at(exact[1], Number(exact[2]), "fFmvVb");
      for (const hit of index.search(exact[2], 200)) {
        if (hit.sort === "y" && hit.path === exact[1] && hit.name === exact[2]) {
          const i = index.at(hit.path, hit.line, "fF".includes(hit.kind) ? "fF" : hit.kind);
          if (i >= 0) return i;
        }
      }
    }
    for (const hit of index.search(typed, 30)) {
      if (hit.sort === "y" && "fFmvVb".includes(hit.kind) && hit.fit >= 60) {
        const i = index.at(hit.path, hit.line, hit.kind);
        if (i >= 0 && (calls.out.has(i) || calls.into.has(i))) return i;
      }
      if (hit.sort === "p") {
        const i = index.at(hit.path, hit.line, "fFvV");
        if (i >= 0) return i;
      }
    }
    return -1;
  }

  async function ask() {
    say("Reading the graph …");
    figure.hidden = true;
    text.replaceChildren();
    try {
      await load();
    } catch (error) {
      return say("The graph cannot be read: " + error.message);
    }
    const of = form.elements.of.value.trim(), to = form.elements.to.value.trim();
    if (!of) return welcome();
    if (/\.\w+$/.test(of) && !of.includes(":") && !to) {
      const hit = index.search(of, 5).find((x) => x.sort === "/");
      if (hit) return including(hit.path);
    }
    const a = find_(of);
    if (a < 0) return unknown(of);
    if (!to) return around(a);
    const b = find_(to);
    if (b < 0) return unknown(to);
    return way(a, b);
  }

  function unknown(name) {
    say("No function, macro or file is like " + name + ".");
  }

  function welcome() {
    say("");
    const some = [["_PyEval_EvalFrameDefault", "the evaluation loop", {}], ["insertdict", "where a key goes", { up: "2" }],
      ["gc_collect_main", "a collection", { up: "2", down: "1" }], ["Objects/dictobject.c", "what a file includes", {}]];
    const links = some.map(([of, about, more]) => h("li", null, h("a", { href: here({ of, ...more }) }, of), " – " + about));
    links.push(h("li", null, h("a", { href: here({ of: "PyObject_SetItem", to: "insertdict", pointers: "1" }) }, "PyObject_SetItem … insertdict"), " – a way between two, through a table"));
    text.append(h("p", null, "For example:"), h("ul", null, links));
  }

  function around(i) {
    const up = Number(form.elements.up.value), down = Number(form.elements.down.value);
    const symbol = index.symbol(i), before = spread(i, up, false), after = spread(i, down, true);
    const columns = [], chosen = new Set([i]);
    let left = 0;
    const take = (list) => {
      const free = list.filter((x) => !chosen.has(x)), kept = pick(free, i);
      kept.forEach((x) => chosen.add(x));
      left += free.length - kept.length;
      return kept.map((x) => named(x, false));
    };
    for (let d = up; d >= 1; d--) columns.push([]);
    for (let d = 1; d <= up; d++) columns[up - d] = take(before.all[d]);
    columns.push([named(i, true)]);
    for (let d = 1; d <= down; d++) columns.push(take(after.all[d]));
    const edges = drawn([...before.edges, ...after.edges], chosen);
    const callers = new Set(before.all.slice(1).flat()).size, callees = new Set(after.all.slice(1).flat()).size;
    say(`${shown(symbol)}: ${up ? count(callers, "caller") + (up > 1 ? ` in up to ${up} steps` : "") : ""}${up && down ? ", " : ""}` +
      `${down ? count(callees, "callee") + (down > 1 ? ` in up to ${down} steps` : "") : ""}.` +
      (left ? ` Drawn are ${chosen.size}; the text has the others.` : ""));
    show(columns, edges, "Callers and callees of " + shown(symbol));
    text.append(list("Called by", i, up, false), list("Calls", i, down, true));
  }

  function drawn(edges, chosen) {
    const seen = new Set(), out = [];
    for (const e of edges) {
      const key = e.source + " " + e.target + " " + e.sort;
      if (seen.has(key) || !chosen.has(e.source) || !chosen.has(e.target)) continue;
      seen.add(key);
      out.push({ from: String(e.source), to: String(e.target), sort: e.sort,
        said: `${shown(index.symbol(e.source))} ${SAID[e.sort]} ${shown(index.symbol(e.target))}` + (e.sort === SLOT ? "" : `, line ${e.line}`) });
    }
    return out;
  }

  function way(a, b) {
    const found = between(a, b);
    const [from, to] = [a, b].map((i) => shown(index.symbol(i)));
    if (!found) {
      say(`No way leads from ${from} to ${to}` + (form.elements.pointers.checked && form.elements.macros.checked ? "." :
        " by plain calls; set the boxes above to follow pointers, tables and macros as well."));
      return;
    }
    const chosen = new Set([a, b]), columns = found.all.map((list, d) => {
      const kept = d === 0 || d === found.all.length - 1 ? list : pick(list, a);
      kept.forEach((x) => chosen.add(x));
      return kept.map((x) => named(x, x === a || x === b));
    });
    say(`From ${from} to ${to} in ${count(found.all.length - 1, "step")}.`);
    show(columns, drawn(found.edges, chosen), `Ways from ${from} to ${to}`);
    const steps = h("ul", null, found.edges.map((e) => h("li", null, line(e))));
    text.append(h("section", null, h("h2", null, "The steps"), steps));
  }

  function line(e) {
    const a = index.symbol(e.source), b = index.symbol(e.target), [path, at] = place(e);
    return [h("code", null, shown(a)), ` ${SAID[e.sort]} `, h("code", null, shown(b)), ", ",
      h("a", { href: file(path) + "#L" + at }, `${path}:${at}`)];
  }

  // Where an edge can be seen: its line, or of what a table puts into a slot the function itself.
  function place(e) {
    const symbol = index.symbol(e.sort === SLOT ? e.target : e.source);
    return [symbol.path, e.sort === SLOT ? symbol.line : e.line];
  }

  function show(columns, edges, label) {
    const sorts = [...new Set(edges.map((e) => e.sort))].sort();
    figure.querySelector(".graph-scroll").replaceChildren(draw(columns, edges, label));
    figure.querySelector(".graph-key").replaceChildren(...sorts.map((n) => h("span", null,
      s("svg", { width: 34, height: 10, "aria-hidden": "true" }, s("path", { class: "edge e" + n, d: "M0 5H34" })), " ",
      ["calls", "calls through a pointer", "holds the address", "expands the macro", "a table puts it there", "includes"][n])));
    figure.hidden = false;
    const main = figure.querySelector(".main");
    const box = figure.querySelector(".graph-scroll");
    if (main) box.scrollLeft = main.getBBox().x + main.getBBox().width / 2 - box.clientWidth / 2;
  }

  // The same as nested lists; a name that was opened before is not opened again.
  function list(title, start, depth, forward) {
    if (!depth) return null;
    const opened = new Set();
    function level(from, d) {
      const edges = ((forward ? calls.out : calls.into).get(from) || []).filter(follows);
      edges.sort((x, y) => (forward ? x.line - y.line : 0) || (index.symbol(x.source).path < index.symbol(y.source).path ? -1 : 1));
      opened.add(from);
      return edges.length ? h("ul", null, edges.map((e) => {
        const other = forward ? e.target : e.source, symbol = index.symbol(other), [path, at] = place(e);
        return h("li", null, h("a", { href: here({ of: spell(other), to: null }) }, h("code", null, shown(symbol))),
          e.sort === CALL ? " " : ` (${(forward ? SAID : ASKED)[e.sort]}) `,
          h("a.graph-at", { href: file(path) + "#L" + at }, `${path}:${at}`),
          d < depth && !opened.has(other) ? level(other, d + 1) : null);
      })) : null;
    }
    const inside = level(start, 1);
    return h("section", null, h("h2", null, title), inside || h("p", null, form.elements.pointers.checked ? "Nothing." :
      "Nothing by a plain call; it may be called through a pointer."));
  }

  // -- includes -------------------------------------------------------------------------------------------------

  function including(path) {
    const files = index.files, start = files.findIndex((f) => f.path === path);
    const into = files.map(() => []);
    calls.includes.forEach((list, i) => list.forEach((t) => into[t].push(i)));
    const reach = (next, depth) => {
      const seen = new Set([start]), all = [[start]];
      for (let d = 1; d <= depth; d++) {
        const row = [...new Set(all[d - 1].flatMap((i) => next[i]))].filter((i) => !seen.has(i));
        row.forEach((i) => seen.add(i));
        all.push(row);
      }
      return all;
    };
    const up = Number(form.elements.up.value), down = Number(form.elements.down.value);
    const users = reach(into, up), used = reach(calls.includes, down);
    const chosen = new Set([start]);
    const take = (list) => {
      const kept = list.filter((i) => !chosen.has(i)).sort((a, b) => files[b].weight - files[a].weight || a - b).slice(0, COLUMN + 4);
      kept.forEach((i) => chosen.add(i));
      return kept.map(node);
    };
    const node = (i) => {
      const p = files[i].path, at = p.lastIndexOf("/") + 1;
      return { id: String(i), name: p.slice(at), below: p.slice(0, at), main: i === start, href: i === start ? file(p) : here({ of: p, to: null }) };
    };
    const columns = [];
    for (let d = 1; d <= up; d++) columns.unshift(take(users[d]));
    columns.push([node(start)]);
    for (let d = 1; d <= down; d++) columns.push(take(used[d]));
    const edges = [];
    for (const i of chosen) {
      for (const t of calls.includes[i]) {
        if (chosen.has(t)) edges.push({ from: String(i), to: String(t), sort: INCLUDE, said: `${files[i].path} includes ${files[t].path}` });
      }
    }
    const n = (lists) => new Set(lists.slice(1).flat()).size;
    say(`${path}: included by ${count(n(users), "file")}, includes ${count(n(used), "file")}.` +
      (n(users) + n(used) + 1 > chosen.size ? ` Drawn are ${chosen.size}; the text has the others.` : ""));
    show(columns, edges, "Includes of " + path);
    const section = (title, lists) => h("section", null, h("h2", null, title), lists.slice(1).map((row, d) => [
      d ? h("h3", null, `In ${d + 1} steps`) : null,
      h("ul", null, row.map((i) => h("li", null, h("a", { href: file(files[i].path) }, h("code", null, files[i].path)), " ",
        h("a.graph-at", { href: here({ of: files[i].path, to: null }) }, "graph"))))]));
    text.append(...[up ? section("Included by", users) : null, down ? section("Includes", used) : null].filter(Boolean));
  }

  // -- the address holds the question --------------------------------------------------------------------------

  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    form.elements.of.value = state.get("of") || "";
    form.elements.to.value = state.get("to") || "";
    form.elements.up.value = state.get("up") || "1";
    form.elements.down.value = state.get("down") || "1";
    for (const name of boxes) form.elements[name].checked = state.get(name) === "1";
    document.title = (state.get("of") ? state.get("of").replace(/^.*:/, "") + " – " : "") + title;
    ask();
  }
  const title = document.title;

  function remember() {
    const state = new URLSearchParams();
    for (const name of names) if (form.elements[name].value.trim()) state.set(name, form.elements[name].value.trim());
    for (const name of boxes) if (form.elements[name].checked) state.set(name, "1");
    if (location.hash.slice(1) === state.toString()) ask();
    else location.hash = state.toString();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    remember();
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=checkbox]")) remember();
  });
  addEventListener("hashchange", recall);
  ic.keys.add({ key: "f", label: "To the field", group: "This page", run: () => { form.elements.of.focus(); form.elements.of.select(); } });
  form.hidden = false;
  recall();
  window.graphs = { load };
});
