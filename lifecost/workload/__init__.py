"""Workloads as data: what a trace of requests costs, beside what training did."""

from lifecost.workload.bill import Bill, Phase, bill
from lifecost.workload.life import Life, life
from lifecost.workload.prompts import Kept, Memory, kept, memories
from lifecost.workload.reading import read_trace
from lifecost.workload.trace import Trace

__all__ = [
    "Bill", "Kept", "Life", "Memory", "Phase", "Trace", "bill", "kept", "life", "memories",
    "read_trace",
]  # fmt: skip
