// A model as a stack of blocks, as lifecost.stack has it. Above stand FAMILIES, for each family the rows of
// its table as a function of its sizes and of the setting, and SUMS, what each sum adds up of them.

// A sum over the blocks of a model, at what it depends on. Each block keeps an object of its sizes, in
// which the setting is written, and its rows as long as that stays. The last value of each sum is kept:
// along a curve most do not change.
function totalOf(name, s, given) {
  const { blocks, last } = blocksOf(s.stack), [asked, letters, copies, chips, weighs, once, role] = SUMS[name];
  const now = weighs ? [...given, ...BYTES.map((part) => s[part] ?? s.weight_bytes)] : given;
  const kept = last[name] ??= { now: [NaN], total: NaN };
  if (kept.now.length === now.length && now.every((value, i) => value === kept.now[i])) return kept.total;
  let total = 0;
  for (const block of blocks) {
    const { family, sizes } = block;
    if (role && FAMILIES[family].role !== role) continue;
    asked.forEach((symbol, i) => {
      if (sizes[symbol] !== given[i]) [sizes[symbol], block.rows] = [given[i], null];
    });
    for (const row of block.rows ??= FAMILIES[family].rows(sizes)) {
      if (!letters.includes(row[0])) continue;
      const at = (column) => row[2] * row[Math.min(column, row.length - 1)];
      const part = copies ? at(copies) : at(6) + at(8) > 0; // or whether there are any, stored or multiplied
      const bytes = weighs ? now[given.length + row[1]] : 1;
      total += (once ? block.count : block.count * block.runs) * part * bytes / (chips ? row[chips] : 1);
    }
  }
  last[name] = { now, total };
  return total;
}

const revived = new WeakMap();
function blocksOf(stack) {
  if (!revived.has(stack)) {
    const blocks = stack.parts.map(([count, runs, family, sizes]) => (
      { count, runs, family, sizes: { d_model: stack.d_model, ...limitless(sizes) }, rows: null }));
    revived.set(stack, { blocks, last: {} });
  }
  return revived.get(stack);
}

// JSON has no infinity: a window that is none is null there.
const limitless = (sizes) => Object.fromEntries(
  Object.entries(sizes).map(([name, value]) => [name, value ?? Infinity]));

// Each sum as a function, of the setting at which a formula is being asked.
let setting;
const ASKED = Object.fromEntries(
  Object.keys(SUMS).map((name) => [name, (...given) => totalOf(name, setting, given)]));

// A formula of the sums of any model; where two sides are to be equal, the unknown at which they are.
function ofStack(s, general, unknown) {
  const at = (values) => general(setting = values, ASKED);
  return unknown ? rootOf((x) => at({ ...s, [unknown]: x })) : at(s);
}

// Where a ratio that rises or falls throughout is one, or zero or infinity: lifecost.formula.root. Between two
// logarithms a power of the unknown is a line, so where that crosses zero is mostly near; the value at
// an end that stays is halved, lest it stays for good, and a step that gains little becomes a halving.
function rootOf(ratio) {
  const [least, largest] = [1e-12, 1e24], at = (u) => Math.log(ratio(Math.exp(u)));
  const [first, last] = [ratio(least), ratio(largest)], sign = last > first ? 1 : -1;
  if (!(sign * Math.log(last) > 0)) return Infinity;
  let [low, high, below, above] = [Math.log(least), Math.log(largest), sign * Math.log(first), sign * Math.log(last)];
  if (below > 0) return 0;
  for (let side = 0, i = 0; i < 120 && high - low > 1e-14 * Math.max(1, Math.abs(low)); i += 1) {
    const width = high - low, crossing = low - below * width / (above - below);
    const u = i % 3 < 2 && crossing > low && crossing < high ? crossing : (low + high) / 2;
    const value = sign * at(u);
    if (value === 0) return Math.exp(u);
    if (value > 0) {
      [high, above] = [u, value];
      if (side > 0) below /= 2;
      side = 1;
    } else {
      [low, below] = [u, value];
      if (side < 0) above /= 2;
      side = -1;
    }
  }
  return Math.exp((low + high) / 2);
}
