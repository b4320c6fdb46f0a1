// The explorers of the page: controls and answer of what Python declared, computed by the formulas that
// Python printed. The pictures, and what only some readers use, are files of their own, which come when
// they are first needed. Part of lifecost (MIT).
"use strict";
(() => {

const { LIFECOST } = globalThis, { CATALOG, FORMULAS } = LIFECOST;
const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const named = (keys, values) => Object.fromEntries(keys.map((key, i) => [key, values[i]]));
// The options of the catalog, each with its name, title, group, hint and what it binds.
const unpacked = (groups) => groups.flatMap(([group, rows]) => rows.map(([name, title, hint, keys, ...values]) => {
  const bound = named(CATALOG.keys[keys], values);
  if (bound.stack) bound.stack.parts = bound.stack.parts.map(([count, runs, family, ...sizes]) => [count, runs, family, named(CATALOG.sizes[family], sizes)]);
  return [name, title, group, hint, bound];
}));
for (const kind of ["models", "devices"]) CATALOG[kind] = unpacked(CATALOG[kind]);

// ---- numbers as people write them: the rules of lifebook.explorer.words

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
const powers = (text) => text.replace(/([\d.]+)e([-+]?\d+)/, (_, mantissa, exponent) =>
  `${mantissa === "1" ? "" : `${mantissa}×`}10${String(Number(exponent)).replace(/./g, (d) => RAISED[d === "-" ? 10 : d])}`);
function number(value, digits = 3) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "-∞" : "NaN";
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= Math.max(6, digits)) return powers(`${mantissa}e${exponent}`);
  const rounded = Number(`${mantissa}e${exponent}`);
  const [whole, part] = rounded.toFixed(Math.max(0, digits - 1 - exponent)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part ? `${grouped}.${part}` : grouped;
}
// To as many digits as asked for, or fewer where these say it exactly.
const fewest = (value, most) => number(value, [1, 2, 3, 4, 5].find((d) => d < most && Math.abs(value.toPrecision(d) - value) <= 1e-12 * Math.abs(value)) ?? most);
const three = (value) => fewest(value, 3);
const exactly = (value) => Math.abs(value) < 1e6 ? fewest(value, Number.isInteger(value) ? 6 : 3) : KINDS.count(value);
function scaled(value, prefixes, gap) {
  let power = 0;
  while (Math.abs(value) / Number(`1e${3 * power}`) >= 999.5 && power < prefixes.length - 1) power += 1;
  return three(value / Number(`1e${3 * power}`)) + gap + prefixes[power];
}
function tokens(value) {
  if (value < 1) return "the first token";
  for (const [size, letter] of [[2 ** 20, "M"], [1024, "k"]]) {
    if (value >= size && value % 1000 && Number((value / size).toPrecision(3)) === value / size) return `${three(value / size)}${letter}`;
  }
  if (value < 1e3 || value >= 1e9) return exactly(value);
  const whole = Number.isInteger(value) ? value : Number(value.toPrecision(3));
  return number(whole, String(whole).length);
}
function seconds(value) {
  for (const [size, unit] of [[86400, "days"], [3600, "h"], [60, "min"]]) {
    if (value >= 2 * size) return `${three(value / size)} ${unit}`;
  }
  for (const [size, unit] of [[1, "s"], [1e-3, "ms"], [1e-6, "µs"]]) {
    if (value >= size) return `${three(value / size)} ${unit}`;
  }
  return `${three(value / 1e-9)} ns`;
}
const KINDS = {
  number: three,
  times: (value) => `${three(value)}×`,
  percent: (value) => `${three(100 * value)} %`,
  width: (value) => `${three(value)} B`,
  count: (value) => Math.abs(value) < 1e4 ? exactly(value) : Math.abs(value) >= 999.5e12 ? three(value) : scaled(value, ["", "k", "M", "B", "T"], ""),
  context: tokens,
  whole: (value) => exactly(Math.ceil(value)),
  seconds,
};
const SI = ["", ..."kMGTPEZYRQ"];
const shown = (value, kind) => !Number.isFinite(value) ? number(value) : own(KINDS, kind) ? KINDS[kind](value)
  : kind.startsWith("1 ") ? `${exactly(value)} ${kind.slice(2)}` : scaled(value, SI, " ") + kind;

// Where a slider stops: so many short numbers to a doubling, two decimals' digits, or steps.
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
function snap(c, value) {
  let step = c.step;
  if (!step && c.per) step = 2 ** (Math.floor(Math.log2(value) + 1e-9)) / c.per;
  if (!step) step = 10 ** (Math.floor(Math.log10(value) + 1e-9) - 1);
  if (c.whole) step = Math.max(1, step);
  return clamp(Number((Math.round(value / step) * step).toPrecision(12)), c.low, c.high);
}
const toSlider = (c, value) => c.step ? value : Math.log2(value);
// Its place, in plain digits, for who hears the slider; the text beside it says the value.
const place = (c, value) => String(Number(toSlider(c, value).toFixed(3)));
const ofSlider = (c, at) => c.step ? Number(at) : 2 ** at;
function moved(c, old, by) {                 // by so many steps: sixteenths of a doubling, or steps
  if (Math.abs(by) > 1e3) return by > 0 ? c.high : c.low;
  const big = Math.abs(by) === 16 ? Math.sign(by) * (c.per || 16) : by;
  const per = c.per || 16;
  let value = snap(c, c.step ? old + c.step * by : old * 2 ** (big / per));
  for (let i = 1; value === old && i < 40; i += 1) value = snap(c, c.step ? old + i * by * c.step : old * 2 ** (Math.sign(by) * i / per));
  return value;
}
const way = ({ key }) => ({ ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 16, PageDown: -16, Home: -1e4, End: 1e4 })[key] ?? null;

// ---- terms: a symbol, a formula or a number

const valueOf = (term, bound) => typeof term !== "string" ? term : own(FORMULAS, term) ? FORMULAS[term](bound) : bound[term];
const NO_MODEL = { stack: undefined, n_active_params: undefined, state_bytes: undefined }; // what not every model binds

// ---- the page

const SVG = "http://www.w3.org/2000/svg";
function node(tag, attributes = {}, ...children) {
  const made = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
}
const draw = (tag, attributes, ...children) => node(`svg:${tag}`, attributes, ...children);
// To write costs more than to look: what stands there already is left.
const put = (n, attributes) => { for (const name in attributes) { const value = `${attributes[name]}`; if (n.getAttribute(name) !== value) n.setAttribute(name, value); } };
const write = (n, text) => { if (n.textContent !== text) n.textContent = text; };
const show = (n, is) => put(n, { visibility: is ? "visible" : "hidden" });
// A part of this script, from beside it; in a notebook all of it is here already.
const HERE = document.currentScript?.src, parts = {};
const file = (tag, attribute, name, more) => new Promise((done, fail) => {
  const made = node(tag, { [attribute]: new URL(name, HERE), ...more });
  made.addEventListener("load", done);
  made.addEventListener("error", fail);
  document.head.append(made);
});
function part(name) {
  const files = () => [file("script", "src", `${name}.js`), ...(name === "tools" ? [file("link", "href", "tools.css", { rel: "stylesheet" })] : [])];
  parts[name] ??= Promise.all(HERE ? files() : []);
  parts[name].catch(() => { delete parts[name]; }); // to be tried again
  return parts[name];
}
const color = (name) => `var(--${["ink", "muted"].includes(name) ? "" : "lc-"}${name})`;
const label = (className, anchor = "start", text = "") => draw("text", { class: className, "text-anchor": anchor }, text);
const ICONS = {
  Compare: "M12 17v5M8 3h8l-1 7 3 3v3H6v-3l3-3z", Reset: "M4 5v5h5M4.6 15a8 8 0 1 0 1-8.6L4 10",
  Link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 6 6l1-1",
  Embed: "M8 7l-5 5 5 5M16 7l5 5-5 5", Python: "M4 17l6-5-6-5M12 19h8", Save: "M12 3v12M7 10l5 5 5-5M4 20h16",
};
const icon = (name) => draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));

// ---- the element

// A reader's own model, read on "Your model" and kept in this browser only.
const KEPT = "lifecost-model";
function kept() {
  try { return localStorage.getItem(KEPT); } catch { return null; }
}

let serial = 0;
class Explorer extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    this.uid = `x${serial += 1}`;
    this.data = JSON.parse(this.querySelector("script").textContent);
    this.q = (selector) => this.querySelector(selector);
    this.controls = new Map(this.data.controls.map((c) => [c.name, this.prepared(c)]));
    this.state = new Map(this.data.controls.map((c) => [c.name, c.opening]));
    this.own = { model: null, device: null };
    this.panels = [];
    this.outputs = this.data.outputs.map((o) => ({ ...o, node: this.q(`output[name="${o.name}"]`) }));
    this.fields = new Map();
    this.q(".x-controls").replaceChildren(...[...this.controls.values()].map((c) => this.row(c)));
    this.q(".x-controls").addEventListener("submit", (event) => event.preventDefault());
    this.tools();
    this.update();
    this.q(".x-equation").addEventListener("toggle", () => this.update());
    // Far below, the picture of Python stands until this one comes near.
    const draws = () => this.using(this.data.picture.map(({ type }) => type), () => this.sketch());
    const near = new IntersectionObserver((seen) => {
      if (!seen.at(-1).isIntersecting) return;
      near.disconnect();
      draws();
    }, { rootMargin: "50%" });
    if (this.closest(".embed, .lifecost-live")) draws(); else near.observe(this);
    for (const type of ["pointerenter", "focusin", "touchstart"]) this.addEventListener(type, () => this.using(["tools"]), { once: true, passive: true });
    if (this.controls.get("model")?.catalog && kept()) this.using(["tools"], () => this.offerKept());
  }
  // Parts of the script, and then what needs them: at once where they are here.
  using(names, act = () => {}) {
    const missing = names.filter((name) => !LIFECOST[name]);
    if (!missing.length) act();
    else Promise.all(missing.map(part)).then(act, () => this.said("A part of this page could not be loaded."));
  }

  prepared(control) {
    if (!control.options) return control;
    const known = control.catalog ? CATALOG[control.catalog] : [];
    const kept = known.filter(([name, , , , bound]) => !(control.only && bound.stack) && !control.without?.includes(name));
    const all = new Map([...control.options, ...kept].map(([name, title, group, hint, bound]) => [name, { title, group, hint, bound }]));
    return { ...control, all };
  }

  // ---- from a setting to what is shown

  boundOf(control, value, bound) {
    if (!control.all) return { [control.name]: value };
    if (control.plain && bound.stack) return {};
    const given = value === "own" ? this.own[control.name].bindings : control.all.get(value).bound, found = {};
    for (const [name, v] of Object.entries(given)) if (!control.leaves?.includes(name)) found[name] = typeof v === "string" ? bound[v] : v;
    if (value === "own") for (const [name, as] of Object.entries(control.implied ?? {})) found[name] ??= found[as];
    return found;
  }
  bound(state = this.state) {
    const bound = { ...this.data.fixed };
    for (const [name, control] of this.controls) Object.assign(bound, this.boundOf(control, state.get(name), bound));
    return bound;
  }
  kind(term) { return this.data.kinds[term] ?? "number"; }
  fill(text, bound) { return text.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, term, kind) => shown(valueOf(term, bound), kind ?? this.kind(term))); }

  update() {
    const bound = this.bound(), ghost = this.ghost, values = this.values = {};
    this.other = Boolean(bound.stack);
    if (this.other && !LIFECOST.families) { // a model that is no plain decoder
      this.show();
      this.using(["families"], () => this.update());
      return;
    }
    this.outputs.forEach(({ name, of, node: output }, i) => {
      const value = values[name] = FORMULAS[name](bound), kind = this.kind(name), text = shown(value, kind);
      output.dataset.value = value;
      if (i) write(output, of === undefined ? text : `${text} of ${shown(valueOf(of, bound), kind)}`);
      else this.large(output, text);
      if (of !== undefined) output.classList.toggle("over", value > valueOf(of, bound));
    });
    const chosen = [...this.state.values()];
    const [head, text] = this.data.answer.find(([, , ...terms]) => terms.every((term, i) => (
      Array.isArray(term) ? !term.some((name) => chosen.includes(name)) : i % 2 || valueOf(term, bound) >= valueOf(terms[i + 1], bound))));
    const [b, span] = this.q(".x-verdict").children, main = this.outputs[0];
    write(b, this.fill(head, bound));
    this.answerText = `${main.node.textContent}, ${b.textContent}`;
    if (ghost) {
      const was = valueOf(main.name, ghost), times = values[main.name] / was;
      write(span, times === 1 ? "This setting is the ghost: change something and compare." : `Ghost ${shown(was, this.kind(main.name))}; now ${shown(times, "times")} that.`);
    } else write(span, this.fill(text, bound));
    this.show();
    if (this.width) for (const panel of this.panels) panel.render(bound, ghost);
    if (this.width && this.panels.some(({ margin }) => margin > this.margin + 1)) { // an axis has longer numbers now
      this.width = 0;
      this.size();
      for (const panel of this.panels) panel.render(bound, ghost);
    }
    if (this.q(".x-equation").open) this.using(["tools"], () => this.equate(bound));
    clearTimeout(this.settling);
    if (this.ready) this.settling = setTimeout(() => this.say(`${main.words}: ${main.node.textContent}. ${b.textContent} ${span.textContent}`), 700);
    this.ready = true;
    this.dispatchEvent(new Event("update"));
  }
  large(output, text) {
    const [, amount, unit] = text.match(/^(\S*?)([×%]| .*|[kMBT])?$/) ?? [null, text, ""];
    if (output.childNodes.length !== 2) output.replaceChildren("", node("small"));
    if (output.firstChild.data !== amount) output.firstChild.data = amount;
    write(output.lastChild, unit ?? "");
  }
  // The controls as they stand; a box with a wrong entry in it, or in use, is left alone.
  show() {
    for (const [name, f] of this.fields) {
      const c = this.controls.get(name), value = this.state.get(name);
      if (c.all) {
        const title = this.titleOf(c);
        if (f.select.value !== value) f.select.value = value;
        if (f.title !== title) f.box.style.setProperty("--n", (f.title = title).length); // smaller, so that it fits
        if (f.combo && (document.activeElement !== f.combo || f.combo.getAttribute("aria-expanded") !== "true")) f.combo.value = title;
        if (f.hint) write(f.hint, value === "own" ? "" : c.plain && this.other ? "this model: as published" : c.all.get(value).hint);
        if (name === "device" && (f.extra || value === "own")) this.using(["tools"], () => this.showChip(c, f));
        continue;
      }
      if (document.activeElement !== f.box && !f.box.hasAttribute("aria-invalid")) f.box.value = shown(value, c.kind);
      const at = toSlider(c, value), [low, high] = [toSlider(c, c.low), toSlider(c, c.high)];
      f.range.value = at;
      if (f.shown === value) continue;
      f.shown = value;
      f.range.style.setProperty("--p", `${100 * (at - low) / (high - low)}%`);
      f.range.setAttribute("aria-valuetext", `${shown(value, c.kind)} ${c.unit}`);
    }
  }

  // ---- from what a reader or a link says to a setting

  set(setting) {                               // as a kernel says it: what is no name is a reader's own
    const changes = {};
    for (const [name, value] of Object.entries(setting)) {
      changes[name] = value;
      if (typeof value !== "object") continue;
      this.own[name] = { title: "Your own", bindings: value };
      changes[name] = "own";
    }
    this.change(changes);
  }
  change(changes) {
    for (const [name, value] of Object.entries(changes)) {
      this.state.set(name, value);
      const f = this.fields.get(name);
      if (f.box?.hasAttribute("aria-invalid") && document.activeElement !== f.box) this.complain(f, f.box, "");
    }
    this.update();
  }
  complain(f, box, error) {
    f.error.textContent = error;
    if (error) { box.setAttribute("aria-invalid", "true"); this.say(error); } else box.removeAttribute("aria-invalid");
  }
  reset() {
    this.ghost = null;
    this.pin.setAttribute("aria-pressed", "false");
    for (const f of this.fields.values()) for (const box of [f.box, ...(f.boxes?.values() ?? [])]) if (box) this.complain(f, box, "");
    this.change(Object.fromEntries(this.data.controls.map((c) => [c.name, c.opening])));
  }

  // ---- controls

  row(c) {
    const id = `${this.uid}-${c.name}`, f = { error: node("p", { class: "x-error", id: `${id}-e`, role: "alert" }) };
    this.fields.set(c.name, f);
    if (c.all) return this.choice(c, f, id);
    f.range = node("input", { type: "range", min: toSlider(c, c.low), max: toSlider(c, c.high), step: "any", "aria-label": `${c.label}, slider`, title: c.meaning });
    f.range.addEventListener("input", () => this.change({ [c.name]: snap(c, ofSlider(c, f.range.value)) }));
    f.range.addEventListener("keydown", (event) => {
      const by = way(event);
      if (by === null) return;
      event.preventDefault();
      this.change({ [c.name]: moved(c, this.state.get(c.name), by) });
    });
    f.box = node("input", { class: "x-num", id, name: c.name, type: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-describedby": `${id}-e`, title: c.meaning });
    // A window that is not in front gives no focus.
    for (const type of ["focus", "input"]) f.box.addEventListener(type, () => this.using(["tools"], () => this.typed(c, f)), { once: true });
    const words = node("label", { class: "x-label", for: id });
    words.innerHTML = `${c.label} ${c.sign} <small>${c.unit}</small>`; // of the page itself, which Python wrote
    return node("div", { class: "x-row slide" }, words, f.range, f.box, f.error);
  }

  titleOf(c) { const value = this.state.get(c.name); return value === "own" ? this.own[c.name].title : c.all.get(value).title; }
  offered(c) {                                // the options by group, and the reader's own
    const groups = new Map();
    const add = (group, name, title, hint) => groups.set(group, [...(groups.get(group) ?? []), { name, title, hint }]);
    for (const [name, o] of c.all) add(o.group, name, o.title, o.hint);
    if (c.catalog === "devices") add("Yours", "own", "My own chip", "three numbers");
    if (c.catalog === "models" && this.own.model) add("Yours", "own", this.own.model.title, "your own");
    return groups;
  }
  choose(c, name) {
    if (name === "own" && c.name === "device") this.own.device ??= { title: "My own chip", bindings: { ...c.all.get(this.state.get("device")).bound } };
    const f = this.fields.get(c.name);
    this.complain(f, f.box, "");
    this.change({ [c.name]: name });
  }
  choice(c, f, id) {
    f.select = node("select", { name: c.name, id: c.catalog ? `${id}-s` : id });
    for (const [group, rows] of this.offered(c)) {
      const options = rows.map(({ name, title }) => node("option", { value: name }, title));
      f.select.append(...(group ? [node("optgroup", { label: group }, ...options)] : options));
    }
    f.box = f.select;
    f.select.addEventListener("input", () => this.choose(c, f.select.value));
    const words = node("label", { class: "x-label", for: id }, `${c.label} `, f.hint = node("small", { class: "hint" }));
    if (!c.catalog) { f.select.className = "x-combo"; return node("div", { class: "x-row pick" }, words, node("div", { class: "x-field" }, f.select), f.error); }
    f.select.hidden = true;
    f.box = f.combo = node("input", { id, class: "x-combo", type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list", spellcheck: "false", autocomplete: "off" });
    const list = node("div", { id: `${id}-list`, role: "listbox", class: "x-list", hidden: "", "aria-label": c.label });
    for (const type of ["focus", "click", "input"]) f.combo.addEventListener(type, () => this.using(["tools"], () => {
      if (!f.click) this.combo(c, f, list);
      f[type]?.();
    }));
    return node("div", { class: "x-row pick" }, words, f.select, node("div", { class: "x-field" }, f.combo, list), f.error);
  }

  // ---- picture

  sketch() {
    const id = this.uid, line = draw("path", { d: "M0 0V7", class: "stripe" });
    this.svg = draw("svg", { role: "group", "aria-label": this.title });
    this.svg.append(draw("defs", {}, draw("pattern", { id: `${id}-hatch`, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line)));
    this.panels = this.data.picture.map((panel) => new LIFECOST[panel.type](this, panel));
    this.svg.append(...this.panels.map(({ group }) => group));
    this.q(".x-picture").replaceChildren(this.svg);
    this.size();
    this.update();
    const watch = new ResizeObserver(() => { if (this.size()) this.update(); });
    for (const one of [".x-picture", ".x-controls"]) watch.observe(this.q(one));
  }
  get title() { return this.q(".x-title").textContent; }
  size() {
    const width = Math.round(this.q(".x-picture").clientWidth), wide = width > 430, high = (selector) => this.q(selector).offsetHeight;
    if (!width) return false;
    const natural = this.panels.reduce((sum, panel) => sum + panel.height(wide, 0), 0);
    // As tall as what stands beside it.
    const extra = wide ? Math.round(clamp(high(".x-controls") + high(".x-facts") + 12 - high(".x-main") - high(".x-legend") - natural - 24, 0, 170)) : 0;
    if (width === this.width && Math.abs(extra - this.extra) < 3) return false;
    Object.assign(this, { width, extra });
    this.svg.classList.toggle("narrow", !wide);
    for (const panel of this.panels) panel.measure();
    this.margin = Math.max(...this.panels.map(({ margin }) => margin));
    const x0 = Math.round(clamp(this.margin, 40, 120)), x1 = width - (wide ? 12 : 8);
    const grows = this.panels.findLast((panel) => panel.type === "plot") ?? this.panels.at(-1);
    let top = 0;
    for (const panel of this.panels) {
      const height = panel.height(wide, panel === grows ? extra : 0);
      panel.layout({ x0, x1, top, wide });
      top += height + (wide ? 6 : 2);
    }
    put(this.svg, { viewBox: `0 0 ${width} ${top}`, height: top });
    this.tall = top;
    return true;
  }

  // ---- tools

  tools() {
    const bar = node("div", { class: "x-tools", role: "group", "aria-label": "This explorer" });
    const button = (name, act) => {
      const made = node("button", { type: "button", class: "x-tool" }, icon(name), name);
      made.addEventListener("click", act);
      bar.append(made);
      return made;
    };
    this.pin = button("Compare", () => this.compare());
    put(this.pin, { "aria-pressed": "false", title: "Keep this setting as a ghost and compare the next with it" });
    button("Reset", () => { this.reset(); this.said("Back to the first setting."); });
    const live = this.closest(".lifecost-live"); // of a notebook, which has no address of its own
    for (const name of [...(live ? [] : ["Link", "Embed"]), "Python"]) button(name, () => this.using(["tools"], () => this.take(name)));
    const menu = node("div", { class: "x-menu" }), save = node("details", { class: "x-save" }, node("summary", { class: "x-tool" }, icon("Save"), "Save"), menu);
    const shut = () => { save.open = false; save.firstChild.focus(); };
    for (const [text, kind] of [["Picture, SVG", "svg"], ["Picture, PNG", "png"], ["Numbers, CSV", "csv"]]) {
      const item = node("button", { type: "button" }, text);
      item.addEventListener("click", () => { this.using(["tools"], () => this.file(kind)); shut(); });
      menu.append(item);
    }
    save.addEventListener("keydown", (event) => { if (event.key === "Escape" && save.open) shut(); });
    document.addEventListener("pointerdown", (event) => { if (!save.contains(event.target)) save.open = false; });
    bar.append(save);
    this.q(".x-foot").append(bar);
    this.live = node("p", { class: "x-live", role: "status" });
    this.toast = node("p", { class: "x-said", hidden: "" });
    this.q(".x").append(this.live, this.toast);
  }
  say(text) { this.live.textContent = text; }
  said(text) {
    this.toast.textContent = text;
    this.toast.hidden = false;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.toast.hidden = true; }, 1800);
    this.say(text);
  }
  compare() {
    this.ghost = this.ghost ? null : this.bound();
    put(this.pin, { "aria-pressed": String(Boolean(this.ghost)) });
    this.update();
    this.said(this.ghost ? "Kept. Now change something." : "Ghost removed.");
  }
}

// #kv-cache?model=llama-3-8b&batch=64 opens that setting.
function openLink() {
  const [name, query] = location.hash.slice(1, 8000).split(/\?(.*)/s, 2);
  const found = query && [...document.querySelectorAll("lifecost-explorer")].find((e) => e.dataset.name === name);
  if (found) found.using(/(^|&)own=/.test(query) ? ["families", "tools"] : ["tools"], () => found.open(query));
}

Object.assign(LIFECOST, { KEPT, NO_MODEL, RAISED, clamp, color, draw, exactly, kept, label, moved, node, own, part, place, put, show, shown, snap, valueOf, way, write, KINDS, Explorer });
customElements.define("lifecost-explorer", Explorer);
addEventListener("hashchange", openLink);
openLink();
})();
