// A model as a stack of blocks, as lifecost.stack has it. FAMILIES, for each family its sums as functions
// of its sizes and of the setting, and SUMS, what a sum depends on, stand above; the package prints them.

// A sum over the blocks of a model, at what it depends on.
function totalOf(name, s, given) {
  const near = { ...s };
  SUMS[name].forEach((symbol, i) => { near[symbol] = given[i]; });
  near.d_model = s.stack.d_model;
  return s.stack.parts.reduce((sum, [count, runs, family, sizes]) => {
    const row = FAMILIES[family].sums[name];
    if (!row) return sum;
    const times = ONCE.includes(name) ? count : count * runs;
    return sum + times * row({ ...near, ...limitless(sizes) });
  }, 0);
}

// JSON has no infinity: a window that is none is null there.
const revived = new WeakMap();
function limitless(sizes) {
  if (!revived.has(sizes)) {
    const entries = Object.entries(sizes).map(([name, value]) => [name, value ?? Infinity]);
    revived.set(sizes, Object.fromEntries(entries));
  }
  return revived.get(sizes);
}

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
