// The C preprocessor's macro expansion (C11 6.10.3), one level at a time, and constant expressions.
//
// No page in here: tokens in, tokens out.  The algorithm is the one of hide sets, which the
// committee worked from; tests hold it against gcc -E.
"use strict";

ic.cpp = (function () {
  const BLANK = /(?:[ \t\f\v\r\n]|\\\r?\n|\/\*[^]*?\*\/|\/\/[^\n]*)+/y;
  const LITERAL = /(?:u8|[LuU])?"(?:[^"\\\n]|\\[^])*"|[LuU]?'(?:[^'\\\n]|\\[^])*'/y;
  const NAME = /[A-Za-z_$][\w$]*/y;
  const NUMBER = /\.?\d(?:[eEpP][+-]|[\w.])*/y;
  const PUNCT = /%:%:|\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\*=|\/=|%=|\+=|-=|&=|\^=|\|=|##|<:|:>|<%|%>|%:|[^]/y;

  // {kind: "name" | "number" | "text" | "punct", text, space: blank before it?, at: offset}
  function lex(source, from = 0, to = source.length) {
    const out = [];
    let at = from, space = false;
    while (at < to) {
      let kind = "", found = null;
      for (const [name, pattern] of [["blank", BLANK], ["text", LITERAL], ["name", NAME], ["number", NUMBER], ["punct", PUNCT]]) {
        pattern.lastIndex = at;
        found = pattern.exec(source);
        if (found) {
          kind = name;
          break;
        }
      }
      if (kind === "blank") space = true;
      else {
        out.push({ kind, text: found[0], space, at });
        space = false;
      }
      at += found[0].length;
    }
    return out;
  }

  const NONE = new Set();
  const token = (t, more) => ({ hide: NONE, level: 0, ...t, ...more });
  const union = (a, b) => (!b.size ? a : !a.size ? b : new Set([...a, ...b]));

  // Expand `tokens`, at most `limit` levels deep.  `macro(name, token)` gives a definition
  // {name, params (null: object-like), variadic, body: tokens, …} or null.  Tokens of a result know
  // `macro`, whose body they come from, and keep what else those of the arguments carry.
  function expand(tokens, macro, limit = Infinity) {
    let work = 0;
    const run = (input) => {
      // `rest` is a stack, its top the next token.
      const rest = input.slice().reverse(), out = [];
      while (rest.length) {
        const t = rest.pop();
        if (t.kind !== "name" || t.level >= limit || t.hide.has(t.text)) {
          out.push(t);
          continue;
        }
        const m = macro(t.text, t);
        if (!m) {
          out.push(t);
          continue;
        }
        if (++work > 20000) throw new Error("too large to show");
        let result;
        if (m.params === null) {
          result = substitute(m, t, [], new Set(t.hide).add(t.text));
        } else {
          if (!rest.length || rest.at(-1).text !== "(" || rest.at(-1).kind !== "punct") {
            out.push(t);
            continue;
          }
          const call = collect(rest);
          if (!call) {
            out.push(t);
            continue;
          }
          const args = match(m, call.args);
          if (!args) {
            out.push(t);
            continue;
          }
          rest.length -= call.length;
          const both = new Set([...t.hide].filter((name) => call.close.hide.has(name)));
          for (const arg of args) for (const one of arg) one.level = Math.max(one.level, t.level + 1);
          result = substitute(m, t, args, both.add(t.text));
        }
        if (result.length) result[0] = { ...result[0], space: t.space };
        else if (rest.length && t.space) rest.push({ ...rest.pop(), space: true });
        for (let i = result.length - 1; i >= 0; i--) rest.push(result[i]);
      }
      return out;
    };

    function substitute(m, t, args, hide) {
      const out = [];
      const index = (one) => (one && one.kind === "name" && m.params ? m.params.indexOf(one.text) : -1);
      const full = new Map();
      const expanded = (i) => {
        if (!full.has(i)) full.set(i, run(args[i]));
        return full.get(i);
      };
      const of = (one) => token(one, { level: t.level + 1, macro: m, hide: NONE, from: undefined, href: undefined });
      const body = m.body;
      for (let i = 0; i < body.length; i++) {
        const one = body[i], next = body[i + 1];
        if (one.text === "#" && one.kind === "punct" && m.params && index(next) >= 0) {
          const arg = args[index(next)];
          out.push({ ...of(one), kind: "text", text: quote(arg), from: arg.length ? arg[0].from : undefined });
          i++;
          continue;
        }
        if (one.text === "##" && one.kind === "punct" && i > 0 && next) {
          const k = index(next);
          const right = k >= 0 ? args[k].map((a) => ({ ...a })) : next.text === "#" && index(body[i + 2]) >= 0
            ? [{ ...of(next), kind: "text", text: quote(args[index(body[i + 2])]) }] : [of(next)];
          if (k < 0 && next.text === "#" && index(body[i + 2]) >= 0) i++;
          i++;
          const comma = m.variadic && k === m.params.length - 1 && out.at(-1) && out.at(-1).text === ",";
          if (comma && !right.length && args[k].omitted) out.pop(); // GNU C: so does the comma
          else if (comma) out.push(...expanded(k).map((a) => ({ ...a })));
          else if (!right.length) { /* a placemarker: what is before it stays */ }
          else if (out.length && !out.at(-1).placemarker) out.push(...paste(out.pop(), right[0], t), ...right.slice(1));
          else {
            if (out.length && out.at(-1).placemarker) out.pop();
            out.push(...right);
          }
          continue;
        }
        const k = index(one);
        if (k < 0) {
          out.push(of(one));
          continue;
        }
        if (next && next.text === "##" && next.kind === "punct") {
          if (args[k].length) out.push(...spaced(args[k], one.space));
          else out.push({ ...of(one), text: "", placemarker: true });
          continue;
        }
        out.push(...spaced(expanded(k), one.space));
      }
      return out.filter((one) => !one.placemarker).map((one) => ({ ...one, hide: union(one.hide, hide) }));
    }

    return run(tokens.map((t) => token(t)));
  }

  const spaced = (tokens, space) => tokens.map((a, i) => ({ ...a, space: i ? a.space : space }));

  // One token of two; both, where they make none (gcc says so, and goes on like this).
  function paste(a, b, t) {
    const [made, ...more] = lex(a.text + b.text);
    const hide = new Set([...a.hide].filter((name) => b.hide.has(name)));
    if (!made || more.length) return [a, { ...b, space: false }];
    return [{ ...a, kind: made.kind, text: made.text, hide, level: Math.max(a.level, b.level, t.level + 1),
      from: a.from === undefined ? b.from : a.from, href: undefined, pasted: true }];
  }

  function quote(tokens) {
    const text = tokens.map((t, i) => (i && t.space ? " " : "") +
      (t.kind === "text" ? t.text.replace(/["\\]/g, "\\$&") : t.text)).join("");
    return '"' + text + '"';
  }

  // The arguments after a name; `rest` is a stack that begins with "(".
  function collect(rest) {
    const args = [[]];
    let depth = 0;
    for (let i = rest.length - 1; i >= 0; i--) {
      const t = rest[i];
      if (t.kind === "punct" && t.text === "(") {
        if (depth++ === 0) continue;
      } else if (t.kind === "punct" && t.text === ")") {
        if (--depth === 0) return { args, close: t, length: rest.length - i };
      } else if (t.kind === "punct" && t.text === "," && depth === 1) {
        args.push([]);
        args.at(-1).comma = t;
        continue;
      }
      args.at(-1).push({ ...t });
    }
    return null;
  }

  // As many arguments as there are parameters, those of "..." in one; null if that cannot be.
  function match(m, args) {
    const n = m.params.length;
    if (n === 0) return args.length === 1 && !args[0].length ? [] : null;
    if (!m.variadic) return args.length === n ? args : null;
    if (args.length < n - 1) return null;
    const out = args.slice(0, n - 1), last = [];
    for (const arg of args.slice(n - 1)) {
      if (last.begun) last.push(arg.comma);
      last.push(...arg);
      last.begun = true;
    }
    last.omitted = args.length < n || (n === 1 && !last.length);
    out.push(last);
    return out;
  }

  // A definition from a row of the shard of macros.
  function definition(name, row, path) {
    const [, line, end, params, text, configs] = row;
    const last = params && params.at(-1), variadic = !!last && last.endsWith("...");
    return {
      name, path, line, end, configs, variadic, text,
      params: params && params.map((p) => (p === "..." ? "__VA_ARGS__" : p.replace(/\.\.\.$/, ""))),
      body: lex(text),
    };
  }

  // Where an invocation that begins at `at` ends: behind its ")" or its name.
  function extent(source, at, functionLike) {
    const tokens = lex(source, at, Math.min(source.length, at + 20000));
    let depth = 0;
    if (!functionLike || !tokens[1] || tokens[1].text !== "(") return [tokens[0]];
    for (let i = 1; i < tokens.length; i++) {
      if (tokens[i].kind !== "punct") continue;
      if (tokens[i].text === "(") depth++;
      else if (tokens[i].text === ")" && --depth === 0) return tokens.slice(0, i + 1);
    }
    return [tokens[0]];
  }

  // -- integer constant expressions (C11 6.6), on x86-64 ------------------------------------------

  const TYPES = { int: [32, true], unsigned: [32, false], long: [64, true], char: [8, true], short: [16, true],
    size_t: [64, false], ssize_t: [64, true], Py_ssize_t: [64, true], Py_hash_t: [64, true], uint8_t: [8, false],
    int8_t: [8, true], uint16_t: [16, false], int16_t: [16, true], uint32_t: [32, false], int32_t: [32, true],
    uint64_t: [64, false], int64_t: [64, true], uintptr_t: [64, false], intptr_t: [64, true], Py_uhash_t: [64, false] };
  const LEVELS = [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", ">", "<=", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]];

  // The value of tokens, or null; `constant(name)` gives the value of an enumerator, or null.
  function evaluate(tokens, constant = () => null) {
    let i = 0;
    const fail = () => { throw new RangeError(); };
    const is = (text) => tokens[i] && tokens[i].kind === "punct" && tokens[i].text === text;
    const value = (v, bits, signed) => ({ v: signed ? BigInt.asIntN(bits, v) : BigInt.asUintN(bits, v), bits, signed });
    const promote = (a) => (a.bits < 32 ? value(a.v, 32, true) : a);
    const common = (a, b) => {
      a = promote(a);
      b = promote(b);
      const bits = Math.max(a.bits, b.bits);
      const signed = a.bits === b.bits ? a.signed && b.signed : (a.bits > b.bits ? a : b).signed;
      return [value(a.v, bits, signed), value(b.v, bits, signed)];
    };

    function number(text) {
      const found = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uU]?(?:ll?|LL?)?[uU]?)$/.exec(text);
      if (!found) fail();
      const [, digits, suffix] = found, octal = /^0\d/.test(digits);
      const v = BigInt(octal ? "0o" + digits.slice(1) : digits), decimal = /^[1-9]/.test(digits);
      const unsigned = /u/i.test(suffix), long = /l/i.test(suffix);
      for (const [bits, signed] of [[32, true], [32, false], [64, true], [64, false]]) {
        if ((long && bits < 64) || (unsigned && signed) || (decimal && !unsigned && !signed)) continue;
        if (v < 1n << BigInt(signed ? bits - 1 : bits)) return value(v, bits, signed);
      }
      return fail();
    }

    function character(text) {
      const found = /^'(?:([^\\'])|\\([abfnrtv0-7x'"?\\][0-9a-fA-F]*))'$/.exec(text);
      if (!found) fail();
      if (found[1]) return value(BigInt(found[1].codePointAt(0)), 32, true);
      const escape = found[2], at = "abtnvfr".indexOf(escape);
      if (/^[0-7]+$/.test(escape)) return value(BigInt(parseInt(escape, 8)), 32, true);
      if (escape[0] === "x") return value(BigInt(parseInt(escape.slice(1), 16)), 32, true);
      const codes = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
      return value(BigInt(at >= 0 ? codes[escape] : escape.charCodeAt(0)), 32, true);
    }

    // "(" type names ")" ahead?  Gives the type and moves behind it.
    function cast() {
      let k = i + 1, bits = 0, signed = true, plain = false;
      if (!is("(")) return null;
      for (; tokens[k] && tokens[k].kind === "name"; k++) {
        const word = tokens[k].text;
        if (word === "const" || word === "volatile" || word === "signed") continue;
        if (!Object.hasOwn(TYPES, word)) return null;
        const [b, s] = TYPES[word];
        if (word === "unsigned") signed = false;
        else signed = signed && s;
        bits = word === "unsigned" ? bits || 32 : bits && word === "int" ? bits : b;
        plain = true;
      }
      if (!plain || !tokens[k] || tokens[k].text !== ")") return null;
      i = k + 1;
      return [bits, signed];
    }

    function unary() {
      const type = cast();
      if (type) return value(unary().v, ...type);
      const t = tokens[i++];
      if (!t) fail();
      if (t.kind === "number") return number(t.text);
      if (t.kind === "text" && t.text[0] === "'") return character(t.text);
      if (t.kind === "name") {
        const v = constant(t.text);
        return v === null || v === undefined ? fail() : value(BigInt(v), 32, true);
      }
      if (t.text === "(") {
        const inner = ternary();
        if (!is(")")) fail();
        i++;
        return inner;
      }
      if (!["-", "+", "~", "!"].includes(t.text) || t.kind !== "punct") fail();
      const a = promote(unary());
      if (t.text === "-") return value(-a.v, a.bits, a.signed);
      if (t.text === "~") return value(~a.v, a.bits, a.signed);
      return t.text === "!" ? value(a.v ? 0n : 1n, 32, true) : a;
    }

    function binary(level) {
      if (level === LEVELS.length) return unary();
      let left = binary(level + 1);
      while (tokens[i] && tokens[i].kind === "punct" && LEVELS[level].includes(tokens[i].text)) {
        const op = tokens[i++].text, right = binary(level + 1);
        if (op === "<<" || op === ">>") {
          left = promote(left);
          if (right.v < 0n || right.v >= BigInt(left.bits)) fail();
          left = value(op === "<<" ? left.v << right.v : left.v >> right.v, left.bits, left.signed);
          continue;
        }
        const [a, b] = common(left, right);
        const truth = (yes) => value(yes ? 1n : 0n, 32, true);
        if ((op === "/" || op === "%") && b.v === 0n) fail();
        left = {
          "||": () => truth(a.v || b.v), "&&": () => truth(a.v && b.v),
          "==": () => truth(a.v === b.v), "!=": () => truth(a.v !== b.v),
          "<": () => truth(a.v < b.v), ">": () => truth(a.v > b.v),
          "<=": () => truth(a.v <= b.v), ">=": () => truth(a.v >= b.v),
          "|": () => value(a.v | b.v, a.bits, a.signed), "^": () => value(a.v ^ b.v, a.bits, a.signed),
          "&": () => value(a.v & b.v, a.bits, a.signed), "+": () => value(a.v + b.v, a.bits, a.signed),
          "-": () => value(a.v - b.v, a.bits, a.signed), "*": () => value(a.v * b.v, a.bits, a.signed),
          "/": () => value(a.v / b.v, a.bits, a.signed), "%": () => value(a.v % b.v, a.bits, a.signed),
        }[op]();
      }
      return left;
    }

    function ternary() {
      const condition = binary(0);
      if (!is("?")) return condition;
      i++;
      const yes = ternary();
      if (!is(":")) fail();
      i++;
      const no = ternary();
      const [a, b] = common(yes, no);
      return condition.v ? a : b;
    }

    try {
      const found = ternary();
      return i === tokens.length ? found.v : null;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  return { lex, expand, definition, extent, evaluate };
})();
