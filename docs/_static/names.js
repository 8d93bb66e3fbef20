// What names mean: from a link on a page to its symbol, its uses and its source.
//
// Reads the shards that annotator/pages/data.py writes.  A link leads to the first place of its
// symbol; file, line and name are enough to find the record in that file's shard of cards.
"use strict";

ic.names = (function () {
  const base = new URL(ic.root + "browse/", location.href).href;
  const NAMED = ".src pre a[href], .src pre dfn, .src pre span:not([data-byte])";

  // -- the catalogue of files ----------------------------------------------------------------

  let known = null;
  function catalogue() {
    known = known || ic.load("files").then((data) => {
      data.number = new Map(data.paths.map((path, i) => [path, i]));
      return data;
    });
    return known;
  }

  function href(path, line) {
    const page = path.split("/").map(encodeURIComponent).join("/");
    return ic.root + "browse/" + page + ".html" + (line ? "#L" + line : "");
  }

  // The file that a page of the browser shows; "" for other pages.
  function pathOf(url) {
    const page = String(url).split(/[?#]/)[0];
    if (!page.startsWith(base) || !page.endsWith(".html")) return "";
    return decodeURIComponent(page.slice(base.length, -5));
  }

  // -- from an element to a place --------------------------------------------------------------

  function named(node) {
    return node instanceof Element ? node.closest(NAMED) : null;
  }

  // Where an element of the source stands: {path, line, col}, columns in characters.
  function position(element) {
    const pre = element.closest("pre"), chunk = element.closest(".c");
    const number = chunk && chunk.querySelector(".g a");
    if (!number) return null;
    const range = document.createRange();
    range.setStart(pre, 0);
    range.setEndBefore(element);
    const before = range.toString().split("\n");
    return {
      path: pathOf(number.href),
      line: parseInt(number.textContent, 10) + before.length - 1,
      col: before.at(-1).length + 1,
    };
  }

  // What it names: {path, line, name}, the first place of the symbol.
  function target(element) {
    const name = element.textContent;
    if (element.localName === "a" && !element.classList.contains("d")) {
      const line = parseInt((element.hash || "").slice(2), 10) || 0;
      return { path: pathOf(element.href), line, name };
    }
    const here = position(element);
    return here && { path: here.path, line: here.line, name };
  }

  // -- symbols ---------------------------------------------------------------------------------

  function symbolAt(shard, path, i) {
    const r = shard.s[i];
    const [line, col, name, kind, decl, end, parent, doc, counts, places, more] = r;
    const sorts = new Map();
    for (let k = 0; counts && k < counts.length; k += 2) {
      sorts.set(known.value.sorts[counts[k]], counts[k + 1]);
    }
    return {
      id: shard.first + i, path, line, col, name: name || (more && more.n) || "", kind: known.value.kinds[kind],
      decl: decl || "", end: end || 0, parent: parent ? shard.first + i + parent : 0,
      doc: doc || "", counts: sorts, places: places || [], more: more || {},
    };
  }

  async function cards(path) {
    const [shard] = await Promise.all([ic.load("cards/" + path),
      catalogue().then((data) => { known.value = data; })]);
    return shard;
  }

  // All symbols of this name whose first place is that line.
  async function symbols({ path, line, name }) {
    if (!path || !line) return [];
    const shard = await cards(path);
    let low = 0, high = shard.s.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shard.s[middle][0] < line) low = middle + 1;
      else high = middle;
    }
    const found = [];
    for (; low < shard.s.length && shard.s[low][0] === line; low++) {
      if (shard.s[low][2] === name) found.push(symbolAt(shard, path, low));
    }
    return found;
  }

  // A symbol by its id, which says in whose file's shard it is.
  async function byId(id) {
    const data = await catalogue();
    let low = 1, high = data.paths.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (data.firsts[middle] <= id) low = middle;
      else high = middle - 1;
    }
    const shard = await cards(data.paths[low]);
    return symbolAt(shard, data.paths[low], id - shard.first);
  }

  // The members that lie between the braces of a struct, those of unnamed structs in it included.
  async function within(symbol) {
    const shard = await cards(symbol.path), out = [];
    for (let i = symbol.id - shard.first + 1; i < shard.s.length && shard.s[i][0] <= symbol.end; i++) {
      const one = symbolAt(shard, symbol.path, i);
      if (one.kind === "member" && (one.parent === symbol.id || one.id + (one.more.w || 0) === symbol.id)) out.push(one);
    }
    return out;
  }

  // -- uses ------------------------------------------------------------------------------------

  // [{path, uses: [{line, col, sort, configs}]}] in the order of files; configs are bits.
  async function uses(symbol) {
    const data = await catalogue();
    let n = data.uses.length - 1;
    while (n > 0 && data.uses[n] > symbol.id) n--;
    const bucket = await ic.load("uses/" + n);
    const row = bucket[symbol.id] || [], out = [];
    for (let i = 0; i < row.length; i += 2) {
      const flat = row[i + 1], found = [];
      let line = 0;
      for (let k = 0; k < flat.length; k += 3) {
        line += flat[k];
        const mask = flat[k + 2] >> 4;
        found.push({
          line, col: flat[k + 1], sort: data.sorts[flat[k + 2] & 15],
          configs: mask === 0 ? data.bits : mask & 7,
        });
      }
      out.push({ path: data.paths[row[i]], uses: found });
    }
    return out;
  }

  // -- source ----------------------------------------------------------------------------------

  const bundles = new Map();
  function bundle(n) {
    if (!bundles.has(n)) bundles.set(n, ic.load("text/" + n).then(unpack));
    return bundles.get(n);
  }

  async function unpack(data) {
    const bytes = Uint8Array.from(atob(data.z), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const texts = (await new Response(stream).text()).split("\0");
    return new Map(data.files.map(([path, functions], i) =>
      [path, { path, functions, lines: texts[i].split("\n") }]));
  }

  // A file's {path, lines, functions: [[first, last, name], …]}; lines[0] is line 1.
  async function source(path) {
    const data = await catalogue();
    return (await bundle(data.text[data.number.get(path)])).get(path);
  }

  // The name of the function that holds a line; "" at file scope.
  function functionAt(file, line) {
    let low = 0, high = file.functions.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1, [first, last, name] = file.functions[middle];
      if (line < first) high = middle - 1;
      else if (line > last) low = middle + 1;
      else return name;
    }
    return "";
  }

  // -- names alone: where nothing better is known ---------------------------------------------

  // [[file number, line, kind number], …] of a name, the likeliest first.
  async function find(name) {
    let sum = 0;
    for (let i = 0; i < name.length; i++) sum += name.charCodeAt(i);
    const [data, table] = await Promise.all([catalogue(), ic.load("names/" + (sum % 32))]);
    return Object.hasOwn(table, name)
      ? table[name].map(([file, line, kind]) => ({ path: data.paths[file], line, name,
        kind: data.kinds[kind] }))
      : [];
  }

  // -- C as elements ---------------------------------------------------------------------------

  const KEYWORDS = new Set(("auto break case char const continue default do double else enum extern " +
    "float for goto if inline int long register restrict return short signed sizeof static struct " +
    "switch typedef union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex " +
    "_Generic _Imaginary _Noreturn _Static_assert _Thread_local").split(" "));
  const TOKEN = new RegExp([
    "(/\\*[^]*?(?:\\*/|$)|//[^\\n]*)", // comments
    "((?:u8|[LuU])?\"(?:[^\"\\\\\\n]|\\\\[^])*(?:\"|(?=\\n)|$)|[LuU]?'(?:[^'\\\\\\n]|\\\\[^])*(?:'|(?=\\n)|$))",
    "([A-Za-z_$][\\w$]*)",
    "(\\.?\\d(?:[eEpP][+-]|[\\w.])*)",
  ].join("|"), "g");
  const TURNING = /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

  function shown(text) {
    return text.replace(TURNING, (c) => "[U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0") + "]");
  }

  // Nodes for C text; identifiers are passed to `link(name, offset)`, which may give a node.
  function code(text, link) {
    const out = document.createDocumentFragment();
    let last = 0;
    for (const found of text.matchAll(TOKEN)) {
      const [whole, comment, string, word, number] = found;
      if (number || (word && !KEYWORDS.has(word) && !link)) continue;
      let node = null;
      if (comment) node = document.createElement("i");
      else if (string) node = document.createElement("s-");
      else if (KEYWORDS.has(word)) node = document.createElement("k-");
      if (node) node.textContent = shown(whole);
      else node = link(word, found.index);
      if (!node) continue;
      out.append(shown(text.slice(last, found.index)), node);
      last = found.index + whole.length;
    }
    out.append(shown(text.slice(last)));
    return out;
  }

  // Give links to the names in an element made by `code` with `pending`; nearest meaning by name.
  function pending(name) {
    return ic.h("a.by-name", { "data-name": name }, name);
  }
  async function linkUp(root, nearby) {
    const wanted = new Map();
    for (const a of root.querySelectorAll("a.by-name:not([href])")) {
      if (!wanted.has(a.dataset.name)) wanted.set(a.dataset.name, []);
      wanted.get(a.dataset.name).push(a);
    }
    await Promise.all([...wanted].map(async ([name, links]) => {
      const found = (await find(name)).sort((x, y) => (y.path === nearby) - (x.path === nearby))[0];
      for (const a of links) {
        if (found) a.href = href(found.path, found.line);
        else if (a.dataset.home) a.href = a.dataset.home;
        else a.replaceWith(name);
      }
    }));
  }

  return {
    NAMED, catalogue, href, pathOf, named, position, target, symbols, byId, within, uses, source,
    functionAt, find, code, pending, linkUp, shown, cards,
  };
})();
