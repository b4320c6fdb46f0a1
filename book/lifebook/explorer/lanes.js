// Horizontal bars on one linear axis: parts of a whole, and what runs at the same time.
"use strict";
(() => {

const { clamp, color, draw, label, put, show, shown, valueOf, write } = globalThis.LIFECOST;
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
    const count = (this.wide ? STEPS : FEW)[which], [, amount, unit] = /^([\d.,]+)([kMBT]? .+)$/.exec(shown(this.end, this.kind)) ?? [];
    const factor = this.end / Number(amount?.replaceAll(",", ""));
    this.axis.replaceChildren();
    let free = this.x1 + 8;                    // from the end, which has the unit, back
    for (let i = count; i >= 0; i -= 1) {
      const value = this.end * i / count, x = this.x(value);
      const text = unit ? `${shown(Number((value / factor).toPrecision(3)), "number")}${i === count ? unit : ""}` : i ? shown(value, this.kind) : "0";
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
}

globalThis.LIFECOST.lanes = Lanes;
})();
