"""What a gate takes and returns: two models of one network on some images, and a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import backends
from ..common.spec import Array, Net

SIDES = ("torch", "tf")


@dataclass(frozen=True)
class Finding:
    """What one gate found in one case."""

    passed: bool
    measured: float
    tolerance: float
    where: str = ""
    detail: str = ""
    compared: int = 0
    side: str = ""
    cause: str = ""
    lines: tuple[str, ...] = ()


@dataclass
class Case:
    """Two models of one network, the weights they were made with (None: theirs as they stand), and image batches.

    `turn` and `turns` say which of how many cases this is: the costly gates take turns over the batches.
    """

    net: Net
    torch: Any
    tf: Any
    weights: Mapping[str, Array] | None
    images: tuple[Array, ...]
    turn: int = 0
    turns: int = 1
    noise: dict[str, float] = field(default_factory=dict)
    _float64: dict[str, Any] = field(default_factory=dict)
    _outputs: dict[tuple[str, int], tuple[Array, ...]] = field(default_factory=dict)

    def outputs(self, side: str, number: int) -> tuple[Array, ...]:
        """The outputs of one side's float64 model for one of the batches."""
        if (side, number) not in self._outputs:
            model, x = self.float64(side), self.images[number]
            self._outputs[side, number] = backends.get(side).outputs(model, self.net, x)
        return self._outputs[side, number]

    @property
    def name(self) -> str:
        channels, height, width = self.net.input_shape
        return f"{channels}x{height}x{width} batch {','.join(str(len(x)) for x in self.images)}"

    def model(self, side: str) -> Any:
        return getattr(self, side)

    def float64(self, side: str) -> Any:
        """The model in float64: itself where it is, else a copy."""
        if side not in self._float64:
            model, backend = self.model(side), backends.get(side)
            wide = backend.dtype(model) == "float64"
            self._float64[side] = model if wide else backend.cast(model, self.net, "float64")
        return self._float64[side]


def by_output_name(net: Net, results: Sequence[Array]) -> dict[str, Array]:
    """The outputs of a network by the names that a finding gives them."""
    return {output_name(net, index): value for index, value in enumerate(results)}


def output_name(net: Net, index: int) -> str:
    """The name of an output: its number, and the path of its node where there is one."""
    return f"output {index} ({net.shown_outputs[index]})" if index < len(net.outputs) else f"output {index}"
