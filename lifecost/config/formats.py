"""In how many bytes weights are stored, by a configuration and ``data/weight_formats.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from lifecost.catalog import load, with_absent
from lifecost.config.messages import is_not, is_one_of, not_counted, show
from lifecost.config.quantization import FIELD, Plan, in_bytes
from lifecost.formulas.matrices import Row, table
from lifecost.formulas.transformer import parameter_count
from lifecost.lowered import Lowered
from lifecost.symbols import VARIANTS, Symbols, in_numbers


def stored(config: Mapping[str, Any], fields: Mapping[str, Any], shape: Mapping[str, int],
           with_experts: list[int]) -> tuple[str, dict[str, float]]:  # fmt: skip
    """Return a format's name and the bytes of a weight by part; empty where the file says nothing.

    Parameters
    ----------
    config, fields
        The configuration, and the object in it that describes the decoder.
    shape
        Symbols of the model's shape.
    with_experts
        Indices of the layers that have experts.

    Raises
    ------
    InputError
        If a format is not known here, or a field of it is wrong.
    """
    dtype = _dtype(config, fields)
    quantization = _either("quantization", config, fields)
    quantization = _either(FIELD, config, fields) if quantization is None else quantization
    if quantization is None:
        return (dtype["format"], {"weight_bytes": in_bytes(dtype["bits"])}) if dtype else ("", {})
    if not isinstance(quantization, Mapping):
        raise is_not(FIELD, quantization, "an object")
    plain = in_bytes(dtype["bits"] if dtype else load("weight_formats")["usual_bits"])
    plan = Plan(quantization, plain, bool(shape.get("tied_embeddings")))
    return plan.format, _by_part(plan, shape, with_experts)


def _dtype(config: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any] | None:
    known = load("weight_formats")["dtypes"]
    for name in ("dtype", "torch_dtype"):
        value = _either(name, config, fields)
        if value is not None and value != "auto":
            if not is_one_of(value, known):
                raise not_counted(f"{name} = {show(value)}", known)
            return dict(known[value])
    return None


def _either(name: str, config: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    value = config.get(name)
    return fields.get(name) if value is None else value


def _by_part(plan: Plan, shape: Mapping[str, int], with_experts: list[int]) -> dict[str, float]:
    experts = set(with_experts)
    layers = {
        "dense": [i for i in range(shape["n_layer"]) if i not in experts],
        "experts": with_experts,
        "all": list(range(shape["n_layer"])),
        "none": [-1],
    }
    parts: dict[str, list[tuple[float, float]]] = {}
    counted = 0
    for module in load("weight_formats")["modules"]:
        row, within = module["row"], layers[module.get("layers", "all")]
        if not (count := _count(row, shape)):
            continue
        counted += count
        within = within if plan.numbered else within[:1]
        found = [
            (1.0, plan.module(row, [_full(name, layer) for name in names]))
            for layer in within for names in module["names"] or [[]]
        ]  # fmt: skip
        parts.setdefault(part_of(row), []).append((count, _mean(found)))
    rest = int(parameter_count(shape)) - counted
    parts.setdefault("other_bytes", []).append((rest, plan.plain))
    means = {name: _mean(found) for name, found in parts.items()}
    base = means["weight_bytes"]
    return {n: m for n, m in means.items() if n == "weight_bytes" or m != base}


def _full(name: str, layer: int) -> str:
    return name if layer < 0 else f"model.layers.{layer}.{name}"


def _mean(found: list[tuple[float, float]]) -> float:
    """Return the mean of values by their weights; of equal ones their value, to the last digit."""
    sums: dict[float, float] = {}
    for weight, value in found:
        if weight:
            sums[value] = sums.get(value, 0) + weight
    if len(sums) == 1:
        return next(iter(sums))
    return sum(weight * value for value, weight in sums.items()) / sum(sums.values())


@cache
def _rows() -> dict[str, Row]:
    """Return the rows of weights, with every variant, by name."""
    return {row.name: row for row in table(Symbols(VARIANTS)) if row.operand == "weights"}


@cache
def elements(row: str) -> Lowered:
    """Return the number of elements of a row of weights, by the symbols of a shape."""
    return Lowered("elements", in_numbers(_rows()[row].sum_of("stored")))


def part_of(row: str) -> str:
    """Return the symbol of the bytes of a row of weights."""
    return str(_rows()[row].bytes or "weight_bytes")


def _count(row: str, shape: Mapping[str, int]) -> int:
    lowered = elements(row)
    bound = with_absent(shape, lowered.symbols)
    return int(lowered.checked({name: bound[name] for name in lowered.symbols}))
