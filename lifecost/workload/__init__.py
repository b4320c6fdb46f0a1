"""Workloads as data: what a trace of requests costs, beside what training did."""

from lifecost.workload.bill import Bill, Phase, bill
from lifecost.workload.life import Life, life
from lifecost.workload.reading import read_trace
from lifecost.workload.trace import Trace

__all__ = [
    "Bill", "Life", "Phase", "Trace", "bill", "life", "read_trace",
]  # fmt: skip
