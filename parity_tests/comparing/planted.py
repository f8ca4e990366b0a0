"""Faults planted in imported models: where each is, on which side, and by what words a report must tell its cause."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from imported_pairs import imported

from diptych.comparing.compare import compare
from diptych.comparing.report import Comparison

Plant = Callable[[Any, Any], Any]
"""What changes a module in place, or returns another Keras model, or another (module, model)."""
Side = Literal["torch", "keras"]


@dataclass(frozen=True)
class Fault:
    """A fault by the pair that it is planted in.

    `where` are names of which a report must give one as the place; `words` are texts of which its details must have
    one; `kind` is the hypothesis of the catalogue.
    """

    kind: str
    pair: str
    side: Side
    plant: Plant
    where: tuple[str, ...]
    words: tuple[str, ...]
    weights: Literal["as-is", "transfer"] = "as-is"


FAULTS: dict[str, Fault] = {}
NAMED = re.compile(r"([^\s(]+) of (?:TensorFlow|PyTorch)[:),]|(?<=first in )[^\s,]+")
"""What a detail calls the layer of the other side, and the first that parts."""


def fault(name: str, kind: str, pair: str, side: Side, plant: Plant, where: str, words: str, **more: Any) -> None:
    """Add a fault; `where` and `words` have alternatives between bars."""
    assert name not in FAULTS, name
    FAULTS[name] = Fault(kind, pair, side, plant, tuple(where.split("|")), tuple(words.split("|")), **more)


@dataclass(frozen=True)
class Judged:
    """What a comparison said of a planted fault."""

    report: Comparison
    found: bool
    place: bool
    cause: bool


def judged(fault: Fault, alone: bool = True, batches: tuple[int, ...] = (1, 3)) -> Judged:
    """Plant a fault and compare, with images of the model's own size `alone` or of others, too."""
    module, model, shape = imported(fault.pair)
    planted = fault.plant(module, model)
    if isinstance(planted, tuple):
        module, model = planted
    elif planted is not None:
        module, model = (planted, model) if fault.side == "torch" else (module, planted)
    sizes = [(shape[2], shape[3])] if alone else None
    report = compare(module, model, example=shape, batches=batches, sizes=sizes, weights=fault.weights)
    told = [gate for gate in report.gates if gate.passed is False]
    places = [
        place
        for gate in told
        for place in (_plain(gate.where), *(m.group(1) or m.group() for m in NAMED.finditer(gate.detail)))
    ]
    place = any(_named(where, place) for place in places for where in fault.where)
    cause = any(words in gate.detail for gate in told for words in fault.words)
    return Judged(report, report.verdict == "different", place, cause)


def _plain(where: str) -> str:
    return re.sub(r"^(gradient of|statistic|output of) ", "", where).replace("/", ".")


def _named(where: str, text: str) -> bool:
    """Whether a place is the one of a gate; of a longer path it may be the end, or a part of it."""
    return text == where or text.endswith(f".{where}") or text.startswith((f"{where}.", f"{where} ", f"{where}_"))
