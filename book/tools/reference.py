"""Write the generated files: `make generate`.

Notation, formula cards, models, hardware and the page's script come from the package alone; a test
compares the committed files with what this writes.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

from lifebook.evidence import rows as data_rows
from lifebook.explorer import script
from lifebook.explorer.gallery import EXPLORERS, my_model
from lifebook.published import VERDICTS, published
from lifecost import (
    FORMULAS,
    Formula,
    hardware,
    kv_bytes_per_token,
    kv_to_compute_ratio,
    models,
    number,
    post,
    quantity,
)
from lifecost.catalog import Model, Row
from lifecost.printers import latex
from lifecost.symbols import SYMBOLS, in_numbers

BOOK = Path(__file__).resolve().parent.parent
KEYS = frozenset(
    re.findall(r"^@\w+\{([^,]+),", (BOOK.parent / "lifecost/data/references.bib").read_text(), re.M)
)
LEVELS = {
    "post": "the post's level",
    "weights": "the post's level with the loading of weights added",
    "full": "the full level",
    "": "all levels",
}
STEPS = {
    "transformer": "The transformer",
    "training": "Training",
    "scaling_law": "Scaling laws",
    "kv_cache": "The KV cache",
    "hardware": "Hardware",
    "roofline": "The roofline",
    "prefill": "Prefill",
    "decode": "Decode",
    "time": "Time and memory on real chips",
    "lifetime": "The whole life",
    "equal_loss": "Models of equal loss",
    "kv_family": "A life in a family of models",
    "compression": "Compressing the cache",
    "speculative": "Speculative decoding",
    "interactions": "Query-key interactions",
    "shape": "The shape of a model",
    "design": "Designs",
}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a MyST table; a head that starts with ">" is a column of numbers."""
    heads = list(heads)
    rule = ["--:" if head.startswith(">") else ":--" for head in heads]
    lines = [[head.lstrip(">") for head in heads], rule, *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cite(source: str) -> str:
    """Return a citation for a bib key, and other sources as they stand."""
    return f"{{cite}}`{source}`" if source in KEYS else source


def notation() -> str:
    """Return the page of symbols."""
    rows, variants = [], []
    for q in SYMBOLS.values():
        row = [f"${q.latex}$", f"`{q.name}`", q.meaning, q.unit, f"{q.low:g} to {q.high:g}"]
        if q.absent is None:
            rows.append(row)
        else:
            variants.append([*row, f"`{q.absent}`" if isinstance(q.absent, str) else f"{q.absent}"])
    return f"""# Notation

One symbol, one meaning: the same identifier in Python, in JavaScript, in the data files and in
this table. Counts (tokens, layers, heads, parameters, elements) have dimension one, as in the SI;
FLOP, byte, second and day are dimensions, and every formula is checked to come out in its unit.
Gigabytes are decimal, $10^9$ bytes. A value outside its range is refused.

{table(("Symbol", "Identifier", "Meaning", "Unit", "Range"), rows)}

## Variants of the architecture

What a plain dense decoder does not have: windows, latents, experts, shared caches, biases. The
equations of this book are those of a plain decoder, which is what they become where each of these
symbols has the value of the last column; a formula that is given one of them counts it.

{table(("Symbol", "Identifier", "Meaning", "Unit", "Range", "Absent at"), variants)}
"""


def derivation(formula: Formula) -> str:
    """Return where a formula comes from."""
    if formula.equation is None:
        return "from the formulas above" if formula.source == "derived" else cite(formula.source)
    left, right = (latex.source(in_numbers(side)) for side in formula.equation)
    return f"solve ${left} = {right}$ for ${SYMBOLS[formula.unknown].latex}$"


def used_in(formula: Formula) -> str:
    """Return links to the chapters whose cells or prose name a formula."""
    links = [
        f"[{title}](../{path.name})"
        for path, title, text in chapters()
        if re.search(rf"\b{formula.name}\b", text)
    ]
    return ", ".join(links) or "other formulas, the ledger"


@cache
def chapters() -> list[tuple[Path, str, str]]:
    """Return each notebook of the table of contents: path, title, and the text of its cells."""
    contents = (BOOK.parent / "_toc.yml").read_text("utf-8")
    paths = [BOOK.parent / f"{name}.ipynb" for name in re.findall(r"book/[\w-]+$", contents, re.M)]
    found = []
    for path in filter(Path.exists, paths):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
        found.append((path, text.partition("\n")[0].removeprefix("# "), text))
    return found


def card(formula: Formula) -> str:
    """Return the card of one formula."""
    facts = {
        "Unit": formula.unit,
        "Level": LEVELS[formula.level],
        "Assumes": "; ".join(formula.assumptions) or "nothing beyond its symbols",
        "Source": derivation(formula),
        "Used in": used_in(formula),
    }
    if formula.variants:
        facts["Counts also"] = ", ".join(f"`{name}`" for name in formula.variants)
    notes = f"{formula.notes}\n\n" if formula.notes else ""
    return f"""({formula.name})=
### `{formula.name}`

{formula.meaning}

$$
{formula.latex_equation}
$$

{notes}{table(("", ""), ([f"**{k}**", v] for k, v in facts.items()))}

::::{{admonition}} As code
:class: dropdown

```python
{formula.numpy_source}
```

```javascript
{formula.javascript_source}
```
::::
"""


def formulas() -> str:
    """Return the page of formula cards."""
    parts = [
        "# Formulas\n\nEach formula is one sympy expression. Its equation, its Python and its "
        "JavaScript are printed from that expression, here as in the chapters; a test holds the "
        "two languages to each other and every formula to its unit.\n"
    ]
    for module, title in STEPS.items():
        parts.append(f"## {title}\n")
        parts += [card(f) for f in FORMULAS.values() if f.module == module]
    return "\n".join(parts)


def sources(rows: Iterable[Row]) -> str:
    """Return the list of where rows come from."""
    items = (
        f"{row.title}\n: {cite(row.source)}, checked {row.checked}. {row.note}".rstrip()
        for row in rows
    )
    return "\n\n".join(items)


def sortable(heads: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "sortable") -> str:
    """Return a table whose heads sort it, where scripts run."""
    return f":::{{table}}\n:class: {kind}\n\n{table(heads, rows)}\n:::"


def attention_kind(model: Model) -> str:
    """Return how a model attends, in the usual abbreviations."""
    shape = model.shape
    if "n_latent_layer" in shape:
        kind = "MLA"
    elif shape["n_kv_head"] == 1:
        kind = "MQA"
    else:
        kind = "MHA" if shape["n_kv_head"] == shape["n_head"] else "GQA"
    if "window" not in shape:
        return kind
    local, layers = shape["n_local_layer"], shape["n_layer"]
    return f"{kind}, window {number(shape['window'])} in {local} of {layers}"


def experts(model: Model) -> str:
    """Return a model's routed experts, those of a token and the shared ones."""
    if "n_moe_layer" not in model.shape:
        return ""
    shared = f" + {model.n_shared_expert}" if "n_shared_expert" in model.shape else ""
    return f"{model.n_expert}, top {model.n_active_expert}{shared}"


def model_page() -> str:
    """Return the page of models."""
    rows = (
        [
            f"`{m.name}`", str(m.year), str(m.n_layer), number(m.d_model), number(m.n_head),
            number(m.n_kv_head), attention_kind(m), experts(m), f"{m.n_params:,}",
            f"{m.n_active_params:,}", quantity(kv_bytes_per_token(m, post), "byte"),
            number(kv_to_compute_ratio(m, post)),
        ]
        for m in models.values()
    )  # fmt: skip
    heads = (
        "Model", ">Year", ">Layers", ">Width", ">Heads", ">KV heads", "Attention", "Experts",
        ">Parameters", ">Active", ">KV a token", ">KV load / compute",
    )  # fmt: skip
    return f"""# Models

{len(models)} models, as published; parameters are counted from the shape, to the unit. Active are
those that serve a token, with both embeddings. The last two columns are at the post's setting: one
byte an element, a context of {number(post.bindings["context"])} tokens, an operational intensity of
{number(post.bindings["hoi"])} FLOPs a byte, and the exact counts. The cache of a token is what is
held for each token of that context, so windows shrink it.
[The head of a column sorts the table.]{{.screen-only}}

{sortable(heads, rows)}

## Sources

{sources(models.values())}
"""


def price_span(device: str) -> str:
    """Return the lowest and the highest price of a device's hour."""
    found = sorted(row["chip_hour_price"] for row in data_rows("prices", hardware=device))
    ends = dict.fromkeys(f"{price:.2f}" for price in (found[:1] + found[-1:]))
    return " to ".join(ends)


def prices() -> Iterable[list[str]]:
    """Return the rows of the table of prices."""
    return (
        [f"`{r['hardware']}`", f"{r['chip_hour_price']:.2f}", r["date"], r["terms"],
         cite(r["source"])]
        for r in data_rows("prices")
    )  # fmt: skip


def hardware_page() -> str:
    """Return the page of devices."""
    precisions = ("bf16", "fp8", "int8", "fp4")
    rows = []
    for device in sorted(hardware.values(), key=lambda d: (d.vendor, d.year, d.name)):
        rates = dict(device.peak_flops)
        rates.setdefault("bf16", rates.get("fp16"))
        rows.append([
            f"`{device.name}`", str(device.year) + (" (announced)" if device.announced else ""),
            quantity(device.memory_bandwidth, "byte/s"), quantity(device.memory_capacity, "byte"),
            *(number(rates[p] / 1e12, 4) if rates.get(p) else "" for p in precisions),
            *(number(rates[p] / device.memory_bandwidth) if rates.get(p) else ""
              for p in precisions),
            price_span(device.name),
        ])  # fmt: skip
    heads = (
        "Device", ">Year", ">Bandwidth", ">Memory",
        *(f">{p}" for p in precisions), *(f">HOI {p}" for p in precisions), ">USD/h",
    )  # fmt: skip
    return f"""# Hardware

Peak rates are dense, in TFLOP/s; datasheets often print twice as much, for structured sparsity.
HOI is the hardware operational intensity, FLOPs a byte, at each precision. The bf16 columns show
fp16 for devices that lack bf16. The last column spans the prices of one chip for one hour that are
listed below. [The head of a column sorts the table.]{{.screen-only}}

{sortable(heads, rows)}

## Prices

What is asked, or reckoned with, for one chip for one hour. A price is of its day and its terms.

{sortable(("Device", ">USD/h", "Date", "Terms", "Source"), prices())}

## Sources

{sources(hardware.values())}
"""


def published_page() -> str:
    """Return the page of published numbers."""
    found = published()
    counts = Counter(number.verdict for number in found)
    rows = []
    for n in found:
        name = f"[`{n.formula}`](formulas.md#{n.formula})" if n.formula in FORMULAS else n.formula
        digits = len(Decimal(n.printed).as_tuple().digits)
        if n.unit == "parameter":
            shown, printed = (f"{value:,.0f}" for value in (n.value, float(n.printed)))
        else:
            shown = number(n.value, max(4, digits))
            printed = number(float(n.printed), digits)
        note = n.note if n.verdict != "as printed" else ""
        rows.append([n.claim, printed, shown, n.verdict, note, cite(n.source), n.where, name])
    heads = ("Number", ">Printed", ">Here", "Verdict", "Note", "Source", "Where", "Computed by")
    verdicts = "\n".join(f"- *{v}* ({counts[v]}): {meaning}" for v, meaning in VERDICTS.items())
    return f"""# Published numbers, reproduced

{len(found)} numbers from {len({n.source for n in found})} sources, computed again from the models,
laws and settings of this book. Numbers of one phenomenon stand together.
[The head of a column sorts the table.]{{.screen-only}} The verdict compares with what is
printed, to its digits:

{verdicts}

The numbers of the post itself are in [the ledger](../ledger.ipynb), times that others measured in
[Does it hold?](../does-it-hold.ipynb)

{sortable(heads, rows, "sortable wrapped")}
"""


GENERATED: dict[str, Callable[[], str]] = {
    "reference/notation.md": notation,
    "reference/formulas.md": formulas,
    "reference/models.md": model_page,
    "reference/hardware.md": hardware_page,
    "reference/published-numbers.md": published_page,
    "_static/lifecost.js": lambda: script.source(
        explorer for explorer in EXPLORERS.values() if explorer is not my_model
    ),
    "_static/my-model.js": script.my_model,
}


if __name__ == "__main__":
    for name, write in GENERATED.items():
        (BOOK / name).write_text(write(), "utf-8")
        print(f"book/{name}", file=sys.stderr)
