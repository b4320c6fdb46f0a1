// In how many bytes a configuration's weights are stored: lifecost.config.formats, .quantization and
// .modules. FORMATS and FAMILIES, with the rows of each in the order of FORMATS.rows, stand above; they are printed
// from the package.
const FIELD = "quantization_config";
const bytes = (bits) => bits / FORMATS.bits_per_byte;

function stored(config, fields, placed, d_model) {
  const either = (name) => (config[name] ?? null) === null ? fields[name] ?? null : config[name];
  const type = dtypeOf(either);
  let quantization = either("quantization");
  if (quantization === null) quantization = either(FIELD);
  if (quantization === null) {
    return type ? { format: type.format, stored: { weight_bytes: bytes(type.bits) } }
      : { format: "", stored: {} };
  }
  if (!isObject(quantization)) isNot(FIELD, quantization, "an object");
  const plan = new Plan(quantization, bytes(type ? type.bits : FORMATS.usual_bits),
    placed.some(({ block }) => block.tied_embeddings), either("expert_dtype"));
  return { format: plan.format, stored: byPart(plan, placed, d_model) };
}

const dtypeOf = (either) => knownType("dtype", either) ?? knownType("torch_dtype", either);

// What is known of the format that a field names, if it names one.
function knownType(name, either) {
  const value = either(name);
  if (value === null || value === "auto") return null;
  if (typeof value !== "string" || !has(FORMATS.dtypes, value)) {
    notCounted(`${name} = ${show(value)}`, Object.keys(FORMATS.dtypes));
  }
  return FORMATS.dtypes[value];
}

// The bytes of an element of a state; nothing where they are those of the cache.
function bytesOfState(named, config, fields) {
  const either = (name) => (config[name] ?? null) === null ? fields[name] ?? null : config[name];
  const found = has(FORMATS.dtypes, named) ? FORMATS.dtypes[named] : knownType(named, either);
  return found ? { state_bytes: bytes(found.bits) } : {};
}

// A list of modules: by name or by a part of it, by "*", or by a pattern after "re:".
class Names {
  constructor(field, entries) {
    if (!Array.isArray(entries)) isNot(field, entries, "a list");
    Object.assign(this, { parts: new Set(), patterns: [], numbered: false });
    entries.forEach((entry, i) => this.add(`${field}[${i}]`, entry));
  }

  add(field, given) {
    if (typeof given !== "string") isNot(field, given, "the name of a module");
    let entry = given;
    for (const [name, other] of FORMATS.renamed) entry = entry.split(name).join(other);
    this.numbered ||= /[0-9]/.test(entry);
    if (!entry.startsWith("re:") && !entry.includes("*")) {
      this.parts.add(entry.replace(/^\.+|\.+$/g, ""));
      return;
    }
    const pattern = patternOf(entry);
    try {
      if (pattern === null) throw new SyntaxError();
      this.patterns.push(new RegExp(pattern));
    } catch {
      isNot(field, entry, "a pattern that is read here");
    }
  }

  name(names) {
    return names.some((name) => spans(name).some((span) => this.parts.has(span))
      || this.patterns.some((pattern) => pattern.test(name)));
  }
}

function patternOf(entry) {
  if ([...entry].length > FORMATS.longest_name) return null;
  if (entry.replace(/[^*+]/g, "").length > FORMATS.most_stars) return null;
  if (!entry.startsWith("re:")) {
    const escaped = entry.split("*").map((part) => part.replace(/([^A-Za-z0-9_])/g, "\\$1"));
    return `^(?:.*\\.)?${escaped.join(".*")}(?:\\..*)?$`;
  }
  const allowed = new RegExp(`^(?:${FORMATS.pattern})$`);
  return allowed.test(entry.slice(3)) && !entry.includes("\n") ? `^(?:${entry.slice(3)})` : null;
}

function spans(name) {
  const parts = name.split(".");
  return parts.flatMap((_, i) => parts.slice(i).map((_, j) => parts.slice(i, i + j + 1).join(".")));
}

// A quantization, ready to be asked for the bytes of one module.
class Plan {
  constructor(given, plain, tied, experts) {
    const method = methodOf(given);
    const rule = chosen(given, FORMATS.methods[method]);
    Object.assign(this, { given, plain, rule, listed: new Set(), asked: new Set() });
    for (const field of rule.refuse ?? []) {
      if ((given[field] ?? null) !== null) {
        notCounted(`${FIELD}.${field} = ${show(given[field])}`, [null]);
      }
    }
    this.kept = (rule.keep ?? []).filter((name) => (given[name] ?? null) !== null)
      .map((name) => new Names(`${FIELD}.${name}`, given[name]));
    this.format = rule.format ?? method;
    this.all = rule.parts === "all";
    this.head = this.all || (!tied && isOn(given, rule.head ?? false));
    this.groups = method === "compressed-tensors" ? this.grouped()
      : rule.listed ? this.listedGroups(rule.listed)
      : [...this.overrides(), { targets: null, bytes: this.size(FIELD, given, rule) }];
    const lists = [...this.kept, ...this.groups.map((group) => group.targets).filter(Boolean)];
    this.numbered = lists.some((names) => names.numbered);
    const own = given.expert_dtype ?? experts;
    this.experts = method === "fp8" && own !== null ? this.ofExperts(own) : null;
  }

  // The bytes of a weight of the routed experts, where it differs from the rest's.
  ofExperts(dtype) {
    const known = FORMATS.expert_dtypes;
    if (typeof dtype !== "string" || !has(known, dtype)) {
      notCounted(`expert_dtype = ${show(dtype)}`, Object.keys(known));
    }
    if (!Object.keys(known[dtype]).length) return null;
    const scale = this.given.scale_fmt ?? null;
    if (scale !== "ue8m0") notCounted(`${FIELD}.scale_fmt = ${show(scale)}`, ["ue8m0"]);
    return this.size("expert_dtype", this.given, known[dtype]);
  }

  size(field, given, rule) {
    let { bits, block = null } = rule;
    if (typeof bits === "string") bits = width(`${field}.${bits}`, given[bits] ?? null, rule.widths);
    if (typeof block === "string") block = blockOf(`${field}.${block}`, given[block] ?? null);
    if (block === null) return bytes(bits);
    const zeros = isOn(given, rule.zeros ?? false) ? bits : 0;
    return FORMULAS.quantized_bytes(
      { element_bits: bits, scale_bytes: bytes(rule.scale_bits + zeros), block_size: block });
  }

  // What MLX says of single modules: fields of their own, or false.
  overrides() {
    const found = [];
    for (const [name, given] of this.all ? Object.entries(this.given) : []) {
      if (isObject(given)) {
        const rule = chosen(given, FORMATS.methods.mlx);
        const size = this.size(`${FIELD}.${name}`, given, rule);
        found.push({ targets: new Names(FIELD, [name]), bytes: size });
      } else if (given === false) {
        found.push({ targets: new Names(FIELD, [name]), bytes: this.plain });
      }
    }
    return found;
  }

  // The formats of a list of modules, after which the whole is named.
  listedGroups(name) {
    const [field, known] = [`${FIELD}.${name}`, FORMATS.listed_formats];
    const found = this.given[name] ?? null;
    if (!isObject(found)) isNot(field, found, "an object");
    const names = new Map();
    for (const [module, said] of Object.entries(found)) {
      if (!isObject(said)) isNot(`${show(module)} in ${field}`, said, "an object");
      const algorithm = said.quant_algo ?? null;
      if (typeof algorithm !== "string" || !has(known, algorithm)) {
        notCounted(`quant_algo = ${show(algorithm)} in ${field}`, Object.keys(known));
      }
      const [block, size] = [known[algorithm].block ?? null, said.group_size ?? null];
      if (!isOneOf(size, [null, block])) notCounted(`group_size = ${show(size)} in ${field}`, [block]);
      if (/experts[.][0-9]|[*]|^re:/.test(module)) notCounted(`${show(module)} in ${field}`, ["experts"]);
      names.set(algorithm, [...names.get(algorithm) ?? [], module]);
    }
    const formats = [...names.keys()].map((algorithm) => known[algorithm].format);
    this.format = [...new Set(formats)].join(" and ") || this.format;
    return [...names].map(([algorithm, modules]) => {
      const targets = new Names(field, modules);
      targets.parts.forEach((part) => this.listed.add(part));
      return { targets, bytes: this.size(field, this.given, known[algorithm]) };
    });
  }

  checkListed() {
    for (const name of [...this.listed].filter((one) => !this.asked.has(one)).sort()) {
      refuse(`${FIELD}.${this.rule.listed} lists ${show(name)}, which is not counted here`);
    }
  }

  // The groups of compressed-tensors, after which the format is named.
  grouped() {
    const sparse = this.given.sparsity_config ?? null;
    const pattern = isObject(sparse) ? sparse.format ?? null : sparse;
    if (!isOneOf(pattern, [null, "dense"])) {
      notCounted(`${FIELD}.sparsity_config.format = ${show(pattern)}`, ["dense"]);
    }
    const groups = this.given.config_groups ?? null;
    if (!isObject(groups)) isNot(`${FIELD}.config_groups`, groups, "an object");
    const [found, formats] = [[], []];
    for (const [name, group] of Object.entries(groups)) {
      const field = `${FIELD}.config_groups.${name}`;
      if (!isObject(group)) isNot(field, group, "an object");
      const weights = group.weights ?? null;
      if (weights === null) continue; // of activations only
      if (!isObject(weights)) isNot(`${field}.weights`, weights, "an object");
      const kind = has(weights, "type") ? weights.type : "int";
      if (!isOneOf(kind, ["int", "float"])) {
        notCounted(`${field}.weights.type = ${show(kind)}`, ["int", "float"]);
      }
      const four = kind === "float" && weights.num_bits === 4;
      const block = weights.block_structure ?? null;
      const given = block === null ? weights : { ...weights, group_size: block };
      const rule = { ...this.rule };
      if (four) rule.scale_bits = 8;
      if (weights.symmetric === false) rule.zeros = true;
      const size = this.size(`${field}.weights`, given, rule);
      const names = group.targets ?? null;
      const every = names === null || (Array.isArray(names) && names.includes("Linear"));
      found.push({ targets: every ? null : new Names(`${field}.targets`, names), bytes: size });
      const label = four ? (weights.group_size === 16 ? "nvfp4" : "mxfp4")
        : `${kind === "float" ? "fp" : "int"}${weights.num_bits}`;
      if (!formats.includes(label)) formats.push(label);
    }
    this.format = formats.join(" and ") || this.format;
    return found;
  }

  module(row, names) {
    const named = Boolean(this.rule.listed);
    const special = { router: this.all || named, embedding: this.all || named, positions: false,
      experts: true, unembedding: this.head };
    const quantized = has(special, row) ? special[row] : this.rule.parts !== "experts";
    if (named && quantized) names.forEach((name) => spans(name).forEach((s) => this.asked.add(s)));
    if (quantized && !this.kept.some((kept) => kept.name(names))) {
      if (row === "experts" && this.experts !== null) return this.experts;
      for (const { targets, bytes } of this.groups) {
        if (targets === null || targets.name(names)) return bytes;
      }
    }
    return this.plain;
  }
}

function methodOf(given) {
  const method = given.quant_method ?? null;
  if (method === null) {
    for (const [sign, meant] of FORMATS.signs) if (has(given, sign)) return meant;
    lacks(`${FIELD}.quant_method`);
  }
  const known = Object.keys(FORMATS.methods).filter((name) => name !== "mlx");
  if (!isOneOf(method, known)) notCounted(`${FIELD}.quant_method = ${show(method)}`, known);
  return method;
}

function chosen(given, rules) {
  let rule = rules;
  while ("choice" in rule) {
    const { choice: field, usual = null, ...tables } = rule;
    const flags = "true" in tables || "false" in tables;
    const options = Object.keys(tables).map((name) => flags ? name === "true" : name);
    let value = flags ? flagOf(given, field) : given[field] ?? null;
    if (value === null) value = usual;
    if (!isOneOf(value, options)) notCounted(`${FIELD}.${field} = ${show(value)}`, options);
    rule = tables[String(value)];
  }
  return rule;
}

function flagOf(given, field) {
  const value = given[field] ?? null;
  if (value !== null && typeof value !== "boolean") isNot(`${FIELD}.${field}`, value, "true or false");
  return Boolean(value);
}

const isOn = (given, flag) => typeof flag === "string" ? flagOf(given, flag) : flag;

function width(field, value, widths) {
  if (value === null) lacks(field);
  if (!isOneOf(value, widths)) notCounted(`${field} = ${show(value)}`, widths);
  return value;
}

function blockOf(field, value) {
  if (value === null || value === -1) return null;
  const sides = Array.isArray(value) ? value : [value];
  const size = sides.reduce((product, side) => product * whole(field, side), 1);
  if (!(size >= 1 && size <= FORMATS.largest_block)) isNot(field, value, "a size of blocks");
  return size;
}

function byPart(plan, placed, d_model) {
  const parts = new Map();
  for (const { family, block, layers, count } of placed) {
    const within = plan.numbered ? layers : layers.slice(0, 1);
    const rows = FAMILIES[family].rows({ d_model, ...limitless(block) });
    for (const [i, [letter, place, elements, , , , stored]] of rows.entries()) {
      const each = elements * stored * count, part = BYTES[place];
      if (!each || !"WwRr".includes(letter)) continue; // of no weights
      const row = FORMATS.rows[family][i], names = FORMATS.modules[row];
      const found = (within.length ? within : [-1]).flatMap((layer) => (names?.length ? names : [[]])
        .map((group) => [1, names ? plan.module(row, group.map(
          (name) => (layer < 0 ? name : `model.layers.${layer}.${name}`))) : plan.plain]));
      parts.set(part, [...(parts.get(part) ?? []), [each, mean(found)]]);
    }
  }
  plan.checkListed();
  const base = mean(parts.get("weight_bytes"));
  const means = [...parts].map(([name, found]) => [name, mean(found)]);
  return Object.fromEntries(means.filter(([name, value]) => name === "weight_bytes" || value !== base));
}

// The mean of values by their weights; of equal ones their value, to the last digit.
function mean(found) {
  const sums = new Map();
  for (const [weight, value] of found) {
    if (weight) sums.set(value, (sums.get(value) ?? 0) + weight);
  }
  if (sums.size === 1) return sums.keys().next().value;
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  return total([...sums].map(([value, weight]) => weight * value)) / total([...sums.values()]);
}
