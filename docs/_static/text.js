// The search of lines: all of the source, by text or regular expression, from the disk alone.
//
// The text lies in shards (text/<n>, see docs/developing/formats.rst).  A worker unpacks them and
// keeps them; it is made from this file's own function, since file:// lets no worker be loaded.
// Results come file by file, the interpreter's core first.
"use strict";

// It stands in the page itself, before the scripts of every page: those have run by then.
addEventListener("DOMContentLoaded", () => {
  const h = ic.h;
  const SHOWN = 400; // lines on the page, until one asks for more
  const EACH = 12; // of one file, until one asks for more

  // -- what runs in the worker -----------------------------------------------------------------

  function engine(post) {
    const texts = new Map(); // path -> its text
    let asked = null, waiting = [];

    async function unpack(z) {
      const packed = atob(z), bytes = new Uint8Array(packed.length);
      for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
      return new Response(stream).text();
    }

    function look(path, text) {
      const { regex, most, context } = asked;
      regex.lastIndex = 0;
      let match, count = 0, line = 1, at = 0, lastLine = 0;
      const found = [];
      while ((match = regex.exec(text))) {
        if (match[0] === "") { // such as x* where there is none
          regex.lastIndex++;
          if (match.index >= text.length) break;
          continue;
        }
        for (let next; (next = text.indexOf("\n", at)) >= 0 && next < match.index; at = next + 1) line++;
        const lines = match[0].split("\n");
        if (line !== lastLine) count++;
        if (found.length < most || line === lastLine) {
          const end = text.indexOf("\n", match.index), start = match.index - at;
          const shown = text.slice(at, end < 0 ? text.length : end);
          const length = Math.min(match[0].length, shown.length - start);
          if (line === lastLine) found[found.length - 1].marks.push([start, length]);
          else {
            found.push({ line, text: shown, marks: [[start, length]], more: lines.length - 1,
              before: around(text, at, -context), after: around(text, end, context) });
          }
        }
        lastLine = line;
      }
      return { path, count, found };
    }

    // Some lines before the offset of a line's beginning, or behind that of its end.
    function around(text, at, n) {
      const out = [];
      for (let i = 0; i < Math.abs(n) && at > 0 && at < text.length; i++) {
        const next = n < 0 ? text.lastIndexOf("\n", at - 2) : text.indexOf("\n", at + 1);
        const piece = n < 0 ? text.slice(next + 1, at - 1) : text.slice(at + 1, next < 0 ? text.length : next);
        if (n < 0) out.unshift(piece); else out.push(piece);
        at = n < 0 ? next + 1 : next;
      }
      return out;
    }

    function step(path) {
      const found = look(path, texts.get(path));
      post({ id: asked.id, file: found });
    }

    const pause = () => new Promise((resolve) => setTimeout(resolve));

    // What is there already, in order, with room for a new question in between.
    async function go() {
      const mine = asked;
      const { paths } = mine;
      waiting = [];
      let since = performance.now();
      for (const path of paths) {
        if (!texts.has(path)) {
          waiting.push(path);
          continue;
        }
        step(path);
        if (performance.now() - since > 12) {
          await pause();
          if (asked !== mine) return;
          since = performance.now();
        }
      }
      mine.begun = true;
      rest();
    }

    // … and what has come in since.
    function rest() {
      if (!asked || !asked.begun) return;
      const still = [];
      for (const path of waiting) if (texts.has(path)) step(path); else still.push(path);
      waiting = still;
      if (!waiting.length) {
        post({ id: asked.id, done: true });
        asked = null;
      }
    }

    return async function (message) {
      if (message.z) {
        const all = (await unpack(message.z)).split("\0");
        message.paths.forEach((path, i) => texts.set(path, all[i]));
        post({ unpacked: message.number });
        rest();
      } else if (message.source !== undefined) {
        asked = { ...message, regex: new RegExp(message.source, message.flags) };
        await go();
      } else {
        asked = null;
      }
    };
  }

  // -- the worker and the shards --------------------------------------------------------------------

  let send = null, worker = null, files = null, bundles = 0, read = 0;
  const functions = new Map(); // path -> [[first line, last line, name], …]
  let heard = () => {};

  function start() {
    if (worker) worker.terminate();
    read = 0;
    try {
      const code = "const handle = (" + engine + ")((m) => postMessage(m));" +
        "onmessage = (event) => handle(event.data);";
      worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
      worker.onmessage = (event) => heard(event.data);
      send = (message) => worker.postMessage(message);
    } catch { // no worker on this browser's file://: the page does it itself, in small steps
      const handle = engine((message) => heard(message));
      send = (message) => { handle(message); };
    }
  }

  // How near to the heart of the interpreter a path is: what is shown first.
  const CORE = ["Objects/", "Python/", "Include/", "Parser/", "Modules/_io/", "Modules/", "Programs/"];
  const LAST = /^(Modules\/(_test|_hacl|expat|_decimal|cjkcodecs|_xx)|PC\/|Objects\/mimalloc|Include\/internal\/mimalloc)|(^|\/)clinic\//;
  function rank(path) {
    if (LAST.test(path)) return 20;
    const at = CORE.findIndex((start) => path.startsWith(start));
    return at < 0 ? 10 : at;
  }

  async function feed() {
    files = files || await ic.load("files");
    const numbers = new Map(); // shard -> its best rank
    files.paths.forEach((path, i) => {
      const n = files.text[i];
      if (path && n >= 0) numbers.set(n, Math.min(numbers.has(n) ? numbers.get(n) : 99, rank(path)));
    });
    const order = [...numbers.keys()].sort((a, b) => numbers.get(a) - numbers.get(b) || a - b);
    bundles = order.length;
    const mine = worker;
    let next = 0;
    async function one() {
      while (next < order.length && worker === mine) {
        const number = order[next++];
        const { files: list, z } = await ic.load("text/" + number);
        for (const [path, inside] of list) functions.set(path, inside);
        if (worker === mine) send({ number, z, paths: list.map((f) => f[0]) });
      }
    }
    await Promise.all([one(), one(), one()]);
  }

  // -- the question ------------------------------------------------------------------------------

  const form = document.getElementById("text-form");
  if (!form) return;
  const field = form.elements.q, where = form.elements.path, boxes = ["re", "case", "word"];
  const status = document.getElementById("text-status"), out = document.getElementById("text-found");
  let ids = 0, now = null, watch = 0;

  function question() {
    const q = field.value;
    if (!q) return null;
    let source = form.elements.re.checked ? q : q.replace(/[.*+?^${}()|[\]\\\/-]/g, "\\$&");
    if (form.elements.word.checked) source = "(?<!\\w)(?:" + source + ")(?!\\w)";
    const flags = "gm" + (form.elements.case.checked ? "" : "i") + (/[^\x00-\x7f]/.test(q) ? "u" : "");
    new RegExp(source, flags); // says what is wrong with it
    return { source, flags };
  }

  // Words that a path must contain, or with "!" or "-" before them must not; * stands for anything.
  function wanted() {
    const words = where.value.split(/[\s,]+/).filter(Boolean).map((word) => {
      const not = /^[!-]/.test(word);
      const plain = (not ? word.slice(1) : word).toLowerCase();
      const test = plain.includes("*")
        ? new RegExp("(^|/)" + plain.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, ".*") + "$")
        : { test: (path) => path.includes(plain) };
      return { not, test: (path) => test.test(path) };
    });
    const some = words.filter((w) => !w.not), none = words.filter((w) => w.not);
    return (path) => {
      const low = path.toLowerCase();
      return (!some.length || some.some((w) => w.test(low))) && !none.some((w) => w.test(low));
    };
  }

  async function ask() {
    const id = ++ids;
    clearTimeout(watch);
    remember();
    out.replaceChildren();
    now = null;
    let what = null;
    field.removeAttribute("aria-invalid");
    try {
      what = question();
    } catch (error) {
      field.setAttribute("aria-invalid", "true");
      say("This is no regular expression: " + error.message.replace(/^Invalid regular expression: /, ""));
      send({});
      return;
    }
    if (!what) {
      say("");
      send({});
      return;
    }
    files = files || await ic.load("files").catch(() => null);
    if (!files) return say("The text of the source cannot be read. Is the folder _data of the site there?");
    if (id !== ids) return undefined;
    const test = wanted();
    const paths = files.paths.filter((path, i) => path && files.text[i] >= 0 && test(path))
      .map((path, i) => [rank(path), i, path]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((x) => x[2]);
    now = { id, begun: performance.now(), first: 0, lines: 0, hits: 0, files: 0, shown: 0, limit: SHOWN, kept: [], paths: paths.length };
    if (!paths.length) return say("No file’s path is like " + where.value + ".");
    say("Looking …");
    send({ id, ...what, paths, most: 5000, context: Number(form.elements.context.value) });
    watchdog(id);
    return undefined;
  }

  // An expression can take longer than the universe is old: then the worker is made anew.
  function watchdog(id) {
    const seen = now && now.looked;
    watch = setTimeout(() => {
      if (!now || now.id !== id || now.done) return;
      if (worker && now.looked === seen && read === bundles) {
        start();
        feed();
        now.done = true;
        say("This expression takes too long and was given up. Nested repetitions, such as (a+)+, are the usual cause.");
      } else watchdog(id);
    }, 8000);
  }

  heard = (message) => {
    if (message.unpacked !== undefined) {
      read++;
      return;
    }
    if (!now || message.id !== now.id) return;
    now.looked = (now.looked || 0) + 1;
    if (message.done) {
      now.done = true;
      now.took = performance.now() - now.begun;
      summary();
      if (!now.lines) out.append(none());
      return;
    }
    const { path, count, found } = message.file;
    if (!count) return;
    now.files++;
    now.lines += count;
    if (!now.first) now.first = performance.now() - now.begun;
    const item = { path, count, found };
    if (now.shown < now.limit) add(item);
    else now.kept.push(item);
    summary();
  };

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  function summary() {
    const n = (x, one) => x.toLocaleString("en") + " " + one + (x === 1 ? "" : "s");
    if (!now.lines) say(now.done ? "No line in " + n(now.paths, "file") : "Looking …");
    else {
      say(n(now.lines, "line") + " in " + n(now.files, "file") +
        (now.done ? "" : " so far …"));
    }
    const hidden = now.kept.reduce((sum, item) => sum + item.count, 0);
    let more = document.getElementById("text-more");
    if (hidden && !more) {
      more = h("button.text-more", { id: "text-more", type: "button", onclick: further });
      out.after(more);
    }
    if (more) {
      if (hidden) more.textContent = "Show more: " + n(hidden, "line") + " in " + n(now.kept.length, "file");
      else more.remove();
    }
  }

  function further() {
    now.limit = now.shown + SHOWN;
    while (now.kept.length && now.shown < now.limit) add(now.kept.shift());
    summary();
  }

  function none() {
    const hints = [];
    if (form.elements.re.checked === false && /[\\.*+?|[\]()^$]/.test(field.value)) hints.push("To read it as a regular expression, set “regular expression”.");
    if (form.elements.case.checked) hints.push("Capitals count: unset “Aa” and they do not.");
    if (form.elements.word.checked) hints.push("Only whole words are looked for.");
    if (where.value) hints.push("Only files with “" + where.value + "” in their path were looked at.");
    return h("div.text-none", null, h("p", null, "Nothing in the source is so."), hints.map((t) => h("p", null, t)));
  }

  // -- the results ---------------------------------------------------------------------------------

  function add({ path, count, found }) {
    const address = ic.root + "browse/" + path.split("/").map(encodeURIComponent).join("/") + ".html";
    const list = h("ol.text-lines");
    let last = 0; // the line printed last
    const put = (from, to) => {
      const some = found.slice(from, to);
      some.forEach((hit, i) => {
        const next = i + 1 < some.length ? some[i + 1].line : Infinity;
        list.append(...lines(hit, path, address, last, next));
        last = Math.min(hit.line + hit.after.length, next - 1);
      });
    };
    put(0, EACH);
    now.shown += Math.min(count, EACH);
    const at = path.lastIndexOf("/") + 1;
    const box = h("section.text-file", null,
      h("h2", null, h("a", { href: address }, h("span", null, path.slice(0, at)), path.slice(at)),
        h("span.text-count", null, String(count))), list);
    if (found.length > EACH) {
      const more = h("button.text-more", { type: "button" }, (found.length - EACH) + " more in this file");
      more.addEventListener("click", () => {
        const next = list.children.length;
        put(EACH);
        more.remove();
        const link = list.children[next] && list.children[next].querySelector("a");
        if (link) link.focus();
      });
      box.append(more);
    }
    out.append(box);
  }

  // A line that was found, and lines around it that lie behind line `last` and before line `next`.
  function lines(hit, path, address, last, next) {
    const plain = (text, line) => (line <= last || line >= next ? null : h("li.text-context", null,
      h("span.text-number", null, String(line)), h("code", null, text.slice(0, 300))));
    const top = hit.line - hit.before.length;
    return [
      last && hit.before.length + hit.after.length && top > last + 1
        ? h("li.text-gap", { "aria-hidden": "true" }) : null,
      ...hit.before.map((text, i) => plain(text, top + i)),
      h("li", null, h("a", { href: address + "#L" + hit.line },
        h("span.text-number", null, String(hit.line)), h("code", null, marked(hit))),
      h("span.text-in", null, inside(path, hit.line), hit.more ? " +" + hit.more + " lines" : "")),
      ...hit.after.map((text, i) => plain(text, hit.line + 1 + i)),
    ].filter(Boolean);
  }

  function marked({ text, marks }) {
    const out = [];
    let at = 0;
    const from = marks[0][0] > 160 ? marks[0][0] - 80 : 0; // a long line: where the match is
    if (from) out.push("…");
    at = from;
    for (const [start, length] of marks) {
      if (start < at) continue;
      out.push(text.slice(at, start), h("mark", null, text.slice(start, start + length)));
      at = start + length;
    }
    out.push(text.slice(at, Math.max(at, from + 400)));
    return out;
  }

  function inside(path, line) {
    for (const [first, last, name] of functions.get(path) || []) {
      if (first <= line && line <= last) return name;
      if (first > line) break;
    }
    return "";
  }

  // -- the address holds the question; keys ----------------------------------------------------------

  function remember() {
    const state = new URLSearchParams();
    if (field.value) state.set("q", field.value);
    if (where.value) state.set("path", where.value);
    for (const name of boxes) if (form.elements[name].checked) state.set(name, "1");
    if (form.elements.context.value !== "0") state.set("context", form.elements.context.value);
    const hash = state.toString();
    if (location.hash.slice(1) !== hash) history.replaceState(null, "", hash ? "#" + hash : location.pathname);
    document.title = (field.value ? field.value + " – " : "") + title;
  }
  const title = document.title;

  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    field.value = state.get("q") || "";
    where.value = state.get("path") || "";
    for (const name of boxes) form.elements[name].checked = state.get(name) === "1";
    form.elements.context.value = state.get("context") || "0";
    ask();
  }

  let soon = 0;
  form.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(ask, 90);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(soon);
    ask();
  });
  addEventListener("hashchange", recall);

  function move(step) {
    const links = [...out.querySelectorAll("li a")];
    const at = links.indexOf(document.activeElement);
    const link = links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step))];
    if (link) {
      link.focus();
      link.scrollIntoView({ block: "nearest" });
    }
  }
  ic.keys.add({ key: ["j", "ArrowDown"], label: "Next line found", group: "This page", run: () => move(1) });
  ic.keys.add({ key: ["k", "ArrowUp"], label: "Line found before", group: "This page", run: () => move(-1) });
  ic.keys.add({ key: "f", label: "To the field", group: "This page", run: () => { field.focus(); field.select(); } });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      move(0);
    }
  });

  form.hidden = false;
  start();
  feed().catch((error) => say("The text of the source cannot be read: " + error.message));
  recall();
  if (!field.value) field.focus();
  window.textSearch = { get state() { return now; }, get read() { return read; }, get bundles() { return bundles; } };
});
