// What only some readers of an explorer use: typed numbers, the list of models, a chip or a model of
// their own, links to a setting, and what is taken along.
"use strict";
(() => {

const { LIFECOST } = globalThis;
const { CATALOG, FORMULAS, KINDS, RAISED, exactly, kept, moved, node, own, put, shown, valueOf, way, write } = LIFECOST;

// ---- what a reader types: 70B, 8k, 1.5T, 7e10, 7×10¹⁰, 4 bit, bf16, 128 KiB, 20 %

// What is shown, and 3 x 10^13, as a script reads numbers.
const plain = (text) => text.replace(/[⁰¹²³⁴-⁹⁻]+/, (raised) => `^${raised.replace(/./g, (d) => "0123456789-"[RAISED.indexOf(d)])}`)
  .replace(/(?:^|(\d) ?[×x*] ?)10\^(-?\d+)/, (_, digit = "1", exponent) => `${digit}e${exponent}`);
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
  rest = plain(rest);
  while (/\d,\d{3}(?!\d)/.test(rest)) rest = rest.replace(/(\d),(?=\d{3}(?!\d))/, "$1");
  const found = rest.match(/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)? ?([kmgtpezyrqb]i?)?$/i);
  if (!found || !own(SCALE, (found[3] ?? "").toLowerCase())) return wrong(`${said} is not a number here.`);
  const letter = (found[3] ?? "").toLowerCase();
  const scale = SCALE[kind === "context" && /^[km]$/.test(letter) ? `${letter}i` : letter];
  const value = Number(found[1] + (found[2] ?? "")) * scale * factor;
  if (control.whole && !Number.isInteger(value)) return { error: `${control.label} counts whole ${control.unit || "numbers"}; ${said} is not whole.` };
  if (!(value >= low && value <= high)) return { error: `${said} is out of range: ${control.label.toLowerCase()} goes from ${shown(low, kind)} to ${shown(high, kind)}.` };
  return { value };
}

// What a link or the browser's store says is believed only where it is the data of a model.
const isNumber = (v, low = 0) => typeof v === "number" && Number.isFinite(v) && v >= low && v <= 1e30;
const isName = (text) => /^[a-z]\w{0,30}$/.test(text);
function checkedModel(text) {
  try {
    const { title, bindings } = JSON.parse(text), found = {};
    for (const [name, value] of Object.entries(bindings)) {
      if (name !== "stack") { if (!isName(name) || !isNumber(value)) return null; found[name] = value; continue; }
      if (!value) continue;
      const { d_model, n_layer, parts } = value, { FAMILIES } = LIFECOST.families;
      const fine = isNumber(d_model, 1) && isNumber(n_layer, 1) && Array.isArray(parts) && parts.length < 200 && parts.every(([count, runs, family, sizes]) =>
        isNumber(count) && isNumber(runs) && own(FAMILIES, family) && Object.entries(sizes).every(([n, v]) => isName(n) && (v === null || isNumber(v))));
      if (!fine) return null;
      found.stack = { d_model, n_layer, parts };
    }
    return isNumber(found.n_params, 1) ? { title: String(title).slice(0, 60), bindings: found } : null;
  } catch { return null; }
}

// The numbers of a picture's last panel, as a table.
const ROWS = 60; // of a curve
function rowsOf(panel, bound) {
  const { curves, dots, lanes, points, x, y } = panel;
  if (lanes) return [["lane", "part", "value"], ...lanes.flatMap(({ name, parts }) => parts.map((p) => [name, p.name, valueOf(p.at, bound)]))];
  if (!curves.length) return [["name", x.at, y.at], ...dots.map((d) => [d.name, valueOf(d.x, bound), valueOf(d.y, bound)]), ...points.flatMap((p) => panel.all(p, bound))];
  const [name, low, high] = curves[0].over ?? [x.at, x.low, x.high];
  const terms = curves.flatMap((curve) => curve.x === undefined ? [curve.at] : [curve.x, curve.at]), rows = [[name, ...terms]];
  for (let i = 0; i <= ROWS; i += 1) {
    const share = i / ROWS, v = x.log ? low * (high / low) ** share : low + (high - low) * share;
    rows.push([v, ...terms.map((term) => valueOf(term, { ...bound, [name]: v }))]);
  }
  return rows;
}

const Tools = class {
  // The equation is that of a plain decoder; of any other model, the value stands alone.
  equate(bound) {
    const [{ name, node: output }] = this.outputs, [equation, result] = this.q(".x-equation p").children, plain = { ...bound };
    for (const other of this.data.beyond) delete plain[other];
    const value = FORMULAS[name](bound), again = FORMULAS[name](plain);
    equation.hidden = bound.stack || !(again === value || Math.abs(again - value) <= 1e-12 * Math.abs(value));
    for (const one of equation.querySelectorAll("[data-of]")) write(one, equation.hidden ? "" : exactly(bound[one.dataset.of]));
    write(result, output.textContent);
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
  offer(model) {
    this.own.model = model;
    const select = model && this.fields.get("model").select;
    if (select && ![...select.options].some(({ value }) => value === "own")) select.append(node("optgroup", { label: "Yours" }, node("option", { value: "own" }, model.title)));
  }
  offerKept() { this.using(["families"], () => this.offer(this.usable(checkedModel(kept())))); }

  // ---- a number that is typed
  entered(c, f, box, take) {
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
  typed(c, f) {                                // from its first focus on, and what was typed before
    if (f.isTyped) return;
    f.isTyped = true;
    const { box } = f, enter = this.entered(c, f, box, (value) => this.change({ [c.name]: value }));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      this.complain(f, box, "");
      this.change({ [c.name]: moved(c, this.state.get(c.name), way(event)) });
      box.value = shown(this.state.get(c.name), c.kind);
    });
    if (box.value === shown(this.state.get(c.name), c.kind)) box.select();
    else enter(document.activeElement !== box);
  }

  // ---- a chip of one's own
  showChip(c, f) {
    const isOwn = this.state.get("device") === "own";
    if (!f.extra) {
      f.extra = node("div", { class: "x-own" });
      f.boxes = new Map(CATALOG.own.map((o) => {
        const id = `${f.combo.id}-${o.name}`;
        const box = node("input", { class: "x-num", id, name: o.name, type: "text", spellcheck: "false", autocomplete: "off", "aria-describedby": f.error.id });
        this.entered(o, f, box, (value) => this.ownChip({ [o.name]: value }));
        f.extra.append(node("div", {}, node("label", { for: id }, o.label), box));
        return [o.name, box];
      }));
      f.error.before(f.extra);
    }
    f.extra.hidden = !isOwn;
    if (isOwn) for (const o of CATALOG.own) {
      const box = f.boxes.get(o.name);
      if (document.activeElement !== box && !box.hasAttribute("aria-invalid")) box.value = shown(this.own.device.bindings[o.name], o.kind);
    }
  }
  ownChip(changes) {
    const bound = { ...this.own.device.bindings, ...changes };
    this.own.device.bindings = { ...bound, hoi: bound.peak_flops / bound.memory_bandwidth };
    this.update();
  }

  // ---- one of many
  combo(c, f, list) {
    const input = f.combo, { id } = input;
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
    f.click = open;
    f.input = () => { open(); fill(input.value); mark(0); };
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); if (list.hidden) open(); else mark(at + (event.key === "ArrowDown" ? 1 : -1)); }
      else if (event.key === "Enter") { event.preventDefault(); if (list.hidden) open(); else options[at]?.choose(); }
      else if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); input.select(); }
    });
  }

  // ---- to take along
  take(name) {
    if (name === "Python") this.copy(this.python(), "Python copied.");
    else if (name === "Embed") this.copy(this.frame(), "Frame copied.");
    else {
      history.replaceState(null, "", `#${this.hash()}`);
      this.copy(location.href, "Link copied.");
    }
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
    if (given.has("own")) this.offer(this.usable(checkedModel(given.get("own"))) ?? this.own.model);
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
      const rows = rowsOf(this.panels.at(-1), this.bound());
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
    put(copy, { xmlns: this.svg.namespaceURI, width: this.width, style: `background: ${style.getPropertyValue("--panel")}; font: 12px sans-serif` });
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

for (const name of Object.getOwnPropertyNames(Tools.prototype)) if (name !== "constructor") LIFECOST.Explorer.prototype[name] = Tools.prototype[name];
LIFECOST.tools = { read };
})();
