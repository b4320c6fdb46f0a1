// A config.json read as lifecost.config reads it: the same rules, the same numbers, the same
// refusals. RULES, TREES and LIMITS stand above; they are printed from the package.
class InputError extends Error {}

// What a type says beyond another: of objects each entry, of anything else all; false takes it back.
function beyond(known, more) {
  const found = { ...known };
  for (const [name, rule] of Object.entries(more)) {
    if (rule === false) delete found[name];
    else if (Array.isArray(rule)) [found[name]] = rule;
    else found[name] = beyond(known[name], rule);
  }
  return found;
}
const WHOLE = {};
function allOf(kind) {
  const { like, ...more } = RULES[kind];
  WHOLE[kind] ??= beyond(like ? allOf(like) : {}, more);
  return WHOLE[kind];
}
for (const kind of Object.keys(RULES)) allOf(kind);

// A tree as it is sent: a name as itself, a value in a list, an operation before its operands.
function grown(packed) {
  if (typeof packed === "string") return ["name", packed, packed];
  if (packed.length === 2 && packed[0] !== "list") return ["value", ...packed];
  const [kind, said, ...parts] = packed;
  const own = ["math", "compare", "call"].includes(kind) ? 1 : 0;
  return [kind, said, ...parts.slice(0, own), ...parts.slice(own).map(grown)];
}
TREES.forEach((tree, i) => { TREES[i] = grown(tree); });

// Rules name their expressions by their places in TREES.
for (const [kind, packed] of Object.entries(WHOLE)) {
  const rules = RULES[kind] = { ...packed, let: {} };
  for (const name of ["n_layer", "d_model"]) if (name in rules) rules[name] = TREES[rules[name]];
  for (const [name, place] of Object.entries(packed.let)) rules.let[name] = TREES[place];
  rules.require = packed.require.map(([place, why]) => [TREES[place], why]);
  for (const where of ["blocks", "draft"]) {
    rules[where] = Object.values(packed[where]).map(({ family, sizes, ...placed }) => ({
      family,
      sizes: Object.entries(sizes).map(([name, place]) => [name, TREES[place]]),
      ...Object.fromEntries(Object.entries(placed).map(([name, place]) => [name, TREES[place]])),
    }));
  }
}

const refuse = (message) => { throw new InputError(message); };
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const isOneOf = (value, allowed) => typeof value !== "object" || value === null
  ? allowed.some((one) => one === value) : false;

// A value as a message quotes it: lifecost.config.messages.show.
function show(value) {
  if (typeof value === "number") {
    if (Math.abs(value) >= LIMITS.longest) return value > 0 ? "over 10^15" : "below -10^15";
    return Number.isInteger(value) || Math.abs(value) >= 0.001 ? String(value) : "nearly 0";
  }
  if (typeof value === "string") {
    const text = value.replace(/[^ !#-~]/gu, "?");
    return text.length <= 40 ? `"${text}"` : `"${text.slice(0, 37)}..."`;
  }
  if (Array.isArray(value)) return "[...]";
  return isObject(value) ? "{...}" : String(value);
}

const lacks = (field) => refuse(`the configuration lacks ${field}`);
const isNot = (field, value, what) => refuse(`${field} = ${show(value)} is not ${what}`);
const outOfRange = (field, value, low, high, meaning = "") => refuse(
  `${field} = ${show(value)} is out of range: ${meaning}from ${Math.trunc(low)} to ${high}`);
const notCounted = (what, allowed) => refuse(
  `${what} is not counted here, only ${[...allowed].map(show).join(" or ")}`);
const contradiction = (first, value, second, other) => refuse(
  `${first} = ${show(value)} contradicts ${second} = ${show(other)}`);

function whole(name, value) {
  if (typeof value !== "number") isNot(name, value, "a whole number");
  if (!(value >= 0 && value <= LIMITS.number)) outOfRange(name, value, 0, LIMITS.number);
  if (!Number.isInteger(value)) isNot(name, value, "a whole number");
  return value;
}

const same = (a, b) => (typeof a === "object" && a !== null
  ? JSON.stringify(a) === JSON.stringify(b) : a === b);

// The fields as the library sees them: aliases resolved, defaults filled in.
function completed(config, rules) {
  checkArchitecture(config.architectures, rules.architecture ?? [""]);
  const within = rules.within ?? "";
  const inner = !within ? config : has(config, within) ? config[within] : null;
  if (inner === null) lacks(within);
  if (!isObject(inner)) isNot(within, inner, "an object");
  const fields = { ...inner };
  for (const [other, name] of Object.entries(rules.alias ?? {})) {
    if (has(fields, other) && has(fields, name)) agree(other, fields[other], name, fields[name]);
    else if (has(fields, other)) fields[name] = fields[other];
  }
  for (const [name, usual] of Object.entries(rules.default ?? {})) {
    if (!has(fields, name)) fields[name] = usual;
    if (within && has(config, name)) agree(name, config[name], `${within}.${name}`, fields[name]);
  }
  checkOutside(config, rules, within, fields);
  return fields;
}

const agree = (first, value, second, other) =>
  same(value, other) || contradiction(first, value, second, other);

function checkOutside(config, rules, within, fields) {
  for (const [name, usual] of Object.entries(rules.outside ?? {})) {
    const found = has(fields, name) ? fields[name] : null;
    if (has(config, name)) agree(name, config[name], `${within}.${name}`, found);
    else if (usual !== "null" && !isOneOf(found, [usual])) {
      lacks(`${name}, which newer releases of the library read outside ${within}`);
    }
  }
}

function checkArchitecture(names, endings) {
  if (names === undefined || names === null || (Array.isArray(names) && !names.length)) return;
  const first = Array.isArray(names) ? names[0] : names;
  if (typeof first === "string" && endings.some((ending) => first.endsWith(ending))) return;
  notCounted(`architectures = ${show(first)}`, endings.map((ending) => `...${ending}`));
}

// ---- expressions: lifecost.config.expressions

function evaluate([kind, said, ...parts], scope) {
  const value = (node) => evaluate(node, scope);
  switch (kind) {
    case "value": return parts[0];
    case "name": return scope(parts[0]);
    case "list": return parts.map(value);
    case "entry": return entryOf(said, parts[0], value(parts[0]), value(parts[1]));
    case "not": return !truth(parts[0], scope);
    case "and": return truth(parts[0], scope) && truth(parts[1], scope);
    case "or": {
      const first = value(parts[0]);
      if (first !== null && first !== false) return first;
      const second = value(parts[1]); // false stands for no number
      if (first === false && typeof second !== "boolean") {
        isNot(parts[0][1], first, `of the kind of ${show(second)}`);
      }
      return second;
    }
    case "if": return value(truth(parts[0], scope) ? parts[1] : parts[2]);
    case "compare": return compared(...parts, scope);
    case "math": return calculated(...parts, scope);
    default: return called(parts, scope);
  }
}

function truth(node, scope) {
  const value = evaluate(node, scope);
  return typeof value === "boolean" ? value : isNot(node[1], value, "true or false");
}

function numberOf(node, scope) {
  const [value, [kind, said]] = [evaluate(node, scope), firstOf(node)];
  if (typeof value !== "number") isNot(said, value, "a number");
  if (Math.abs(value) > LIMITS.number && kind === "name") {
    outOfRange(said, value, 0, LIMITS.number);
  }
  return value;
}

// What a message speaks of: the field, and not what it is where that is null.
const firstOf = (node) => node[0] === "or" ? firstOf(node[2]) : node;

function listed(node, scope) {
  const value = evaluate(node, scope);
  return Array.isArray(value) || typeof value === "string" ? value
    : isNot(node[1], value, "a list");
}

// The entries of a list, or the keys of an object.
function members(node, scope) {
  const value = evaluate(node, scope);
  return isObject(value) ? Object.keys(value) : [...listed(node, scope)];
}

function entryOf(said, base, found, key) {
  if (typeof key === "string") {
    if (!isObject(found)) isNot(base[1], found, "an object");
    return has(found, key) ? found[key] : lacks(said);
  }
  if (!Array.isArray(found) && typeof found !== "string") isNot(base[1], found, "a list");
  if (!(key >= 0 && key < found.length)) {
    refuse(`${base[1]} has ${found.length} entries, and entry ${show(key)} is asked for`);
  }
  return found[key];
}

function compared(operator, left, right, scope) {
  if (operator === "in" || operator === "not in") {
    const inside = isOneOf(evaluate(left, scope), members(right, scope));
    return inside === (operator === "in");
  }
  if (operator === "==" || operator === "!=") {
    const equal = isOneOf(evaluate(left, scope), [evaluate(right, scope)]);
    return equal === (operator === "==");
  }
  const [a, b] = [numberOf(left, scope), numberOf(right, scope)];
  return { "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b }[operator];
}

function calculated(operator, left, right, scope) {
  const [a, b] = [numberOf(left, scope), numberOf(right, scope)];
  if (operator === "/" || operator === "//" || operator === "%") {
    if (b <= 0) outOfRange(firstOf(right)[1], b, 1, LIMITS.number);
    if (operator === "/" && a % b !== 0) {
      refuse(`${firstOf(left)[1]} = ${show(a)} is not divisible by ${firstOf(right)[1]} = ${show(b)}`);
    }
    return operator === "%" ? a - b * Math.floor(a / b) : Math.floor(a / b);
  }
  const found = operator === "+" ? a + b : operator === "-" ? a - b : a * b;
  if (Math.abs(found) > LIMITS.longest) {
    const said = `${firstOf(left)[1]} ${operator} ${firstOf(right)[1]}`;
    refuse(`${said} is over 10^15: no such model is counted`);
  }
  return found;
}

// What an object says of one layer, whose number is a key of it, or else what is usual.
function override(base, at, names, name, usual, scope) {
  const [layers, known] = [evaluate(base, scope), evaluate(names, scope)];
  if (!isObject(layers)) isNot(base[1], layers, "an object");
  for (const [key, entry] of Object.entries(layers)) {
    if (!/^[0-9]+$/.test(key)) isNot(`a layer of ${base[1]}`, key, "a number");
    if (!isObject(entry)) isNot(`${base[1]}.${key}`, entry, "an object");
    for (const one of Object.keys(entry)) {
      if (!known.includes(one)) notCounted(`${show(one)} in ${base[1]}`, known);
    }
    if (Number(key) === evaluate(at, scope) && has(entry, name[2])) return entry[name[2]];
  }
  return evaluate(usual, scope);
}

function called([name, ...args], scope) {
  if (name === "len") return listed(args[0], scope).length;
  if (name === "each") { // a list has an entry for each layer; anything else holds for all of them
    const value = evaluate(args[0], scope);
    return Array.isArray(value) ? entryOf(args[0][1], args[0], value, evaluate(args[1], scope)) : value;
  }
  if (name === "override") return override(...args, scope);
  if (name === "count") {
    const one = evaluate(args[1], scope);
    return [...listed(args[0], scope)].filter((entry) => isOneOf(entry, [one])).length;
  }
  if (name === "sum") {
    return [...listed(args[0], scope)]
      .reduce((sum, entry) => sum + numberOf(["value", args[0][1], entry], scope), 0);
  }
  const numbers = args.map((one) => numberOf(one, scope));
  if (name === "min" || name === "max") return Math[name](...numbers);
  return name === "ceil" ? Math.ceil(numbers[0])
    : Math.floor(name === "round" ? numbers[0] + 0.5 : numbers[0]);
}

function namesIn(node) {
  if (node[0] === "name") return [node[2]];
  return node.slice(2).filter(Array.isArray).flatMap(namesIn);
}

// ---- rules: lifecost.config.rules

class Reader {
  constructor(fields, rules) {
    Object.assign(this, { fields, rules, known: new Map(), sizes: new Map(), byLayer: {} });
    for (const [field, allowed] of Object.entries(rules.only ?? {})) {
      if (has(fields, field) && !isOneOf(fields[field], allowed)) {
        notCounted(`${field} = ${show(fields[field])}`, allowed);
      }
    }
    this.n_layer = this.size("n_layer", rules.n_layer);
    this.d_model = this.size("d_model", rules.d_model);
    for (const [field, kinds] of Object.entries(rules.kinds ?? {})) this.checkKinds(field, kinds);
    for (const [node, why] of rules.require ?? []) this.checkRequired(node, why);
    this.placed = rules.blocks.flatMap((block) => this.placedOf(block));
    this.draft = (rules.draft ?? []).flatMap((block) => this.placedOf(block));
  }

  placedOf({ family, layers, count, runs, sizes }) {
    const once = count !== undefined;
    const copies = once ? this.size("n_layer", count, 0) : 0;
    if (once && !copies) return [];
    const found = new Map();
    const steps = once ? [-1] : [...Array(this.n_layer).keys()];
    for (const i of steps) {
      if (layers && !truth(layers, this.scope(i))) continue;
      const block = this.block(family, sizes, i);
      const key = JSON.stringify(block);
      if (!found.has(key)) found.set(key, { family, block, at: [] });
      found.get(key).at.push(i);
    }
    const often = runs ? this.size("n_layer", runs, 0) : 1;
    return [...found.values()].map(({ block, at }) => (
      { family, block, layers: once ? [] : at, count: once ? copies : at.length, runs: often }));
  }

  block(family, sizes, i) {
    const [found, label] = [{}, {}];
    for (const [name, node] of sizes) {
      const value = this.sizeOfBlock(name, node, i);
      label[name] = this.label(name, node);
      if (value !== null) found[name] = value;
      else if (SIZES[family][name] === false) isNot(label[name], value, "a whole number");
    }
    checkTogether(found, label);
    const full = {};
    for (const [name, usual] of Object.entries(SIZES[family])) {
      full[name] = has(found, name) ? found[name] : usual;
    }
    for (const [name, value] of Object.entries(full)) {
      if (typeof value === "string") full[name] = has(full, value) ? full[value] : value;
      if (full[name] === Infinity) full[name] = null;
      if (full[name] === "d_model") full[name] = this.d_model;
    }
    return full;
  }

  sizeOfBlock(name, node, i) {
    const key = `${name} ${node[1]} ${this.depends(node) ? i : -1}`;
    if (!this.sizes.has(key)) {
      let value = evaluate(node, this.scope(i));
      const label = this.label(name, node);
      const { low, high, endless } = LIMITS.symbols[name];
      if (low === 0 && high === 1) {
        if (typeof value === "boolean") value = Number(value);
        else if (label !== name) isNot(label, value, "true or false");
      }
      if (value !== null && !(value === Infinity && endless)) {
        value = whole(label, value);
        this.checkRange(name, label, value);
      }
      this.sizes.set(key, value);
    }
    return this.sizes.get(key);
  }

  scope(i) {
    const scope = (name) => {
      if (name === "i") return i;
      if (name === "n_layer" && this.n_layer !== undefined) return this.n_layer;
      if (name === "inf") return Infinity;
      const node = this.rules.let?.[name];
      if (node) {
        const key = `${name} ${this.depends(node) ? i : -1}`;
        if (!this.known.has(key)) this.known.set(key, evaluate(node, scope));
        return this.known.get(key);
      }
      return has(this.fields, name) ? this.fields[name] : lacks(name);
    };
    return scope;
  }

  // Whether an expression may differ from layer to layer.
  depends(node) {
    const names = namesIn(node);
    for (const name of names) {
      if (this.rules.let?.[name] && !has(this.byLayer, name)) {
        this.byLayer[name] = false;
        this.byLayer[name] = this.depends(this.rules.let[name]);
      }
    }
    return names.some((name) => name === "i" || (has(this.byLayer, name) && this.byLayer[name]));
  }

  size(name, node, low) {
    const label = this.label(name, node);
    const value = whole(label, evaluate(node, this.scope(-1)));
    this.checkRange(name, label, value, low);
    return value;
  }

  // What a message calls a size: its field, where it is no more than that.
  label(name, node) {
    if (node[0] === "name" && this.rules.let?.[node[2]]) return this.label(name, this.rules.let[node[2]]);
    if (node[0] === "or") return this.label(name, node[2]);
    if (node[0] === "if" && node[3][0] === "name") return this.label(name, node[3]);
    return node[0] === "name" ? node[2] : name;
  }

  checkRange(name, label, value, least) {
    const { high, meaning } = LIMITS.symbols[name];
    const low = least ?? LIMITS.symbols[name].low;
    if (!(value >= low && value <= high)) outOfRange(label, value, low, high, `${meaning}, `);
  }

  checkKinds(field, kinds) {
    const found = this.scope(-1)(field);
    if (found === null) return;
    if (!Array.isArray(found) && typeof found !== "string") isNot(field, found, "a list");
    const each = kinds.length === 1 ? kinds[0] : "";
    if (found.length !== this.n_layer && each !== "index") {
      refuse(`${field} lists ${found.length} layers, and the model has ${this.n_layer}`);
    }
    [...found].forEach((kind, position) => {
      if (each === "whole" || each === "index") whole(`${field}[${position}]`, kind);
      else if (!isOneOf(kind, kinds)) notCounted(`${show(kind)} in ${field}`, kinds);
    });
  }

  checkRequired(node, why) {
    const scope = this.scope(-1);
    if (truth(node, scope)) return;
    const names = [...new Set(namesIn(node))].filter((name) => has(this.fields, name));
    refuse(`${names.map((name) => name + " = " + show(scope(name))).join(", ")}: ${why}`);
  }

  stackOf(placed) {
    const counts = new Map(); // equal parts count together, wherever they stand
    for (const { family, block, count, runs } of placed) {
      const key = JSON.stringify([family, block, runs]);
      if (!counts.has(key)) counts.set(key, [0, runs, family, block]);
      counts.get(key)[0] += count;
    }
    return { d_model: this.d_model, n_layer: this.n_layer, parts: [...counts.values()] };
  }
}

function checkTogether(found, label) {
  const together = (first, relation, second, why) => refuse(
    `${label[first]} = ${found[first]} ${relation} ${label[second]} = ${found[second]}: ${why}`);
  for (const [divisor, dividend, why] of LIMITS.divides) {
    if (has(found, divisor) && has(found, dividend) && found[dividend] % found[divisor]) {
      together(divisor, "does not divide", dividend, why);
    }
  }
  for (const [smaller, larger, why] of LIMITS.at_most) {
    if (has(found, smaller) && has(found, larger) && found[smaller] > found[larger]) {
      together(smaller, "is more than", larger, why);
    }
  }
}

// A reader of a configuration by the rules of its type, or of the model for text within it.
function readerOf(config) {
  const named = has(config, "model_type");
  if (!named && !LIMITS.params.every((field) => has(config, field))) lacks("model_type");
  const kind = named ? config.model_type : "params.json";
  if (typeof kind !== "string" || !has(RULES, kind)) unknownType(kind);
  const rules = RULES[kind];
  if (rules.text) return textOf(config, rules);
  return new Reader(completed(config, rules), rules);
}

function unknownType(kind) {
  const known = Object.keys(RULES).sort();
  const alike = (name) => {
    let length = 0;
    while (length < name.length && name[length] === kind[length]) length += 1;
    return length;
  };
  const most = typeof kind === "string" ? Math.max(...known.map(alike)) : 0;
  const near = most < LIMITS.alike ? [] : known.filter((name) => alike(name) === most).slice(0, 3);
  const hint = near.length ? `; near it: ${near.join(", ")}` : "";
  refuse(`unknown model_type ${show(kind)}${hint}; ${known.length} types are known here, of models `
    + "that decode text");
}

// What a configuration binds, and what its count leaves out: lifecost.catalog.load_model.
// The model for text inside another, by the rules of its own type.
function textOf(config, rules) {
  checkArchitecture(config.architectures, rules.architecture ?? [""]);
  let inner = config[rules.text] ?? null;
  if (inner === null && rules.flat) {
    const { model_type, architectures, ...rest } = config;
    inner = rest;
  }
  if (inner === null) lacks(rules.text);
  if (!isObject(inner)) isNot(rules.text, inner, "an object");
  const model_type = has(inner, "model_type") ? inner.model_type : rules.usual ?? "llama";
  const known = typeof model_type === "string" && has(RULES, model_type) ? RULES[model_type].nested : {};
  const outside = Object.entries(rules.outside ?? {}).filter(([name]) => has(config, name));
  const chosen = (keep) => Object.fromEntries(
    outside.filter(keep).map(([name]) => [name, config[name]]));
  // Only releases that read outside write that embeddings are tied there: it holds within too.
  const tied = chosen(([name]) => config[name] === true);
  const silent = chosen(([, usual]) => usual !== "null");
  const reader = readerOf({ ...known, ...rules.nested, ...silent, ...inner, ...tied, model_type });
  reader.rules = { ...reader.rules, note: rules.note ?? "" };
  checkOutside(config, rules, rules.text, reader.fields);
  return reader;
}

function modelOf(config) {
  const reader = readerOf(config);
  const stack = reader.stackOf(reader.placed);
  const n_params = totalOf("stored_params", { stack }, []);
  if (n_params > LIMITS.model) refuse("more than 10^15 parameters: no such model is counted here");
  const own = stored(config, reader.fields, reader.placed, reader.d_model);
  if (totalOf("state_held", { stack }, [])) {
    Object.assign(own.stored, bytesOfState(reader.rules.state_dtype ?? "", config, reader.fields));
  }
  const n_active_params = totalOf("active_params", { stack }, []);
  const sizes = shapeOf(stack);
  const shape = isPlain(stack, sizes) ? sizes : { stack, ...sizes };
  const bindings = { ...shape, n_params, n_active_params };
  return { bindings, ...own, note: reader.rules.note ?? "" };
}

// The sizes of a plain decoder on which all blocks agree that have them.
function shapeOf({ d_model, n_layer, parts }) {
  const found = { n_layer, d_model };
  for (const name of LIMITS.plain.filter((one) => !has(found, one))) {
    const values = parts.filter(([, , , sizes]) => has(sizes, name)).map((part) => part[3][name]);
    if (values.length && values.every((value) => value === values[0])) found[name] = values[0];
  }
  return found;
}

// Whether a stack is a plain decoder: its blocks are as they usually are, but for their sizes.
function isPlain({ d_model, n_layer, parts }, sizes) {
  const counts = { grouped: n_layer, dense: n_layer, embedding: 1 };
  return parts.length === 3 && LIMITS.plain.every((name) => has(sizes, name))
    && parts.every(([count, runs, family, own]) => counts[family] === count && runs === 1
      && Object.entries(SIZES[family]).every(([name, usual]) => usual === false
        || LIMITS.plain.includes(name) || own[name] === (own[usual] ?? (usual === "d_model" ? d_model : usual))));
}

// Infinity, which Python writes where a limit is none, as a number that JSON can say.
const finite = (text) => text.replace(
  /"(?:[^"\\]|\\.)*"|\bInfinity\b/g, (part) => part === "Infinity" ? "1e999" : part);

// The text of a file as an object; the words are Python's but for the place of a mistake.
// What is told by its name, before it is read: lifecost.config.files.meant.
function checkName(name) {
  const called = name.toLowerCase();
  if (LIMITS.weights.some((end) => called.endsWith(end))) refuse(`${name} ${LIMITS.holds_weights}`);
  if (LIMITS.tokenizers.includes(called)) refuse(`${name} ${LIMITS.others.tokenizer_class}`);
}

function parsed(name, text) {
  if (text.length > LIMITS.file) refuse(`${name} is no config.json: over ${LIMITS.file} bytes`);
  let config;
  try {
    config = JSON.parse(finite(text.replace(/^\ufeff/, "")));
  } catch (error) {
    refuse(`${name} is not JSON: ${error.message.split("\n")[0].slice(0, 120)}`);
  }
  if (!isObject(config)) refuse(`${name} is no config.json: not an object but ${show(config)}`);
  for (const [field, what] of has(config, "model_type") ? [] : Object.entries(LIMITS.others)) {
    if (has(config, field)) refuse(`${name} ${what}`);
  }
  return config;
}
