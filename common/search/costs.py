"""What each candidate costs: multiply-accumulates, or microseconds from a table of what was measured.

A table is data: which machine it was, which versions, and for each runtime the microseconds of each part of a space.
The cost of a network is the sum of its parts (section 3.1 of Wu et al. 2018), so that parts are measured alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DiptychError
from ..spec import Array, Shape
from ..text import first_few, printable
from .space import Candidate, Space

MACS = "macs"
UNITS = {MACS: "MACs"}
MICROSECONDS = "us"
MOST = 1 << 20
"""Characters of a table, at most."""


@dataclass(frozen=True)
class Costs:
    """The costs of each candidate of each layer, and of stem and head together, all in one `unit`."""

    unit: str
    layers: tuple[Array, ...]
    fixed: float
    source: str = ""

    def of(self, places: Sequence[int]) -> float:
        """What the network of the candidates at these places costs."""
        return self.fixed + float(sum(costs[place] for costs, place in zip(self.layers, places, strict=True)))

    def expected(self, probabilities: Sequence[Array]) -> float:
        """What a network costs on average when each candidate is drawn by its probability."""
        return self.fixed + float(
            sum(float(np.dot(p, costs)) for p, costs in zip(probabilities, self.layers, strict=True))
        )

    @property
    def least(self) -> float:
        """What the cheapest network costs."""
        return self.fixed + float(sum(costs.min() for costs in self.layers))

    @property
    def most(self) -> float:
        """What the dearest network costs."""
        return self.fixed + float(sum(costs.max() for costs in self.layers))


def check_budget(costs: Costs, budget: float) -> None:
    """Raise DiptychError for a budget that is no positive number, and one that no network of the space meets."""
    if not (math.isfinite(budget) and budget > 0):
        raise DiptychError(f"a budget is a positive number, got {budget!r}")
    if budget < costs.least:
        raise DiptychError(
            f"no network meets a budget of {shown(budget, costs.unit)}: the cheapest of the space costs "
            f"{shown(costs.least, costs.unit)} and the dearest {shown(costs.most, costs.unit)}; give a budget between"
        )


def shown(cost: float, unit: str) -> str:
    """A cost in words.

    >>> shown(123.456, "us"), shown(271232, "MACs")
    ('123.5 us', '271,232 MACs')
    """
    return f"{cost:,.0f} {unit}" if unit == UNITS[MACS] else f"{cost:.1f} {unit}"


def key_of(shape: Shape, candidate: str, channels: int, stride: int) -> str:
    """What a table calls a candidate at a layer: the map that it takes, its name, and what it makes of it.

    >>> key_of((16, 8, 8), "k3_e6", 24, 2)
    '16x8x8 k3_e6 24 /2'
    """
    return f"{'x'.join(map(str, shape))} {candidate} {channels} /{stride}"


def parts(space: Space) -> dict[str, tuple[int | None, Candidate | None]]:
    """Every part of a space by what a table calls it, for `Space.part`; one of equal parts."""
    shape = "x".join(map(str, space.input_shape))
    found: dict[str, tuple[int | None, Candidate | None]] = {f"{shape} stem": (0, None)}
    for number, layer in enumerate(space.layers):
        for candidate in layer.candidates:
            found.setdefault(_key(space, number, candidate), (number, candidate))
    last = "x".join(map(str, space.shapes[-1]))
    return found | {f"{last} head {space.num_classes}": (None, None)}


def _key(space: Space, number: int, candidate: Candidate) -> str:
    layer = space.layers[number]
    return key_of(space.shapes[number], candidate.name, layer.channels, layer.stride)


def macs(space: Space) -> Costs:
    """The multiply-accumulates of each candidate; one that leaves its layer out costs nothing."""
    counted = {key: 0.0 if net is None else float(net.macs) for key, net in _nets(space)}
    return _costs(space, counted, UNITS[MACS], "multiply-accumulates")


def _nets(space: Space) -> list[tuple[str, Any]]:
    return [(key, space.part(*place)) for key, place in parts(space).items()]


def latencies(space: Space, table: Mapping[str, Any], runtime: str) -> Costs:
    """The microseconds of each candidate in a runtime of a table; raises DiptychError where the table lacks any."""
    runtimes = table["runtimes"]
    if runtime not in runtimes:
        raise DiptychError(f"the table has no runtime {runtime!r}; it has {', '.join(runtimes)}")
    missing = [key for key in parts(space) if key not in runtimes[runtime]]
    if missing:
        raise DiptychError(
            f"the table of latencies has nothing of {first_few(missing, 3)}; measure the space {space.name} with "
            "`python -m benchmarks.latency`, or take MACs for costs"
        )
    return _costs(space, runtimes[runtime], MICROSECONDS, f"{runtime} on {table['machine']}")


def _costs(space: Space, found: Mapping[str, float], unit: str, source: str) -> Costs:
    ends = [found[key] for key, (_, candidate) in parts(space).items() if candidate is None]
    rows = [[found[_key(space, number, candidate)] for candidate in layer.candidates]
            for number, layer in enumerate(space.layers)]  # fmt: skip
    return Costs(unit, tuple(np.array(row, np.float64) for row in rows), float(sum(ends)), source)


def table_of(text: str, where: str) -> dict[str, Any]:
    """A table of latencies from JSON; raises DiptychError for what is none."""
    try:
        found = json.loads(text) if len(text) <= MOST else None
    except (ValueError, RecursionError):
        found = None
    table: dict[str, Any] = found if isinstance(found, dict) else {}
    runtimes = table.get("runtimes")
    if not isinstance(runtimes, dict) or not isinstance(table.get("machine"), str) or table.get("unit") != MICROSECONDS:
        raise DiptychError(
            f"{printable(where, 200)} is no table of latencies: expected JSON with the machine, the unit "
            f'"{MICROSECONDS}" and the runtimes, as `python -m benchmarks.latency` writes it'
        )
    for runtime, rows in runtimes.items():
        numbers = rows.values() if isinstance(rows, dict) else [None]
        if not all(isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n < math.inf for n in numbers):
            raise DiptychError(
                f"{printable(where, 200)}: the latencies of {printable(str(runtime), 60)} are not all numbers of "
                "microseconds from 0 on"
            )
    return table


def read_table(path: Path) -> dict[str, Any]:
    """The table of latencies in a file; raises DiptychError where it is missing or none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no text"
        raise DiptychError(f"cannot read the table of latencies {printable(str(path), 200)}: {said}") from None
    return table_of(text, str(path))
