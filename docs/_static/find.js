// Looks for names: unpacks the shards search/names and search/book, ranks what fits some words.
//
// No page and no DOM here: find.index(names, book) gives an index, index.search(words) gives hits,
// best first.  A hit says what it is, where it leads, and how well it fits.
"use strict";

var find = (function () {
  // What a reader writes before a name, and which kinds they mean by it.
  const SAID = {
    struct: "stu", union: "ut", enum: "ec", typedef: "t", macro: "m", define: "m", "#define": "m",
    function: "fF", func: "fF", fn: "fF", member: "b", field: "b", variable: "vV", global: "vV",
    enumerator: "c", constant: "cmvV", static: "fv", type: "ts", slot: "b",
    file: "/", header: "/", folder: "/", opcode: "o", instruction: "o", bytecode: "o",
    chapter: "h", section: "h", lab: "l", glossary: "g", note: "n", python: "p", builtin: "p",
  };
  const IDLE = new Set(["the", "a", "an", "of", "in", "is", "does", "do", "how", "what", "where",
    "to", "and", "for", "are", "with", "on", "py", "c"]);

  // -- letters as bits, so that most names are passed over with one operation ---------------------

  function mask(low) {
    let bits = 0;
    for (let i = 0; i < low.length; i++) {
      const code = low.charCodeAt(i);
      if (code >= 97 && code <= 122) bits |= 1 << (code - 97);
      else if (code >= 48 && code <= 57) bits |= 1 << 26;
    }
    return bits;
  }

  function bitCount(bits) {
    let n = 0;
    for (; bits; bits &= bits - 1) n++;
    return n;
  }

  // The letters with which the words of a name begin.
  function headsOf(name, low) {
    let bits = 0;
    for (let i = 0; i < name.length; i++) {
      if (i && !begins(name, i)) continue;
      const code = low.charCodeAt(i);
      if (code >= 97 && code <= 122) bits |= 1 << (code - 97);
      else if (code >= 48 && code <= 57) bits |= 1 << 26;
    }
    return bits;
  }

  const bare = (low) => low.replace(/[^a-z0-9\u0080-\uffff]+/g, "");

  // -- where words begin in a name: _eval_frame, PyDict_SetItem, GCHead2 ---------------------------

  function begins(name, at) {
    if (at === 0) return true;
    const here = name.charCodeAt(at), before = name.charCodeAt(at - 1);
    if (!letter(here)) return false;
    if (!letter(before)) return true;
    if (upper(here)) {
      if (!upper(before)) return true;
      const next = name.charCodeAt(at + 1);
      return next >= 97 && next <= 122;
    }
    return digit(here) !== digit(before) && digit(here);
  }
  const upper = (c) => c >= 65 && c <= 90;
  const digit = (c) => c >= 48 && c <= 57;
  const letter = (c) => (c >= 97 && c <= 122) || upper(c) || digit(c) || c > 127;

  function starts(name) {
    const out = [];
    for (let i = 0; i < name.length; i++) if (letter(name.charCodeAt(i)) && begins(name, i)) out.push(i);
    return out;
  }

  // -- how well a word fits a name: 0 to 100 --------------------------------------------------------

  function word(raw) {
    const low = raw.toLowerCase(), norm = bare(low);
    return { raw, low, norm, mask: mask(low), first: mask(norm.slice(0, 1)), size: norm.length };
  }

  // `heads` are the letters that words of the name begin with; `loose`: letters here and there count.
  function quality(name, low, norm, w, heads, loose) {
    if (low === w.low) return name === w.raw ? 100 : 94;
    if (norm === w.norm && w.norm) return 91;
    let best = 0;
    for (let at = low.indexOf(w.low); at >= 0; at = low.indexOf(w.low, at + 1)) {
      const end = at + w.low.length, full = end === low.length || begins(name, end) || name[end] === "_";
      if (at === 0) best = Math.max(best, full ? 87 : 84);
      else if (begins(name, at) || name[at] === "_") {
        best = Math.max(best, (end === low.length ? 78 : full ? 73 : 69) + (low[0] === "_" && at < 3 ? 5 : 0));
      } else if (w.size > 1) best = Math.max(best, w.size > 3 ? 50 : 40);
    }
    if (best >= 69 || !w.norm) return best;
    const at = norm.indexOf(w.norm);
    if (at === 0) return Math.max(best, 80);
    if (w.size > 1 && best < 60 && (heads & w.first) === w.first && (loose || w.size < 6)) best = Math.max(best, initials(name, low, w));
    if (at > 0 && w.size > 2) best = Math.max(best, 48);
    if (!best && loose && w.size > 2) best = scattered(norm, w.norm);
    return best;
  }

  // The letters of the word are the beginnings of words of the name, in order: pdsi, dictset.
  function initials(name, low, w) {
    const q = w.norm, words = starts(name);
    let tries = 0;
    function go(i, at, left) { // the words from i on, the letters from `at` on; how many words used
      if (at === q.length) return left;
      if (i === words.length || ++tries > 200) return -1;
      for (let j = i; j < words.length; j++) {
        const from = words[j], to = j + 1 < words.length ? words[j + 1] : low.length;
        let n = 0;
        while (from + n < to && at + n < q.length && low[from + n] === q[at + n]) n++;
        for (; n > 0; n--) {
          const used = go(j + 1, at + n, left + 1);
          if (used >= 0) return used;
        }
      }
      return -1;
    }
    const used = go(0, 0, 0);
    if (used < 1) return 0;
    const skipped = words.length - used;
    return Math.max(52, (skipped ? 68 : 74) - 2 * skipped - (low[words[0]] === q[0] ? 0 : 3));
  }

  // All letters are there, in order, not too far from each other.
  function scattered(norm, q) {
    let at = norm.indexOf(q[0]), first = at, gaps = 0;
    if (at < 0) return 0;
    for (let i = 1; i < q.length; i++) {
      const next = norm.indexOf(q[i], at + 1);
      if (next < 0) return 0;
      if (next > at + 1) gaps++;
      at = next;
    }
    const span = at - first + 1;
    if (gaps > q.length / 2 || span > 3 * q.length) return 0;
    return Math.max(8, 34 - 4 * gaps - first - (span - q.length) / 2);
  }

  // Edits (insert, delete, change, swap neighbours) that make a word of a name, or of its beginning.
  let rows = [new Uint8Array(80), new Uint8Array(80), new Uint8Array(80)];
  function edits(q, norm, most) {
    const n = q.length, m = Math.min(norm.length, n + most);
    let [older, old, now] = rows;
    for (let j = 0; j <= m; j++) old[j] = j;
    for (let i = 1; i <= n; i++) {
      now[0] = i;
      let least = i;
      for (let j = 1; j <= m; j++) {
        const same = q.charCodeAt(i - 1) === norm.charCodeAt(j - 1);
        let cost = old[j - 1] + (same ? 0 : 1);
        if (old[j] + 1 < cost) cost = old[j] + 1;
        if (now[j - 1] + 1 < cost) cost = now[j - 1] + 1;
        if (i > 1 && j > 1 && q[i - 1] === norm[j - 2] && q[i - 2] === norm[j - 1] && older[j - 2] + 1 < cost) {
          cost = older[j - 2] + 1;
        }
        now[j] = cost;
        if (cost < least) least = cost;
      }
      if (least > most) return { whole: 99, front: 99 };
      [older, old, now] = [old, now, older];
    }
    let front = 99;
    for (let j = Math.max(0, n - most); j <= m; j++) if (old[j] < front) front = old[j];
    return { whole: norm.length === m ? old[m] : 99, front };
  }

  function misspelt(norm, bits, w) {
    if (w.size < 4) return 0;
    const most = w.size < 7 ? 1 : 2;
    if (norm.length < w.size - most || bitCount(w.mask & ~bits) > most) return 0;
    // whoever mistypes a name seldom does so in its first letters
    const [a, b] = w.norm;
    if (norm[0] !== a && norm[0] !== b && norm[1] !== a) return 0;
    const { whole, front } = edits(w.norm.slice(0, 60), norm, most);
    if (whole <= most) return 66 - 9 * whole - (norm[0] === w.norm[0] ? 0 : 5);
    if (front <= most) return 52 - 9 * front - (norm[0] === w.norm[0] ? 0 : 6);
    return 0;
  }

  // -- unpacking -----------------------------------------------------------------------------------

  function unpack(data) {
    const packed = data.names.split("\n"), count = packed.length;
    const names = new Array(count), low = new Array(count), norm = new Array(count);
    const masks = new Uint32Array(count), heads = new Uint32Array(count), weights = new Uint8Array(count);
    const file = new Uint16Array(count), line = new Uint32Array(count), owner = new Uint16Array(count);
    const bytes = atob(data.data);
    let at = 0;
    function number() {
      let value = 0, shift = 0, byte;
      do {
        byte = bytes.charCodeAt(at++);
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      return value;
    }
    let before = "";
    for (let i = 0; i < count; i++) {
      const text = packed[i];
      const same = text.charCodeAt(0) - 32;
      const name = same ? before.slice(0, same) + text.slice(1) : text.slice(1);
      names[i] = before = name;
      const lower = low[i] = name.toLowerCase();
      norm[i] = bare(lower);
      masks[i] = mask(lower);
      heads[i] = headsOf(name, lower);
      weights[i] = data.weights.charCodeAt(i) - 48;
      file[i] = number();
      line[i] = number();
      const kind = data.kinds[i];
      if (kind === "b" || kind === "c") owner[i] = number();
    }
    return { count, names, low, norm, masks, heads, weights, file, line, owner, kinds: data.kinds };
  }

  function others(rows, make) {
    return rows.map((row) => {
      const item = make(row);
      item.low = item.name.toLowerCase();
      item.norm = bare(item.low);
      item.mask = mask(item.low);
      item.heads = headsOf(item.name, item.low);
      return item;
    });
  }

  // -- the index -------------------------------------------------------------------------------------

  const BYTECODES = "Python/bytecodes.c";

  function index(data, book) {
    const symbols = unpack(data);
    const owners = data.owners.map((o) => (Array.isArray(o) ? o : [o, ""]));
    const ownerWords = owners.map(([name, tag]) => [name, tag].filter(Boolean)
      .map((n) => ({ n, low: n.toLowerCase(), norm: bare(n.toLowerCase()), heads: headsOf(n, n.toLowerCase()) })));
    const files = others(data.files, ([path, core, lines, about]) => {
      const base = path.slice(path.lastIndexOf("/") + 1);
      return { sort: "/", name: base, path, about, lines, line: 0, weight: 22 + 3 * core };
    });
    for (const f of files) {
      f.whole = f.path.toLowerCase();
      f.stem = f.low.slice(0, (f.low + ".").indexOf("."));
    }
    const opcodes = others(data.opcodes, ([name, sort, line]) => ({
      sort: "o", name, path: BYTECODES, line, about: sort,
      weight: { inst: 60, macro: 60, family: 32, pseudo: 44, op: 30 }[sort] || 30,
    }));
    const python = others(data.python, ([name, c, file, line]) => ({
      sort: "p", name, about: c, path: data.files[file][0], line,
      weight: 30 + 2 * data.files[file][1] - (/__\w+__$/.test(name) ? 8 : 0),
      last: word(name.slice(name.lastIndexOf(".") + 1)),
    }));
    const prose = others(book || [], ([sort, name, address, where]) => ({
      sort, name, address, about: where || "", alt: sort === "l" ? address.toLowerCase() : "",
      weight: { h: 54, l: 50, g: 52, s: 36, n: 30, r: 26 }[sort] || 20,
    }));
    return { search: (text, most) => search(text, most || 60), size: symbols.count, files, symbol, at };

    // What the shards of the graphs speak of by number.
    function symbol(i) {
      return {
        sort: "y", kind: symbols.kinds[i], name: symbols.names[i], weight: symbols.weights[i],
        path: data.files[symbols.file[i]][0], line: symbols.line[i], owner: owners[symbols.owner[i]][0],
      };
    }

    // The number of what is defined in a line; of several the first that `kinds` has. -1 for none.
    function at(path, line, kinds) {
      const number = data.files.findIndex((f) => f[0] === path);
      for (let i = 0; i < symbols.count; i++) {
        if (symbols.line[i] === line && symbols.file[i] === number && kinds.includes(symbols.kinds[i])) return i;
      }
      return -1;
    }

    // Words, kinds that were said, and the words run together.
    function read(text) {
      const clean = text.normalize("NFC").replace(/\(\s*\)?\s*;?\s*$/, "").trim();
      let words = clean.split(/(?:\s|->|::|[.,;:*&"'`(){}\[\]<>=!?|])+/).filter(Boolean);
      const all = words;
      let kinds = "";
      if (words.length > 1) {
        const rest = [];
        for (const w of words) {
          const said = SAID[w.toLowerCase()];
          if (said) kinds += said;
          else rest.push(w);
        }
        if (!rest.length) kinds = SAID[words[0].toLowerCase()];
        words = rest.length ? rest : words.slice(-1);
        const content = words.filter((w) => !IDLE.has(w.toLowerCase()));
        if (content.length) words = content;
      }
      // op->ob_type: what stands before the arrow is a variable of the reader's
      if (/->\s*\w+$/.test(clean) && words.length === 2 && words[0].length < 5) {
        words = words.slice(-1);
        kinds = "b";
      }
      const path = /[/\\]|\.(c|h|txt|md|gram|inc)$/i.test(clean) ? clean.replace(/\\/g, "/") : "";
      const joined = all.length > 1 ? word(all.join(/\s/.test(clean) ? " " : ".")) : null;
      return { clean, words: words.map(word), kinds, path, joined, dotted: /\.|->|::/.test(clean) };
    }

    function search(text, most) {
      const asked = read(text);
      if (!asked.words.length) return [];
      // first what has all the words, then what has all but one, then what is spelled almost so
      let hits = gather(asked, 0, false);
      const good = (least) => hits.some((hit) => hit.fit >= least);
      if (!good(66) && asked.words.length > 1) hits = gather(asked, 1, false);
      if (!good(asked.words.length > 1 ? 50 : 66)) hits = gather(asked, asked.words.length > 1 ? 1 : 0, true);
      hits.sort((a, b) => b.score - a.score || a.name.length - b.name.length ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || (a.path < b.path ? -1 : 1));
      return spread(hits, most);
    }

    // Twenty static functions of one name are one answer too many: the later ones step back.
    function spread(hits, most) {
      const seen = new Map(), first = [], later = [];
      for (const hit of hits) {
        const key = hit.kind + hit.sort + hit.name + (hit.owner || "");
        const n = (seen.get(key) || 0) + 1;
        seen.set(key, n);
        (n > 2 ? later : first).push(hit);
        if (first.length >= most) break;
      }
      return first.concat(later).slice(0, most);
    }

    function gather(asked, spare, forgiving) {
      const hits = [];
      const { words, joined, kinds } = asked;
      const single = words.length === 1;
      const joinedFit = joined && ((name, low, norm) => (norm === joined.norm ? 95 :
        norm.startsWith(joined.norm) ? 83 : !norm.includes(joined.norm) ? 0 :
        norm.endsWith(joined.norm) ? 82 :
        /^_?py/.test(low) && norm.indexOf(joined.norm) === 2 ? 83 : 72));

      // How well each word fits each file and each type: names are found by these as well.
      const around = single ? null : words.map((w) => ({
        files: files.map((f) => Math.max(fit(f, w), f.whole.includes(w.low) ? 45 : 0)),
        owners: ownerWords.map((list) => Math.max(0, ...list.map((o) =>
          quality(o.n, o.low, o.norm, w, o.heads, false)))),
      }));

      function fit(item, w) {
        let q = (w.mask & ~item.mask) === 0 ? quality(item.name, item.low, item.norm, w, item.heads, single) : 0;
        if (q < 40 && forgiving) q = Math.max(q, misspelt(item.norm, item.mask, w));
        return q;
      }

      // -- symbols
      const { count, names, low, norm, masks, heads, weights, owner, file } = symbols;
      for (let i = 0; i < count; i++) {
        let q = 0;
        const bits = masks[i];
        if (single) {
          const w = words[0];
          if ((w.mask & ~bits) === 0) q = quality(names[i], low[i], norm[i], w, heads[i], true);
          if (q < 40 && forgiving) q = Math.max(q, misspelt(norm[i], bits, w));
        } else {
          let sum = 0, own = 0, left = spare;
          for (let k = 0; k < words.length; k++) {
            const w = words[k];
            let a = (w.mask & ~bits) === 0 ? quality(names[i], low[i], norm[i], w, heads[i], false) : 0;
            if (!a && forgiving) a = misspelt(norm[i], bits, w);
            if (a) own = Math.max(own, a + (k === words.length - 1 ? 2 : 0));
            const o = owner[i] ? around[k].owners[owner[i]] : 0;
            const f = around[k].files[file[i]];
            const b = Math.max(o >= 50 ? o : 0, f >= 40 ? 0.86 * f : 0);
            const best = Math.max(a, b);
            if (!best && left-- > 0) continue;
            if (!best) { sum = 0; break; }
            sum += best;
          }
          if (sum && own && (left === spare || words.length > 2 || own > 90)) q = (sum / words.length) * 0.7 + own * 0.3 - 3;
        }
        if (joined) q = Math.max(q, joinedFit(names[i], low[i], norm[i]));
        if (!q) continue;
        const kind = symbols.kinds[i];
        let score = q + weights[i] / 2 - Math.min(8, Math.abs(names[i].length - words[0].low.length) * 0.12);
        if (kinds) score += kinds.includes(kind) ? 12 : q > 94 ? 8 : -6;
        if (score < 22) continue;
        hits.push({
          sort: "y", kind, name: names[i], fit: q, score,
          path: data.files[file[i]][0], line: symbols.line[i], owner: owners[owner[i]][0],
        });
      }

      // -- files, Python's names, instructions, prose
      add(files, (f) => {
        let q = 0;
        if (asked.path) {
          const p = asked.path.toLowerCase();
          q = f.whole === p ? 100 : f.low === p ? 99 : f.whole.endsWith("/" + p) ? 97 :
            f.whole.includes(p) ? 76 : 0;
        }
        if (single && f.stem === words[0].low) q = Math.max(q, 93);
        const each = words.map((w) => Math.max(fit(f, w), f.whole.includes(w.low) ? 40 : 0));
        if (each.every(Boolean)) q = Math.max(q, sum(each) / each.length - (single ? 0 : 4));
        return q;
      });
      add(python, (p) => {
        let q = 0;
        const all = single ? words[0] : joined;
        if (all && p.norm === all.norm) q = p.low === asked.clean.toLowerCase() ? 101 : 96;
        else if (single) {
          q = fit(p, words[0]);
          const w = words[0];
          if (p.last.low === w.low) q = Math.max(q, 90);
          else if (p.last.low.startsWith(w.low) && w.size > 2) q = Math.max(q, 68);
        } else {
          const each = words.map((w) => fit(p, w));
          if (each.every((x) => x >= 40)) q = sum(each) / each.length;
          if (asked.dotted && all && p.norm.startsWith(all.norm)) q = Math.max(q, 82);
        }
        return q;
      });
      add(opcodes, (o) => {
        if (single) return fit(o, words[0]);
        const each = words.map((w) => fit(o, w));
        const q = each.every((x) => x >= 40) ? sum(each) / each.length : 0;
        return Math.max(q, joinedFit(o.name, o.low, o.norm) - 8);
      });
      add(prose, (d) => {
        const each = words.map((w) => {
          if (w.size < 2) return 0;
          const q = (w.mask & ~d.mask) === 0 ? quality(d.name, d.low, d.norm, w, d.heads, false) : 0;
          if (q >= 69 || d.low.includes(w.low)) return q;
          return d.alt.includes(w.low) ? 56 : forgiving ? misspelt(d.norm, d.mask, w) : 0;
        });
        if (joined && d.norm.startsWith(joined.norm)) return d.norm === joined.norm ? 102 : 92;
        if (each.filter((x) => !x).length > (words.length > 2 ? spare : 0)) return 0;
        return sum(each) / each.length + (single ? 0 : 6);
      });
      return hits;

      function add(items, how) {
        for (const item of items) {
          const q = how(item);
          if (!q) continue;
          let score = q + item.weight / 2 - Math.min(8, Math.abs(item.name.length - words[0].low.length) * 0.12);
          if (kinds) score += kinds.includes(item.sort) ? 12 : item.sort === "y" ? 0 : -4;
          if (score >= 22) hits.push({ ...item, kind: "", fit: q, score });
        }
      }
    }
  }

  const sum = (list) => list.reduce((a, b) => a + b, 0);

  return { index, word, quality, initials, misspelt, starts, mask };
})();
if (typeof module !== "undefined") module.exports = find;
