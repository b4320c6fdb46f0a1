// The explorers of the page: controls, answer and picture of what Python declared, drawn in CSS pixels
// and computed by the formulas that Python printed. Part of lifecost (MIT).
"use strict";
(() => {

const { CATALOG, FORMULAS, FAMILIES } = globalThis.LIFECOST;
const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
// The options of the catalog, each with its name, title, group, hint and what it binds.
const unpacked = (groups) => groups.flatMap(([group, rows]) => rows.map(([name, title, hint, keys, ...values]) => (
  [name, title, group, hint, Object.fromEntries(CATALOG.keys[keys].map((key, i) => [key, values[i]]))])));
for (const kind of ["models", "devices"]) CATALOG[kind] = unpacked(CATALOG[kind]);

// ---- numbers as people write them: the rules of lifebook.explorer.words

function number(value, digits = 3) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "-∞" : "NaN";
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= Math.max(6, digits)) return `${mantissa}e${exponent}`;
  const rounded = Number(`${mantissa}e${exponent}`);
  const [whole, part] = rounded.toFixed(Math.max(0, digits - 1 - exponent)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part ? `${grouped}.${part}` : grouped;
}
const exactly = (value) => Number.isInteger(value) && Math.abs(value) < 1e6
  ? number(value, 7).replace(/\.0+$/, "") : number(value);
function three(value) {
  const text = number(value);
  return Number(value.toExponential(2)) === value && !text.includes("e")
    ? text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "") : text;
}
function scaled(value, prefixes, gap) {
  let power = 0;
  while (Math.abs(value) / Number(`1e${3 * power}`) >= 999.5 && power < prefixes.length - 1) power += 1;
  return three(value / Number(`1e${3 * power}`)) + gap + prefixes[power];
}
function tokens(value) {
  for (const [size, letter] of [[2 ** 20, "M"], [1024, "k"]]) {
    if (value >= size && value / size * 100 % 1 === 0) return `${three(value / size)}${letter}`;
  }
  if (value < 1024 || Number.isInteger(value) && value < 1e6) return exactly(value);
  return value >= 2 ** 20 ? `${number(value / 2 ** 20)}M` : `${number(value / 1024)}k`;
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
  count: (value) => Math.abs(value) < 1e4 ? (Number.isInteger(value) ? exactly : three)(value) : scaled(value, ["", "k", "M", "B", "T"], ""),
  context: tokens,
  seconds,
};
const SI = ["", ..."kMGTPEZYRQ"];
const shown = (value, kind) => !Number.isFinite(value) ? number(value) : own(KINDS, kind) ? KINDS[kind](value)
  : kind.startsWith("1 ") ? `${exactly(value)} ${kind.slice(2)}` : scaled(value, SI, " ") + kind;

// ---- what a reader types: 70B, 8k, 1.5T, 7e10, 4 bit, bf16, 128 KiB, 20 %

const SCALE = { "": 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9, t: 1e12, p: 1e15, e: 1e18, z: 1e21, y: 1e24, r: 1e27, q: 1e30, ki: 1024, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40 };
function read(control, text) {
  const { kind, low, high } = control, example = shown(control.opening ?? Math.sqrt(low * high), kind);
  const typed = text.trim().replace(/\s+/g, " "), said = `“${typed.slice(0, 18)}”`;
  const wrong = (why) => ({ error: `${why} Write for example ${example}.` });
  if (!typed) return wrong("Nothing typed.");
  let rest = typed, factor = 1;
  if (kind === "width") {
    const bits = rest.match(/^(?:(?:fp|int|bf)(4|8|16|32)|([\d.]+) ?bits?)$/i);
    if (bits) rest = String(Number(bits[1] ?? bits[2]) / 8);
    rest = rest.replace(/ ?b(ytes?)?(\/elem(ent)?)?$/i, "");
  } else if (kind === "percent" && rest.endsWith("%")) [rest, factor] = [rest.slice(0, -1).trim(), 0.01];
  else if (kind === "times") rest = rest.replace(/ ?[×x]$/i, "");
  else if (kind === "seconds") {
    const unit = rest.match(/ ?(ms|µs|us|ns|s|min|h|days?)$/i);
    if (unit) [rest, factor] = [rest.slice(0, unit.index), { ms: 1e-3, "µs": 1e-6, us: 1e-6, ns: 1e-9, s: 1, min: 60, h: 3600 }[unit[1].toLowerCase()] ?? 86400];
  } else if (!own(KINDS, kind)) {
    const unit = kind.replace("1 ", "").toLowerCase(), tail = [unit, unit.split("/")[0], `${unit.split("/")[0]}s`];
    const found = tail.find((t) => t && rest.toLowerCase().endsWith(t) && !(t === "b" && /^[\d.,e+ -]+b$/i.test(rest)));
    if (found) rest = rest.slice(0, -found.length).trim();
  }
  while (/\d,\d{3}(?!\d)/.test(rest)) rest = rest.replace(/(\d),(?=\d{3}(?!\d))/, "$1");
  const found = rest.match(/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)? ?([kmgtpezyrqb]i?)?$/i);
  if (!found || !own(SCALE, (found[3] ?? "").toLowerCase())) return wrong(`${said} is not a number here.`);
  const letter = (found[3] ?? "").toLowerCase();
  const scale = kind === "context" && own(SCALE, `${letter}i`) ? SCALE[`${letter}i`] : SCALE[letter];
  const value = Number(found[1] + (found[2] ?? "")) * scale * factor;
  if (control.whole && !Number.isInteger(value)) return { error: `${control.label} counts whole ${control.unit || "numbers"}; ${said} is not whole.` };
  if (!(value >= low && value <= high)) return { error: `${said} is out of range: ${control.label.toLowerCase()} goes from ${shown(low, kind)} to ${shown(high, kind)}.` };
  return { value };
}

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
// Where a term that rises or falls with a symbol is what it should be.
function solve(term, bound, name, low, high, wanted) {
  const s = { ...bound }, at = (v) => { s[name] = v; return valueOf(term, s); };
  const rises = at(high) > at(low), beyond = (v) => (rises ? at(v) > wanted : at(v) < wanted);
  if (beyond(low)) return low;
  if (!beyond(high)) return high;
  let [a, b] = [Math.log(low), Math.log(high)];
  for (let i = 0; i < 30; i += 1) { const c = (a + b) / 2; if (beyond(Math.exp(c))) b = c; else a = c; }
  return Math.exp((a + b) / 2);
}

// ---- the page

const SVG = "http://www.w3.org/2000/svg";
function node(tag, attributes = {}, ...children) {
  const made = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
}
const draw = (tag, attributes, ...children) => node(`svg:${tag}`, attributes, ...children);
const put = (n, attributes) => { for (const name in attributes) n.setAttribute(name, attributes[name]); };
const write = (n, text) => { if (n.textContent !== text) n.textContent = text; };
const show = (n, is) => n.setAttribute("visibility", is ? "visible" : "hidden");
const color = (name) => `var(--${["ink", "muted"].includes(name) ? "" : "lc-"}${name})`;
const label = (className, anchor = "start", text = "") => draw("text", { class: className, "text-anchor": anchor }, text);
const ICONS = {
  Compare: "M12 17v5M8 3h8l-1 7 3 3v3H6v-3l3-3z", Reset: "M4 5v5h5M4.6 15a8 8 0 1 0 1-8.6L4 10",
  Link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 6 6l1-1",
  Embed: "M8 7l-5 5 5 5M16 7l5 5-5 5", Python: "M4 17l6-5-6-5M12 19h8", Save: "M12 3v12M7 10l5 5 5-5M4 20h16",
};
const icon = (name) => draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));

// ---- lanes

const ENDS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
const STEPS = [5, 3, 4, 3, 4, 5, 3, 4, 5], FEW = [2, 3, 2, 3, 2, 2, 3, 2, 2];

class Lanes {
  constructor(explorer, data) {
    Object.assign(this, data);
    this.explorer = explorer;
    const hatch = `url(#${explorer.uid}-hatch)`, bar = (part) => draw("rect", { class: "seg", fill: color(part.color) });
    this.axis = draw("g", { "aria-hidden": "true" });
    this.rows = this.lanes.map((lane) => ({
      name: label("strong", "end", lane.name), parts: lane.parts.map(bar), idle: draw("path", { class: "idle" }), note: label("halo"),
      ghosts: lane.parts.map((part) => draw("rect", { class: "ghost", stroke: color(part.color) })),
    }));
    this.beyond = draw("rect", { fill: hatch });
    this.line = draw("path", { class: "limit" });
    this.word = label("halo");
    this.group = draw("g", {}, this.axis, ...this.rows.flatMap((r) => [r.name, r.idle, ...r.parts, ...r.ghosts]), this.beyond, this.line, this.word, ...this.rows.map((r) => r.note));
  }

  measure() { this.margin = Math.max(...this.rows.map(({ name }) => name.getComputedTextLength())) + 14; }
  height(wide, extra) {
    const only = this.explorer.panels.length === 1;
    this.bar = (wide ? 22 : 18) + (only ? Math.min(30, extra / this.lanes.length) : 0);
    this.head = this.limit ? 18 : 2;
    this.gap = wide ? 10 : 8;
    return this.head + this.lanes.length * (this.bar + this.gap) + 22;
  }

  layout({ x0, x1, top, wide }) {
    Object.assign(this, { x0, x1, wide, from: top + this.head });
    this.to = this.from + this.lanes.length * (this.bar + this.gap) - this.gap;
    this.end = null;
    this.rows.forEach((row, i) => {
      row.y = this.from + i * (this.bar + this.gap);
      put(row.name, { x: x0 - 8, y: row.y + this.bar / 2 + 4 });
    });
  }

  // A round end that stays while the bars grow and shrink a little.
  scale(longest) {
    if (this.end && longest <= this.end && longest > this.end * 0.3) return;
    const power = 10 ** Math.floor(Math.log10(longest));
    const which = Math.max(0, ENDS.findIndex((f) => f * power >= longest * 1.02));
    const end = ENDS[longest * 1.02 > 10 * power ? 1 : which] * (longest * 1.02 > 10 * power ? 10 : 1) * power;
    this.end = Number(end.toPrecision(3));
    const count = (this.wide ? STEPS : FEW)[which], [amount, unit] = shown(this.end, this.kind).split(" ");
    const factor = this.end / Number(amount.replaceAll(",", ""));
    this.axis.replaceChildren();
    let free = this.x1 + 8;                    // from the end, which has the unit, back
    for (let i = count; i >= 0; i -= 1) {
      const value = this.end * i / count, x = this.x(value);
      const text = unit ? `${Number((value / factor).toPrecision(3)).toLocaleString("en-US")}${i === count ? " " + unit : ""}` : i ? shown(value, this.kind) : "0";
      this.axis.append(draw("path", { class: "grid", d: `M${x} ${this.from}V${this.to + 5}` }));
      const half = text.length * (this.wide ? 3.6 : 3.3);
      if ((i ? x + (i < count) * half : x + 2 * half) > free - 6) continue;
      free = i === count ? x - 2 * half : x - half;
      this.axis.append(draw("text", { x, y: this.to + 18, "text-anchor": i === count ? "end" : i ? "middle" : "start" }, text));
    }
  }
  x(value) { return this.x0 + (this.x1 - this.x0) * value / this.end; }

  lengths(bound) { return this.lanes.map(({ parts }) => parts.map(({ at }) => Math.max(0, valueOf(at, bound)))); }
  render(bound, ghost) {
    const now = this.lengths(bound), was = ghost && this.lengths(ghost), sum = (parts) => parts.reduce((a, b) => a + b, 0);
    const longest = Math.max(...now.map(sum)), limit = this.limit && valueOf(this.limit[0], bound);
    this.scale(Math.max(longest, limit ? limit / 0.96 : 0, was ? Math.max(...was.map(sum)) : 0) || 1);
    const high = ghost ? this.bar - 7 : this.bar;
    const stack = (rects, lengths, y, height) => {
      let at = 0;
      rects.forEach((rect, i) => {
        put(rect, { x: this.x(at).toFixed(1), y, width: (this.x(at + lengths[i]) - this.x(at)).toFixed(1), height });
        at += lengths[i];
      });
      return at;
    };
    this.rows.forEach((row, i) => {
      const end = stack(row.parts, now[i], row.y, high);
      for (const g of row.ghosts) show(g, ghost);
      if (ghost) stack(row.ghosts, was[i], row.y + high + 2, 5);
      const a = this.x(end), b = this.x(longest), waits = this.together && b - a > 12;
      show(row.idle, waits);
      show(row.note, waits && b - a > 165);
      if (!waits) return;
      put(row.idle, { d: `M${a + 1} ${row.y + high / 2}H${b}v${-high / 2}v${high}` });
      write(row.note, `idle ${shown(1 - end / longest, "percent")} of the step`);
      put(row.note, { x: a + 12, y: row.y + high / 2 + 4 });
    });
    const x = limit ? this.x(limit) : this.x1;
    show(this.beyond, limit);
    show(this.line, limit);
    if (!limit) return;
    put(this.beyond, { x, y: this.from - 4, width: Math.max(0, this.x1 - x), height: this.to - this.from + 8 });
    put(this.line, { d: `M${x} ${this.from - 6}V${this.to + 4}` });
    write(this.word, this.explorer.fill(this.limit[1], bound));
    const left = x > (this.x0 + this.x1) / 2;
    put(this.word, { x: clamp(x, this.x0 + 4, this.x1 - 4), y: this.from - 8, "text-anchor": left ? "end" : "start" });
  }

  rows_of(bound) { return [["lane", "part", "value"], ...this.lanes.flatMap(({ name, parts }) => parts.map((p) => [name, p.name, valueOf(p.at, bound)]))]; }
}

// ---- curves and dots

const SPANS = 12, ROWS = 60; // of a curve in the picture, and in a file
class Axis {
  constructor(data) { Object.assign(this, data, { least: data.low, most: data.high }); }
  // The ends; a dot beyond one moves it to the next power of ten.
  reach(values) {
    const old = [this.low, this.high];
    [this.low, this.high] = [this.least, this.most];
    for (const v of values) {
      if (!Number.isFinite(v) || this.log && v <= 0) continue;
      const round = this.log ? (f) => 10 ** f(Math.log10(v)) : (f) => { const p = 10 ** Math.floor(Math.log10(Math.abs(v) || 1)); return f(v / p) * p; };
      if (v < this.low) this.low = round(Math.floor);
      if (v > this.high) this.high = round(Math.ceil);
    }
    this.a = this.log ? Math.log(this.low) : this.low;
    this.b = this.log ? Math.log(this.high) : this.high;
    return old[0] !== this.low || old[1] !== this.high;
  }
  place(value) { const p = (this.log ? Math.log(Math.max(value, 1e-300)) : value); return this.from + (this.to - this.from) * clamp((p - this.a) / (this.b - this.a), -4, 5); }
  within(value) { const [l, h] = this.from < this.to ? [this.from, this.to] : [this.to, this.from]; return clamp(this.place(value), l, h); }
  valueAt(px) { const p = this.a + (this.b - this.a) * (px - this.from) / (this.to - this.from); return this.log ? Math.exp(p) : p; }
  ticks(most) {
    if (!this.log) {
      const rough = (this.high - this.low) / most, power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].find((f) => f * power >= rough) * power, found = [];
      for (let v = Math.ceil(this.low / step - 1e-9) * step; v <= this.high + step * 1e-9; v += step) found.push(Number(v.toPrecision(12)));
      return found;
    }
    const base = this.kind === "context" ? 2 : 10, log = Math.log(base);
    const low = Math.ceil(this.a / log - 1e-9), high = Math.floor(this.b / log + 1e-9), found = [];
    let step = 1;
    while (Math.floor((high - low) / step) >= most) step += 1;
    for (let k = low; k <= high; k += step) found.push(Number((base ** k).toPrecision(12)));
    return found;
  }
}

const NO_MODEL = { stack: undefined, n_active_params: undefined, state_bytes: undefined }; // what not every model binds
class Plot {
  constructor(explorer, data) {
    Object.assign(this, { curves: [], dots: [], points: [], over: "" }, data);
    this.explorer = explorer;
    this.x = new Axis(data.x);
    this.y = new Axis(data.y);
    const id = explorer.uid, clip = draw("rect"), clipped = `${id}-${data.x.at}-${data.y.at}`;
    this.frame = clip;
    this.grid = draw("g", { "aria-hidden": "true" });
    this.below = draw("rect", { class: "below" });
    this.hatch = draw("rect", { fill: `url(#${id}-hatch)` });
    this.lines = this.curves.map((curve, i) => draw("path", { class: `curve${i ? "" : " first"}${curve.dashed ? " dashed" : ""}`, stroke: color(curve.color ?? "ink") }));
    this.ghostLine = draw("path", { class: "curve ghostline" });
    this.ghostDot = draw("circle", { class: "ghostdot", r: 5 });
    this.drop = draw("path", { class: "drop" });
    this.tick = label("strong halo", "middle");
    this.cross = draw("path", { class: "cross" });
    this.reading = label("strong halo", "middle");
    this.hover = draw("g", { class: "hover" }, this.cross, this.reading);
    this.plane = draw("rect", { class: "plane" });
    this.words = { y: label("", "start", this.y.label), x: label("", "end", this.x.label), over: label("halo"),
      above: label("halo", "start", this.split?.[1] ?? ""), under: label("halo", "end", this.split?.[2] ?? "") };
    this.names = this.curves.map(({ name }, i) => label(i ? "halo" : "strong halo", "start", name));
    this.dotNames = this.dots.map(() => label("halo"));
    this.marks = this.points.map(({ name, color: shade = "muted" }) => draw("path", { class: "points", stroke: color(shade),
      tabindex: 0, role: "slider", "aria-label": `${name}, one by one`, "aria-valuemin": 1, "aria-valuenow": 1, "aria-valuetext": name }));
    this.handles = this.dots.map((dot) => this.handle(dot));
    const lines = draw("g", { "clip-path": `url(#${clipped})` }, ...this.lines, this.ghostLine);
    this.group = draw("g", {}, draw("clipPath", { id: clipped }, clip), this.grid, this.below, this.hatch, lines, ...this.marks, this.plane, this.drop,
      draw("g", { class: "words" }, ...Object.values(this.words), ...this.names, ...this.dotNames, this.tick), this.ghostDot, ...this.handles, this.hover);
    this.listen();
  }

  handle(dot) {
    const [control] = Object.keys(dot.drag ?? {}), axis = dot.drag?.[control], c = this.explorer.controls.get(control);
    const circle = draw("circle", { r: dot.ring ? 5.5 : 7.5, fill: dot.ring ? "var(--panel)" : color(dot.color ?? "ink"), stroke: dot.ring ? color(dot.color ?? "ink") : "var(--panel)", "stroke-width": 2 });
    if (!c) return draw("g", { class: "mark" }, circle);
    const sideways = axis === "x";
    return draw("g", { class: `handle${sideways ? "" : " v"}`, tabindex: 0, role: "slider", "aria-label": `${c.label}, in the picture`, "aria-valuemin": place(c, c.low), "aria-valuemax": place(c, c.high),
      "aria-orientation": sideways ? "horizontal" : "vertical" },
      draw("rect", { x: -22, y: -22, width: 44, height: 44, fill: "transparent" }),
      draw("path", { class: "chev", d: sideways ? "M-12 -3.5 L-15.5 0 L-12 3.5 M12 -3.5 L15.5 0 L12 3.5" : "M-3.5 -12 L0 -15.5 L3.5 -12 M-3.5 12 L0 15.5 L3.5 12" }),
      draw("circle", { class: "ring", r: 13 }), circle);
  }

  // From the pointer to a control: a dot goes where it is dragged, as far as its controls can take it.
  drag(dot, px, py) {
    const changes = {}, bound = this.explorer.bound();
    for (const [name, axis] of Object.entries(dot.drag)) {
      const c = this.explorer.controls.get(name), wanted = this[axis].valueAt(axis === "x" ? px : py);
      changes[name] = snap(c, solve(dot[axis], bound, name, c.low, c.high, wanted));
    }
    this.explorer.change(changes);
  }

  listen() {
    const { explorer } = this, where = () => explorer.svg.getBoundingClientRect();
    const at = (event, box = where()) => [(event.clientX - box.left) * explorer.width / box.width, (event.clientY - box.top) * explorer.width / box.width];
    const holds = (target, move) => {
      let held = null;                         // where the picture stands: asked once, not at each move
      target.addEventListener("pointerdown", (e) => { if (e.button) return; held = where(); target.setPointerCapture(e.pointerId); move(...at(e, held)); this.hover.classList.remove("on"); });
      target.addEventListener("pointermove", (e) => { if (held) move(...at(e, held)); });
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) target.addEventListener(end, () => { held = null; });
    };
    this.dots.forEach((dot, i) => {
      if (!dot.drag) return;
      holds(this.handles[i], (px, py) => this.drag(dot, px, py));
      this.handles[i].addEventListener("keydown", (event) => {
        const by = way(event);
        if (by === null) return;
        event.preventDefault();
        const names = Object.keys(dot.drag), upright = ["ArrowUp", "ArrowDown"].includes(event.key);
        const name = names.find((n) => dot.drag[n] === (upright ? "y" : "x")) ?? names[0], c = explorer.controls.get(name);
        const axis = dot.drag[name], bound = explorer.bound();
        const rises = valueOf(dot[axis], { ...bound, [name]: c.high }) >= valueOf(dot[axis], { ...bound, [name]: c.low });
        explorer.change({ [name]: moved(c, explorer.state.get(name), Math.abs(by) < 1e3 && event.key.startsWith("Arrow") && !rises ? -by : by) });
      });
    });
    // The plane itself moves the last dot that is moved sideways along the axis.
    const last = this.dots.findLastIndex((dot) => dot.drag?.[this.x.at] === "x");
    if (last >= 0) {
      this.plane.classList.add("moves");
      holds(this.plane, (px, py) => this.drag(this.dots[last], px, py));
      this.plane.addEventListener("pointerdown", () => this.handles[last].focus({ preventScroll: true, focusVisible: false }));
    }
    const look = (event) => {
      if (event.buttons && event.pointerType !== "touch") return;
      const [px, py] = at(event), near = this.near(px, py), first = this.curves[0];
      if (!near && (event.pointerType !== "mouse" || !first || first.over || typeof first.at !== "string")) { this.hover.classList.remove("on"); return; }
      const x = clamp(px, this.x.from, this.x.to), value = this.x.valueAt(x);
      const read = valueOf(first.at, { ...explorer.bound(), [this.x.at]: value });
      if (near) { this.tell(near); return; }
      const text = `${shown(this.x.kind === "context" ? Math.round(value) > 1023 ? value : Math.round(value) : value, this.x.kind)}: ${shown(read, this.y.kind)}`;
      this.read(text, x, this.y.within(read), `M${x} ${this.y.to}V${this.y.from}`);
    };
    for (const target of [this.plane, ...this.marks]) {
      target.addEventListener("pointermove", look);
      target.addEventListener("pointerdown", look);
      target.addEventListener("pointerleave", () => this.hover.classList.remove("on"));
    }
    for (const mark of this.marks) {
      mark.addEventListener("focus", () => { if (mark.matches(":focus-visible")) this.step(mark, 0); });
      mark.addEventListener("blur", () => this.hover.classList.remove("on"));
      mark.addEventListener("keydown", (event) => {
        const by = way(event);
        if (by === null) return;
        event.preventDefault();
        this.step(mark, by);
      });
    }
  }
  // By keys from point to point, from the left.
  step(mark, by) {
    const line = this.placed.filter((p) => p.mark === mark).sort((a, b) => a.at[0] - b.at[0]);
    if (!line.length) return;
    mark.at = clamp((mark.at ?? 0) + by, 0, line.length - 1);
    const { name, values: [a, b] } = line[mark.at], { x, y } = this;
    put(mark, { "aria-valuemax": line.length, "aria-valuenow": mark.at + 1, "aria-valuetext": `${name}: ${x.label} ${shown(a, x.kind)}, ${y.label} ${shown(b, y.kind)}` });
    this.tell(line[mark.at]);
  }
  tell({ name, values: [a, b], at: [x, y] }) {
    const all = `${name}: ${shown(a, this.x.kind)}, ${shown(b, this.y.kind)}`, fits = all.length * 7.6 < this.x.to - this.x.from;
    this.read(fits ? all : name, x, y, `M${x - 7} ${y}a7 7 0 1 0 14 0a7 7 0 1 0 -14 0`);
  }
  read(text, x, y, around) {
    const half = text.length * 3.8;
    put(this.cross, { d: around });
    write(this.reading, text);
    put(this.reading, { x: clamp(x, this.x.from + half, this.x.to - half), y: Math.max(this.y.to + 12, y - 12) });
    this.hover.classList.add("on");
  }
  near(px, py) {
    let best = null, least = 14;
    for (const p of this.placed ?? []) { const d = Math.hypot(p.at[0] - px, p.at[1] - py); if (d < least) [best, least] = [p, d]; }
    return best;
  }

  measure() {
    if (this.y.a === undefined) this.y.reach([]);
    this.margin = Math.max(...this.y.ticks(7).map((v) => shown(v, this.y.kind).length)) * 7.2 + 12;
  }
  height(wide, extra) {
    const only = this.explorer.panels.length === 1;
    this.tall = (wide ? (only ? 260 : 176) : (only ? 196 : 136)) + extra;
    return 20 + this.tall + 34;
  }
  layout({ x0, x1, top, wide }) {
    this.wide = wide;
    Object.assign(this.x, { from: x0, to: x1 });
    Object.assign(this.y, { from: top + 20 + this.tall, to: top + 20 });
    const box = { x: x0, y: this.y.to, width: x1 - x0, height: this.tall };
    for (const n of [this.frame, this.plane]) put(n, box);
    put(this.words.y, { x: x0, y: this.y.to - 8 });
    put(this.words.x, { x: x1, y: this.y.from + 31 });
    this.axes = null;
  }
  ticksOf() {
    const { x, y } = this;
    this.measure();
    this.grid.replaceChildren();
    this.ticks = [];
    for (const v of y.ticks(this.wide ? 7 : 6)) this.grid.append(draw("path", { class: "grid", d: `M${x.from} ${y.place(v)}H${x.to}` }), draw("text", { x: x.from - 8, y: y.place(v) + 4, "text-anchor": "end" }, shown(v, y.kind)));
    this.grid.append(draw("path", { class: "edge", d: `M${x.from} ${y.from}H${x.to}` }));
    for (const v of x.ticks(this.wide ? 8 : 5)) {
      const text = shown(v, x.kind), last = x.place(v) + text.length * 3.7 > x.to + (this.wide ? 12 : 8);
      const t = draw("text", { x: last ? x.to + 4 : x.place(v), y: y.from + 16, "text-anchor": last ? "end" : "middle" }, text);
      this.grid.append(draw("path", { class: "edge", d: `M${x.place(v)} ${y.from}v4` }), t);
      this.ticks.push([x.place(v), t]);
    }
  }

  // The corners of a curve in the picture, closer where it bends.
  along(curve, bound) {
    if (typeof curve.at !== "string") return [[this.x.from, this.y.place(curve.at)], [this.x.to, this.y.place(curve.at)]];
    const [name, low, most] = curve.over ?? [this.x.at, this.x.low, this.x.high], log = this.x.log && low > 0, s = { ...bound }, found = [];
    const high = curve.until === undefined ? most : Math.min(most, valueOf(curve.until, bound));
    if (!(high > low)) return [];
    const at = (share) => {
      s[name] = log ? low * (high / low) ** share : low + (high - low) * share;
      return [this.x.place(curve.x === undefined ? s[name] : valueOf(curve.x, s)), this.y.place(valueOf(curve.at, s)), share];
    };
    const between = (a, b, depth) => {
      const middle = at((a[2] + b[2]) / 2);
      if (depth && Math.abs(middle[1] - (a[1] + b[1]) / 2) > 0.5) { between(a, middle, depth - 1); between(middle, b, depth - 1); } else found.push(middle, b);
    };
    let last = at(0);
    found.push(last);
    for (let i = 1; i <= SPANS; i += 1) { const next = at(i / SPANS); between(last, next, 5); last = next; }
    if (found[0][0] > last[0]) found.reverse(); // from the left
    return found.filter(([a, b]) => a === a && b === b); // where it has a value
  }
  render(bound, ghost) {
    const { x, y, explorer } = this, value = (term) => valueOf(term, bound);
    const spots = this.dots.map((dot) => [value(dot.x), value(dot.y)]), moved = [x.reach(spots.map(([v]) => v)), y.reach(spots.map(([, v]) => v))];
    if (!this.axes || moved[0] || moved[1]) { this.ticksOf(); this.axes = true; }
    const path = (corners) => corners.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");
    const corners = this.curves.map((curve) => this.along(curve, bound));
    corners.forEach((c, i) => put(this.lines[i], { d: path(c) }));
    if (this.split) { const at = y.within(this.split[0]); put(this.below, { x: x.from, y: at, width: x.to - x.from, height: y.from - at }); }
    // where memory ends
    let over = x.to, from = Infinity;
    if (this.holds) {
      const [needed, has] = this.holds, [low, high] = [x.low, x.high], room = value(has);
      const held = (v) => valueOf(needed, { ...bound, [x.at]: v });
      from = held(high) <= room ? Infinity : held(low) > room ? low : solve(needed, bound, x.at, low, high, room);
      over = from === Infinity ? x.to : x.place(from);
    }
    put(this.hatch, { x: over, y: y.to, width: Math.max(0, x.to - over), height: y.from - y.to });
    // dots
    const places = spots.map(([a, b]) => [x.within(a), y.within(b)]);
    const said = `: ${explorer.answerText}`;
    this.handles.forEach((handle, i) => {
      const dot = this.dots[i], seen = Number.isFinite(spots[i][0]) && !(dot.ring && x.place(spots[i][0]) !== places[i][0]);
      show(handle, seen);
      put(handle, { transform: `translate(${places[i][0].toFixed(1)} ${places[i][1].toFixed(1)})` });
      const [name] = Object.keys(dot.drag ?? {}), c = explorer.controls.get(name);
      if (c) put(handle, { "aria-valuenow": place(c, explorer.state.get(name)), "aria-valuetext": `${shown(explorer.state.get(name), c.kind)} ${c.unit}${said}` });
    });
    const on = this.dots.findLastIndex((dot) => dot.x === x.at && dot.drag);
    show(this.drop, on >= 0);
    show(this.tick, on >= 0);
    if (on >= 0) {
      const [cx, cy] = places[on];
      put(this.drop, { d: `M${cx} ${Math.min(cy + 9, y.from)}V${y.from}` });
      write(this.tick, shown(spots[on][0], x.kind));
      put(this.tick, { x: clamp(cx, x.from + 8, x.to - 12), y: y.from + 16 });
    }
    for (const [at, t] of this.ticks) show(t, on < 0 || Math.abs(at - clamp(places[on][0], x.from + 8, x.to - 12)) > 36);
    show(this.ghostLine, ghost && this.curves.length);
    show(this.ghostDot, ghost && this.dots.length);
    if (ghost) {
      if (this.curves.length) put(this.ghostLine, { d: path(this.along(this.curves[0], ghost)) });
      const dot = this.dots.at(-1);
      if (dot) put(this.ghostDot, { cx: x.within(valueOf(dot.x, ghost)), cy: y.within(valueOf(dot.y, ghost)) });
    }
    this.scatter(bound);
    this.name(bound, corners, places, over, from);
  }

  all(points, bound) {
    return points.measured ?? CATALOG.models.map(([, title, , , bindings]) => {
      const s = { ...bound, ...NO_MODEL, ...bindings };
      return [title, valueOf(points.x, s), valueOf(points.y, s)];
    });
  }
  scatter(bound) {
    this.placed = [];
    this.points.forEach((points, i) => {
      const mark = this.marks[i], found = [];
      for (const [name, a, b] of this.all(points, bound)) {
        const px = this.x.place(a), py = this.y.place(b);
        if (px !== this.x.within(a) || py !== this.y.within(b)) continue;
        found.push(`M${px.toFixed(1)} ${py.toFixed(1)}h0`);
        this.placed.push({ mark, name, values: [a, b], at: [px, py] });
      }
      put(mark, { d: found.join("") });
    });
  }

  // Names where they are free, the weightier first: one that would cover another is not shown.
  name(bound, corners, places, over, from) {
    const { x, y } = this, size = this.wide ? 7 : 6.5, taken = places.map(([a, b]) => [a - 9, a + 9, b - 9, b + 9]);
    const crossed = ([l, r, t, b]) => corners.reduce((sum, line) => {
      for (let i = 1; i < line.length; i += 1) {
        const [[ax, ay], [bx, by]] = [line[i - 1], line[i]];
        if (bx < l || ax > r) continue;
        const at = (px) => ay + (by - ay) * (bx === ax ? 0 : (px - ax) / (bx - ax));
        const [u, v] = [at(Math.max(l, ax)), at(Math.min(r, bx))];
        if (Math.max(u, v) > t && Math.min(u, v) < b) return sum + 1;
      }
      return sum;
    }, 0);
    const set = (n, text, spots) => {
      const width = text.length * size;
      let best = null;
      for (const [px, py, anchor] of text ? spots : []) {
        const l = anchor === "end" ? px - width : anchor === "middle" ? px - width / 2 : px;
        const box = [l, l + width, py - 10, py + 3];
        if (box[0] < x.from + 1 || box[1] > x.to + 2 || box[2] < y.to || box[3] > y.from) continue;
        if (taken.some(([a, b, c, d]) => box[0] < b + 3 && box[1] > a - 3 && box[2] < d + 1 && box[3] > c - 1)) continue;
        // On a line is worse than on a point; on many points is no worse than that.
        const covered = this.placed.reduce((n, { at: [a, b] }) => n + (a > box[0] - 4 && a < box[1] + 4 && b > box[2] - 3 && b < box[3] + 4), 0);
        const cost = crossed(box) + Math.min(0.9, covered / 10);
        if (cost < (best?.cost ?? 2)) best = { cost, px, py, anchor, box };
        if (!cost) break;
      }
      show(n, best);
      if (!best) return;
      write(n, text);
      put(n, { x: best.px.toFixed(1), y: best.py.toFixed(1), "text-anchor": best.anchor });
      taken.push(best.box);
    };
    const since = over > x.from && this.wide ? ` from ${shown(from, this.x.kind)}` : "", held = from !== Infinity && this.over ? this.explorer.fill(this.over, bound) + since : "";
    set(this.words.over, held, [[x.to - 6, y.to + 15, "end"], [x.to - 6, y.from - 7, "end"]]);
    this.dots.forEach((dot, i) => {
      const [a, b] = places[i], text = dot.name && !(dot.ring && this.handles[i].getAttribute("visibility") === "hidden") ? this.explorer.fill(dot.name, bound) : "";
      set(this.dotNames[i], text, [[a + 13, b + 16, "start"], [a + 13, b - 9, "start"], [a - 13, b - 9, "end"], [a - 13, b + 16, "end"], [a, b + 25, "middle"], [a, b - 18, "middle"],
        ...(this.placed.length ? [60, 85].flatMap((far) => [[a, b - far, "middle"], [a, b + far, "middle"], [a - 18, b - far, "end"], [a - 18, b + far, "end"]]) : [])]);
    });
    this.curves.forEach((curve, i) => {
      const line = corners[i], spots = [];
      for (const share of [0.97, 0.8, 0.6, 0.4, 0.22, 0.08]) {
        const px = x.from + (x.to - x.from) * share, k = line.findIndex(([a]) => a >= px);
        if (k < 1) continue;
        const [[ax, ay], [bx, by]] = [line[k - 1], line[k]], py = ay + (by - ay) * (px - ax) / (bx - ax || 1), anchor = share > 0.5 ? "end" : "start";
        spots.push([px, py - 7, anchor], [px, py + 16, anchor]);
      }
      set(this.names[i], curve.name ?? "", spots);
    });
    if (!this.split) return;
    set(this.words.above, this.split[1], [[x.from + 8, y.to + 15, "start"]]);
    set(this.words.under, this.split[2], [[x.to - 6, y.from - 7, "end"], [x.from + 8, y.from - 7, "start"]]);
  }

  rows_of(bound) {
    if (!this.curves.length) return [["name", this.x.at, this.y.at], ...this.dots.map((d) => [d.name, valueOf(d.x, bound), valueOf(d.y, bound)]), ...this.points.flatMap((p) => this.all(p, bound))];
    const [name, low, high] = this.curves[0].over ?? [this.x.at, this.x.low, this.x.high];
    const terms = this.curves.flatMap(({ x, at }) => x === undefined ? [at] : [x, at]), rows = [[name, ...terms]];
    for (let i = 0; i <= ROWS; i += 1) {
      const share = i / ROWS, v = this.x.log ? low * (high / low) ** share : low + (high - low) * share;
      rows.push([v, ...terms.map((term) => valueOf(term, { ...bound, [name]: v }))]);
    }
    return rows;
  }
}

// ---- a reader's own model, read on "Your model" and kept in this browser only

const KEPT = "lifecost-model";
const isNumber = (v, low = 0) => typeof v === "number" && Number.isFinite(v) && v >= low && v <= 1e30;
// What a link or the browser's store says is believed only where it is the data of a model.
function checkedModel(text) {
  try {
    const { title, bindings } = JSON.parse(text), found = {};
    for (const [name, value] of Object.entries(bindings)) {
      if (name !== "stack") { if (!/^[a-z]\w{0,30}$/.test(name) || !isNumber(value)) return null; found[name] = value; continue; }
      if (!value) continue;
      const { d_model, n_layer, parts } = value;
      const fine = isNumber(d_model, 1) && isNumber(n_layer, 1) && Array.isArray(parts) && parts.length < 200 && parts.every(([count, runs, family, sizes]) =>
        isNumber(count) && isNumber(runs) && own(FAMILIES ?? {}, family) && Object.entries(sizes).every(([n, v]) => own(FAMILIES[family].sizes, n) && (v === null || isNumber(v))));
      if (!fine) return null;
      found.stack = { d_model, n_layer, parts };
    }
    return isNumber(found.n_params, 1) ? { title: String(title).slice(0, 60), bindings: found } : null;
  } catch { return null; }
}
function keptModel() {
  try { return checkedModel(localStorage.getItem(KEPT)); } catch { return null; }
}

// ---- the element

let serial = 0;
class Explorer extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    this.uid = `x${serial += 1}`;
    this.data = JSON.parse(this.querySelector("script").textContent);
    this.q = (selector) => this.querySelector(selector);
    this.controls = new Map(this.data.controls.map((c) => [c.name, this.prepared(c)]));
    this.state = new Map(this.data.controls.map((c) => [c.name, c.opening]));
    this.own = { model: this.usable(keptModel()), device: null };
    this.outputs = this.data.outputs.map((o) => ({ ...o, node: this.q(`output[name="${o.name}"]`) }));
    this.fields = new Map();
    this.q(".x-controls").replaceChildren(...[...this.controls.values()].map((c) => this.row(c)));
    this.q(".x-controls").addEventListener("submit", (event) => event.preventDefault());
    this.tools();
    this.sketch();
    this.size();
    this.update();
    const watch = new ResizeObserver(() => { if (this.size()) this.update(); });
    for (const part of [".x-picture", ".x-controls"]) watch.observe(this.q(part));
    this.q(".x-equation").addEventListener("toggle", () => this.update());
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
  // A reader's model, if it is of the kind that the answers here are for, and says all that they need.
  usable(model) {
    const c = this.controls.get("model"), given = model?.bindings;
    if (!model || c?.catalog !== "models" || c.only && given.stack) return null;
    if (this.data.dense && given.n_active_params !== undefined && given.n_active_params !== given.n_params) return null;
    const bound = { ...this.data.fixed };
    for (const [name, one] of this.controls) Object.assign(bound, one === c ? given : this.boundOf(one, one.opening, bound));
    try { return this.data.outputs.every(({ name }) => !Number.isNaN(FORMULAS[name](bound))) ? model : null; } catch { return null; }
  }
  kind(term) { return this.data.kinds[term] ?? "number"; }
  fill(text, bound) { return text.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, term, kind) => shown(valueOf(term, bound), kind ?? this.kind(term))); }

  update() {
    const bound = this.bound(), ghost = this.ghost, values = this.values = {};
    this.other = Boolean(bound.stack);
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
    if (this.q(".x-equation").open) this.equate(bound);
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
  equate(bound) {
    const [{ name, node: output }] = this.outputs, [words, text] = this.data.equation;
    const plain = { ...bound };
    for (const other of this.data.beyond) delete plain[other];
    const value = FORMULAS[name](bound), again = FORMULAS[name](plain), isPlain = !bound.stack && (again === value || Math.abs(again - value) <= 1e-12 * Math.abs(value));
    const middle = isPlain ? `${text.replace(/\{(\w+)\}/g, (_, term) => exactly(bound[term]))} = ` : "";
    write(this.q(".x-equation p"), `${words} = ${middle}${output.textContent}`);
  }

  // The controls as they stand; a box with a wrong entry in it, or in use, is left alone.
  show() {
    for (const [name, f] of this.fields) {
      const c = this.controls.get(name), value = this.state.get(name);
      if (c.all) {
        if (f.select.value !== value) f.select.value = value;
        if (f.combo && (document.activeElement !== f.combo || f.combo.getAttribute("aria-expanded") !== "true")) f.combo.value = this.titleOf(c);
        if (f.hint) write(f.hint, value === "own" ? "" : c.plain && this.other ? "this model: as published" : c.all.get(value).hint);
        if (f.extra) {
          f.extra.hidden = value !== "own" || name !== "device";
          if (!f.extra.hidden) for (const [one, box] of f.boxes) if (document.activeElement !== box && !box.hasAttribute("aria-invalid")) box.value = shown(this.own.device.bindings[one], CATALOG.own.find((o) => o.name === one).kind);
        }
        continue;
      }
      if (document.activeElement !== f.box && !f.box.hasAttribute("aria-invalid")) f.box.value = shown(value, c.kind);
      const at = toSlider(c, value), [low, high] = [toSlider(c, c.low), toSlider(c, c.high)];
      f.range.value = at;
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

  typed(c, f, box, take) {
    const enter = (final) => {
      const { value, error } = read(c, box.value);
      if (error && !final) return;
      this.complain(f, box, error ?? "");
      if (error) return;
      take(value);
      if (final) box.value = shown(value, c.kind);
    };
    box.addEventListener("input", () => enter(false));
    box.addEventListener("change", () => enter(true));
    box.addEventListener("focus", () => box.select());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { enter(true); box.select(); }
      if (event.key === "Escape") { this.complain(f, box, ""); box.blur(); this.show(); box.focus(); }
    });
    return enter;
  }
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
    this.typed(c, f, f.box, (value) => this.change({ [c.name]: value }));
    f.box.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      this.complain(f, f.box, "");
      this.change({ [c.name]: moved(c, this.state.get(c.name), way(event)) });
      f.box.value = shown(this.state.get(c.name), c.kind);
    });
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
    if (name === "own" && c.name === "device" && !this.own.device) this.own.device = { title: "My own chip", bindings: { ...c.all.get(this.state.get("device")).bound } };
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
    this.combo(c, f.combo, list, id);
    const row = node("div", { class: "x-row pick" }, words, f.select, node("div", { class: "x-field" }, f.combo, list));
    if (c.name === "device") {
      f.extra = node("div", { class: "x-own", hidden: "" });
      f.boxes = new Map(CATALOG.own.map((o) => {
        const box = node("input", { class: "x-num", id: `${id}-${o.name}`, name: o.name, type: "text", spellcheck: "false", autocomplete: "off", "aria-describedby": `${id}-e` });
        this.typed(o, f, box, (value) => this.ownChip({ [o.name]: value }));
        f.extra.append(node("div", {}, node("label", { for: `${id}-${o.name}` }, o.label), box));
        return [o.name, box];
      }));
      row.append(f.extra);
    }
    row.append(f.error);
    return row;
  }
  ownChip(changes) {
    const bound = { ...this.own.device.bindings, ...changes };
    this.own.device.bindings = { ...bound, hoi: bound.peak_flops / bound.memory_bandwidth };
    this.update();
  }
  combo(c, input, list, id) {
    let at = -1, options = [];
    const close = () => { list.hidden = true; put(input, { "aria-expanded": "false" }); input.removeAttribute("aria-activedescendant"); input.value = this.titleOf(c); };
    const mark = (to) => {
      options[at]?.classList.remove("at");
      at = options.length ? (to + options.length) % options.length : -1;
      if (at < 0) { input.removeAttribute("aria-activedescendant"); return; }
      options[at].classList.add("at");
      options[at].scrollIntoView({ block: "nearest" });
      put(input, { "aria-activedescendant": options[at].id });
    };
    const fill = (query) => {
      list.replaceChildren();
      [options, at] = [[], -1];
      const words = query.toLowerCase().split(/\s+/).filter(Boolean);
      for (const [group, rows] of this.offered(c)) {
        const hits = rows.filter(({ title, name }) => words.every((w) => `${title} ${name} ${group}`.toLowerCase().includes(w)));
        if (!hits.length) continue;
        const head = `${id}-g${options.length}`, box = node("div", { role: "group", "aria-labelledby": head }, node("div", { class: "group", id: head, role: "presentation" }, group));
        for (const { name, title, hint } of hits) {
          const option = node("div", { role: "option", id: `${id}-o${options.length}`, "aria-selected": String(name === this.state.get(c.name)) }, node("span", {}, title), node("small", {}, hint));
          option.choose = () => { this.choose(c, name); close(); };
          option.addEventListener("pointerdown", (event) => event.preventDefault());
          option.addEventListener("click", option.choose);
          options.push(option);
          box.append(option);
        }
        list.append(box);
      }
      if (!options.length) list.append(node("div", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" }, "None of that name."));
    };
    const open = () => {
      if (!list.hidden) return;
      fill("");
      list.hidden = false;
      put(input, { "aria-expanded": "true" });
      input.select();
      mark(options.findIndex((o) => o.getAttribute("aria-selected") === "true"));
    };
    input.addEventListener("click", open);
    input.addEventListener("input", () => { open(); fill(input.value); mark(0); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); if (list.hidden) open(); else mark(at + (event.key === "ArrowDown" ? 1 : -1)); }
      else if (event.key === "Enter") { event.preventDefault(); if (list.hidden) open(); else options[at]?.choose(); }
      else if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); input.select(); }
    });
  }

  // ---- picture

  sketch() {
    const id = this.uid, line = draw("path", { d: "M0 0V7", class: "stripe" });
    this.svg = draw("svg", { role: "group", "aria-label": this.title });
    this.svg.append(draw("defs", {}, draw("pattern", { id: `${id}-hatch`, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line)));
    this.panels = this.data.picture;             // each asks how many there are
    this.panels = this.data.picture.map((panel) => new (panel.type === "lanes" ? Lanes : Plot)(this, panel));
    this.svg.append(...this.panels.map(({ group }) => group));
    this.q(".x-picture").replaceChildren(this.svg);
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
    const grows = this.panels.findLast((panel) => panel instanceof Plot) ?? this.panels.at(-1);
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
    if (!live) button("Link", () => { history.replaceState(null, "", `#${this.hash()}`); this.copy(location.href, "Link copied."); });
    if (!live) button("Embed", () => this.copy(this.frame(), "Frame copied."));
    button("Python", () => this.copy(this.python(), "Python copied."));
    const menu = node("div", { class: "x-menu" }), save = node("details", { class: "x-save" }, node("summary", { class: "x-tool" }, icon("Save"), "Save"), menu);
    const shut = () => { save.open = false; save.firstChild.focus(); };
    for (const [text, kind] of [["Picture, SVG", "svg"], ["Picture, PNG", "png"], ["Numbers, CSV", "csv"]]) {
      const item = node("button", { type: "button" }, text);
      item.addEventListener("click", () => { this.file(kind); shut(); });
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
  // Where the clipboard is closed to pages, as on file: and in some frames, the text is shown.
  copy(text, done) {
    const byHand = () => {
      this.q(".x-hand")?.remove();
      const box = node("textarea", { class: "x-hand", readonly: "", rows: 3, "aria-label": "Text to copy" });
      box.value = text;
      this.q(".x-foot").append(box);
      box.select();
    };
    const closed = document.featurePolicy?.allowsFeature("clipboard-write") === false; // by a frame
    if (closed || !navigator.clipboard) byHand();
    else navigator.clipboard.writeText(text).then(() => this.said(done), byHand);
  }
  hash() {
    const query = new URLSearchParams([...this.state]);
    if (this.state.get("device") === "own") for (const name of ["peak_flops", "memory_bandwidth", "memory_capacity", "weight_bytes"]) query.set(name, this.own.device.bindings[name]);
    if (this.state.get("model") === "own") query.set("own", JSON.stringify(this.own.model));
    return `${this.dataset.name}?${query}`;
  }
  // One line for slides or a course page: this setting, alone, from the site that this page is of.
  frame() {
    const root = new URL(document.documentElement.dataset.content_root ?? "../", location.href);
    return node("iframe", { src: new URL(`embed/${this.dataset.name}.html#${this.hash()}`, root), title: this.title, width: "100%", height: this.offsetHeight + 80,
      loading: "lazy", allow: "clipboard-write", style: "border: 0" }).outerHTML;
  }
  python() {
    // The box for a config.json gives its explorer another model, and says where it is from.
    const known = this.dataset.name.replaceAll("-", "_"), name = this.origin?.object ?? known, lines = [this.origin?.imports ?? `from lifebook.explorer.gallery import ${known}`];
    const value = (key, v) => {
      if (v !== "own") return typeof v === "string" ? JSON.stringify(v) : String(v);
      if (key === "device") return JSON.stringify(this.own.device.bindings);
      lines.unshift("from lifecost import load_model");
      return 'load_model("config.json")';
    };
    const setting = [...this.state].map(([key, v]) => `${key}=${value(key, v)}`).join(", ");
    return `${lines.join("\n")}\n\nprint(${name}(${setting}))`;
  }
  open(query) {
    const given = new URLSearchParams(query);
    if (given.has("own")) this.own.model = this.usable(checkedModel(given.get("own"))) ?? this.own.model;
    if (given.get("device") === "own" && this.controls.get("device")?.catalog) {
      const c = this.controls.get("device"), bindings = { ...c.all.get(c.opening).bound };
      for (const o of CATALOG.own) { const { value } = read(o, given.get(o.name) ?? ""); if (value !== undefined) bindings[o.name] = value; }
      const width = Number(given.get("weight_bytes"));
      if (width >= 1 / 64 && width <= 64) bindings.weight_bytes = width;
      this.own.device = { title: "My own chip", bindings: { ...bindings, hoi: bindings.peak_flops / bindings.memory_bandwidth } };
    }
    const changes = {};
    for (const [name, text] of given) {
      const c = this.controls.get(name);
      if (!c) continue;
      if (c.all) { if (c.all.has(text) || text === "own" && c.catalog && this.own[name]) changes[name] = text; continue; }
      const { value } = read(c, text);
      if (value !== undefined) changes[name] = value;
    }
    this.change(changes);
    if (given.get("model") === "own" && changes.model !== "own" && this.controls.has("model")) {
      const f = this.fields.get("model");
      this.complain(f, f.box, this.data.dense ? "The model of this link is not for this explorer, which is for dense models." : "The model of this link is not for this explorer.");
    }
    if (!this.closest(".embed")) this.scrollIntoView(); // a page must not jump to a frame in it
  }

  file(kind) {
    if (kind === "csv") {
      const cell = (v) => typeof v === "string" && /[",]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v;
      const rows = this.panels.at(-1).rows_of(this.bound());
      this.give(new Blob([rows.map((row) => row.map(cell).join(",")).join("\n")], { type: "text/csv" }), kind);
      return;
    }
    const copy = this.svg.cloneNode(true), style = getComputedStyle(this), of = [...this.svg.querySelectorAll("*")];
    // With its colors in it: a file has no style sheet.
    [...copy.querySelectorAll("*")].forEach((n, i) => {
      const seen = getComputedStyle(of[i]);
      for (const name of ["fill", "stroke", "stroke-width", "stroke-linecap", "stroke-dasharray", "paint-order", "font-weight", "opacity", "stroke-opacity"]) n.style.setProperty(name, seen.getPropertyValue(name));
    });
    for (const n of copy.querySelectorAll(".hover, .ring, .chev, .plane")) n.remove();
    put(copy, { xmlns: SVG, width: this.width, style: `background: ${style.getPropertyValue("--panel")}; font: 12px sans-serif` });
    const blob = new Blob([copy.outerHTML], { type: "image/svg+xml" });
    if (kind === "svg") { this.give(blob, kind); return; }
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = node("canvas", { width: this.width * 2, height: this.tall * 2 });
      canvas.getContext("2d").drawImage(image, 0, 0, this.width * 2, this.tall * 2);
      canvas.toBlob((png) => this.give(png, kind));
    });
    image.src = `data:image/svg+xml,${encodeURIComponent(copy.outerHTML)}`; // a policy of a site may bar blobs
  }
  give(blob, kind) {
    const file = `${this.dataset.name}.${kind}`, link = node("a", { href: URL.createObjectURL(blob), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    this.said(`Saved as ${file}.`);
  }
}

// #kv-cache?model=llama-3-8b&batch=64 opens that setting.
function openLink() {
  const [name, query] = location.hash.slice(1, 8000).split(/\?(.*)/s, 2);
  const found = query && [...document.querySelectorAll("lifecost-explorer")].find((e) => e.dataset.name === name);
  if (found) found.open(query);
}

Object.assign(globalThis.LIFECOST, { KEPT, NO_MODEL, node, shown });
customElements.define("lifecost-explorer", Explorer);
addEventListener("hashchange", openLink);
openLink();
})();
