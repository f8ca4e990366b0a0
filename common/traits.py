"""What else is said of an op beside what it computes: how it is drawn, checked, rewritten and written in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from .trace import Value

Shape = tuple[int, ...]
"""(C, H, W) of a feature map or (F,) of a vector, without the batch axis."""
Role = Literal["step", "weighted", "pool", "join", "head", "follower"]
Example = Callable[["Value", Any], "Value"]
"""A small network of a map (4, H, W); its second argument has the functions of all ops by their kinds."""


def of_vector(example: Example) -> Example:
    """The same network, of the vector of the means of the map's channels."""
    return lambda x, op: example(op.global_avg_pool(x), op)


@dataclass(frozen=True)
class Traits:
    """What the rest of the project asks of an op, with the answer of most ops; no other file lists kinds of ops."""

    kind: ClassVar[str] = ""
    """What the op is called: the name of its three files."""

    examples: ClassVar[tuple[Example, ...]] = ()
    """Networks of this op, on which every test of ops runs; each holds on maps of odd and even sizes, not square."""

    elementwise: ClassVar[bool] = False
    """Whether it keeps the shape and the order of the numbers."""

    shape_only: ClassVar[tuple[int, ...]] = ()
    """The places of inputs of which the shape counts and the numbers do not."""

    takes_parameters: ClassVar[bool] = False
    """Whether an input may be a parameter, which has no batch axis and is spread over the others."""

    takes_pixels: ClassVar[bool] = False
    """Whether a network that begins with it takes pixels of 0 to 255."""

    title: ClassVar[str] = ""
    """What a diagram calls it, where that is not its kind."""

    role: ClassVar[Role] = "step"
    """Its place in a diagram.

    A follower stands on the line of the op before it. A join has several inputs of one kind. A weighted op begins a new
    box after a pool, and a head, which makes a vector of a map, begins one after weighted ops.
    """

    deepens: ClassVar[bool] = False
    """Whether it counts as a layer where the depth of a network is given: ResNet-50 has 50."""

    inplace: ClassVar[bool] = False
    """Whether it is counted as writing over its input in the activation memory."""

    overwrites: ClassVar[bool] = False
    """Whether PyTorch may write its result over its input; see `may_overwrite`."""

    overwritable: ClassVar[bool] = False
    """Whether its result may be lost: it is memory of its own, and no gradient in PyTorch is computed from it."""

    rounded_gradient: ClassVar[float] = 0.0
    """How far its gradient may be off in a given PyTorch module, which rounds it to float32 at any dtype."""

    idle: ClassVar[bool] = False
    """Whether it hands its input on as it is, but in training."""

    foreign: ClassVar[bool] = False
    """Whether it runs a framework's own function as it is, so that nothing can be made of it: for comparisons alone."""

    positive: ClassVar[bool] = False
    """Whether its result is never below zero."""

    joins_pads: ClassVar[Literal["never", "of positive values", "always"]] = "never"
    """When zeros that an op before it pads are the same as pads of its own."""

    normalises: ClassVar[bool] = False
    """Whether it has running statistics ("running_mean", "running_var", with a `momentum`): PyTorch counts batches
    beside them. In evaluation it is a factor and an offset per channel, which folding gives to the layer before it.
    """

    takes_factors: ClassVar[bool] = False
    """Whether a factor and an offset of each output can go into its "weight" and "bias": it has a field `bias`."""

    rewritable: ClassVar[tuple[str, ...]] = ()
    """Fields in which two forms of a network may differ: weights make up for them, or they matter in training only."""

    def may_overwrite(self) -> bool:
        """Whether PyTorch may write the result over the input, with these fields."""
        return self.overwrites

    def unchanged(self, *inputs: Shape) -> bool:
        """Whether inputs of these shapes are handed on as they are."""
        return False

    def summands(self, *inputs: int) -> int:
        """How many normalised values are added up in the result, for those in the inputs; at least one."""
        return max(inputs, default=1)

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        """The op in a diagram, from `x` to `y`: what it does, its width, and the rest ("3x3 conv", 64, "/2")."""
        return self.title or self.kind.replace("_", " "), getattr(self, "features", None), ""
