"""Write what the package knows onto pages: notation, formulas, models, hardware, published numbers.

A Sphinx extension: before a build reads them, the pages are written beside their templates in
`book/reference/`; after it, the explorers' scripts into the site. None of them stands in git.
"""

from __future__ import annotations

import csv
import inspect
import io
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import minify
import sympy

from lifebook.data import load
from lifebook.evidence import ELEMENT_BYTES
from lifebook.evidence import rows as data_rows
from lifebook.explorer import script
from lifebook.explorer.gallery import EXPLORERS
from lifebook.published import MARKS, VERDICTS, Number, published
from lifebook.published import sources as published_sources
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
from lifecost.catalog import Hardware, Model, Row
from lifecost.data import load_all
from lifecost.printers import latex
from lifecost.quantities import powers
from lifecost.stack import FAMILIES, PLAIN, Block, Family
from lifecost.symbols import SUMS, SYMBOLS, Symbols, in_numbers, symbol_of

BOOK = Path(__file__).resolve().parent.parent
FOLDER = BOOK / "reference"
KEYS = frozenset(
    re.findall(r"^@\w+\{([^,]+),", (BOOK.parent / "lifecost/data/references.bib").read_text(), re.M)
)
EXPLORER = re.compile(r"^from lifebook\.explorer\.gallery import (\w+)$", re.M)
SCRIPT = "text/javascript"
LOADED = re.compile(r"_static/explorers/([\w+-]+)\.js")
PRECISIONS = ("bf16", "fp8", "int8", "fp4")
LEVELS = {
    "post": "the post's level",
    "weights": "the post's level with the loading of weights added",
    "full": "the full level",
    "overheads": "with overheads: an estimate",
    "": "all levels",
}
# The steps of the argument: a page of formulas for each module.
STEPS = {
    "transformer": "The transformer",
    "training": "Training",
    "training_memory": "Memory of training",
    "scaling_law": "Scaling laws",
    "kv_cache": "The KV cache",
    "hybrid": "Layers that do not look at every token",
    "hardware": "Hardware",
    "roofline": "The roofline",
    "prefill": "Prefill",
    "prefix": "Prompts that are kept",
    "decode": "Decode",
    "time": "Time and memory on real chips",
    "layout": "Layouts on several chips",
    "overheads": "With overheads",
    "service": "A service",
    "energy": "Energy",
    "lifetime": "The whole life",
    "equal_loss": "Models of equal loss",
    "kv_family": "A life in a family of models",
    "compression": "Compressing the cache",
    "speculative": "Speculative decoding",
    "interactions": "Query-key interactions",
    "split": "Split silicon",
    "shape": "The shape of a model",
    "design": "Designs",
    "answers": "Answers that grow",
    "requests": "A life by its requests",
    "reinforcement": "Reinforcement learning",
    "mixture": "Mixtures of experts",
    "wider_laws": "Laws beyond size and tokens",
}


def cite(source: str) -> str:
    """Return a citation for a bib key, and other sources as they stand."""
    return f"{{cite}}`{source}`" if source in KEYS else source


def sources(rows: Iterable[Row]) -> str:
    """Return the list of where rows come from."""
    items = (
        f"{row.title}\n: {cite(row.source)}, checked {row.checked}. {powers(row.note)}".rstrip()
        for row in rows
    )
    return "\n\n".join(items)


# ---- formulas


def derivation(formula: Formula) -> str:
    """Return where a formula comes from."""
    if formula.equation is None:
        return cite(formula.source)
    left, right = (latex.source(in_numbers(side)) for side in formula.equation)
    return f"solve ${left} = {right}$ for ${SYMBOLS[formula.unknown].latex}$"


def used_in(formula: Formula) -> list[str]:
    """Return links to the chapters and to the ledger, where they use a formula."""
    return [f"[{title}](../../{name})" for name, (title, used) in users().items()
            if formula.name in used]  # fmt: skip


@cache
def made_of(formula: Formula) -> list[Formula]:
    """Return the formulas that a formula is made of, without those that these are made of."""
    return [f for f in formula.uses if not any(f in part.uses for part in formula.uses)]


def part_of(formula: Formula) -> list[Formula]:
    """Return the formulas that are made of a formula."""
    return [whole for whole in FORMULAS.values() if formula in made_of(whole)]


@cache
def users() -> dict[str, tuple[str, set[str]]]:
    """Return who uses formulas, by file: its title, and the names of the formulas.

    A chapter uses what its cells name and what its explorers compute; the ledger, what its rows do.
    The gallery also holds `explore`, which makes the explorer of any model.
    """
    found = {}
    for name in re.findall(r"book/([\w-]+)$", (BOOK.parent / "_toc.yml").read_text("utf-8"), re.M):
        path = BOOK / f"{name}.ipynb"
        if path.exists():
            cells = json.loads(path.read_text("utf-8"))["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
            used = set(re.findall(r"\w+", text)) & FORMULAS.keys()
            named = (name.replace("_", "-") for name in EXPLORER.findall(text))
            for explorer in (EXPLORERS[name] for name in named if name in EXPLORERS):
                used |= explorer.formulas
            if name == "ledger":
                used |= set(computed(load("ledger")["row"]))
            found[path.name] = text.partition("\n")[0].removeprefix("# "), used
    return found


def computed(rows: Any) -> Iterator[str]:
    """Yield the names of the formulas that rows of the ledger, or terms of a row, compute."""
    if isinstance(rows, list):
        for row in rows:
            yield from computed(row)
    elif isinstance(rows, dict):
        for name, term in rows.items():
            if name in ("formula", "over") and isinstance(term, str):
                yield term
            else:
                yield from computed(term)


# ---- blocks


def of_family(family: Family) -> dict[str, Any]:
    """Return a family as its section shows it: what it is, and its rows with symbols as sizes."""
    meaning, _, notes = inspect.cleandoc(family.__doc__ or "").partition("\n\n")
    block = Block(family.name, tuple((name, symbol_of(name)) for name in family.sizes))
    rows = [
        {
            "name": row.name,
            "operand": row.operand,
            "size": rf"{_sign(row.rows)} \times {_sign(row.columns)}",
            "stored": _sign(row.stored),
            "used": _sign(row.stored if row.used is None else row.used),
        }
        for row in block.rows(Symbols(optional=True))
    ]
    return {"name": family.name, "meaning": meaning, "notes": notes, "table": rows}


def _sign(size: Any) -> str:
    return str(latex.source(in_numbers(sympy.sympify(size))))


# ---- models and hardware


MIXERS = {"latent": "MLA", "mamba2": "Mamba-2", "mamba": "Mamba"}


def attention_kind(model: Model) -> str:
    """Return how a model attends, in the usual abbreviations."""
    found = {
        kind: sum(part.count for part in model.stack.parts if _kind(part.block) == kind)
        for kind in dict.fromkeys(_kind(part.block) for part in model.stack.parts)
        if kind
    }
    every = sum(found.values())
    kinds = (kind if n == every else f"{kind} in {n}" for kind, n in found.items())
    windows = {
        size: sum(p.count for p in model.stack.parts if dict(p.block.sizes).get("window") == size)
        for part in model.stack.parts
        if (size := dict(part.block.sizes).get("window", math.inf)) < math.inf
    }
    near = (f"window {number(size)} in {n} of {model.n_layer}" for size, n in windows.items())
    return ", ".join([*kinds, *near])


def _kind(block: Block) -> str:
    """Return what a block that mixes tokens is called, or nothing."""
    if FAMILIES[block.family].role != "attention" or block.family == "indexer":
        return ""
    if block.family != "grouped":
        return MIXERS.get(block.family, block.family.replace("_", " "))
    sizes = dict(block.sizes)
    if sizes["n_kv_head"] == 1:
        return "MQA"
    return "MHA" if sizes["n_kv_head"] == sizes["n_head"] else "GQA"


def sizes_of(model: Model, name: str) -> str:
    """Return a size of the blocks that attend, the several that there are of it, or nothing."""
    blocks = (dict(p.block.sizes) for p in model.stack.parts if _kind(p.block))
    found = dict.fromkeys(sizes[name] for sizes in blocks if name in sizes)
    return ", ".join(map(number, found))


def experts(model: Model) -> str:
    """Return a model's routed experts, those of a token, and whether some serve every token."""
    routed = [dict(p.block.sizes) for p in model.stack.parts if p.block.family == "experts"]
    if not routed:
        return ""
    kinds = dict.fromkeys(f"{one['n_expert']}, top {one['n_active_expert']}" for one in routed)
    shared = any(part.block.family == "shared_expert" for part in model.stack.parts)
    return "; ".join(kinds) + (" + shared" if shared else "")


def rates(device: Hardware) -> list[float]:
    """Return a device's peak rates at the precisions of the table, 0 where it has none."""
    found = {"bf16": device.peak_flops.get("fp16", 0), **device.peak_flops}
    return [found.get(precision, 0) for precision in PRECISIONS]


def price_span(device: str) -> str:
    """Return the lowest and the highest price of a device's hour."""
    found = sorted(row["chip_hour_price"] for row in data_rows("prices", hardware=device))
    ends = dict.fromkeys(f"{price:.2f}" for price in (found[:1] + found[-1:]))
    return " to ".join(ends)


# ---- published numbers


def printed_and_here(n: Number) -> tuple[str, str]:
    """Return a published number as it is printed, and as this book computes it."""
    digits = len(Decimal(n.printed).as_tuple().digits)
    if n.unit == "parameter" and n.value is not None:
        return f"{float(n.printed):,.0f}", f"{n.value:,.0f}"
    here = "" if n.value is None else number(n.value, max(4, digits))
    return number(float(n.printed), digits), here


def published_csv() -> str:
    """Return the published numbers as a file of comma-separated values."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        ("claim", "quantity", "unit", "printed", "computed", "ratio", "verdict", "note", "source",
         "where", "formula", "read", "form", "checked")
    )  # fmt: skip
    for n in published():
        table.writerow(
            (n.claim, n.quantity, n.unit, n.printed, "" if n.value is None else repr(n.value),
             "" if n.ratio is None else f"{n.ratio:.6g}", n.verdict, n.note, n.source, n.where,
             n.formula, n.reading.mark, n.reading.form, n.reading.checked)
        )  # fmt: skip
    return out.getvalue()


# ---- the pages

ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.globals |= {
    function.__name__: function
    for function in (attention_kind, cite, derivation, experts, kv_bytes_per_token,
                     kv_to_compute_ratio, made_of, number, part_of, powers, price_span,
                     printed_and_here, quantity, rates, sizes_of, sources, used_in)
}  # fmt: skip


def pages() -> dict[str, str]:
    """Return the text of each page, by its file."""

    def write(template: str, **seen: Any) -> str:
        return ENVIRONMENT.get_template(f"{template}.jinja").render(seen)

    steps = {
        module: (title, [f for f in FORMULAS.values() if f.module == module])
        for module, title in STEPS.items()
    }
    found = published()
    devices = sorted(hardware.values(), key=lambda d: (d.vendor, d.year, d.name))
    every = {name for family in FAMILIES.values() for name in family.sizes}
    sizes = every - {*PLAIN}
    return {
        "notation.md": write("notation.md", symbols=SYMBOLS.values(), sizes=sizes),
        "blocks.md": write("blocks.md", sums=SUMS, families=[*map(of_family, FAMILIES.values())]),
        "formulas.md": write("formulas.md", steps=steps),
        **{
            f"formulas/{module}.md": write("cards.md", title=title, cards=cards, LEVELS=LEVELS)
            for module, (title, cards) in steps.items()
        },
        "models.md": write(
            "models.md", models=models.values(), post=post, types=sorted(load_all("config_rules"))
        ),
        "hardware.md": write(
            "hardware.md", devices=devices, hardware=hardware.values(), prices=data_rows("prices"),
            PRECISIONS=PRECISIONS,
            ELEMENT_BYTES=ELEMENT_BYTES,
            zip=zip,
        ),
        "published-numbers.md": write(
            "published-numbers.md", published=found, VERDICTS=VERDICTS, FORMULAS=FORMULAS,
            counts=Counter(n.verdict for n in found), count=published_sources(),
            MARKS=MARKS, marks=Counter(n.reading.mark for n in found),
            places=Counter((n.source, n.reading) for n in found).most_common(),
        ),
        "published-numbers.csv": published_csv(),
    }  # fmt: skip


MADE = (script.families, script.boxes, script.reader, script.traces)
# Beside the style of all pages.
STYLES = ("boxes", "embed", "explorer", "predict", "reference", "tools")
THEME = {"book.css": "text/css", **dict.fromkeys(
    ("embed.js", "filter.js", "predict.js", "site.js", "sort.js",
     # Sphinx's own
     "doctools.js", "language_data.js", "searchtools.js", "sphinx_highlight.js"), SCRIPT
)}  # fmt: skip


def scripts(site: Path) -> dict[str, str]:
    """Return the text of each script and style of the explorers, by its file, as a site loads it.

    All share the drawing and the catalog; a page's formulas are those of its own explorers.
    """
    loaded = (LOADED.findall(page.read_text("utf-8")) for page in site.rglob("*.html"))
    formulas = {names: [EXPLORERS[name] for name in names.split("+")]
                for names in sorted({*itertools.chain(*loaded)})}  # fmt: skip
    return {
        "catalog.js": minified(script.catalog()),
        "lifecost.js": minified(script.source("runtime")),
        **{f"{name}.js": minified(script.source(name)) for name in script.PARTS},
        **{f"{made.__name__}.js": minified(made()) for made in MADE},
        **{f"{name}.css": minified(style(name), "text/css") for name in STYLES},
        **{
            f"explorers/{names}.js": minified(
                script.formulas(explorers, reader=EXPLORERS["my-model"] in explorers)
            )
            for names, explorers in formulas.items()
        },
    }


def style(name: str) -> str:
    """Return a style sheet of the theme."""
    return (BOOK / f"theme/styles/{name}.css").read_text("utf-8")


def minified(text: str, kind: str = SCRIPT) -> str:
    """Return a script or a style sheet without what only its readers need."""
    return str(minify.string(kind, text))


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files into a folder; one that is so already keeps its time."""
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


def _write_pages(_app: Any) -> None:
    write(FOLDER, pages())


def _write_scripts(app: Any, exception: Exception | None) -> None:
    if app.builder.name != "html" or exception:
        return
    folder = Path(app.outdir) / "_static"
    write(folder, scripts(Path(app.outdir)))
    for name, kind in THEME.items():
        path = folder / name
        path.write_text(minified(path.read_text("utf-8"), kind), "utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", _write_pages)
    app.connect("build-finished", _write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
