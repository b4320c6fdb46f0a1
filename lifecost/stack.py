"""A model is a stack of blocks: so many copies of this one, so many of that.

A block is of a family: a plain function that yields rows of one table, the matrices and vectors
that a token meets there. What is additive over a model (parameters, multiplications, cache, state)
is a sum over its rows. Families are lowered once; a model is data.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import sympy

from lifecost import values as check
from lifecost.algebra import Min
from lifecost.errors import InputError, unknown_name
from lifecost.symbols import ANY, PARTS, SUMS, Expr, Symbols, in_numbers, symbol_of

FAMILIES: dict[str, Family] = {}
STACK = "stack"  # what a model binds whose blocks are not a plain decoder's
# The sizes of a plain decoder: all that there is to say of one.
PLAIN = (
    "n_layer", "d_model", "n_ff_matrix", "d_ff", "n_head", "n_kv_head", "d_head", "vocab_size",
    "tied_embeddings",
)  # fmt: skip


class Row(NamedTuple):
    """One kind of matrix of a block: ``rows`` x ``columns`` elements.

    ``stored`` copies are kept and ``used`` copies are multiplied by a vector for each token; what
    is looked up or added elementwise is stored and not used. Where they differ, ``active`` copies
    of the stored ones belong to a token, and ``read`` copies are read in a decode step of the whole
    batch (of a cache or a state: for each sequence), ``written`` ones written.

    Tensor parallelism splits what is kept ``ways`` ways, by heads where there are any, and the
    multiplications with a cache ``work`` ways; beyond them chips hold and do the same. A matrix is
    split any number of ways, where nothing is said, and a vector not at all. ``routed`` ones are
    split among all chips of a stage, those of other data-parallel ranks too.
    """

    name: str
    operand: (
        str  # "weights", "cache" or "state" of a sequence, "activations" of a prompt, "choices"
    )
    rows: Any
    columns: Any
    stored: Any = 1
    used: Any = None
    active: Any = None
    read: Any = None
    written: Any = 0
    bytes: str = "weight_bytes"  # the symbol of what stores one weight
    ways: Any = None
    work: Any = math.inf
    routed: bool = False

    def times(self, count: Expr) -> Row:
        """Return the row with so many times its copies."""

        def more(copies: Expr) -> Expr:
            return None if copies is None else copies * count

        return self._replace(
            stored=more(self.stored), used=more(self.used), active=more(self.active),
            read=more(self.read),
        )  # fmt: skip

    @property
    def is_matrix(self) -> bool:
        """Whether it is a matrix or a table of weights, and no vector."""
        return self.operand == "weights" and self.rows != 1

    def among(self, column: str, s: Symbols) -> Expr:
        """Return among how many chips a column of it is divided."""
        if self.routed:
            return s.tensor_parallel * (1 if column == "macs" else s.data_parallel)
        if s.tensor_parallel is sympy.S.One:
            return sympy.S.One
        if column == "macs" and self.operand != "weights":
            return smaller(s.tensor_parallel, self.work)
        vector = self.operand == "weights" and self.rows == 1
        usual = 1 if vector else math.inf
        return smaller(s.tensor_parallel, usual if self.ways is None else self.ways)

    def sum_of(self, column: str) -> Expr:
        """Return elements of the stored, active, read or written copies, or ``"macs"``."""
        used = self.stored if self.used is None else self.used
        copies = {
            "stored": self.stored,
            "active": self.stored if self.active is None else self.active,
            "read": used if self.read is None else self.read,
            "written": self.written,
            "macs": used,
        }[column]
        return copies * self.rows * self.columns


# Which column of which rows a sum adds up.
COLUMNS = {
    "stored_params": ("stored", ("weights",)),
    "active_params": ("active", ("weights",)),
    "read_params": ("read", ("weights",)),
    "weight_macs": ("macs", ("weights",)),
    "cache_macs": ("macs", ("cache", "state")),
    "prompt_macs": ("macs", ("activations", "state")),
    "cache_held": ("stored", ("cache",)),
    "cache_read": ("read", ("cache",)),
    "state_held": ("stored", ("state",)),
    "state_read": ("read", ("state",)),
    "state_written": ("written", ("state",)),
    "choices": ("stored", ("choices",)),
}
IN_BYTES = {"stored_bytes": "stored_params", "read_bytes": "read_params"}
# What of a sum one chip has, where tensor and data parallelism divide a model.
OF_CHIP = {
    "chip_stored_bytes": "stored_bytes",
    "chip_read_bytes": "read_bytes",
    "chip_weight_macs": "weight_macs",
    "chip_routed_macs": "weight_macs",
    "chip_cache_macs": "cache_macs",
    "chip_prompt_macs": "prompt_macs",
    "chip_cache_held": "cache_held",
    "chip_cache_read": "cache_read",
    "chip_state_held": "state_held",
    "chip_state_read": "state_read",
    "chip_state_written": "state_written",
}
# Sums for which the bytes of weights count.
WEIGHED = {*IN_BYTES, "chip_stored_bytes", "chip_read_bytes"}
OF_ROLE = {f"{role}_params": role for role in ("attention", "feed_forward", "embedding")}
# Of a block that runs several times in a step, what is there but once.
ONCE = ("stored_params", "active_params", "stored_bytes", "chip_stored_bytes", *OF_ROLE)


class Family:
    """A kind of block: its function yields rows, and its signature says what sizes a block has.

    Called with sizes it is a block of them; a default may be the name of another size, or of the
    width of the residual stream.
    """

    def __init__(self, rows: Callable[..., Iterator[Row]], role: str) -> None:
        self.rows, self.role = rows, role
        self._lowered: dict[str, Term | None] = {}
        self.name, self.__doc__ = rows.__name__, rows.__doc__
        self.sizes = dict([*inspect.signature(rows).parameters.items()][1:])
        self.__signature__ = inspect.Signature(
            [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in self.sizes.values()]
        )
        FAMILIES[self.name] = self

    def __call__(self, **given: Any) -> Block:
        """Return a block of these sizes.

        Raises
        ------
        InputError
            If a size is missing, not known here, out of range, or does not fit with another.
        """
        for name in given:
            if name not in self.sizes:
                raise unknown_name(f"size of {self.name}", name, self.sizes)
        absent = [n for n, p in self.sizes.items() if p.default is p.empty and n not in given]
        if absent:
            raise check.missing(self.name, absent)
        found = {n: given.get(n, p.default) for n, p in self.sizes.items()}
        for name, value in found.items():
            if name not in given and isinstance(value, str):
                found[name] = found.get(value, value)
        bound = {n for n, v in found.items() if isinstance(v, str) and v == "d_model"}
        numbers = {
            n: v for n, v in found.items() if n not in bound and not isinstance(v, sympy.Basic)
        }
        for name, value in numbers.items():
            numbers[name] = found[name] = check.checked(name, value)
        check.check_together(numbers)
        return Block(self.name, tuple(found.items()))

    @property
    def block(self) -> Block:
        """A block of it whose sizes are symbols."""
        return Block(self.name, tuple((name, symbol_of(name)) for name in self.sizes))

    def lowered(self, name: str) -> Term | None:
        """Return a sum of a block's rows as a function of its sizes and the setting, if it has any.

        Few of all the sums are ever asked for.
        """
        if name not in self._lowered:
            expr = sympy.sympify(self.block.total(name, Symbols(ANY, optional=True)))
            self._lowered[name] = Term(name, in_numbers(expr)) if expr != 0 else None
        return self._lowered[name]

    @cached_property
    def weights(self) -> dict[str, tuple[Term, str]]:
        """The stored elements of each row of weights, by its name, and the bytes that they have."""
        rows = self.block.rows(Symbols(ANY, optional=True))
        rows = [row for row in rows if row.operand == "weights"]
        return {
            r.name: (Term("elements", sympy.sympify(r.sum_of("stored"))), r.bytes) for r in rows
        }

    def __repr__(self) -> str:
        return f"<family {self.name}({', '.join(self.sizes)})>"


def family(role: str) -> Callable[[Callable[..., Iterator[Row]]], Family]:
    """Return a decorator that makes a family of a function of the symbols and of sizes.

    ``role`` is ``"attention"`` for whatever mixes tokens, ``"feed_forward"``, or ``"embedding"``.
    """
    return lambda rows: Family(rows, role)


class Term:
    """An expression as a function of numbers and of arrays; its values are checked elsewhere."""

    def __init__(self, name: str, expr: Expr) -> None:
        self.name, self.expr = name, expr
        self.names = tuple(sorted(one.name for one in expr.free_symbols))

    @cached_property
    def number(self) -> Callable[..., Any]:
        """The function of single numbers."""
        return self._built("scalar_source")

    @cached_property
    def array(self) -> Callable[..., Any]:
        """The function of which some arguments are arrays."""
        return self._built("positional_source")

    def _built(self, source: str) -> Callable[..., Any]:
        from lifecost.printers import python

        return python.build(getattr(python, source)(self.name, self.expr), self.name)

    def __call__(self, *given: Any) -> Any:
        """Return the value for arguments in the order of `names`."""
        for value in given:
            if hasattr(value, "shape"):
                return self.array(*given)
        return self.number(*given)


class Block(NamedTuple):
    """A family with its sizes: numbers, arrays or symbols."""

    family: str
    sizes: tuple[tuple[str, Any], ...]

    def rows(self, s: Symbols) -> list[Row]:
        """Return its rows of the table, with what is 0 times stored and used left out."""
        rows = FAMILIES[self.family].rows(s, **dict(self.sizes))
        columns = ("stored", "macs", "read", "written")
        return [row for row in rows if any(row.sum_of(column) != 0 for column in columns)]

    def total(self, name: str, s: Symbols) -> Expr:
        """Return one sum over the rows."""
        rows = self.rows(s)
        if role := OF_ROLE.get(name):
            if role != FAMILIES[self.family].role:
                return 0
            return sum(row.sum_of("stored") for row in rows if row.is_matrix)
        if name == "operations":
            return sum(
                _present(row.sum_of("stored") + row.sum_of("macs")) for row in rows if row.is_matrix
            )
        whole = OF_CHIP.get(name, name)
        column, operands = COLUMNS[IN_BYTES.get(whole, whole)]
        rows = [row for row in rows if row.operand in operands]
        if name in ("chip_weight_macs", "chip_routed_macs"):
            rows = [row for row in rows if row.routed == (name == "chip_routed_macs")]
        return sum(
            row.sum_of(column)
            * (getattr(s, row.bytes) if name in WEIGHED else 1)
            / (row.among(column, s) if name in OF_CHIP else 1)
            for row in rows
        )

    def within(self, **known: Any) -> Block:
        """Return the block with values for the names that its sizes still hold."""
        sizes = ((n, known.get(v, v) if isinstance(v, str) else v) for n, v in self.sizes)
        return Block(self.family, tuple(sizes))

    def but(self, **changed: Any) -> Block:
        """Return the block with other values of some sizes, and of those that are as these are."""
        found = dict(self.sizes)
        for name, usual in self.usual.items():
            if usual in changed and name not in changed and found[name] == found[usual]:
                changed[name] = changed[usual]
        return FAMILIES[self.family](**{**found, **changed})

    @property
    def usual(self) -> dict[str, str]:
        """The sizes that are usually as others are."""
        sizes = FAMILIES[self.family].sizes
        return {n: p.default for n, p in sizes.items() if isinstance(p.default, str)}


class Part(NamedTuple):
    """So many copies of a block, each of which runs so often in a step."""

    count: Any
    block: Block
    runs: Any = 1


def layers(count: Any, *blocks: Block, runs: Any = 1) -> list[Part]:
    """Return ``count`` layers of any ``blocks``, even of one, that run ``runs`` times a step."""
    return [Part(count, block, runs) for block in blocks]


class Stack:
    """A model: the width of its residual stream, its layers, and what these are made of.

    Parameters
    ----------
    d_model, n_layer
        Width of the residual stream, and how many layers are counted as such.
    kinds
        Lists of parts, as `layers` returns them, or single blocks.

    Examples
    --------
    >>> from lifecost.blocks import dense, embedding, grouped
    >>> attention = grouped(n_head=32, n_kv_head=8, d_head=128)
    >>> layer = layers(32, attention, dense(d_ff=14336))
    >>> stack = Stack(4096, 32, layer, embedding(vocab_size=128256))
    >>> stack.value("stored_params", {})
    8030261248
    """

    def __init__(self, d_model: Any, n_layer: Any, *kinds: Any) -> None:
        self.d_model, self.n_layer = d_model, n_layer
        self._planned: dict[str, tuple[Any, list[Any]]] = {}
        parts = [
            part
            for kind in kinds
            for part in ([Part(1, kind)] if isinstance(kind, Block) else kind)
        ]
        parts = [part._replace(block=part.block.within(d_model=d_model)) for part in parts]
        sizes = [v for p in parts for v in (p.count, p.runs, *dict(p.block.sizes).values())]
        if not any(hasattr(value, "shape") for value in sizes):
            counts: dict[Any, Any] = {}  # equal parts count together, wherever they stand
            for part in parts:
                counts[part[1:]] = counts.get(part[1:], 0) + part.count
            parts = [Part(count, *rest) for rest, count in counts.items()]
        self.parts = parts

    # ---- sums

    def total(self, name: str, s: Symbols) -> Expr:
        """Return a sum as an expression of the sizes, where these are symbols."""
        s = s.but(d_model=self.d_model) if self.d_model != s.d_model else s
        if name in IN_BYTES:
            return self._in_bytes(name, s)
        found = sympy.sympify(
            sum(self._times(name, part) * part.block.total(name, s) for part in self.parts)
        )
        counts = [p.count for p in self.parts if isinstance(p.count, sympy.Symbol)]
        if s.optional or not counts:
            return found
        return sympy.collect(sympy.expand(found), counts, sympy.factor_terms)

    def _in_bytes(self, name: str, s: Symbols) -> Expr:
        """Return the bytes of the weights, from their number and from those that differ.

        The number is the caller's where all are counted: rounded as it may be.
        """
        of = IN_BYTES[name]
        weights = s.n_params if of == "stored_params" else self.total(of, s)
        more = sum(
            self._times(of, part)
            * (getattr(s, row.bytes) - s.weight_bytes)
            * row.sum_of(COLUMNS[of][0])
            for part in self.parts
            for row in part.block.rows(s)
            if row.operand == "weights" and getattr(s, row.bytes) != s.weight_bytes
        )
        return weights * s.weight_bytes + more

    @staticmethod
    def _times(name: str, part: Part) -> Any:
        return part.count if name in ONCE else part.count * part.runs

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return a sum for a setting, numbers or arrays.

        Parameters
        ----------
        name
            One of `lifecost.symbols.SUMS`.
        given
            The symbols that it depends on, and the bytes of weights where it counts bytes.
        """
        if name not in self._planned:
            self._planned[name] = self._plan(name)
        total, terms = self._planned[name]
        for times, term, sizes in terms:
            total = total + times * term(*[given[n] if v is None else v for n, v in sizes])
        return total

    def _plan(self, name: str) -> tuple[Any, list[Any]]:
        """Return what of a sum is known already, and the terms that ask for the setting."""
        known: Any = 0
        terms = []
        for part in self.parts:
            if term := FAMILIES[part.block.family].lowered(name):
                own = {**dict(part.block.sizes), "d_model": self.d_model}
                times, sizes = self._times(name, part), [(n, own.get(n)) for n in term.names]
                if all(value is not None for _, value in sizes):
                    known = known + times * term(*[value for _, value in sizes])
                else:
                    terms.append((times, term, sizes))
        return known, terms

    # ---- as it is

    @cached_property
    def sizes(self) -> dict[str, Any]:
        """The sizes on which all blocks that have them agree, with width and number of layers."""
        found: dict[str, Any] = {}
        for part in self.parts:
            for name, value in part.block.sizes:
                found.setdefault(name, []).append(value)
        same = {
            name: values[0]
            for name, values in found.items()
            if all(np.array_equal(value, values[0]) for value in values)
        }
        return {"n_layer": self.n_layer, "d_model": self.d_model, **same}

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is a plain decoder, which a few sizes describe."""
        if len(self.parts) != len(Symbols.plain.parts):
            return False
        meant = {name: self.sizes.get(name) for name in PLAIN}
        return all(
            part.block.family == other.block.family
            and part.count == meant.get(str(other.count), other.count)
            and part.runs == other.runs
            and all(
                value == meant.get(str(usual), usual)
                for (_, value), (_, usual) in zip(part.block.sizes, other.block.sizes, strict=True)
            )
            for part, other in zip(self.parts, Symbols.plain.parts, strict=True)
        )

    @cached_property
    def shape(self) -> dict[str, Any]:
        """What binds the blocks: the sizes of a plain decoder, and the stack of any other."""
        agreed = {name: self.sizes[name] for name in PLAIN if name in self.sizes}
        return agreed if self.is_plain else {STACK: self, **agreed}

    @cached_property
    def bindings(self) -> dict[str, Any]:
        """What the stack gives to a formula."""
        stored, active = (int(self.value(f"{part}_params", {})) for part in ("stored", "active"))
        experts = {"n_active_params": active} if active != stored else {}
        return {**self.shape, "n_params": stored, **experts}

    def but(self, layers: int | None = None, **sizes: Any) -> Stack:
        """Return the stack with other sizes of all blocks that have them, or of some layers.

        Raises
        ------
        InputError
            If no block has such a size, or too few of them.
        """
        if layers is not None:
            layers = check.single("n_layer", layers, "layers")
        d_model, n_layer = sizes.pop("d_model", self.d_model), sizes.pop("n_layer", self.n_layer)
        parts = list(self.parts)
        if n_layer != self.n_layer:
            parts = [self._stretched(part, n_layer) for part in parts]
        if d_model != self.d_model:
            parts = [self._widened(part, d_model) for part in parts]
        # Those last that are usually as others are, which take them along.
        usual = {name for part in parts for name in part.block.usual}
        for name, value in sorted(sizes.items(), key=lambda one: one[0] in usual):
            parts = _changed(parts, name, value, layers)
        known = check.checked("d_model", d_model), check.checked("n_layer", n_layer)
        return Stack(*known, parts)

    def _widened(self, part: Part, d_model: int) -> Part:
        """Return a part with what reads the residual stream as wide as the stream."""
        known = FAMILIES[part.block.family].sizes
        read = [n for n, value in part.block.sizes
                if known[n].default == "d_model" and value == self.d_model]  # fmt: skip
        return part._replace(block=part.block.but(**dict.fromkeys(read, d_model)))

    def _stretched(self, part: Part, n_layer: int) -> Part:
        if part.count == self.n_layer:
            return part._replace(count=n_layer)
        if part.count == 1:
            return part
        raise InputError(
            f"n_layer = {n_layer}: the layers of this model are not alike, so none can be added"
        )

    def data(self) -> dict[str, Any]:
        """Return the stack as JSON has it: null for infinity."""
        parts = [
            [p.count, p.runs, p.block.family, {n: _finite(v) for n, v in p.block.sizes}]
            for p in self.parts
        ]
        return {"d_model": self.d_model, "n_layer": self.n_layer, "parts": parts}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stack) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> Any:
        return self.d_model, self.n_layer, frozenset(self.parts)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: plans hold generated functions, which are made anew."""
        return {**self.__dict__, "_planned": {}}

    def __repr__(self) -> str:
        lines = (
            f"  {part.count} x {part.block.family}"
            f"({', '.join(f'{n}={v}' for n, v in part.block.sizes if v not in (0, math.inf))})"
            for part in self.parts
        )
        head = f"<stack of {self.n_layer} layers, {self.d_model} wide:"
        return "\n".join([head, *lines]) + ">"


def _changed(parts: list[Part], name: str, value: Any, count: int | None) -> list[Part]:
    """Return parts with another size, in all blocks that have it or in so many copies."""
    if not any(name in dict(part.block.sizes) for part in parts):
        known = [n for part in parts for n, _ in part.block.sizes]
        raise unknown_name("size of this model's blocks", name, dict.fromkeys(known))
    found: list[Part] = []
    left = math.inf if count is None else count
    for part in parts:
        if name not in dict(part.block.sizes) or not left:
            found.append(part)
            continue
        some = min(left, part.count)
        left -= some
        found.append(part._replace(count=some, block=part.block.but(**{name: value})))
        if part.count > some:
            found.append(part._replace(count=part.count - some))
    if count is not None and left:
        raise InputError(f"{name} = {value} in {count} layers: only {count - left} have it")
    return found


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and value == math.inf else value


class Fleet:
    """Several stacks along an axis: what `lifecost.columns` binds where models are no plain ones.

    Parameters
    ----------
    stacks
        The stacks, one for each value of the axis.
    index
        Which of them each point of an array is about; the points of one axis, if it is not given.
    """

    def __init__(self, stacks: Iterable[Stack], index: Any = None) -> None:
        self.stacks: Sequence[Stack] = list(stacks)
        self.index = np.arange(len(self.stacks)) if index is None else np.asarray(index)
        self._places: dict[tuple[int, ...], Any] = {}

    is_one = False

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return a sum at each point: the stacks one by one, each for all of its points."""
        asked = (*SUMS[name].of, *(("weight_bytes", *PARTS) if name in WEIGHED else ()))
        near = {n: np.asarray(given[n], float) for n in asked if n in given}
        if not near:
            return np.array([s.value(name, given) for s in self.stacks], float)[self.index]
        shape = np.broadcast_shapes(self.index.shape, *(v.shape for v in near.values()))
        flat = {n: np.broadcast_to(v, shape).ravel() for n, v in near.items()}
        found = np.empty(math.prod(shape))
        for stack, here in zip(self.stacks, self._where(shape), strict=True):
            if here.size:
                found[here] = stack.value(name, {n: v[here] for n, v in flat.items()})
        return found.reshape(shape)

    def _where(self, shape: tuple[int, ...]) -> Any:
        """Return the points of each stack."""
        if shape not in self._places:
            index = np.broadcast_to(self.index, shape).ravel()
            order = np.argsort(index, kind="stable")  # once: to look for each costs a pass each
            ends = np.searchsorted(index[order], np.arange(1, len(self.stacks)))
            self._places[shape] = np.split(order, ends)
        return self._places[shape]


def _present(elements: Expr) -> Expr:
    """Return 1 where there are any elements, else 0: what of them may be 0 decides."""
    if not isinstance(elements, sympy.Basic):
        return int(elements > 0)
    doubtful = [factor for factor in sympy.Mul.make_args(elements) if not factor.is_positive]
    return Min(1, sympy.Mul(*doubtful)) if doubtful else 1


def smaller(a: Any, b: Any) -> Any:
    """Return the smaller of two; nothing is smaller than a window that is none."""
    if isinstance(b, float) and b == math.inf:
        return a
    return Min(a, b)
