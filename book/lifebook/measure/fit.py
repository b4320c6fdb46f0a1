"""Fits the one constant that is fitted, and prints what the library's data say of errors.

Run it as ``make fit`` or ``python -m lifebook.measure.fit``. It prints the time of an operation,
which stands in lifecost/data/overheads.toml, and the errors by regime that stand in regimes.toml.
"""

from __future__ import annotations

from lifebook.measure import evaluation
from lifecost.quantities import quantity


def main() -> None:
    """Print the fit, its errors by source and by regime, and what each overhead is for."""
    print(f"operation_time = {evaluation.trial().fit():.3g} s, fitted on all four sources\n")
    print("out of sample       rows  fitted    median  (95 %)         90 %   bias")
    for one in evaluation.out_of_sample():
        print(
            f"{one.title:18} {one.rows:5}  {quantity(one.operation_time, 's'):>8} "
            f"{one.median:7.3f}  ({one.low:.3f}-{one.high:.3f})  {one.ninety:5.2f}  {one.bias:5.2f}"
        )
    print("\nleft out, the constant fitted anew")
    for title, time, medians in evaluation.left_out():
        print(f"{title:28} {quantity(time, 's'):>8}", *(f"{median:6.3f}" for median in medians))
    print("\nregimes.toml")
    for name, error, rows in evaluation.regime_errors():
        print(f"{name:16} error = {error:.3f} rows = {rows}")


if __name__ == "__main__":
    main()
