"""Training that diverges, or in which rounding grows too fast to tell anything, once more at smaller rates."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ..common.training.named import optimiser
from ..common.training.optimisers import Optimiser
from .course import Diverged
from .report import TrainReport

SMALLER = (0.01, 0.001)
"""Parts of the rate. At the start the step is long beside the weights of narrow networks with batch normalisation, and
each step makes the difference several times larger. A thousandth still moves weights by far more than 1e-8."""


def at_smaller_rates(name: str, once: Callable[[Optimiser], TrainReport]) -> TrainReport:
    """The report at the largest of the rates that leaves an answer; the last one where none does.

    `name` is an optimiser whose rate nobody chose, `once` trains with another description of it. Raises DiptychError
    where training diverges at the last rate, too.
    """
    rule, start, before = optimiser(name), time.monotonic(), list[str]()
    parts = (1.0, *SMALLER) if isinstance(rule.rate, float) else (1.0,)
    for part in parts:
        tried = rule if part == 1 or not isinstance(rule.rate, float) else replace(rule, rate=rule.rate * part)
        try:
            report = once(tried)
        except Diverged as error:
            if part == parts[-1]:
                raise
            before.append(f"at a rate of {tried.rate:g}: {error.what}")
            continue
        if before:
            notes = (f"trained at a rate of {tried.rate:g}", *before, *report.notes)
            report = replace(report, seconds=time.monotonic() - start, notes=notes)
        if not report.rounded:
            break
        before.append(f"at a rate of {tried.rate:g}: {report.unsure[0]}")
    return report
