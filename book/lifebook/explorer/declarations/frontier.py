"""Explorer: the speed of one user against the throughput of all, as more are served at a time."""

from __future__ import annotations

from dataclasses import replace

from lifebook.data import load
from lifebook.explorer import Axis, Case, Choice, Curve, Dot, Explorer, Output, Plot, Range
from lifebook.explorer.declarations.controls import MODEL, POST, REACHED, SERVING_DEVICE, TESTED
from lifebook.explorer.words import shown
from lifecost.formulas.overheads import time_per_token
from lifecost.formulas.service import service_room, service_throughput, user_rate
from lifecost.formulas.time import decode_step_time
from lifecost.quantities import percent
from lifecost.serving import Layout
from lifecost.symbols import SYMBOLS

USERS = 4096  # at most
_CHIPS = (1, 2, 4, 8, 16, 32, 64)
_TENSOR = (8, 4, 2, 1)  # within one machine


def _layouts() -> list[Layout]:
    """Return layouts of so many chips: tensor parallelism, ranks of data beside it, or two stages.

    Ranks spread the experts over all of their chips.
    """
    found = []
    for chips in _CHIPS:
        shares = [tensor for tensor in _TENSOR if chips % tensor == 0]
        found += [Layout(one, chips // one, chips if chips > one else 1) for one in shares]
        found += [Layout(one, 1, 1, 2) for one in shares if 2 * one == chips]
    return found


def _title(layout: Layout) -> str:
    degrees = zip(("tensor", "data", "stages"), (layout[0], layout[1], layout[3]), strict=True)
    parts = ", ".join(f"{word} {degree}" for word, degree in degrees if degree > 1)
    return f"{layout.n_chip} chip{'s' * bool(parts)}{parts and ': '}{parts}"


def _hint(layout: Layout) -> str:
    shared = layout.expert_parallel
    return f"experts over {shared}" if shared > 1 else ""


_LAYOUTS = {f"t{one[0]}-d{one[1]}-p{one[3]}": one for one in _layouts()}
LAYOUT = Choice(
    "layout",
    "Layout",
    {name: {**one.bindings, "n_chip": one.n_chip} for name, one in _LAYOUTS.items()},
    "t8-d1-p1",
    {name: _title(one) for name, one in _LAYOUTS.items()},
    hints={name: _hint(one) for name, one in _LAYOUTS.items()},
)
_LENGTHS = ((2048, 512), (1024, 1024), (8192, 1024), (1024, 8192), (65536, 1024))
REQUEST = Choice(
    "request",
    "Request",
    {f"{prompt}-{answer}": {"prompt_length": prompt, "answer_length": answer,
                            "context": prompt + answer / 2}
     for prompt, answer in _LENGTHS},
    "2048-512",
    {f"{prompt}-{answer}": f"{shown(prompt, 'context')} read, {shown(answer, 'context')} written"
     for prompt, answer in _LENGTHS},
)  # fmt: skip
_NO_LINK = SYMBOLS["link_bandwidth"].high


def _tested() -> list[Case]:
    """Return what is known of the error, regime by regime."""
    cases = []
    for name, row in load("regimes").items():
        if name == "first-token":
            continue
        least = tuple(x for pair in row.get("at_least", {}).items() for x in pair)
        off = (
            f"off by {percent(row['error'])} at the median."
            if "error" in row
            else "no run is known."
        )
        head = "Tested" if row["tested"] else "Not tested"
        cases.append(
            Case(
                f"{head}: {off}",
                f"For {row['conditions']}. Each user gets {{user_rate}} tokens a second.",
                least,
                TESTED if row.get("other_chip") else (),
            )
        )
    return cases


frontier = Explorer(
    name="frontier",
    title="How fast can each user read, and how many tokens does the machine make?",
    controls=(
        replace(MODEL, opening="llama-3-70b"), SERVING_DEVICE, LAYOUT,
        Range("batch", 1, USERS, 64, "Users", per_double=16), REQUEST,
    ),
    outputs=(
        Output(time_per_token, "between two tokens, estimate"),
        Output(decode_step_time, "at least, by the bound"),
        Output(user_rate, "tokens/s for each user"),
        Output(service_throughput, "tokens/s of all chips"),
        Output(service_room, "users find room"),
    ),
    answer=(
        Case("It does not fit.", "The weights leave no room for one request.", (1, "service_room")),
        Case(
            "Memory is full.",
            "{service_room} requests find room at a time; the others have to wait.",
            ("batch", "service_room"),
        ),
        Case(
            "Too fast.",
            "No source says how fast the links of this chip are, so messages count as free.",
            ("link_bandwidth", _NO_LINK, "n_chip", 2),
        ),
        *_tested(),
    ),
    picture=(
        Plot(
            Axis("user_rate", "tokens/s for each user", 1, 1000, "count"),
            Axis("service_throughput", "tokens/s of all chips", 10, 1e6, "count"),
            curves=(
                Curve("service_throughput", "estimate", "decode", "user_rate",
                      ("batch", 1, USERS), until="service_room"),
                Curve("decode_throughput", "bound", "muted", "layout_user_rate",
                      ("batch", 1, USERS), dashed=True, until="service_room"),
            ),
            dots=(
                Dot("layout_user_rate", "decode_throughput", "", "muted", ring=True),
                Dot("user_rate", "service_throughput", "{batch} users", "decode", {"batch": "x"}),
            ),
        ),
    ),
    fixed={**POST, **REACHED, "kv_bytes": 2, "weight_bytes": 2, "embedding_bytes": 2,
           "other_bytes": 2, "link_bandwidth": _NO_LINK, "aggregated": 1},
)  # fmt: skip
