// What every script of the site stands on: data from shards, settings, keys, cards and a panel.
//
// Plain scripts, since file:// refuses fetch() and modules: a shard is a script that calls
// ic.data(name, value).  Text from the source reaches the page through ic.h and textContent only.
"use strict";

var ic = (function () {
  const html = document.documentElement;
  const root = html.dataset.content_root || "./";
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");

  // -- elements ----------------------------------------------------------------------------

  // ic.h("a.name", {href, onclick, hidden, "aria-label"}, child, "text", [more]): an element.
  // Children that are strings become text; null and false are left out.
  function h(what, props, ...children) {
    const [tag, ...classes] = what.split(".");
    const element = document.createElement(tag || "div");
    if (classes.length) element.className = classes.join(" ");
    for (const [name, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else element.setAttribute(name, value);
    }
    element.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false));
    return element;
  }

  // -- shards ------------------------------------------------------------------------------

  const values = new Map(), waiting = new Map();

  // The data that _data/<name>.js hands over; a promise, kept.  Rejects when there is none.
  function load(name) {
    if (!waiting.has(name)) {
      waiting.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = root + "_data/" + name.split("/").map(encodeURIComponent).join("/") + ".js";
        script.onload = () => {
          script.remove();
          if (values.has(name)) resolve(values.get(name));
          else reject(new Error("no data in " + name));
        };
        script.onerror = () => {
          script.remove();
          reject(new Error("cannot read " + name));
        };
        document.head.append(script);
      }));
    }
    return waiting.get(name);
  }

  function data(name, value) {
    values.set(name, value);
  }

  // -- settings: remembered on this computer -------------------------------------------------

  const watchers = new Map();
  const settings = {
    get(key, otherwise) {
      try {
        const text = localStorage.getItem("ic." + key);
        return text === null ? otherwise : JSON.parse(text);
      } catch {
        return otherwise; // storage can be forbidden
      }
    },
    set(key, value) {
      try {
        localStorage.setItem("ic." + key, JSON.stringify(value));
      } catch { /* then it lasts as long as the page */ }
      for (const tell of watchers.get(key) || []) tell(value);
    },
    watch(key, tell) {
      if (!watchers.has(key)) watchers.set(key, []);
      watchers.get(key).push(tell);
    },
  };

  // -- keys ----------------------------------------------------------------------------------

  const bindings = [];
  const keys = {
    // {key: "u", label: "uses of the name", group: "Names", run(event), when?()}; `key` is
    // KeyboardEvent.key, or several of them in an array.  `run` may return false: not mine.
    add(binding) {
      bindings.push({ group: "This page", ...binding, keys: [binding.key].flat() });
    },
    list: () => bindings.slice(),
  };

  function typing(target) {
    return target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
  }

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") { // though Sphinx's own script has prevented the default
      if (escape(event.target)) event.preventDefault();
      return;
    }
    if (event.defaultPrevented || typing(event.target)) return;
    for (const binding of bindings) {
      if (!binding.keys.includes(event.key) || (binding.when && !binding.when())) continue;
      if (binding.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  });

  // What Escape closes, the last opened first.
  const open = [];
  function escape(target) {
    const last = open.pop();
    if (!last) return false;
    last(target);
    return true;
  }
  function opened(close) {
    open.push(close);
    return () => {
      const at = open.lastIndexOf(close);
      if (at >= 0) open.splice(at, 1);
    };
  }

  const NAMES = { " ": "Space", ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" };
  function help() {
    const groups = new Map();
    for (const b of bindings) {
      if (b.hidden || (b.shown && !b.shown())) continue;
      if (!groups.has(b.group)) groups.set(b.group, []);
      groups.get(b.group).push(b);
    }
    const body = [...groups].map(([name, list]) => h("section", null,
      h("h3", null, name),
      h("dl", null, list.map((b) => h("div", null,
        h("dt", null, b.keys.map((k) => h("kbd", null, NAMES[k] || k))),
        h("dd", null, b.label))))));
    dialog("Keys", h("div.ic-keys", null, body));
  }
  keys.add({ key: "?", label: "This list", group: "Everywhere", run: help });
  keys.add({ key: "Escape", label: "Close what is open", group: "Everywhere", run: () => false });

  // -- a dialog, modal -------------------------------------------------------------------------

  function dialog(title, content) {
    const close = () => box.close();
    const box = h("dialog.ic-dialog", { "aria-label": title },
      h("header", null, h("h2", null, title),
        h("button.ic-close", { type: "button", "aria-label": "Close", onclick: close }, "×")),
      content);
    box.addEventListener("close", () => box.remove());
    box.addEventListener("click", (event) => { if (event.target === box) close(); });
    document.body.append(box);
    box.showModal();
    return box;
  }

  // -- one card near a place -------------------------------------------------------------------

  let shown = null;
  const card = {
    // Show `content` beside `anchor` (an element, or a DOMRect).  One card at a time.
    show(anchor, content, { label = "", onclose = null, modal = false } = {}) {
      card.hide();
      const box = h("div.ic-card", { role: "dialog", "aria-label": label, tabindex: "-1" }, content);
      document.body.append(box);
      place(box, anchor.getBoundingClientRect ? nearest(anchor) : anchor);
      const forget = opened(() => card.hide(true));
      shown = { box, anchor, onclose, forget };
      if (modal) box.focus({ preventScroll: true });
      return box;
    },
    hide(back = false) {
      if (!shown) return;
      const { box, anchor, onclose, forget } = shown;
      const had = box.contains(document.activeElement);
      shown = null;
      forget();
      box.remove();
      if ((back || had) && anchor.focus) anchor.focus({ preventScroll: true });
      if (onclose) onclose();
    },
    get box() { return shown && shown.box; },
    get anchor() { return shown && shown.anchor; },
    replace() { if (shown) place(shown.box, nearest(shown.anchor)); },
  };

  function nearest(anchor) {
    return anchor.getClientRects()[0] || anchor.getBoundingClientRect();
  }

  // Below the anchor if there is room, otherwise above; never outside of the window.
  function place(box, rect) {
    if (innerWidth < 600) return; // a sheet at the bottom there, by the style sheet
    const gap = 6, edge = 8;
    const width = box.offsetWidth, height = box.offsetHeight;
    const below = innerHeight - rect.bottom - gap - edge, above = rect.top - gap - edge;
    const down = height <= below || below >= above;
    box.style.maxHeight = Math.max(120, down ? below : above) + "px";
    const tall = Math.min(height, down ? below : above);
    box.style.left = Math.max(edge, Math.min(rect.left - 12, innerWidth - width - edge)) + "px";
    box.style.top = (down ? rect.bottom + gap : Math.max(edge, rect.top - gap - tall)) + "px";
  }

  addEventListener("pointerdown", (event) => {
    if (shown && !shown.box.contains(event.target) && event.target !== shown.anchor) card.hide();
  });

  // -- one panel at the side (on a phone: at the bottom) ------------------------------------------

  let docked = null;
  const panel = {
    // {id, title (text or element), content (element), onclose}; opening the same id replaces it.
    // `width`, in CSS, is for content that needs more; what the reader chose counts for all others.
    open({ id, title, content, tools = null, onclose = null, focus = true, width: wide = "" }) {
      const from = docked ? docked.from : document.activeElement;
      if (docked) leave();
      const close = h("button.ic-close", { type: "button", "aria-label": "Close the panel (Escape)",
        onclick: () => panel.close() }, "×");
      const heading = h("h2", { id: "ic-panel-title", tabindex: "-1" }, title);
      const box = h("aside.ic-panel", { "aria-labelledby": "ic-panel-title", "data-panel": id },
        h("header", null, heading, tools, close), h("div.ic-panel-body", null, content));
      const width = settings.get("panel-width", 0);
      if (wide) html.style.setProperty("--ic-panel", wide);
      else if (width) html.style.setProperty("--ic-panel", width + "px");
      else html.style.removeProperty("--ic-panel");
      box.append(grip());
      document.body.append(box);
      html.classList.add("ic-docked");
      docked = { id, box, from, onclose, forget: opened(() => panel.close()) };
      if (focus) heading.focus({ preventScroll: true });
      return box;
    },
    close() {
      if (!docked) return;
      const { box, from } = docked;
      const had = box.contains(document.activeElement);
      leave();
      html.classList.remove("ic-docked");
      if (had && from && from.isConnected) from.focus({ preventScroll: true });
    },
    get id() { return docked && docked.id; },
    get box() { return docked && docked.box; },
  };
  function leave() {
    const { box, onclose, forget } = docked;
    docked = null;
    forget();
    box.remove();
    if (onclose) onclose();
  }

  // The panel's edge: dragged, or moved with the arrow keys.
  function grip() {
    const set = (width) => {
      const fit = Math.round(Math.max(280, Math.min(width, innerWidth * 0.7)));
      html.style.setProperty("--ic-panel", fit + "px");
      bar.setAttribute("aria-valuenow", fit);
      settings.set("panel-width", fit);
    };
    const bar = h("div.ic-grip", { role: "separator", tabindex: "0", "aria-orientation": "vertical",
      "aria-label": "Width of the panel", "aria-valuemin": "280", "aria-valuenow": "440",
      "aria-valuemax": String(Math.round(innerWidth * 0.7)) });
    bar.addEventListener("pointerdown", (event) => {
      bar.setPointerCapture(event.pointerId);
      bar.onpointermove = (move) => set(innerWidth - move.clientX);
      bar.onpointerup = bar.onpointercancel = () => { bar.onpointermove = null; };
    });
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
      if (step) {
        set(bar.parentNode.offsetWidth + step);
        event.preventDefault();
      }
    });
    return bar;
  }

  // -- what a screen reader says ---------------------------------------------------------------

  let voice = null;
  function announce(text) {
    if (!voice) {
      voice = h("div.ic-voice", { role: "status", "aria-live": "polite" });
      document.body.append(voice);
    }
    voice.textContent = "";
    setTimeout(() => { voice.textContent = text; }, 30);
  }

  // A short word at the foot of the window, said aloud too: "link copied".
  function toast(text) {
    for (const old of document.querySelectorAll(".ic-toast")) old.remove();
    const box = h("div.ic-toast", { "aria-hidden": "true" }, text);
    document.body.append(box);
    announce(text);
    setTimeout(() => box.remove(), 2200);
  }

  async function copy(text, said) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // not on every file:// page
      const area = h("textarea.ic-voice", { readonly: true, "aria-hidden": "true" });
      const back = document.activeElement;
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (back) back.focus({ preventScroll: true });
      if (!done) return toast("the browser did not allow copying");
    }
    return toast(said || "copied");
  }

  // When the page is ready; at once if it is.
  function ready(run) {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", run);
    else run();
  }

  // When there is nothing more urgent.
  function idle(run) {
    (window.requestIdleCallback || ((f) => setTimeout(f, 60)))(run);
  }

  return {
    root, h, load, data, settings, keys, help, dialog, card, panel, opened, announce, toast, copy,
    ready, idle, reduced,
  };
})();
