"""The reader of traces in JavaScript: forms of ``data/traces.toml`` before the page's script."""

from __future__ import annotations

import json
from importlib import resources

from lifecost.config.messages import LONGEST as LONGEST_NUMBER
from lifecost.data import load
from lifecost.workload.bill import LIMITS, SHARES
from lifecost.workload.reading import DATE, LONGEST, LONGEST_ROW, NUMBER
from lifecost.workload.trace import SAMPLE

FORMULAS = (
    "decode_flops", "decode_memory_flop_equivalent", "decode_weights_time", "kv_bytes_read",
    "kv_cache_size", "prompt_flops",
)  # fmt: skip
_KEYS = ("input", "cached", "output", "time", "unit", "blocks", "block", "only", "title")


def source() -> str:
    """Return the source of ``readTrace(file)`` and ``billOf(trace, bound)``.

    They expect the table ``FORMULAS`` that `stacks.formulas` prints.
    """
    forms = {
        form: {key: row[key] for key in _KEYS if key in row}
        for form, row in load("traces").items()
    }  # fmt: skip
    limits = {
        "number": NUMBER, "date": DATE, "longest": LONGEST, "longest_row": LONGEST_ROW,
        "longest_number": LONGEST_NUMBER, "sample": SAMPLE, "limits": LIMITS, "shares": SHARES,
    }  # fmt: skip
    code = resources.files("lifebook.explorer.readers").joinpath("trace.js").read_text("utf-8")
    return f"const FORMS = {json.dumps(forms)};\nconst TRACE = {json.dumps(limits)};\n{code}"
