// The configuration lens: lines that a build does not compile step back; everything still works.
"use strict";

(function () {
  const { h, names } = ic;
  const CHOICES = { default: "default build", debug: "debug build", "free-threaded": "free-threaded build" };

  const covers = (ranges, line) => ranges.some(([a, b]) => a <= line && line <= b);

  // Where a line is compiled, in words; "" when there is nothing to say.
  ic.liveAt = async function (path, line) {
    const [shard, data] = await Promise.all([names.cards(path), names.catalogue()]);
    const known = data.configs.map((name, i) => [name, shard.live[i]]).filter(([, ranges]) => ranges);
    if (!known.length) return "";
    const on = known.filter(([, ranges]) => covers(ranges, line)).map(([name]) => name);
    if (on.length === known.length && known.length === data.configs.length) return "";
    if (!on.length) return "line not compiled in " + (data.configs.length > 1 ? "any build that is indexed" : "the " + CHOICES[data.configs[0]]);
    return "line compiled in " + on.join(", ") + (on.length < 2 ? " only" : "");
  };

  const source = document.getElementById("source");
  if (!source) return;
  const path = source.dataset.path;
  let choice = ic.settings.get("lens", "default"), shard = null, data = null, select = null;

  // The gaps between ranges, from 1 to `count`.
  function gaps(ranges, count) {
    const out = [];
    let next = 1;
    for (const [first, last] of ranges) {
      if (first > next) out.push([next, first - 1]);
      next = Math.max(next, last + 1);
    }
    if (next <= count) out.push([next, count]);
    return out;
  }

  function clear() {
    for (const band of source.querySelectorAll(".off")) band.remove();
    if (window.Highlight && CSS.highlights) CSS.highlights.delete("off");
    source.classList.remove("lensed");
  }

  function apply() {
    clear();
    const i = data.configs.indexOf(choice), ranges = i < 0 ? null : shard.live[i];
    if (!ranges) return;
    const chunks = [...source.querySelectorAll(".c")].map((chunk) => {
      const first = parseInt(chunk.querySelector(".g a").textContent, 10);
      return { chunk, first, last: first + chunk.querySelectorAll(".g a").length - 1 };
    });
    const off = gaps(ranges, chunks.at(-1).last);
    const text = window.Highlight && CSS.highlights ? new Highlight() : null;
    let k = 0;
    for (const { chunk, first, last } of chunks) {
      const mine = [];
      while (k < off.length && off[k][1] < first) k++;
      for (let n = k; n < off.length && off[n][0] <= last; n++) {
        mine.push([Math.max(off[n][0], first) - first, Math.min(off[n][1], last) - first]);
      }
      if (!mine.length) continue;
      for (const [a, b] of mine) {
        chunk.append(h("div.off", { style: `--a:${a};--b:${b - a + 1}` }));
      }
      if (text) for (const range of rangesOf(chunk.querySelector("pre"), mine)) text.add(range);
    }
    if (text) CSS.highlights.set("off", text);
    source.classList.add("lensed");
  }

  // DOM ranges of lines of a <pre>, counted from 0; one walk over its text.
  function rangesOf(pre, wanted) {
    const out = [], walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    let line = 0, k = 0, range = null;
    const at = (node, offset) => {
      if (range && line > wanted[k][1]) {
        range.setEnd(node, offset);
        out.push(range);
        range = null;
        k++;
      }
      if (!range && k < wanted.length && line === wanted[k][0]) {
        range = new Range();
        range.setStart(node, offset);
      }
    };
    let node = walker.nextNode(), last = node;
    if (node) at(node, 0);
    for (; node && k < wanted.length; node = walker.nextNode()) {
      last = node;
      for (let i = node.data.indexOf("\n"); i >= 0 && k < wanted.length; i = node.data.indexOf("\n", i + 1)) {
        line++;
        at(node, i + 1);
      }
    }
    if (range) {
      range.setEnd(last, last.data.length);
      out.push(range);
    }
    return out;
  }

  async function set(next) {
    choice = next;
    ic.settings.set("lens", next);
    if (select) select.value = next;
    apply();
    ic.announce(next === "" ? "every line stands out" : `what the ${CHOICES[next]} does not compile steps back`);
  }

  async function begin() {
    try {
      [shard, data] = await Promise.all([names.cards(path), names.catalogue()]);
    } catch {
      return; // a tree without data: the page is whole without it
    }
    if (!shard.live.some(Boolean)) return;
    if (choice !== "" && !data.configs.includes(choice)) choice = "default";
    select = h("select.lens-choice", { "aria-label": "Lines that this configuration does not compile step back",
      title: "Configuration lens (c)", onchange: (event) => set(event.target.value) },
    data.configs.map((name) => h("option", { value: name }, CHOICES[name] || name)),
    h("option", { value: "" }, "every line"));
    select.value = choice;
    ic.tool(select, 1);
    apply();
  }

  ic.keys.add({ key: "c", label: "Configuration lens: the next one", group: "This page", when: () => !!select,
    run() {
      const all = [...select.options].map((option) => option.value);
      set(all[(all.indexOf(choice) + 1) % all.length]);
    } });
  ic.ready(() => ic.idle(begin));
})();
