"""In how many bytes weights are stored, by a configuration and ``data/weight_formats.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lifecost.config.messages import is_not, is_one_of, not_counted, show
from lifecost.config.quantization import FIELD, Plan, in_bytes
from lifecost.config.rules import Placed
from lifecost.data import load
from lifecost.stack import FAMILIES


def stored(
    config: Mapping[str, Any], fields: Mapping[str, Any], placed: Sequence[Placed], d_model: int
) -> tuple[str, dict[str, float]]:
    """Return a format's name and the bytes of a weight by part; empty where the file says nothing.

    Parameters
    ----------
    config, fields
        The configuration, and the object in it that describes the decoder.
    placed
        The model's blocks and where they stand.
    d_model
        Width of the residual stream.

    Raises
    ------
    InputError
        If a format is not known here, or a field of it is wrong.
    """
    dtype = _known("dtype", config, fields) or _known("torch_dtype", config, fields)
    quantization = _either("quantization", config, fields)
    quantization = _either(FIELD, config, fields) if quantization is None else quantization
    if quantization is None:
        return (dtype["format"], {"weight_bytes": in_bytes(dtype["bits"])}) if dtype else ("", {})
    if not isinstance(quantization, Mapping):
        raise is_not(FIELD, quantization, "an object")
    plain = in_bytes(dtype["bits"] if dtype else load("weight_formats")["usual_bits"])
    tied = any(dict(one.block.sizes).get("tied_embeddings") for one in placed)
    plan = Plan(quantization, plain, tied, _either("expert_dtype", config, fields))
    return plan.format, _by_part(plan, placed, d_model)


def of_state(named: str, config: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, float]:
    """Return the bytes of an element of a state; nothing where they are those of the cache.

    Parameters
    ----------
    named
        The format, or the field that says it; empty where none does.
    config, fields
        As in `stored`.

    Raises
    ------
    InputError
        If a format is not known here.
    """
    known = load("weight_formats")["dtypes"]
    found = known[named] if named in known else _known(named, config, fields)
    return {"state_bytes": in_bytes(found["bits"])} if found else {}


def _known(
    name: str, config: Mapping[str, Any], fields: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what is known of the format that a field names, if it names one."""
    known = load("weight_formats")["dtypes"]
    value = _either(name, config, fields)
    if value is None or value == "auto":
        return None
    if not is_one_of(value, known):
        raise not_counted(f"{name} = {show(value)}", known)
    return dict(known[value])


def _either(name: str, config: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    value = config.get(name)
    return fields.get(name) if value is None else value


def weights_of(
    placed: Sequence[Placed], d_model: int
) -> Iterator[tuple[str, str, float, list[int]]]:
    """Yield rows of weights: name, the symbol of their bytes, how many, and in what layers."""
    for one in placed:
        sizes = {**dict(one.block.within(d_model=d_model).sizes), "d_model": d_model}
        for row, (term, part) in FAMILIES[one.block.family].weights.items():
            if count := term(*(sizes[name] for name in term.names)) * one.copies:
                yield row, part, count, one.layers


def _by_part(plan: Plan, placed: Sequence[Placed], d_model: int) -> dict[str, float]:
    modules = load("weight_formats")["modules"]
    parts: dict[str, list[tuple[float, float]]] = {}
    for row, part, count, layers in weights_of(placed, d_model):
        within = layers if plan.numbered else layers[:1]
        if row in modules:
            found = [
                (1.0, plan.module(row, [where + name for name in names]))
                for where in [f"model.layers.{layer}." for layer in within] or [""]
                for names in modules[row] or [[]]
            ]
            parts.setdefault(part, []).append((count, _mean(found)))
        else:
            parts.setdefault(part, []).append((count, plan.plain))
    plan.check_listed()
    means = {name: _mean(found) for name, found in parts.items()}
    base = means["weight_bytes"]
    return {n: m for n, m in means.items() if n == "weight_bytes" or m != base}


def _mean(found: list[tuple[float, float]]) -> float:
    """Return the mean of values by their weights; of equal ones their value, to the last digit."""
    sums: dict[float, float] = {}
    for weight, value in found:
        if weight:
            sums[value] = sums.get(value, 0) + weight
    if len(sums) == 1:
        return next(iter(sums))
    return sum(weight * value for value, weight in sums.items()) / sum(sums.values())
