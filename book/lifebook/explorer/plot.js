// Curves, dots that drag a control, and points with names, between two axes.
"use strict";
(() => {

const { LIFECOST } = globalThis;
const { CATALOG, NO_MODEL, clamp, color, draw, label, moved, own, place, put, show, shown, snap, valueOf, way, write } = LIFECOST;
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

const SPANS = 12; // of a curve
// Whether two settings are one, whatever one symbol is in them.
function same(a, b, but) {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name === but || a[name] === b[name]);
}

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
    this.mark = draw("path", { class: "guess" });
    this.tick = label("strong halo", "middle");
    this.cross = draw("path", { class: "cross" });
    this.reading = label("strong halo", "middle");
    this.hover = draw("g", { class: "hover" }, this.cross, this.reading);
    this.plane = draw("rect", { class: "plane" });
    this.words = { y: label("", "start", this.y.label), x: label("", "end", this.x.label), over: label("halo"), guess: label("strong halo"),
      above: label("halo", "start", this.split?.[1] ?? ""), under: label("halo", "end", this.split?.[2] ?? "") };
    this.names = this.curves.map(({ name }, i) => label(i ? "halo" : "strong halo", "start", name));
    this.dotNames = this.dots.map(() => label("halo"));
    this.marks = this.points.map(({ name, color: shade = "muted" }) => draw("path", { class: "points", stroke: color(shade),
      tabindex: 0, role: "slider", "aria-label": `${name}, one by one`, "aria-valuemin": 1, "aria-valuenow": 1, "aria-valuetext": name }));
    this.handles = this.dots.map((dot) => this.handle(dot));
    const lines = draw("g", { "clip-path": `url(#${clipped})` }, ...this.lines, this.ghostLine);
    this.group = draw("g", {}, draw("clipPath", { id: clipped }, clip), this.grid, this.below, this.hatch, lines, ...this.marks, this.plane, this.mark, this.drop,
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
    this.drawn = [];
    this.measure();
    this.grid.replaceChildren();
    this.ticks = [];
    for (const v of y.ticks(this.wide ? 7 : 6)) this.grid.append(draw("path", { class: "grid", d: `M${x.from} ${y.place(v)}H${x.to}` }), draw("text", { x: x.from - 8, y: y.place(v) + 4, "text-anchor": "end" }, shown(v, y.kind)));
    this.grid.append(draw("path", { class: "edge", d: `M${x.from} ${y.from}H${x.to}` }));
    let free = -Infinity;                      // powers are wide: a label goes where there is room
    for (const v of x.ticks(this.wide ? 8 : 5)) {
      const text = shown(v, x.kind), half = text.length * 3.7, last = x.place(v) + half > x.to + (this.wide ? 12 : 8);
      const left = last ? x.to + 4 - 2 * half : x.place(v) - half;
      if (left < free) continue;
      free = left + 2 * half;
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
    const { x, y, explorer } = this, { guess } = explorer, value = (term) => valueOf(term, bound);
    const spots = this.dots.map((dot) => [value(dot.x), value(dot.y)]), guessed = (axis) => (guess?.axis === axis.at ? [guess.value] : []);
    const moved = [x.reach([...spots.map(([v]) => v), ...guessed(x)]), y.reach([...spots.map(([, v]) => v), ...guessed(y)])];
    if (!this.axes || moved[0] || moved[1]) { this.ticksOf(); this.axes = true; }
    const path = (corners) => corners.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");
    // A curve is drawn again where more has changed than the symbol that runs along it.
    const corners = this.curves.map((curve, i) => {
      const but = curve.until === undefined ? curve.over?.[0] ?? x.at : null, old = this.drawn[i];
      if (old && same(bound, old.bound, but)) return old.corners;
      this.drawn[i] = { bound, corners: this.along(curve, bound) };
      put(this.lines[i], { d: path(this.drawn[i].corners) });
      return this.drawn[i].corners;
    });
    if (this.split) { const at = y.within(this.split[0]); put(this.below, { x: x.from, y: at, width: x.to - x.from, height: y.from - at }); }
    show(this.mark, guessed(x).length || guessed(y).length);
    for (const v of guessed(x)) put(this.mark, { d: `M${x.place(v)} ${y.to}V${y.from}` });
    for (const v of guessed(y)) put(this.mark, { d: `M${x.from} ${y.place(v)}H${x.to}` });
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
    if (!points.measured && !LIFECOST.families) { // of all kinds of models
      this.explorer.using(["families"], () => this.explorer.update());
      return [];
    }
    return points.measured ?? this.models(bound).map(([title, s]) => [title, valueOf(points.x, s), valueOf(points.y, s)]);
  }
  // All models at this setting: made once, and changed where it has changed.
  models(bound) {
    const { kept } = this, names = Object.keys(bound);
    if (names.join() !== kept?.names) this.kept = { names: names.join(), all: CATALOG.models.map(([, title, , , its]) => [title, { ...bound, ...NO_MODEL, ...its }, its]) };
    else for (const name of names) {
      if (bound[name] !== kept.bound[name] && !own(NO_MODEL, name)) for (const [, s, its] of kept.all) if (!own(its, name)) s[name] = bound[name];
    }
    this.kept.bound = bound;
    return this.kept.all;
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
    const { guess } = this.explorer, up = guess?.axis === y.at, axis = up ? y : x, at = guess?.axis === axis.at && axis.place(guess.value);
    const beside = up ? [at - 6, at + 15].flatMap((h) => [[x.to - 6, h, "end"], [x.from + 8, h, "start"]])
      : [15, 35, 55, this.tall - 7, 75, 95, 115, 135].flatMap((h) => [[at + 6, y.to + h, "start"], [at - 6, y.to + h, "end"]]);
    set(this.words.guess, at === false ? "" : `your guess: ${shown(guess.value, axis.kind)}`, beside);
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
}

LIFECOST.plot = Plot;
})();
