// The explorers of the page: the marks that Python drew, moved by the formulas that Python printed.
// Part of lifecost (MIT). The formulas and the units, PLURALS and PREFIXED, are printed before it.
"use strict";
(() => {

const PREFIX = ["n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];

// The same text as lifecost.quantities gives.
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

function quantity(value, unit, digits = 3) {
  if (unit === "1") return number(value, digits);
  const size = Math.abs(value);
  const [low, high] = unit === "s" ? [1e-9, 1] : [1e3, 1e27];
  if (!(unit in PREFIXED) || !(size >= low && size < high)) {
    const [head, ...rest] = unit.split("/");
    const plural = [head in PLURALS ? PLURALS[head] : head + "s", ...rest].join("/");
    return `${number(value, digits)} ${value === 1 ? unit : plural}`;
  }
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  const step = Math.min(8, Math.floor(exponent / 3));
  return `${number(value / 10 ** (3 * step), digits)} ${PREFIX[step + 3]}${PREFIXED[unit]}`;
}

function exactly(value) {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? number(value, 7).replace(/\.0+$/, "")
    : number(value);
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A value from the axis to its place in the SVG, inside or just outside of the frame.
function place([low, high, from, to, log], value) {
  const scale = log ? Math.log10 : Number;
  const share = (scale(value) - scale(low)) / (scale(high) - scale(low));
  return from + Math.min(9, Math.max(-9, share)) * (to - from);
}

const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

class Explorer extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    this.data = JSON.parse(this.querySelector("script").textContent);
    this.controls = new Map(this.data.controls.map((control) => [control.name, control]));
    this.state = new Map(this.data.controls.map((control) => [control.name, control.opening]));
    this.inputs = new Map();
    this.outputs = this.data.outputs.map(([name, unit]) => (
      { name, unit, node: this.querySelector(`output[name="${name}"]`) }));
    this.marks = this.data.marks;
    for (const mark of this.marks) mark.node = this.artist(mark);
    this.equation = this.querySelector(".lifecost-equation");
    this.querySelector(".lifecost-setting").replaceWith(this.form());
    this.update();
  }

  // The node of a mark in the drawing; a bar's base and height are read off it once.
  artist(mark) {
    const group = document.getElementById(`${this.data.figure}-${mark.name}`);
    const node = group.querySelector(mark.kind === "dot" ? "use" : "path");
    if (mark.kind === "bar") {
      const corners = node.getAttribute("d").match(/-?[\d.]+/g).map(Number);
      [mark.left, mark.bottom, mark.top] = [corners[0], corners[1], corners[5]];
    }
    return node;
  }

  // ---- from a setting to what is shown

  // Every symbol that the setting binds, in the order of the controls: Explorer.bind in Python.
  bound() {
    const bound = { ...this.data.fixed };
    for (const [name, control] of this.controls) {
      const value = this.state.get(name);
      if (!control.options) bound[name] = value;
      else for (const [symbol, given] of Object.entries(control.options[value])) {
        bound[symbol] = typeof given === "string" ? bound[given] : given;
      }
    }
    return bound;
  }

  update() {
    const bound = this.bound();
    for (const { name, unit, node } of this.outputs) {
      const value = FORMULAS[name](bound);
      node.dataset.value = value;
      node.textContent = quantity(value, unit);
    }
    for (const mark of this.marks) this.move(mark, { ...bound, ...mark.bind });
    const [{ name, node }] = this.outputs;
    const shown = this.isPlain(name, bound)
      ? `${this.data.equation.replace(/\{(\w+)\}/g, (_, term) => exactly(bound[term]))} = ` : "";
    this.equation.textContent = `${name} = ${shown}${node.textContent}`;
    this.dispatchEvent(new Event("update"));
  }

  // Whether the equation of a plain decoder holds: nothing beyond one gives it another number.
  isPlain(name, bound) {
    if (bound.stack) return false;
    const value = FORMULAS[name](bound), plain = { ...bound };
    for (const other of this.data.beyond) delete plain[other];
    return Math.abs(FORMULAS[name](plain) - value) <= 1e-12 * Math.abs(value);
  }

  move(mark, bound) {
    const value = (term) => typeof term !== "string" ? term
      : own(FORMULAS, term) ? FORMULAS[term](bound) : bound[term];
    const point = () => [place(mark.x, value(mark.at[0])).toFixed(2),
      place(mark.y, value(mark.at[1])).toFixed(2)];
    if (mark.kind === "line") {
      const [symbol, values] = mark.over;
      const points = values.map((v) => { bound[symbol] = v; return point().join(" "); });
      mark.node.setAttribute("d", `M ${points.join(" L ")}`);
    } else if (mark.kind === "dot") {
      const [x, y] = point();
      mark.node.setAttribute("x", x);
      mark.node.setAttribute("y", y);
    } else {
      const { left, bottom, top } = mark;
      const end = Math.max(left, point()[0]);
      mark.node.setAttribute("d", `M ${left} ${bottom} L ${end} ${bottom} L ${end} ${top} L ${left} ${top} z`);
    }
  }

  // ---- from what a reader or a link says to a setting

  // The value in a text, or what is wrong with it. Nothing is believed that the control does not offer.
  read(control, text) {
    if (control.options) {
      return own(control.options, text) ? { value: text }
        : { error: `${control.name}: no such choice` };
    }
    const value = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : NaN;
    const fits = value >= control.low && value <= control.high;
    return fits && !(control.whole && value % 1) ? { value } : {
      error: `${control.name} = ${text.slice(0, 20) || "nothing"}: give a `
        + `${control.whole ? "whole " : ""}number from `
        + `${exactly(control.low)} to ${exactly(control.high)}`
        + (control.unit && ` (${control.unit})`) };
  }

  // An input keeps what was typed; an impossible value changes nothing but the line that says so.
  set(name, text, source) {
    const control = this.controls.get(name);
    const { value, error } = this.read(control, text);
    this.problem.textContent = error ?? "";
    const { field, slider } = this.inputs.get(name);
    field.setAttribute("aria-invalid", String(Boolean(error)));
    if (error) return false;
    this.state.set(name, value);
    if (source !== field) field.value = value;
    if (slider) {
      if (source !== slider) slider.value = control.log ? Math.log2(value) : value;
      slider.setAttribute("aria-valuetext", `${exactly(value)} ${control.unit}`);
    }
    this.update();
    return true;
  }

  reset() {
    for (const [name, control] of this.controls) this.set(name, String(control.opening));
  }

  // ---- controls

  form() {
    this.problem = element("p", { class: "lifecost-problem", role: "alert" });
    const rows = [...this.controls.values()].map((control) => this.row(control));
    const button = (label, act) => {
      const node = element("button", { type: "button" }, label);
      node.addEventListener("click", () => act.call(this, node));
      return node;
    };
    const buttons = element("p", { class: "lifecost-buttons" },
      button("Reset", this.reset),
      button("Copy link", (node) => {
        history.replaceState(null, "", `#${this.hash()}`);
        copy(node, location.href);
      }),
      button("Embed", (node) => copy(node, this.frame())),
      button("Copy as Python", (node) => copy(node, this.python())));
    return element("div", { class: "lifecost-controls" }, ...rows, this.problem, buttons);
  }

  row(control) {
    const id = `${this.dataset.name}-${control.name}`;
    const label = element("label", { for: id }, control.label);
    if (control.options) {
      const options = Object.keys(control.options).map((value) =>
        element("option", { value }, control.titles[value]));
      const groups = [...new Set(Object.values(control.groups ?? {}))].map((label) =>
        element("optgroup", { label },
          ...options.filter(({ value }) => control.groups[value] === label)));
      const listed = groups.length ? groups : options;
      const field = element("select", { id, name: control.name }, ...listed);
      field.value = control.opening;
      field.addEventListener("input", () => this.set(control.name, field.value, field));
      this.inputs.set(control.name, { field });
      return element("div", {}, label, field);
    }
    const { low, high, grid, log } = control;
    const field = element("input", { id, name: control.name, type: "number", min: low, max: high,
      step: "any", title: control.meaning, value: control.opening });
    const slider = element("input", { type: "range", "aria-label": `${control.label}, slider`,
      min: log ? Math.log2(low) : low, max: log ? Math.log2(high) : high, step: "any" });
    slider.value = log ? Math.log2(control.opening) : control.opening;
    field.addEventListener("input", () => this.set(control.name, field.value, field));
    slider.addEventListener("input", () => {
      // Sliders stop on a grid of round numbers, and at both ends.
      const at = Math.round(Number(slider.value) / grid) * grid;
      const value = control.whole ? Math.round(log ? 2 ** at : at)
        : Number((log ? 2 ** at : at).toPrecision(log && at % 1 ? 3 : 12));
      this.set(control.name, String(Math.min(high, Math.max(low, value))), slider);
    });
    this.inputs.set(control.name, { field, slider });
    return element("div", {}, label, slider, field);
  }

  // ---- links and code

  hash() {
    const query = [...this.state].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.dataset.name}?${query.join("&")}`;
  }

  // One line for slides or a course page: this setting, alone, from the site that this page is of.
  frame() {
    const root = new URL(document.documentElement.dataset.content_root ?? "../", location.href);
    return element("iframe", { src: new URL(`embed/${this.dataset.name}.html#${this.hash()}`, root),
      title: this.querySelector(".lifecost-title").textContent, width: "100%",
      height: this.offsetHeight + 80, loading: "lazy", allow: "clipboard-write",
      style: "border: 0" }).outerHTML;
  }

  python() {
    const name = this.dataset.name.replaceAll("-", "_");
    const { imports, object } = this.origin
      ?? { imports: `from lifebook.explorer.gallery import ${name}`, object: name };
    const value = (v) => typeof v === "string" ? JSON.stringify(v) : String(v);
    const setting = [...this.state].map(([key, v]) => `${key}=${value(v)}`).join(", ");
    return `${imports}\n\nprint(${object}(${setting}))`;
  }

  open(query) {
    for (const [name, text] of new URLSearchParams(query)) {
      const control = this.controls.get(name);
      if (control && !this.read(control, text).error) this.set(name, text);
    }
    if (!this.closest(".embed")) this.scrollIntoView(); // a page must not jump to a frame in it
  }
}

// Where the clipboard is closed to pages, as on file: and in some frames, the text is shown to be copied by hand.
function copy(button, text) {
  const done = (label) => {
    const old = button.dataset.label ??= button.textContent;
    button.textContent = label;
    setTimeout(() => { button.textContent = old; }, 1500);
  };
  const byHand = () => {
    const box = element("textarea", { readonly: "", rows: 4, "aria-label": "Text to copy" });
    box.value = text;
    button.closest(".lifecost-controls").append(box);
    box.select();
  };
  const closed = document.featurePolicy?.allowsFeature("clipboard-write") === false; // by a frame
  if (closed || !navigator.clipboard) byHand();
  else navigator.clipboard.writeText(text).then(() => done("Copied"), byHand);
}

// #kv-cache?model=llama-3-8b&batch=64 opens that setting.
function openLink() {
  const [name, query] = location.hash.slice(1, 2000).split("?", 2);
  const found = query && [...document.querySelectorAll("lifecost-explorer")]
    .find((explorer) => explorer.dataset.name === name);
  if (found) found.open(query);
}

customElements.define("lifecost-explorer", Explorer);
addEventListener("hashchange", openLink);
openLink();
})();
