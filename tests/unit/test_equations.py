"""Every equation that a reader sees gives the number that stands beside it.

The LaTeX of the pages is read back and evaluated at random settings: that of the executed cells,
of the equations typed in prose, of the reference cards and of the explorers. Nothing here knows
the expression that it was printed from.
"""

import json
import math
import re
from functools import cache, reduce
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from every import every
from settings import RANGES

from lifebook.explorer.gallery import EXPLORERS
from lifebook.explorer.mathml import source as mathml
from lifecost import FORMULAS
from lifecost.blocks import latent
from lifecost.stack import Stack, layers
from lifecost.symbols import SYMBOLS
from tools import reference

BOOK = Path(__file__).parents[2] / "book"
POINTS = 40
LATENT = {"kv_rank": (8, 2048), "d_rope": (2, 16)}
FORMULA = {formula.latex: name for name, formula in FORMULAS.items()}


def limiting_width(setting):
    """Return the width over the root of the size, of a model that is larger than any."""
    known = {n: setting[n] for n in FORMULAS["shape_width"].symbols} | {"n_body": 1e40}
    return FORMULAS["shape_width"].numpy()(**known) / 1e20


# Signs that a chapter makes for itself, and the formula or symbol that each stands for.
OWN = {r"I_\text{mla}": "attention_intensity", r"\lambda": None}
# What is no formula's own equation holds somewhere: where this symbol has this value.
WHERE = {
    r"\frac{n_\text{head}}{g}": ("group_size", lambda s: s["kv_cache_reduction"]),
    r"N_\text{body} =": ("d_model", lambda s: s["shape_width"]),
    r"\lambda =": ("train_tokens", lambda s: s["matching_tokens"]),
    r"\frac{A_N\,\alpha}{N^{\alpha}} =": ("train_tokens", lambda s: s["matching_tokens"]),
    r"1 + \frac{D_\text{prefill}}{3": (
        "param_scale",
        lambda s: s["param_scale"] / s["size_to_data_return"],
    ),
    r"w \to": ("relative_width", limiting_width),
    r"\nu\, c_\text{kv}(N)": ("param_scale", lambda s: s["param_scale"] / s["memory_bound_return"]),
}


def of_latents(s):
    """Return the stack of a model whose layers all have a latent."""
    sizes = {name: s[name] for name in ("n_head", "d_head", *LATENT)}
    attention = latent(**sizes, d_value=s["d_head"])
    return Stack(s["d_model"], s["n_layer"], layers(s["n_layer"], attention))


class Setting(dict):
    """Random values of all symbols; of a formula, its value there."""

    model = None  # of other blocks than a plain decoder, as the equations that name a latent mean

    def __missing__(self, name):
        formula = FORMULAS[name]
        if self.model:
            return formula(dict(self), stack=self.model)
        return formula(**{n: self[n] for n in formula.symbols})

    def sign(self, latex):
        if latex in OWN:
            return self[OWN[latex]]
        name = next((n for n, q in SYMBOLS.items() if q.latex == latex and n in self), None)
        return self[name or FORMULA[latex]]

    def where(self, equation):
        """Return the setting at which an equation holds."""
        found = Setting(self)
        for part, (name, at) in WHERE.items():
            if part in equation:
                found[name] = at(self)
        return found


SIGNS = {*FORMULA, *OWN, *(q.latex for q in SYMBOLS.values())}
TOKEN = re.compile(
    "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True) if " / " not in sign)
    + r"|\\begin\{cases\}|\\end\{cases\}|\\text\{\w+\}|\\\\|\\[a-z]+|\d+(?:\.\d+)?"
    + r"|e(?=\^)|[-+^/(){}&,<>=]"
)
BLANK = re.compile(r"\\left|\\right(?!arrow)|\\displaystyle|\\[,;:]")


class Reader:
    """Evaluates LaTeX of the kind that stands in the book, by recursive descent."""

    def __init__(self, text, setting):
        text = BLANK.sub(" ", text)
        self.tokens, self.setting = TOKEN.findall(text), setting
        rest = TOKEN.sub("", text).strip(" .$\n")
        assert not rest, f"cannot read {rest!r} in {text}"

    def take(self, *expected):
        token = self.tokens.pop(0)
        assert not expected or token in expected, f"{token} instead of {expected}"
        return token

    def next(self, *tokens):
        return bool(self.tokens) and self.tokens[0] in tokens

    def sum(self):
        negative = self.next("-") and self.take()
        found = self.product()
        found = -found if negative else found
        while self.next("+", "-"):
            found = found + self.product() if self.take() == "+" else found - self.product()
        return found

    def product(self):
        found = self.power()
        while self.tokens and not self.next(*"+-)},&<>=", r"\\", r"\end{cases}"):
            found = found / self.power() if self.next("/") and self.take() else found * self.power()
        return found

    def power(self):
        base = self.atom()
        return base ** self.atom() if self.next("^") and self.take() else base

    def group(self):
        closing = {"(": ")", "{": "}"}[self.take("(", "{")]
        found = [self.sum()]
        while self.next(","):
            self.take()
            found.append(self.sum())
        self.take(closing)
        return found

    def atom(self):
        if self.next("(", "{"):
            (found,) = self.group()
            return found
        token = self.take()
        if token in SIGNS:
            return self.setting.sign(token)
        if token[0].isdigit():
            return float(token)
        if token == "e":
            return np.e
        if token in (r"\max", r"\min"):
            return reduce(np.maximum if token == r"\max" else np.minimum, self.group())
        if token == r"\frac":
            return self.atom() / self.atom()
        if token == r"\begin{cases}":
            return self.cases()
        return {r"\infty": lambda: np.inf, r"\sqrt": lambda: np.sqrt(self.atom()),
                r"\log": lambda: np.log(self.atom())}[token]()  # fmt: skip

    def cases(self):
        value = self.sum()
        self.take("&")
        if self.take(r"\text{for}", r"\text{otherwise}") == r"\text{otherwise}":
            self.take(r"\end{cases}")
            return value
        left, less, right = self.sum(), self.take("<", ">") == "<", self.sum()
        self.take(r"\\")
        return np.where(left < right if less else left > right, value, self.cases())


def value(text, setting):
    with np.errstate(all="ignore"):
        reader = Reader(text, setting)
        found = reader.sum()
    assert not reader.tokens, f"cannot read {reader.tokens} in {text}"
    return found


def compared(equation, setting):
    """Return what the sides of an equation come to: of a formula's sign, what the formula gives."""
    left = equation.strip("$. \n").removeprefix(r"\displaystyle").strip()
    left, _, right = left.replace(r" \to ", " = ").partition(" = ")
    there = setting.where(equation)
    if OWN.get(left) in FORMULAS:
        there.update(setting.latents)
        there.model = of_latents(there)
    found = [value(side, there) for side in right.split(" = ")]
    if left in FORMULA:
        return [there[FORMULA[left]], *found]
    return found if left in OWN and not OWN[left] else [value(left, there), *found]


def assert_holds(equation, setting):
    first, *others = compared(equation, setting)
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-9, err_msg=equation)


@pytest.fixture(scope="session")
def setting(draw):
    random = np.random.default_rng(2)
    found = Setting(draw(("n_head", *RANGES), POINTS))
    found.latents = {name: random.integers(*ends, POINTS) * 1.0 for name, ends in LATENT.items()}
    return found


def shown():
    """Return (chapter, equation) for what its cells display and what its prose sets apart.

    A limit is the equation of what it tends to.
    """
    for path in sorted(BOOK.glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            texts = [
                "".join(o.get("data", {}).get("text/latex", "")) for o in cell.get("outputs", ())
            ]
            if cell["cell_type"] == "markdown":
                texts = re.findall(r"\$\$(.+?)\$\$", "".join(cell["source"]), re.S)
            yield from ((path.stem, t) for t in texts if " = " in t or r"\to " in t)


@cache
def cards():
    """Return (formula, its card) from the pages of formulas."""
    text = "".join(page for name, page in reference.pages().items() if "formulas/" in name)
    return dict(re.findall(r"^## `(\w+)`\n(.+?)(?=^## |\Z)", text, re.S | re.M))


@pytest.mark.parametrize("chapter", sorted({chapter for chapter, _ in shown()}))
def test_equations_of_a_chapter(setting, chapter):
    for _, equation in (pair for pair in shown() if pair[0] == chapter):
        assert_holds(equation, setting)


@every("name", FORMULAS)
def test_equations_of_a_card(setting, name):
    (equation,) = re.findall(r"^\$\$\n(.+?)\n\$\$$", cards()[name], re.S | re.M)
    assert equation.startswith(f"{FORMULAS[name].latex} = ")
    np.testing.assert_allclose(
        value(equation.removeprefix(f"{FORMULAS[name].latex} = "), setting),
        setting[name],
        rtol=1e-9,
    )
    solved = re.findall(r"solve \$(.+?)\$ for \$(.+?)\$", cards()[name])
    assert len(solved) == bool(FORMULAS[name].unknown)
    for balance, unknown in solved:
        assert unknown == SYMBOLS[FORMULAS[name].unknown].latex
        there = Setting(setting | {FORMULAS[name].unknown: setting[name]})
        left, right = (value(side, there) for side in balance.split(" = "))
        np.testing.assert_allclose(left, right, rtol=1e-9)


def in_python(node):
    """Return MathML as a term of Python."""
    parts = [in_python(child) for child in node]
    text = "".join(parts) or node.get("data-of") or (node.text or "")
    match node.tag:
        case "mfrac" | "msup":
            return f"(({parts[0]}){'/' if node.tag == 'mfrac' else '**'}({parts[1]}))"
        case "msqrt":
            return f"({text})**0.5"
    return {"×": "*", "≥": ">=", "≤": "<=", "∞": "inf", ", else ": " else "}.get(text, text)


@pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)
def test_equation_of_an_explorer(setting, explorer):
    # The line under the readouts, with every number in full.
    formula = explorer.outputs[0].formula
    text = in_python(ElementTree.fromstring(mathml(formula.expr)))
    for point in range(POINTS):
        numbers = {name: float(setting[name][point]) for name in formula.symbols}
        found = eval(text, {"inf": math.inf, "e": math.e, "ln": math.log}, numbers)
        assert found == pytest.approx(setting[formula.name][point], rel=1e-9)


@pytest.mark.parametrize(
    "equation",
    [
        # A row of the table left out, as it once was: latent attention mixes values, too.
        r"$\displaystyle I_\text{mla} = \frac{2\,n_\text{head}}{b_\text{kv}}$",
        r"$\displaystyle C_\text{train} = 2\,N\,D_\text{train}$",
        r"\frac{C_m}{C_\text{exact}} = 1 + m\,\phi_\text{train}",
        r"n_\text{kv} = n_\text{head}\,g",
    ],
)
def test_a_wrong_equation_is_noticed(setting, equation):
    with pytest.raises(AssertionError):
        assert_holds(equation, setting)
