"""Ops that code writes out: response normalisation, GELU and standardisation, found by their last step."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..op import Op
from ..ops.add import Add
from ..ops.channel_pad import ChannelPad
from ..ops.channel_slice import ChannelSlice
from ..ops.clamp import Clamp
from ..ops.divide import Divide
from ..ops.gelu import Gelu
from ..ops.local_response_norm import LocalResponseNorm
from ..ops.multiply import Multiply
from ..ops.power import Power
from ..ops.rescale import Rescale
from ..ops.standardize import FLOOR, Standardize
from ..ops.tanh import Tanh
from .draft import Step
from .foreign import Foreign, error_function

CLOSE = 1e-12
DIGITS = 12
"""Digits of a constant that was computed of others."""


def composed(steps: list[Step]) -> list[Step]:
    """The steps, where the last of several that are one op is that op; nothing reads the others then."""
    seen = _Seen(steps)
    made = list(steps)
    for place, step in enumerate(steps):
        if (whole := seen.standardised(step)) is not None:
            made[place] = whole
            continue
        found = seen.response(step) if isinstance(step.op, Divide | Multiply) else None
        if isinstance(step.op, Multiply | Rescale):
            found = found or seen.gelu(place)
        if found is not None and step.op is not None and steps[found[1]].shape == step.shape:
            outer, dot, name = step.label.rpartition(".")
            label = f"{outer}{dot}{found[0].kind}" if name == step.op.kind else step.label
            made[place] = replace(step, op=found[0], inputs=(found[1],), vector=None, label=label)
    return made


@dataclass
class _Seen:
    """The steps of a draft, looked at from the last of several back to the first."""

    steps: list[Step]

    def scaled(self, place: int) -> tuple[float, float, int]:
        """(factor, offset, step): what a value is of another that is no multiple of one itself."""
        factor, offset = 1.0, 0.0
        while isinstance(op := self.steps[place].op, Rescale):
            factor, offset = factor * op.factor, offset + factor * op.offset
            (place,) = self.steps[place].inputs
        return factor, offset, place

    def response(self, step: Step) -> tuple[Op, int] | None:
        """The local response normalisation that a quotient is, or a product, and what it is of."""
        divided = isinstance(step.op, Divide)
        for x, below in (step.inputs,) if divided else (step.inputs, step.inputs[::-1]):
            power = self.steps[below]
            if isinstance(power.op, Power) and len(self.steps[x].shape) == 3:
                factor, k, total = self.scaled(power.inputs[0])
                size = self._window(total, x)
                beta = power.op.exponent if divided else -power.op.exponent
                return (LocalResponseNorm(size, _short(factor * size), beta, _short(k)), x) if size else None
        return None

    def standardised(self, step: Step) -> Step | None:
        """(x - mean) / max(sqrt(variance), 1e-7) of two buffers, as a module of our own and one of Keras has it."""
        if self._said(step) != "div" or len(step.inputs) != len(["x", "deviation"]):
            return None
        less, floored = (self.steps[place] for place in step.inputs)
        root = self.steps[floored.inputs[0]] if floored.op == Clamp(low=FLOOR) else floored
        names = {kind: name for item, word, kind in ((less, "sub", "mean"), (root, "sqrt", "variance"))
                 if self._said(item) == word and len(item.names) == 1 for name in item.names.values()}  # fmt: skip
        if len(names) != len(["mean", "variance"]) or root is floored or len(less.inputs) != 1 or root.inputs:
            return None
        label = less.label if less.label == root.label else step.label
        return replace(step, op=Standardize(), inputs=less.inputs, names=names, label=label)

    @staticmethod
    def _said(step: Step) -> str:
        """The name of the function that a step is, if no op says it or it is a quotient."""
        return step.op.function.name if isinstance(step.op, Foreign) else ""

    def _window(self, total: int, x: int) -> int:
        """Over how many channels a value is the sum of the squares of x; 0 for anything else."""
        slices = self._summands(total)
        size, sources = len(slices), {self.steps[item].inputs for item in slices}
        if size < 2 or len(sources) != 1:
            return 0
        (padded,) = sources.pop()
        pad, channels = self.steps[padded], self.steps[x].shape[0]
        wanted = {ChannelSlice(at, at + channels) for at in range(size)}
        if pad.op != ChannelPad(size // 2, (size - 1) // 2) or {self.steps[item].op for item in slices} != wanted:
            return 0
        return size if self.monomial(pad.inputs[0], x) == (1, 2) else 0

    def _summands(self, place: int) -> list[int]:
        """The slices of channels that a sum is of; none for anything else."""
        _, offset, inner = self.scaled(place)
        step = self.steps[inner]
        if (inner != place and (offset or self.scaled(place)[0] != 1)) or not isinstance(step.op, Add | ChannelSlice):
            return []
        if isinstance(step.op, ChannelSlice):
            return [inner]
        parts = [self._summands(item) for item in step.inputs]
        return [item for part in parts for item in part] if all(parts) else []

    def gelu(self, place: int) -> tuple[Op, int] | None:
        """The GELU that a product is, and what it is of."""
        outer, offset, product = self.scaled(place)
        step = self.steps[product]
        if offset or not isinstance(step.op, Multiply):
            return None
        for one, other in (step.inputs, step.inputs[::-1]):
            factor, zero, x = self.scaled(one)
            share, half, inner = self.scaled(other)
            total = outer * factor * share
            if zero or not _near(outer * factor * half, 0.5) or not _near(total, 0.5):
                continue
            if (approximate := self._bent(inner, x)) is not None:
                return Gelu(approximate), x
        return None

    def _bent(self, place: int, x: int) -> bool | None:
        """Whether a value is the tanh that GELU takes of x, rather than the error function; None for neither."""
        op, inputs = self.steps[place].op, self.steps[place].inputs
        if isinstance(op, Foreign) and op.function.run is error_function:
            factor, offset, source = self.scaled(inputs[0])
            return False if source == x and not offset and _near(factor, 0.5**0.5) else None
        if not isinstance(op, Tanh):
            return None
        factor, offset, total = self.scaled(inputs[0])
        step = self.steps[total]
        if offset or not isinstance(step.op, Add) or not _near(factor, (2 / math.pi) ** 0.5):
            return None
        for one, other in (step.inputs, step.inputs[::-1]):
            share, degree = self.monomial(other, x)
            if one == x and degree == 3 and _near(share, 0.044715):
                return True
        return None

    def monomial(self, place: int, x: int) -> tuple[float, int]:
        """(factor, degree) of a value that is a multiple of a power of x; (0, 0) for any other."""
        if place == x:
            return 1.0, 1
        op, inputs = self.steps[place].op, self.steps[place].inputs
        if not isinstance(op, Rescale | Power | Multiply) or (isinstance(op, Rescale) and op.offset):
            return 0.0, 0
        parts = [self.monomial(item, x) for item in inputs]
        if isinstance(op, Multiply):
            known = parts[0][1] and parts[1][1]
            return (parts[0][0] * parts[1][0], parts[0][1] + parts[1][1]) if known else (0.0, 0)
        factor, degree = parts[0]
        if isinstance(op, Rescale):
            return factor * op.factor, degree
        whole = op.exponent in (2, 3)
        return (factor**op.exponent, degree * int(op.exponent)) if whole and degree else (0.0, 0)


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=CLOSE)


def _short(number: float) -> float:
    """A constant without the rounding of those that it was computed of."""
    return float(np.format_float_positional(number, DIGITS, fractional=False))
