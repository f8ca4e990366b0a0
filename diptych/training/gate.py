"""The gate `training_steps`, which `check` and `compare` ask last where steps are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ..checking.asked import LAST, STEPS
from ..checking.report import Gate, Report
from ..common.errors import DiptychError

R = TypeVar("R", bound=Report)


def with_training(
    report: R, asked: Sequence[str], net: Any, steps: int | None, optimizer: Any,
    progress: Callable[[str], None] | None, **how: Any,
) -> R:  # fmt: skip
    """The report with its last gate, where that is among those asked; not reached where models differ already.

    `net`, `steps`, `optimizer` and more are what `train_check` takes.
    """
    if LAST not in asked:
        return report
    if report.gates and report.verdict != "same":
        wrong = report.failed if report.verdict == "different" else None
        said = f"not reached, for {wrong.name} differs" if wrong else "the models could not be compared"
        return replace(report, gates=(*report.gates, Gate(LAST, detail=said)))
    from .check import train_check
    from .given import given_optimiser

    given_optimiser(optimizer)  # what is wrong with it is an error, and no finding
    try:
        found = train_check(net, steps or STEPS, optimizer, progress=progress, **how)
    except DiptychError as error:
        why = f"{LAST}: cannot be trained: {error}"
        return replace(report, gates=(*report.gates, Gate(LAST, detail=why)), unsure=(*report.unsure, why))
    whose = (f"{label} trains with {text}" for label, text in zip(found.labels, found.whose, strict=False))
    return replace(
        report, gates=(*report.gates, *found.gates), cases=(*report.cases, *found.cases),
        seconds=report.seconds + found.seconds, notes=(*report.notes, *found.notes, *whose),
        unsure=(*report.unsure, *(f"{LAST}: {why}" for why in found.unsure)),
    )  # fmt: skip
