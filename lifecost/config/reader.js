// A config.json read as lifecost.config reads it: the same rules, the same numbers, the same
// refusals. RULES and LIMITS stand above; they are printed from the package.
class InputError extends Error {}

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

// The fields as the library sees them: aliases resolved, defaults filled in.
function completed(config, rules) {
  checkArchitecture(config.architectures, rules.architecture);
  const within = rules.within ?? "";
  const inner = !within ? config : has(config, within) ? config[within] : null;
  if (inner === null) lacks(within);
  if (!isObject(inner)) isNot(within, inner, "an object");
  const fields = { ...inner };
  const agree = (first, value, second, other) =>
    isOneOf(value, [other]) || contradiction(first, value, second, other);
  for (const [other, name] of Object.entries(rules.alias ?? {})) {
    if (has(fields, other) && has(fields, name)) agree(other, fields[other], name, fields[name]);
    else if (has(fields, other)) fields[name] = fields[other];
  }
  for (const [name, usual] of Object.entries(rules.default)) {
    if (!has(fields, name)) fields[name] = usual;
    if (within && has(config, name)) agree(name, config[name], `${within}.${name}`, fields[name]);
  }
  for (const [name, usual] of Object.entries(rules.outside ?? {})) {
    if (!has(config, name)) agree(name, usual, `${within}.${name}`, fields[name]);
  }
  return fields;
}

function checkArchitecture(names, endings) {
  if (names === undefined || names === null || (Array.isArray(names) && !names.length)) return;
  const first = Array.isArray(names) ? names[0] : names;
  if (typeof first === "string" && endings.some((ending) => first.endsWith(ending))) return;
  notCounted(`architectures = ${show(first)}`, endings.map((ending) => `...${ending}`));
}

class Reader {
  constructor(fields) {
    Object.assign(this, { fields, shape: {}, values: {}, label: {}, layers: {} });
  }

  refuseUncounted(only) {
    for (const [field, allowed] of Object.entries(only)) {
      if (has(this.fields, field) && !isOneOf(this.fields[field], allowed)) {
        notCounted(`${field} = ${show(this.fields[field])}`, allowed);
      }
    }
  }

  read(name, rule) {
    if ("with" in rule && !(rule.with in this.shape)) return;
    this.label[name] = rule.field ?? (rule.sum ?? [name]).join(" + ");
    if ("layers" in rule) this.layers[name] = this.layersOf(rule);
    const value = this.values[name] = this.value(name, rule);
    const { low, high, absent } = LIMITS.symbols[name];
    if (!(value >= low && value <= high)) this.outOfRange(name, low);
    if (value !== (typeof absent === "string" ? this.values[absent] : absent)) {
      this.shape[name] = value;
    }
  }

  checkTogether(same) {
    for (const [name, field] of Object.entries(same)) {
      if ((this.fields[field] ?? null) !== null && this.number(field) !== this.values[name]) {
        notCounted(`${field} = ${this.number(field)}`, [this.values[name]]);
      }
    }
    for (const [divisor, dividend, why] of LIMITS.divides) {
      if (this.values[dividend] % this.values[divisor]) {
        this.together([divisor], "does not divide", dividend, `: ${why}`);
      }
    }
    for (const [parts, larger, why] of LIMITS.at_most) {
      const names = parts.filter((name) => this.values[name]);
      const sum = names.reduce((all, name) => all + this.values[name], 0);
      if (sum > (this.values[larger] ?? Infinity)) {
        const relation = names.length === 1 ? "is more than" : "are together more than";
        this.together(names, relation, larger, `: ${why}`);
      }
    }
    for (const [layers, size] of LIMITS.pairs) {
      if (this.values[layers] && this.values[size] === 0) this.outOfRange(size, 1);
    }
  }

  value(name, rule) {
    if ("value" in rule) return this.term(rule.value);
    if ("flag" in rule) return Number(this.flag(rule.flag));
    if ("sum" in rule) return rule.sum.reduce((sum, field) => sum + this.number(field), 0);
    if ("layers" in rule) return this.layers[name].length;
    if ("null" in rule && this.field(rule.field) === null) return this.term(rule.null);
    return this.number(rule.field) + (rule.plus ?? 0);
  }

  layersOf(rule) {
    const kinds = "listed" in rule ? this.kinds(rule.listed) : null;
    const off = this.switchedOff(rule);
    if (off) {
      if (kinds?.includes(rule.kind)) contradiction(rule.listed, rule.kind, off, this.fields[off]);
      return [];
    }
    if (kinds) return [...kinds.keys()].filter((i) => kinds[i] === rule.kind);
    const [start, step] = [this.operand(rule, "from", 0), this.operand(rule, "every", 1)];
    const gap = "but_every" in rule ? this.operand(rule, "but_every", 1) : Infinity;
    const leftOut = "except" in rule ? this.indices(rule.except) : new Set();
    const found = [];
    for (let i = start; i < this.shape.n_layer; i += 1) {
      if ((i + 1) % step === 0 && (i + 1) % gap !== 0 && !leftOut.has(i)) found.push(i);
    }
    return found;
  }

  switchedOff(rule) {
    if ("when" in rule && !this.flag(rule.when)) return rule.when;
    return "given" in rule && this.field(rule.given) === null ? rule.given : "";
  }

  operand(rule, key, low) {
    const given = rule[key] ?? low;
    if (typeof given !== "string") return given;
    const value = this.number(given);
    if (value < low) outOfRange(given, value, low, LIMITS.number);
    return value;
  }

  kinds(field) {
    const [found, every] = [this.field(field), this.shape.n_layer];
    if (found === null) return null;
    if (!Array.isArray(found)) isNot(field, found, "a list");
    if (found.length !== every) {
      refuse(`${field} lists ${found.length} layers, and the model has ${every}`);
    }
    for (const kind of found) {
      if (!LIMITS.kinds.includes(kind)) notCounted(`${show(kind)} in ${field}`, LIMITS.kinds);
    }
    return found;
  }

  indices(field) {
    const found = this.field(field) ?? [];
    if (!Array.isArray(found)) isNot(field, found, "a list");
    return new Set(found.map((index, i) => whole(`${field}[${i}]`, index)));
  }

  field(name) {
    return has(this.fields, name) ? this.fields[name] : lacks(name);
  }

  flag(name) {
    const found = this.field(name);
    return typeof found === "boolean" ? found : isNot(name, found, "true or false");
  }

  number(name) {
    return whole(name, this.field(name));
  }

  // A number, a symbol's value, or two of them with an operator between.
  term(text) {
    if (typeof text !== "string") return text;
    const [left, operator, right] = text.split(" ");
    const first = /^\d+$/.test(left) ? Number(left) : this.values[left];
    if (!operator) return first;
    if (operator === "*") return first * this.values[right];
    if (first % this.values[right]) this.together([left], "is not divisible by", right);
    return first / this.values[right];
  }

  together(first, relation, second, why = "") {
    const said = [...first, second].map((name) => `${this.label[name]} = ${this.values[name]}`);
    refuse(`${said.slice(0, -1).join(" and ")} ${relation} ${said.at(-1)}${why}`);
  }

  outOfRange(name, low) {
    const { high, meaning } = LIMITS.symbols[name];
    outOfRange(this.label[name], this.values[name], low, high, `${meaning}, `);
  }
}

// A reader with the symbols of a model's shape, variants included.
function read(config) {
  if (!has(config, "model_type")) lacks("model_type");
  const kind = config.model_type;
  if (typeof kind !== "string" || !has(RULES, kind)) {
    refuse(`unknown model_type ${show(kind)}; known: ${Object.keys(RULES).sort().join(", ")}`);
  }
  const rules = RULES[kind];
  const reader = new Reader(completed(config, rules));
  reader.refuseUncounted(rules.only);
  for (const [name, rule] of rules.symbols) reader.read(name, rule);
  reader.checkTogether(rules.same ?? {});
  return reader;
}

// What a configuration binds, and what its count leaves out: lifecost.config.load_model.
function modelOf(config) {
  const { shape, fields, layers } = read(config);
  const own = stored(config, fields, shape, layers.n_moe_layer ?? []);
  const n_params = FORMULAS.parameter_count(shape);
  if (n_params > LIMITS.model) {
    refuse("more than 10^15 parameters: no such model is counted here");
  }
  const n_active_params = FORMULAS.active_parameters(shape);
  const { note } = RULES[config.model_type];
  return { bindings: { ...shape, n_params, n_active_params }, ...own, note };
}

// Infinity, which Python writes where a limit is none, as a number that JSON can say.
const finite = (text) => text.replace(
  /"(?:[^"\\]|\\.)*"|\bInfinity\b/g, (part) => part === "Infinity" ? "1e999" : part);

// The text of a file as an object; the words are Python's but for the place of a mistake.
function parsed(name, text) {
  if (text.length > LIMITS.file) refuse(`${name} is no config.json: over ${LIMITS.file} bytes`);
  let config;
  try {
    config = JSON.parse(finite(text.replace(/^\ufeff/, "")));
  } catch (error) {
    refuse(`${name} is not JSON: ${error.message.split("\n")[0].slice(0, 120)}`);
  }
  return isObject(config) ? config
    : refuse(`${name} is no config.json: not an object but ${show(config)}`);
}
