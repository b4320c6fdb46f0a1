"""Energy: what the chips draw at most for a token.

The power is what a device is designed for. No chip draws more for long, and one that waits for its
memory draws less: single A100 and H100 that decode were measured at 48 to 86 % of it
(Chitty-Venkata et al. 2024). The rest of the machine, its cooling and idle hours are not counted.
"""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas._settings import KV_8B, LLAMA_8B, MATRICES_8B, MODEL, POST
from lifecost.formulas.time import decode_throughput
from lifecost.symbols import Expr, Symbols

_LIMIT = ("every chip draws what it is designed for, all the time; no cooling, no host",)


@formula(
    r"E_\text{token}", "J/token", assumptions=_LIMIT,
    varies="* chip_power n_chip / token_rate",
    example=(dict(chip_power=700, n_chip=8, token_rate=2800), 2, "8 x 700 W for 2,800 tokens/s"),
)  # fmt: skip
def energy_per_token(s: Symbols) -> Expr:
    """Energy of a token, at most, where chips yield tokens at a given rate.

    A measured rate gives a bound, an estimated one an estimate from above.
    """
    return s.chip_power * s.n_chip / s.token_rate


@formula(
    r"E_\text{decode}", "J/token", level="full",
    assumptions=("each step takes its least time: more is drawn where it takes longer", *_LIMIT),
    varies=(
        f"* chip_power + {MODEL} kv_bytes weight_bytes context - peak_flops memory_bandwidth batch"
    ),
    example=(dict(LLAMA_8B | POST, peak_flops=1979e12, memory_bandwidth=3.35e12, chip_power=700),
             700 * (MATRICES_8B + KV_8B) / 3.35e12 / 128, "reading, by hand"),
)  # fmt: skip
def decode_energy(s: Symbols) -> Expr:
    """Energy of a decoded token in a step of least time, at the power that chips are designed for.

    No bound either way: a real step takes longer, and a chip that waits for memory draws less. It
    is that of one chip; as many as share all evenly take as much.
    """
    one = s.but(n_chip=1, tensor_parallel=1, data_parallel=1, pipeline_parallel=1)
    return energy_per_token(one.but(token_rate=decode_throughput(one)))
