"""Compare two models as they stand; see docs/compare.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..checking.report import Gate, Report
from .gates import GATES
from .pair import Pair
from .sides import images, sides


def compare(
    one: Any,
    other: Any,
    *,
    example: Any = None,
    names: Mapping[str, str] | None = None,
    sizes: Sequence[tuple[int, int]] | None = None,
    batches: Sequence[int] = (1, 2, 3),
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Hold two models to each other."""
    start = time.monotonic()
    first, second, shape = sides(one, other, example)
    pair = Pair(first, second, list(images(shape, batches, sizes)), names or {})
    gates = []
    for name, gate in GATES.items():
        if progress:
            progress(f"comparing {name}")
        found = gate(pair)
        if found is None:
            gates.append(Gate(name))
        else:
            gates.append(Gate(name, found.passed, found.measured, found.tolerance, found.where, found.detail, found.compared))
    cases = tuple(item.name for item in pair.images)
    return Report(f"{first.label} and {second.label}", tuple(gates), cases, {}, time.monotonic() - start)
