// A model as a stack of blocks, as lifecost.stack has it. FAMILIES, for each family its sums as functions
// of its sizes and of the setting, and SUMS, what a sum depends on, stand above; the package prints them.

// A sum over the blocks of a model, at what it depends on. Each block keeps an object of its sizes, in
// which the setting is written: a curve asks for a sum at a hundred points, and again as it is dragged.
function totalOf(name, s, given) {
  const asked = SUMS[name], bytes = name.endsWith("_bytes") ? BYTES : [], times = ONCE.includes(name);
  let total = 0;
  for (const { count, runs, family, sizes } of blocksOf(s.stack)) {
    const row = FAMILIES[family].sums[name];
    if (!row) continue;
    for (let i = 0; i < asked.length; i += 1) sizes[asked[i]] = given[i];
    for (const part of bytes) sizes[part] = s[part];
    total += (times ? count : count * runs) * row(sizes);
  }
  return total;
}

const revived = new WeakMap();
function blocksOf(stack) {
  if (!revived.has(stack)) {
    revived.set(stack, stack.parts.map(([count, runs, family, sizes]) => (
      { count, runs, family, sizes: { d_model: stack.d_model, ...limitless(sizes) } })));
  }
  return revived.get(stack);
}

// JSON has no infinity: a window that is none is null there.
const limitless = (sizes) => Object.fromEntries(
  Object.entries(sizes).map(([name, value]) => [name, value ?? Infinity]));

const sumsOf = (s) => Object.fromEntries(
  Object.keys(SUMS).map((name) => [name, (...given) => totalOf(name, s, given)]));

// A formula of a plain decoder's sizes, and of the sums of any other model; where two sides are to be
// equal, the unknown at which they are.
function ofModels(plain, general, unknown) {
  return (s) => {
    if (!s.stack) return plain(s);
    const at = (values) => general(values, sumsOf(values));
    return unknown ? rootOf((x) => at({ ...s, [unknown]: x })) : at(s);
  };
}

// Where a ratio that rises or falls throughout is one, or infinity: lifecost.lowered.root.
function rootOf(ratio) {
  const [least, largest] = [1e-12, 1e24];
  const rises = ratio(largest) > ratio(least);
  const beyond = (x) => (rises ? ratio(x) > 1 : ratio(x) < 1);
  if (!beyond(largest)) return Infinity;
  let [low, high] = [Math.log(least), Math.log(largest)];
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    if (beyond(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp((low + high) / 2);
}
