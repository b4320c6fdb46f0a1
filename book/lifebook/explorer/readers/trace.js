// A trace of requests read, and billed, as lifecost.workload has it: the same numbers, the same
// refusals. FORMS and TRACE stand above; they are printed from the package.
class TraceError extends Error {}
const refused = (message) => { throw new TraceError(message); };
const NUMBER = new RegExp(`^(?:${TRACE.number})$`), DATE = new RegExp(`^(?:${TRACE.date})$`);
const stripped = (text) => text.replace(/^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g, "");

// A value as a message quotes it: lifecost.config.messages.show.
function quoted(value) {
  if (typeof value === "number") {
    if (Math.abs(value) >= TRACE.longest_number) return value > 0 ? "over 10^15" : "below -10^15";
    return Number.isInteger(value) || Math.abs(value) >= 0.001 ? String(value) : "nearly 0";
  }
  if (typeof value === "string") {
    const text = value.replace(/[^ !#-~]/gu, "?");
    return text.length <= 40 ? `"${text}"` : `"${text.slice(0, 37)}..."`;
  }
  if (value === null || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "[...]" : "{...}";
}

// ---- what a trace adds up to

function drawn(place) {
  let h = place >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85EBCA6B) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xC2B2AE35) >>> 0;
  return (h ^ (h >>> 16)) >>> 0;
}

const USUAL = 2 ** 18; // tokens: lengths below it are counted in an array, the few above it in a map
class Counts {
  constructor() { Object.assign(this, { total: 0, usual: new Float64Array(USUAL), others: new Map() }); }

  add(value) {
    this.total += value;
    if (value < USUAL) this.usual[value] += 1;
    else this.others.set(value, (this.others.get(value) ?? 0) + 1);
  }

  // List each value with its number, rising.
  done() {
    this.pairs = [];
    this.usual.forEach((count, value) => { if (count) this.pairs.push([value, count]); });
    this.pairs = [...this.pairs, ...[...this.others].sort(([a], [b]) => a - b)];
  }
}

class Trace {
  constructor(form, saysCached) {
    Object.assign(this, { form, saysCached, requests: 0, halvings: 0, kept: [], first: null, last: null });
    for (const name of ["input", "cached", "output", "reach"]) this[name] = new Counts();
  }

  add(input, cached, output, time) {
    this.input.add(input);
    this.cached.add(cached);
    this.output.add(output);
    this.reach.add(input + output);
    const h = drawn(this.requests);
    if ((h & (2 ** this.halvings - 1)) === 0) this.kept.push([h, input, cached, output]);
    if (this.kept.length > 2 * TRACE.sample) this.thin();
    this.requests += 1;
    if (time === null) return;
    this.first = this.first === null ? time : Math.min(this.first, time);
    this.last = this.last === null ? time : Math.max(this.last, time);
  }

  thin() {
    while (this.kept.length > TRACE.sample) {
      this.halvings += 1;
      this.kept = this.kept.filter(([h]) => h % 2 ** this.halvings === 0);
    }
  }

  done() {
    this.thin();
    for (const name of ["input", "cached", "output", "reach"]) this[name].done();
  }

  percentile(name, share) {
    let left = Math.ceil(share * this.requests);
    return this[name].pairs.find(([, count]) => (left -= count) <= 0)[0];
  }

  get seconds() { return this.first !== null && this.last > this.first ? this.last - this.first : null; }
  get hitShare() { return this.input.total ? this.cached.total / this.input.total : 0; }
}

// ---- reading: rows are given as text, in pieces of any length

function formOf(where, columns, kind) {
  for (const [form, row] of Object.entries(FORMS)) {
    if ([row.input, row.output, ...(row.only ? [row.only] : [])].every((c) => columns.includes(c))) return form;
  }
  for (const { input, output } of Object.values(FORMS)) {
    if (columns.includes(input)) missing(where, output, columns, kind);
    if (columns.includes(output)) missing(where, input, columns, kind);
  }
  return missing(where, "input", columns, kind);
}
function missing(where, column, columns, kind) {
  const bare = (name) => name.toLowerCase().replace(/[^a-z]/g, ""), first = bare(column);
  const near = columns.find((c) => bare(c) && (first.includes(bare(c)) || bare(c).includes(first)));
  const listed = columns.slice(0, 8).map(quoted).join(", ") + (columns.length > 8 ? ", ..." : "");
  const hint = near === undefined ? `there are ${listed || "none"}` : `did you mean ${quoted(near)}?`;
  refused(`${where}: no ${kind} ${quoted(column)}; ${hint}`);
}

const outside = (where, text) => refused(
  `${where}: ${text} is out of range: tokens, a whole number from 0 to ${TRACE.longest}`);
const isCount = (value) => value >= 0 && value <= TRACE.longest && value % 1 === 0;
function tokens(cell, where) {
  const text = stripped(cell);
  if (!text) refused(`${where} is empty`);
  if (!NUMBER.test(text)) refused(`${where}: ${quoted(text)} is not a number`);
  const value = Number(text);
  if (!isCount(value)) outside(where, quoted(text).slice(1, -1));
  return value;
}
const tooMany = (where, cached, input) => refused(
  `${where}: cached = ${cached} is more than input = ${input} tokens`);

function seconds(cell, unit, where) {
  if (NUMBER.test(cell)) {
    const value = Number(cell) * unit;
    if (Number.isFinite(value)) return value;
  } else if (DATE.test(cell)) {
    const date = secondsOf(cell);
    if (date !== null) return date;
  }
  if (!cell) refused(`${where} is empty`);
  return refused(`${where}: ${quoted(cell)} is neither a date nor a number of seconds`);
}
function secondsOf(cell) {
  const [, y, m, d, h, min, s, fraction, zone] = cell.match(
    /^(\d+)-(\d+)-(\d+)[ T](\d+):(\d+)(?::(\d+)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/);
  const date = new Date(0), parts = [y, m, d, h, min, s ?? 0].map(Number);
  date.setUTCFullYear(parts[0], parts[1] - 1, parts[2]);
  date.setUTCHours(parts[3], parts[4], parts[5]);
  const again = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(),
    date.getUTCMinutes(), date.getUTCSeconds()];
  if (parts[0] < 1 || again.some((value, i) => value !== parts[i])) return null;
  let ahead = 0;
  if (zone && zone !== "Z") {
    const [hours, minutes] = zone.slice(1).split(":").map(Number);
    if (hours > 23 || minutes > 59) return null;
    ahead = (zone[0] === "-" ? -60 : 60) * (60 * hours + minutes);
  }
  return date.getTime() / 1000 - ahead + (fraction ? Number(`0${fraction}`) : 0);
}

// The cells of a row, which starts a line and may take more of them; null where it is not yet whole.
function cellsOf(text, where, atEnd, lenient) {
  if (!text.includes('"')) return text.split(",");
  const cells = [];
  let i = 0;
  for (;;) {
    let cell = "";
    if (text[i] !== '"') {
      const end = text.indexOf(",", i);
      cells.push(text.slice(i, end < 0 ? undefined : end));
      if (end < 0) return cells;
      i = end + 1;
      continue;
    }
    for (i += 1; ; i += 1) {
      const end = text.indexOf('"', i);
      if (end < 0) {
        if (lenient) return [...cells, cell + text.slice(i)];
        return atEnd ? refused(`${where}: unexpected end of data`) : null;
      }
      cell += text.slice(i, end);
      i = end + 1;
      if (text[i] !== '"') break;
      cell += '"';
    }
    if (i < text.length && text[i] !== ",") {
      if (!lenient) refused(`${where}: ',' expected after '"'`);
      const end = text.indexOf(",", i);
      cell += text.slice(i, end < 0 ? undefined : end);
      i = end < 0 ? text.length : end;
    }
    cells.push(cell);
    if (i >= text.length) return cells;
    i += 1;
  }
}

const OTHER = 0, TOKENS = 1, TIME = 2; // what a column holds
class Reader {
  constructor(name) { Object.assign(this, { name, rest: "", row: 0, open: "", next: this.head }); }

  // More text of the file, and at last none.
  take(text) {
    const whole = this.rest + text;
    let start = 0, end;
    while (start < whole.length) {
      if (this.next === this.csv && !this.open) start = this.usual(whole, start);
      if ((end = whole.indexOf("\n", start)) < 0) break;
      this.line(whole.slice(start, end));
      start = end + 1;
    }
    this.rest = whole.slice(start);
    if (this.rest.length > TRACE.longest_row) this.line(this.rest);
  }

  end() {
    if (this.rest) this.line(this.rest);
    if (this.open) this.next(this.open, true);
    if (!this.trace) refused(`${this.name} is empty`);
    if (!this.trace.requests) refused(`${this.name} holds no request: there is no row after the header`);
    this.trace.done();
    return this.trace;
  }

  line(text) {
    if (!this.open) this.row += 1;
    const where = `${this.name}, row ${this.row}`;
    if (text.includes("\0")) refused(`${this.name} is not text: row ${this.row} has a byte that is zero`);
    if (text.length > TRACE.longest_row) refused(`${where}: over ${TRACE.longest_row} characters long`);
    this.next(this.open ? `${this.open}\n${text}` : text, false);
  }

  head(text) {
    if (!stripped(text)) return;
    const where = `${this.name}, row ${this.row}`;
    if (text.trimStart()[0] === "{") {
      this.form = formOf(where, Object.keys(this.first = this.object(text)), "key");
      this.forms = FORMS[this.form];
      this.timed = Object.hasOwn(this.first, this.forms.time);
      this.seen = new Set();
      this.trace = new Trace(this.form, "blocks" in this.forms || Object.hasOwn(this.first, "cached"));
      this.next = this.json;
      this.json(text);
      return;
    }
    const columns = this.columns = cellsOf(text, where, true, true).map(stripped);
    for (const mark of ";\t|") {
      if (!text.includes(",") && text.includes(mark)) {
        refused(`${where}: columns are divided by '${mark === "\t" ? "\\t" : mark}', not by ','`);
      }
    }
    this.form = formOf(where, columns, "column");
    this.forms = FORMS[this.form];
    this.places = {};
    for (const name of ["input", "cached", "output", "time"]) {
      const column = this.forms[name], place = columns.indexOf(column);
      if (column === undefined || place < 0) continue;
      this.places[name] = place;
      if (columns.lastIndexOf(column) > place) refused(`${where}: two columns are called ${quoted(column)}`);
    }
    this.kinds = columns.map((_, place) => {
      const name = Object.keys(this.places).find((one) => this.places[one] === place);
      return name === "time" ? TIME : name ? TOKENS : OTHER;
    });
    this.found = new Float64Array(columns.length);
    this.trace = new Trace(this.form, "cached" in this.places);
    this.next = this.csv;
  }

  // Read the rows of plain digits and no quotation mark, and return where another one starts.
  usual(text, start) {
    const { kinds, places, forms, trace, found } = this, last = kinds.length - 1;
    for (let at = start; ; start = at += 1) {
      for (let place = 0; place <= last; place += 1) {
        const mark = place < last ? 44 : 10, kind = kinds[place], begin = at; // a comma, the end of a line
        let value = 0, code;
        for (; (code = text.charCodeAt(at)) !== mark; at += 1) {
          if (kind === TOKENS && !(code > 47 && code < 58)) return start; // no digit
          if (!(code > 31 && code < 127) || code === 34 || code === 44) return start;
          value = 10 * value + code - 48;
        }
        if (kind === TOKENS && (at === begin || at > begin + 9)) return start;
        if (kind === TIME) {
          const cell = stripped(text.slice(begin, at));
          value = NUMBER.test(cell) ? Number(cell) * forms.unit : DATE.test(cell) ? secondsOf(cell) : null;
          if (value === null || !Number.isFinite(value)) return start;
        }
        found[place] = value;
        if (place < last) at += 1;
      }
      const input = found[places.input], cached = "cached" in places ? found[places.cached] : 0;
      if (cached > input) return start;
      this.row += 1;
      trace.add(input, cached, found[places.output], "time" in places ? found[places.time] : null);
    }
  }

  csv(text, atEnd) {
    const where = `${this.name}, row ${this.row}`, cells = cellsOf(text, where, atEnd, false);
    this.open = cells === null ? text : "";
    if (cells === null) return;
    const { columns, places, forms } = this;
    if (!cells.some(stripped)) return;
    if (cells.length !== columns.length) {
      refused(`${where}: ${cells.length} columns, where the header has ${columns.length}`);
    }
    const of = (name) => tokens(cells[places[name]], `${where}, column ${quoted(forms[name])}`);
    const input = of("input"), cached = "cached" in places ? of("cached") : 0, output = of("output");
    if (cached > input) tooMany(where, cached, input);
    const time = "time" in places
      ? seconds(stripped(cells[places.time]), forms.unit, `${where}, column ${quoted(forms.time)}`) : null;
    this.trace.add(input, cached, output, time);
  }

  object(text) {
    let found = null;
    try { found = JSON.parse(text); } catch { /* said below */ }
    if (typeof found !== "object" || found === null || Array.isArray(found)) {
      refused(`${this.name}, row ${this.row}: not an object of JSON on a line`);
    }
    return found;
  }

  json(text) {
    if (!stripped(text)) return;
    const { forms } = this, found = this.object(text), where = `${this.name}, row ${this.row}`;
    const key = (name) => `${where}, key ${quoted(forms[name])}`;
    const of = (name) => {
      if (!Object.hasOwn(found, forms[name])) refused(`${key(name)} is missing`);
      const value = found[forms[name]];
      if (typeof value !== "number") refused(`${key(name)}: ${quoted(value)} is not a number`);
      if (!isCount(value)) outside(key(name), quoted(value));
      return value;
    };
    const input = of("input"), output = of("output");
    let cached = 0;
    if (forms.blocks && Object.hasOwn(found, forms.blocks)) {
      const blocks = found[forms.blocks];
      if (!Array.isArray(blocks) || !blocks.every(Number.isSafeInteger)) {
        refused(`${key("blocks")}: not a list of whole numbers`);
      }
      const fresh = blocks.findIndex((one) => !this.seen.has(one));
      for (const one of blocks) this.seen.add(one);
      cached = Math.min((fresh < 0 ? blocks.length : fresh) * forms.block, input);
    } else if (forms.cached && Object.hasOwn(found, forms.cached)) cached = of("cached");
    if (cached > input) tooMany(where, cached, input);
    let time = null;
    if (this.timed) {
      const value = found[forms.time];
      const cell = typeof value === "number" || typeof value === "string" ? String(value) : "";
      time = seconds(cell, forms.unit, key("time"));
    }
    this.trace.add(input, cached, output, time);
  }
}

// Reading alone would leave the page no turn: it has one after so many milliseconds, between parts of so
// many characters.
const TURN = 30, PART = 2 ** 18;

// A file's trace; `told` hears how many of its bytes are read.
async function readTrace(file, told = () => {}) {
  let bytes = 0, held = "", since = performance.now();
  const counting = new TransformStream({ transform(chunk, out) { told(bytes += chunk.length); out.enqueue(chunk); } });
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  let stream = file.stream().pipeThrough(counting);
  if (packed) stream = stream.pipeThrough(new DecompressionStream("gzip"));
  const reader = new Reader(file.name), decoder = new TextDecoder("utf-8", { fatal: true });
  const pieces = stream.getReader();
  for (;;) {
    let piece;
    try { piece = await pieces.read(); } catch (error) {
      refused(packed ? `${file.name} is cut off or damaged: it cannot be decompressed`
        : `cannot read ${file.name}: ${error.message}`);
    }
    let text;
    try { text = decoder.decode(piece.value ?? new Uint8Array(), { stream: !piece.done }); } catch {
      refused(`${file.name} is not text in UTF-8`);
    }
    text = held + text;
    held = !piece.done && text.endsWith("\r") ? "\r" : "";
    text = (held ? text.slice(0, -1) : text).replace(/\r\n?/g, "\n");
    for (let at = 0; at < text.length; at += PART) {
      reader.take(text.slice(at, at + PART));
      if (performance.now() - since < TURN) continue;
      await new Promise((go) => { setTimeout(go); });
      since = performance.now();
    }
    if (piece.done) return reader.end();
  }
}

// ---- the bill

// Neumaier's sum: what a sum of many loses is kept beside it.
function summed(values) {
  let sum = 0, lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

// The integral from one token on of what is linear between knots.
function integral(cost, knots) {
  const at = [...new Set([1, ...knots])].sort((a, b) => a - b), values = at.map(cost), sums = [0];
  for (let i = 1; i < at.length; i += 1) sums.push(sums[i - 1] + (values[i] + values[i - 1]) / 2 * (at[i] - at[i - 1]));
  return (context) => {
    let i = at.length - 1;
    while (i > 0 && at[i] > context) i -= 1;
    return sums[i] + (context - at[i]) * (values[i] + cost(Math.max(context, 1))) / 2;
  };
}

function knotsOf(stack) {
  const found = new Set();
  for (const [, , , sizes] of stack?.parts ?? []) {
    for (const name of TRACE.limits) {
      if (sizes[name] > 1) found.add(sizes[name]).add(sizes[name] * (sizes.stride ?? 1));
    }
  }
  return [...found].filter((limit) => limit > 1 && limit < Infinity);
}

// What a trace costs where `bound` says the model, the device and the setting.
function billOf(trace, bound) {
  const at = { ...bound, context: 1 }, { hoi, batch } = bound;
  const one = (name) => (context) => FORMULAS[name]({ ...at, batch: 1, context });
  const prompt = one("prompt_flops"), held = one("kv_cache_size");
  const weights = (FORMULAS.decode_memory_flop_equivalent(at) / hoi - FORMULAS.kv_bytes_read(at)) / batch;
  const certain = FORMULAS.decode_weights_time(at) * bound.memory_bandwidth / batch;
  const knots = knotsOf(bound.stack);
  const flopsTo = integral(one("decode_flops"), knots), readTo = integral(one("kv_bytes_read"), knots);
  const total = (name, cost) => summed(trace[name].pairs.filter(([v]) => v > 0).map(([v, n]) => cost(v) * n));
  const answers = (grown) => {
    const [ends, starts] = ["reach", "input"].map((name) => summed(trace[name].pairs.map(([v, n]) => grown(v) * n)));
    return trace.output.total ? ends - starts : 0;
  };
  const phase = (flops, bytes, equivalents, sure) => ({ flops, bytes, flop_equivalents: equivalents,
    chip_seconds: Math.max(flops / bound.peak_flops, sure / bound.memory_bandwidth) });
  const anew = total("input", prompt) - total("cached", prompt), loaded = total("cached", held);
  const flops = answers(flopsTo), cache = answers(readTo), moved = weights * trace.output.total + cache;
  const found = {
    prefill: phase(anew, 0, anew, 0),
    cached: phase(0, loaded, hoi * loaded, loaded),
    decode: phase(flops, moved, Math.max(flops, hoi * moved), certain * trace.output.total + cache),
  };
  const phases = Object.values(found), all = (what) => summed(phases.map((one) => one[what]));
  const computes = found.decode.flop_equivalents === flops, some = (cost, n) => n > 0 ? cost(n) : 0;
  const each = trace.kept.map(([, input, cached, output]) => {
    const read = some(prompt, input) - some(prompt, cached) + hoi * some(held, cached), reach = input + output;
    return read + (computes ? flopsTo(reach) - flopsTo(input) : hoi * (weights * output + readTo(reach) - readTo(input)));
  }).sort((a, b) => a - b);
  const equivalents = all("flop_equivalents"), request = { mean: equivalents / trace.requests };
  for (const [name, share] of Object.entries(TRACE.shares)) request[name] = each[Math.max(0, Math.ceil(share * each.length) - 1)];
  return { ...found, flop_equivalents: equivalents, chip_seconds: all("chip_seconds"), request, drawn: each.length,
    rank_error: each.length === trace.requests ? 0 : 1 / (2 * Math.sqrt(each.length)) };
}
