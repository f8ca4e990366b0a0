"""What every op is: its shape rule, its weights, and its meaning in NumPy and in ONNX."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from .errors import SpecError
from .traits import Shape, Traits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .onnx_graph import Graph

    Array = NDArray[np.floating[Any]]
else:
    Array = Any  # tracing needs no NumPy
Init = Literal["zeros", "ones", "quarter", "he", "lecun", "signs"]
"""How a weight starts: as 0, 1 or 1/4, normal with variance 2 / fan_in (he) or 1 / fan_in (lecun), or -1 and 1 by
chance (signs)."""


@dataclass(frozen=True)
class Weight:
    """One named array of an op: its shape, the meaning of its axes, and how it starts.

    `axes` is an einops pattern side ("O I H W"); `sizes` gives the lengths that a parenthesised group hides.
    """

    name: str
    shape: Shape
    axes: str
    kind: Literal["trainable", "statistic", "buffer"] = "trainable"
    init: Init = "zeros"
    fan_in: int = 1
    sizes: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Sizes are numbers: which parameter of a block they come from is no part of a weight."""
        if self.init not in get_args(Init):
            raise SpecError(f"the weight {self.name!r} starts as one of {', '.join(get_args(Init))}, not {self.init!r}")
        object.__setattr__(self, "shape", tuple(map(int, self.shape)))

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Op(Traits):
    """What a node computes. Subclasses are frozen dataclasses whose fields hold every difference between frameworks.

    `kind` names the op and the three files that define it; what else is said of it stands in `Traits`.
    """

    class_note: ClassVar[str] = ""
    classes: ClassVar[dict[str, type[Op]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.kind:
            Op.classes[cls.kind] = cls

    def shape(self, *inputs: Shape) -> Shape:
        """The output shape for the input shapes; raises SpecError where they do not fit."""
        raise NotImplementedError

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The arrays this op owns, in the order in which `run` takes them."""
        return ()

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        """Multiply-accumulates per image; only convolution, transposed convolution and linear layers count."""
        return 0

    def window(self, *inputs: Shape) -> tuple[tuple[int, int], tuple[float, float]] | None:
        """(extent, stride) of the input window under one output, per axis; None where it is the whole input."""
        return (1, 1), (1.0, 1.0)

    def flattened(self, *orders: Shape | None) -> Shape | None:
        """The (C, H, W) that the output vector was flattened from, where its order matters."""
        return orders[0] if self.elementwise else None

    def class_key(self, *inputs: Shape) -> tuple[Any, ...]:
        """What a framework must know beyond the fields to write the op down; it tells apart the classes of blocks."""
        return ()

    def run(self, *arrays: Array, **weights: Array) -> Array:
        """The meaning of the op in NumPy, on batches in NCHW order."""
        raise NotImplementedError

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        """The meaning of the op in ONNX: add its operators to the graph, and return the name of its value.

        `inputs` and `weights` (in the order of `weights()`) are the names of values and of canonical weights.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Input(Op):
    """The image."""

    kind: ClassVar[str] = "input"
    size: Shape

    def shape(self, *inputs: Shape) -> Shape:
        return self.size
