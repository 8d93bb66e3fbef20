// What a macro stands for at a use: level by level in the panel, every token a link.
//
// Reads the shard of all macros and the text of the page's file; ic.cpp does the work.
"use strict";

ic.macro = (function () {
  const { h, names, cpp } = ic;
  const COLOURS = 6; // of arguments, then from the first again
  let table = null, data = null;

  async function begin() {
    if (!table) [table, data] = await Promise.all([ic.load("macros"), names.catalogue()]);
  }

  // Which definition of a name is in force: the one given for the use itself; otherwise one that
  // the configuration compiles, the last above in the same file before those of headers.
  function finder(use, symbol, bit) {
    const known = new Map(), path = use.path;
    return (name) => {
      if (known.has(name)) return known.get(name);
      const rows = Object.hasOwn(table, name) ? table[name] : [];
      let row = null;
      if (symbol && name === symbol.name) {
        row = rows.find((r) => data.paths[r[0]] === symbol.path && r[1] === symbol.line) || null;
      }
      const live = rows.filter((r) => r[5] & bit);
      const usable = (live.length ? live : rows).filter((r) => data.paths[r[0]] === path || !/\.c$/.test(data.paths[r[0]]));
      if (!row) row = usable.findLast((r) => data.paths[r[0]] === path && r[1] <= use.line) || null;
      if (!row && live.length) row = usable[0] || null;
      const found = row ? cpp.definition(name, row, data.paths[row[0]]) : null;
      known.set(name, found);
      return found;
    };
  }

  function bit() {
    const i = data.configs.indexOf(ic.settings.get("lens", "default"));
    return 1 << Math.max(0, i);
  }

  // Every stage: the tokens of the invocation, then after one level, two, … until nothing changes.
  function stages(tokens, find) {
    const out = [tokens];
    const whole = cpp.expand(tokens, find);
    const text = (list) => list.map((t) => t.text).join(" ");
    for (let limit = 1; limit < 60 && text(out.at(-1)) !== text(whole); limit++) {
      const next = cpp.expand(tokens, find, limit);
      if (text(next) !== text(out.at(-1))) out.push(next);
    }
    return out;
  }

  // The tokens of the invocation in the source; those of an argument say of which.
  function invocation(lines, place, functionLike, links) {
    const offsets = [0];
    for (const line of lines) offsets.push(offsets.at(-1) + line.length + 1);
    const source = lines.join("\n"), start = offsets[place.line - 1] + place.col - 1;
    const tokens = cpp.extent(source, start, functionLike);
    let depth = 0, arg = 0;
    for (const t of tokens) {
      const punct = t.kind === "punct";
      if (punct && t.text === ")") depth--;
      if (punct && t.text === "," && depth === 1) arg++;
      else if (depth > 0) t.from = arg;
      if (punct && t.text === "(") depth++;
      let line = place.line;
      while (offsets[line] <= t.at) line++;
      t.line = line;
      t.href = links.get(`${line}:${t.at - offsets[line - 1] + 1}`) || names.href(place.path, line);
    }
    return tokens;
  }

  // Where the page's own links of the invocation lead, by place.
  function linksFrom(element, last) {
    const out = new Map(), root = element.closest("#source, .src");
    const all = [...root.querySelectorAll("pre a[href]")];
    let at = all.indexOf(element);
    for (let n = 0; at >= 0 && at < all.length && n < 400; at++, n++) {
      const place = names.position(all[at]);
      if (!place || place.line > last) break;
      out.set(`${place.line}:${place.col}`, all[at].href);
    }
    return out;
  }

  async function open(element, symbol) {
    try {
      await begin();
      const place = names.position(element);
      if (!symbol) [symbol] = await names.symbols(names.target(element));
      if (!symbol || symbol.kind !== "macro") return ic.toast("this is no macro");
      const file = await names.source(place.path);
      const here = place.path === symbol.path && place.line >= symbol.line && place.line <= symbol.end;
      const own = finder(place, symbol, bit()), definition = own(symbol.name);
      if (!definition) return ic.toast("its definition is not in the tree");
      const lines = file.lines;
      const shape = !here && definition.params !== null;
      const rough = cpp.extent(lines.slice(place.line - 1, place.line + 60).join("\n"), place.col - 1, shape);
      const height = lines.slice(place.line - 1, place.line + 60).join("\n").slice(0, rough.at(-1).at).split("\n").length;
      const tokens = here
        ? [{ kind: "name", text: symbol.name, space: false, href: names.href(symbol.path, symbol.line) }]
        : invocation(lines, place, shape, linksFrom(element, place.line + height));
      const all = here && definition.params !== null
        ? [tokens, definition.body.map((t) => ({ ...t, macro: definition, from: definition.params.indexOf(t.text) < 0 ? undefined : definition.params.indexOf(t.text) }))]
        : stages(tokens, own);
      return draw(symbol, definition, place, all);
    } catch (error) {
      return ic.toast("this use cannot be expanded: " + error.message);
    }
  }

  function draw(symbol, definition, place, all) {
    let at = Math.min(1, all.length - 1);
    const code = h("div.stage.src", { tabindex: "0", role: "region", "aria-label": "Expansion" });
    const level = h("p.stage-level", { role: "status" });
    const step = (by) => {
      at = Math.max(0, Math.min(all.length - 1, at + by));
      back.disabled = at === 0;
      on.disabled = at === all.length - 1;
      level.textContent = at === 0 ? "as written" : `level ${at} of ${all.length - 1}` + (at === all.length - 1 ? ": nothing is left to expand" : "");
      code.replaceChildren(h("pre.s", null, show(all[at])));
      names.linkUp(code, place.path);
    };
    const back = h("button.tool", { type: "button", onclick: () => step(-1) }, "← level");
    const on = h("button.tool", { type: "button", onclick: () => step(1) }, "level →");
    const whole = h("button.tool", { type: "button", onclick: () => step(all.length) }, "all at once");
    const args = definition.params && definition.params.length && all[0].length > 1 ? h("p.stage-args", null, "Arguments: ",
      definition.params.map((p, i) => [i ? " " : "", h("code." + colour(i), null, p === "__VA_ARGS__" ? "…" : p)])) : null;
    ic.panel.open({
      id: "macro",
      title: ["Expansion of ", h("code", null, symbol.name)],
      content: h("div.macro", null,
        h("p.stage-where", null, h("a", { href: names.href(place.path, place.line) }, `${place.path}:${place.line}`),
          " · defined in ", h("a", { href: names.href(definition.path, definition.line) }, `${definition.path}:${definition.line}`)),
        h("div.stage-tools", null, back, on, whole), level, args, code,
        h("details.stage-names", null, h("summary", null, "Macros on the way"), macrosOf(all))),
    });
    ic.panel.box.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, Backspace: -1 }[event.key];
      if (!by || event.target.closest(".ic-grip, input")) return;
      step(by);
      event.preventDefault();
    });
    step(0);
  }

  const colour = (i) => "arg" + (i % COLOURS);

  function macrosOf(all) {
    const seen = new Map();
    for (const stage of all) for (const t of stage) if (t.macro) seen.set(`${t.macro.path}:${t.macro.line}`, t.macro);
    return h("ul", null, [...seen.values()].map((m) => h("li", null,
      h("a", { href: names.href(m.path, m.line) }, h("code", null, m.name)), ` ${m.path}:${m.line}`)));
  }

  // Tokens as text with breaks where C's readers expect them: behind ; { and }.
  function show(tokens) {
    const out = [];
    let indent = 0, paren = 0, fresh = true;
    const line = () => {
      out.push("\n" + "    ".repeat(Math.max(0, indent)));
      fresh = true;
    };
    tokens.forEach((t, i) => {
      const punct = t.kind === "punct";
      if (punct && t.text === "}" && paren === 0) {
        indent--;
        if (!fresh) line();
      }
      if (t.space && !fresh) out.push(" ");
      fresh = false;
      out.push(element(t));
      if (!punct) return;
      if (t.text === "(") paren++;
      if (t.text === ")") paren--;
      const next = tokens[i + 1];
      if (paren > 0 || !next) return;
      if (t.text === "{") {
        indent++;
        line();
      } else if (t.text === ";") line();
      else if (t.text === "}" && !(next.text === "while" || next.text === ";" || next.text === "else" || next.text === ")")) line();
    });
    return out;
  }

  function element(t) {
    const classes = t.from === undefined ? "" : "." + colour(t.from);
    const text = names.shown(t.text);
    const about = t.macro ? `from the body of ${t.macro.name}` : t.from === undefined ? null : `from argument ${t.from + 1}`;
    if (t.href) return h("a" + classes, { href: t.href, title: about }, text);
    const home = t.macro ? names.href(t.macro.path, t.macro.line) : null;
    if (t.kind === "name") {
      const known = Object.hasOwn(table, t.text) && table[t.text][0];
      if (known) return h("a" + classes, { href: names.href(data.paths[known[0]], known[1]), title: about }, text);
      const keyword = names.code(t.text, () => null).firstElementChild;
      if (keyword) return h("a" + classes, { href: home, title: about }, keyword);
      return h("a.by-name" + classes, { "data-name": t.text, "data-home": home, title: about }, text);
    }
    return h("a.quiet" + classes, { href: home, title: about }, t.kind === "text" ? h("s-", null, text) : text);
  }

  // The value of a constant macro, as a card shows it; null when it has none, or says it itself.
  async function value(symbol, from) {
    await begin();
    const place = names.position(from) || symbol;
    const find = finder({ ...place, path: place.path || symbol.path }, symbol, bit());
    const definition = find(symbol.name);
    if (!definition || definition.params !== null || !definition.body.length) return null;
    if (definition.body.length === 1 && definition.body[0].kind !== "name") return null;
    const tokens = cpp.expand([{ kind: "name", text: symbol.name, space: false }], find);
    if (tokens.length > 400) return null;
    if (tokens.every((t) => t.kind === "text" && t.text.startsWith('"'))) {
      return definition.body.length === 1 || tokens.length > 1 ? '"' + tokens.map((t) => t.text.slice(1, -1)).join("") + '"' : null;
    }
    const constants = new Map();
    for (const t of tokens) {
      if (t.kind !== "name" || constants.has(t.text)) continue;
      const found = (await names.find(t.text)).find((s) => s.kind === "enumerator");
      const [one] = found ? await names.symbols(found) : [];
      constants.set(t.text, one && one.more.v ? one.more.v : null);
    }
    const number = cpp.evaluate(tokens, (name) => constants.get(name));
    if (number === null) return null;
    return number > 4096n ? `${number} (0x${number.toString(16)})` : String(number);
  }

  ic.keys.add({ key: "e", label: "Expand the macro", group: "The name under the pointer or cursor",
    shown: () => !!document.querySelector(".src"), when: () => !!ic.current(),
    run() { const element = ic.current(); ic.hideCard(); open(element); } });

  return { open, value, finder, begin, stages };
})();
