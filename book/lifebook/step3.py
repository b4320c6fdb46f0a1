"""Step-3's tables of nine models, as the paper counts: what a decoded token reads and costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lifebook.data import load
from lifebook.evidence import rows
from lifecost.catalog import Model, hardware, models
from lifecost.errors import unknown_name
from lifecost.formulas.kv_cache import kv_bytes_read
from lifecost.formulas.transformer import attention_flops
from lifecost.symbols import ANY, Symbols

_MILLION, _HOUR = 1e6, 3600  # tokens, seconds


@dataclass(frozen=True)
class Step3:
    """A model of the tables, where a sequence has a number of tokens before it.

    Attributes
    ----------
    row, model, context
        What ``data/step3.toml`` says of it; the model; and the tokens.
    """

    row: dict[str, Any]
    model: Model
    context: float

    @property
    def read(self) -> float:
        """Bytes of cache and state that a decoded token reads."""
        size = self.row.get("bytes", {"kv_bytes": 1})
        return self._beyond("read") + float(
            kv_bytes_read(self.model.stack, batch=1, context=self.context, **size)
        )

    @property
    def attention(self) -> float:
        """FLOPs of attention itself, without its projections."""
        return self._beyond("attention") + float(
            attention_flops(self.model.stack, context=self.context)
        )

    @property
    def projections(self) -> float:
        """FLOPs of the projections before and after attention."""
        return 2 * float(self.model.stack.value("attention_params", {}))

    @property
    def networks(self) -> float:
        """FLOPs of the feed-forward layers and the experts, routers apart."""
        s = Symbols(ANY, optional=True).but(d_model=self.model.stack.d_model)
        macs = sum(
            part.count * row.sum_of("macs")
            for part in self.model.stack.parts
            for row in part.block.rows(s)
            if row.name in ("feed-forward", "experts", "shared experts")
        )
        return 2 * float(macs)

    def attention_price(self, chip: str) -> float:
        """Return US dollars for the attention of a million tokens, on a ``chip`` at its peak."""
        flop, byte = unit_price(chip, "flop"), unit_price(chip, "byte")
        return _MILLION * (max(self.attention * flop, self.read * byte) + self.projections * flop)

    def networks_price(self, chip: str) -> float:
        """Return US dollars for the networks of a million tokens, on a ``chip`` at its peak."""
        return _MILLION * self.networks * unit_price(chip, "flop")

    def _beyond(self, what: str) -> float:
        return float(eval(self.row.get(f"{what}_beyond", "0"), {"context": self.context}))


@cache
def step3(name: str, context: float = 2**13) -> Step3:
    """Return a model of Step-3's tables at a context.

    Raises
    ------
    InputError
        If the tables have no model of that name.

    Examples
    --------
    >>> f"{step3('deepseek-v3').attention:.2e}"
    '1.47e+11'
    >>> round(step3("step-3").attention_price("h20"), 3)
    0.04
    """
    known = load("step3")
    if name not in known:
        raise unknown_name("model of Step-3's tables", name, known)
    row = known[name]
    model = models[row["model"]] if "model" in row else Model.of(row["title"], row)
    return Step3(row, model, context)


def unit_price(chip: str, unit: str) -> float:
    """Return US dollars for one ``flop`` or one ``byte`` of a chip at its peak, as Step-3 reckons.

    A flop is in 8 bits where the chip has them, or else in 16.

    Examples
    --------
    >>> f"{unit_price('h800', 'flop'):.2e}", f"{unit_price('a800', 'byte'):.2e}"
    ('2.81e-19', '1.04e-16')
    """
    (row,) = rows("prices", hardware=chip, source="stepfun2025step3")
    device = hardware[chip]
    peak = device.peak_flops.get("fp8", device.peak_flops["bf16"])
    rate = peak if unit == "flop" else device.memory_bandwidth
    return float(row["chip_hour_price"]) / _HOUR / rate
