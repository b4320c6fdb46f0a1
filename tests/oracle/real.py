"""The same counts with weights that are real: what the meta device and the stubs could hide."""

import random
from typing import Any

import torch

from .measure import (
    CAUSAL,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    cache_layers,
    get_decoder,
    is_experts,
    read,
    stacked,
    text_part,
)

SMALL = 60_000_000


def differences(model_type: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return what differs when the model is built on the processor and a token passes through it.

    Experts are active if they have a gradient after it.
    """
    config = read(model_type, row["config"])
    auto = AutoModelForCausalLM if config.model_type in CAUSAL else AutoModelForImageTextToText
    model = auto.from_config(config).float().eval()
    for parameter in model.parameters():  # large enough for every gradient to arrive
        low, high = (0.5, 1.5) if parameter.dim() < 2 else (-0.5, 0.5)
        parameter.data.uniform_(low, high)
    with torch.enable_grad():
        out = get_decoder(model)(input_ids=torch.tensor([[1]]), use_cache=True)
        next(x for x in out.values() if isinstance(x, torch.Tensor)).pow(2).sum().backward()
    parameters = sum(p.numel() for p in text_part(model)[0].values())
    found = {"parameters": parameters, "active": parameters - idle(model)}
    layers = cache_layers(out.get("past_key_values"), []) or []
    found["kv"] = sum(layer.held(100) for layer in layers)
    known = {**row, "kv": row["kv"] and row["kv"]["100"]}
    return {name: [value, known[name]] for name, value in found.items() if value != known[name]}


def idle(model: torch.nn.Module) -> int:
    """Return the parameters of experts that have no gradient."""
    total = 0
    for module in filter(is_experts, model.modules()):
        for parameter, number in stacked(module).values():
            gradient = torch.zeros(()) if parameter.grad is None else parameter.grad
            used = gradient.expand_as(parameter).reshape(number, -1).abs().sum(1).gt(0).sum()
            total += parameter.numel() // number * (number - int(used))
    return total


def sample(rows: list[dict[str, Any]], seed: int = 0) -> list[dict[str, Any]]:
    """Return a small model of each type."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["parameters"] + sum(row["left_out"].values()) < SMALL and row["kv"]:
            by_type.setdefault(row["type"], []).append(row)
    return [random.Random(seed).choice(of_type) for of_type in by_type.values()]
