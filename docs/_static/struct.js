// The bytes of a struct: a picture of its rows, the table that says the same, and who reads and
// writes each member; in every configuration that differs, side by side.
"use strict";

ic.struct = (function () {
  const { h, names } = ic;
  const LINE = 64; // bytes of a cache line on the machines at hand

  const has = (symbol) => !!(symbol.more.L || symbol.more.t || symbol.more.w);

  // The struct that a name means: itself, a typedef's, a member's.
  async function structOf(symbol) {
    if (symbol.more.L) return symbol;
    if (symbol.more.w) return names.byId(symbol.id + symbol.more.w);
    if (symbol.more.t) return names.byId(symbol.more.t[2]);
    return null;
  }

  async function open(symbol) {
    let owner, data, members;
    try {
      [owner, data] = await Promise.all([structOf(symbol), names.catalogue()]);
      if (!owner || !owner.more.L) return ic.toast("its layout is not known: no unit needs its size");
      members = await names.within(owner);
    } catch (error) {
      return ic.toast("its layout cannot be read: " + error.message);
    }
    const byName = new Map(members.map((m) => [m.name, m]));
    const layouts = variants(owner.more.L, data.configs);
    const name = owner.name || (symbol.kind === "typedef" ? symbol.name : "unnamed");
    const mark = symbol.kind === "member" ? symbol.name : "";
    ic.panel.open({
      id: "struct",
      width: "min(46rem, 60vw)",
      title: ["Layout of ", h("code", null, names.shown(name))],
      content: h("div.struct", null,
        h("p.stage-where", null, h("a", { href: names.href(owner.path, owner.line) }, `${owner.path}:${owner.line}`)),
        h("div.struct-all", null, layouts.map((one) => variant(one, byName, mark, name))),
        whoUses(layouts[0].rows, byName)),
    });
    return undefined;
  }

  // [{label, size, align, rows}], configurations with one layout together.
  function variants(L, configs) {
    const out = [];
    L.forEach((layout, i) => {
      if (!layout) return;
      if (layout.length === 1) {
        out[0].names.push(configs[i]);
        return;
      }
      const twin = out.find((o) => o.text === JSON.stringify(layout));
      if (twin) {
        twin.names.push(configs[i]);
        return;
      }
      const [size, align, rows] = layout;
      out.push({ names: [configs[i]], size, align, rows, text: JSON.stringify(layout) });
    });
    for (const one of out) {
      one.label = one.names.length === configs.length ? (configs.length > 1 ? "every configuration" : "") : one.names.join(", ");
    }
    return out;
  }

  // Bits of a member from the start of the struct.
  const bits = ([, , at, size, bit, n]) => (n ? [at * 8 + bit, at * 8 + bit + n] : [at * 8, (at + size) * 8]);

  function holes(size, rows) {
    const used = new Uint8Array(size), out = [];
    for (const row of rows) {
      const [a, b] = bits(row);
      used.fill(1, Math.floor(a / 8), Math.ceil(b / 8));
    }
    for (let i = 0; i < size; i++) {
      if (used[i]) continue;
      let end = i;
      while (end < size && !used[end]) end++;
      out.push([i, end - i]);
      i = end;
    }
    return out;
  }

  function variant({ label, size, align, rows }, byName, mark, name) {
    const gaps = holes(size, rows), wasted = gaps.reduce((sum, [, n]) => sum + n, 0);
    const facts = [`${size} bytes`, `aligned to ${align}`, wasted ? `${wasted} unused` : "no holes",
      `${Math.ceil(size / LINE)} cache line${size > LINE ? "s" : ""}`];
    return h("section.struct-one", null, label ? h("h3", null, label) : null,
      h("p.uses-count", null, facts.join(" · ")),
      picture(size, rows, gaps, mark, `${name}: ${facts.join(", ")}. The table below says the same.`),
      table(rows, gaps, byName, mark));
  }

  // One strip of eight bytes after the other; members of a union share theirs.
  function picture(size, rows, gaps, mark, label) {
    const strips = [], top = Math.ceil(size / 8);
    let at = 0;
    while (at < top) {
      const inside = rows.filter((row) => {
        const [a, b] = bits(row);
        return a < (at + 1) * 64 && b > at * 64;
      });
      const long = inside.length === 1 && inside[0][2] === at * 8 ? Math.floor(bits(inside[0])[1] / 64) - at : 1;
      strips.push(strip(at * 8, Math.max(1, long), inside, gaps, mark));
      const before = Math.floor((at * 8) / LINE);
      at += Math.max(1, long);
      if (at < top && Math.floor((at * 8) / LINE) > before) strips.push(h("div.bytes-line", null, `cache line, ${Math.floor((at * 8) / LINE) * LINE}`));
    }
    return h("div.bytes", { role: "img", "aria-label": label }, strips);
  }

  function strip(offset, count, inside, gaps, mark) {
    const layers = [];
    for (const row of inside) {
      const [a, b] = bits(row);
      const layer = layers.find((l) => l.every(([c, d]) => b <= c || d <= a));
      if (layer) layer.push([a, b, row]);
      else layers.push([[a, b, row]]);
    }
    if (!layers.length) layers.push([]);
    return layers.map((layer, i) => {
      const boxes = layer.map(([a, b, row]) => {
        const from = Math.max(a, offset * 8) - offset * 8, to = Math.min(b, (offset + 8 * count) * 8) - offset * 8;
        const width = count > 1 ? 64 : to - from;
        const flags = (row[0] === mark ? ".at" : "") + (row[5] ? ".bits" : "");
        return h("span.byte" + flags, { style: `--x:${count > 1 ? 0 : from};--w:${width}`, title: `${row[1]} ${row[0]}` + (row[5] ? ` : ${row[5]}` : "") },
          row[0] || "(unnamed)", count > 1 ? h("small", null, ` ${row[3]} bytes`) : null);
      });
      if (i === 0) {
        for (const [at, n] of gaps) {
          const from = Math.max(at, offset), to = Math.min(at + n, offset + 8 * count);
          if (from < to) boxes.push(h("span.byte.hole", { style: `--x:${(from - offset) * 8};--w:${Math.min(64, (to - from) * 8)}`, title: `${n} unused bytes` }, to - from > 2 ? "unused" : ""));
        }
      }
      return h("div.strip", null, h("span.off-label", null, i ? "or" : String(offset)), h("div.cells", null, boxes));
    });
  }

  function table(rows, gaps, byName, mark) {
    const lines = rows.map((row) => {
      const [name, type, at, size, bit, n] = row, symbol = byName.get(name);
      return [bits(row)[0], h("tr", { class: name === mark ? "at" : null },
        h("td.num", null, n ? `${Math.floor((at * 8 + bit) / 8)}` + ((at * 8 + bit) % 8 ? `.${(at * 8 + bit) % 8}` : "") : String(at)),
        h("td.num", null, n ? `${n} bit${n > 1 ? "s" : ""}` : String(size)),
        h("th", { scope: "row" }, symbol ? h("a", { href: names.href(symbol.path, symbol.line) }, h("code", null, name)) : h("code", null, name || "(unnamed)")),
        h("td", null, h("code", null, type)))];
    });
    for (const [at, n] of gaps) {
      lines.push([at * 8 + 0.5, h("tr.hole", null, h("td.num", null, String(at)), h("td.num", null, String(n)), h("th", { scope: "row" }, "unused"), h("td"))]);
    }
    return h("table.struct-table", null, h("thead", null, h("tr", null,
      ["offset", "size", "member", "type"].map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", null, lines.sort((a, b) => a[0] - b[0]).map(([, tr]) => tr)));
  }

  // How often each member is read and written, and by which functions, when asked.
  function whoUses(rows, byName) {
    const known = rows.map(([name]) => byName.get(name)).filter(Boolean);
    if (!known.length) return null;
    const n = (symbol, ...sorts) => sorts.reduce((sum, sort) => sum + (symbol.counts.get(sort) || 0), 0);
    return h("section.struct-uses", null, h("h3", null, "Who reads and writes it"),
      h("table.struct-table", null, h("thead", null, h("tr", null, ["member", "read", "written", "address", "who"].map((t) => h("th", { scope: "col" }, t)))),
        h("tbody", null, known.map((symbol) => {
          const who = h("td", null);
          return h("tr", null, h("th", { scope: "row" }, h("code", null, symbol.name)),
            h("td.num", null, n(symbol, "read", "read-write").toLocaleString("en")),
            h("td.num", null, n(symbol, "write", "read-write", "initialise").toLocaleString("en")),
            h("td.num", null, n(symbol, "address").toLocaleString("en")),
            (who.append(h("button.tool", { type: "button", "aria-label": `Functions that use ${symbol.name}`, onclick: () => functions(symbol, who) }, "by whom"),
            h("button.tool", { type: "button", "aria-label": `All uses of ${symbol.name}`, onclick: () => ic.uses.open(symbol) }, "uses")), who));
        }))));
  }

  async function functions(symbol, cell) {
    const readers = new Map(), writers = new Map();
    for (const { path, uses } of await names.uses(symbol)) {
      const file = await names.source(path);
      for (const use of uses) {
        const name = names.functionAt(file, use.line);
        const into = ["write", "read-write", "initialise"].includes(use.sort) ? writers : ["read", "address", "call"].includes(use.sort) ? readers : null;
        if (into && name && !into.has(name)) into.set(name, names.href(path, use.line));
      }
    }
    const list = (label, found) => (found.size ? h("p", null, `${label}: `, [...found].map(([name, href], i) => [i ? ", " : "", h("a", { href }, name)])) : null);
    cell.parentNode.after(h("tr.who", null, h("td", { colspan: "5" }, list("Written by", writers), list("Read by", readers),
      !readers.size && !writers.size ? h("p", null, "By no function that is indexed.") : null)));
    cell.querySelector("button").disabled = true;
  }

  ic.keys.add({ key: "s", label: "The layout of the struct", group: "The name under the pointer or cursor",
    shown: () => !!document.querySelector(".src"), when: () => !!ic.current(),
    async run() {
      const element = ic.current(), [symbol] = await names.symbols(names.target(element));
      ic.hideCard();
      if (symbol && has(symbol)) open(symbol);
      else ic.toast("this is no struct, and no member of one");
    } });

  return { open, has };
})();
