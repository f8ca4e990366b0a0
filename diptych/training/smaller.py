"""Training in which rounding grows too fast to tell anything, once more at smaller rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..common.training.named import OPTIMISERS
from ..common.training.optimisers import Optimiser
from .report import TrainReport

SMALLER = (0.01, 0.001)
"""Parts of the rate. At the start the step is long beside the weights of narrow networks with batch normalisation, and
each step makes the difference several times larger. A thousandth still moves weights by far more than 1e-8."""


def at_smaller_rates(report: TrainReport, name: str, once: Callable[[Optimiser], TrainReport]) -> TrainReport:
    """The report at the largest of the rates at which rounding leaves an answer; the last one where none does.

    `name` is an optimiser whose rate nobody chose, `once` trains with another description of it.
    """
    rule = OPTIMISERS[name.lower()]
    if not isinstance(rule.rate, float):
        return report
    rate, before = rule.rate, list[str]()
    for part in SMALLER:
        if not report.rounded:
            break
        before.append(f"at a rate of {rate:g}: {report.unsure[0]}")
        rate = rule.rate * part
        again = once(replace(rule, rate=rate))
        notes = (f"trained at a rate of {rate:g}", *before, *again.notes)
        report = replace(again, seconds=report.seconds + again.seconds, notes=notes)
    return report
