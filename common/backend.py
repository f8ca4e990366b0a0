"""What the hinge asks of a framework: each of `torch_impl.backend` and `tf_impl.backend` answers this protocol.

Arrays that cross this border are NumPy, in NCHW order; a model is the framework's own object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import DiptychError
from .spec import Array, Net

MEMORY_FORMATS = (None, "channels_last")
"""How a model lays out its maps: as its framework does by itself, or with the channels of a pixel side by side."""


@dataclass(frozen=True)
class Difference:
    """One setting of a model that is not what the spec says."""

    path: str
    got: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}: got {self.got}, expected {self.expected}"


@dataclass(frozen=True)
class Step:
    """One forward and backward pass: outputs, gradients by name, and the statistics that it left.

    `batch_variances` has, for each running variance that several calls of one layer update in turn, the number of
    values and their biased variance in each call; only the framework that writes the unbiased variance gives them.
    """

    outputs: tuple[Array, ...]
    input_gradient: Array
    weight_gradients: dict[str, Array]
    statistics: dict[str, Array]
    batch_variances: Mapping[str, Sequence[tuple[int, Array]]] = field(default_factory=dict)


def in_order(net: Net, result: Any) -> tuple[Any, ...]:
    """What a model answered with, as a tuple in the order of the network's outputs; raises DiptychError for another."""
    if isinstance(result, Mapping):
        names = net.output_names or tuple(result)
        missing = [name for name in names if name not in result]
        if missing or len(result) != len(net.outputs):
            raise DiptychError(
                f"the model answers with {sorted(result)}, and {net.name} with {list(net.shown_outputs)}"
            )
        return tuple(result[name] for name in names)
    found = tuple(result) if isinstance(result, (list, tuple)) else (result,)
    if len(found) != len(net.outputs):
        raise DiptychError(f"the model answers with {len(found)} values, and {net.name} with {len(net.outputs)}")
    return found


class Backend(Protocol):
    """A framework, as the check and the converters use it."""

    def build(
        self,
        net: Net,
        weights: Mapping[str, Array] | None,
        dtype: str = "float32",
        features: Sequence[str] | None = None,
        memory_format: str | None = None,
        inplace: bool = True,
    ) -> Any:
        """A model of the network with these canonical weights, or with those of `init(net)`.

        In a memory format; `inplace` lets it write over maps.
        """

    def network_of(self, model: Any) -> str:
        """The name of the network that the model says it was built of; "" or any other name where it says none."""

    def read(self, model: Any, net: Net) -> dict[str, Array]:
        """The model's weights under canonical names and axes."""

    def dtype(self, model: Any) -> str:
        """The dtype in which the whole model computes, or "mixed"."""

    def cast(self, model: Any, net: Net, dtype: str) -> Any:
        """A copy of the model, with its settings and weights as they stand, that computes in another dtype."""

    def differences(self, model: Any, net: Net) -> list[Difference]:
        """Every layer of the model whose settings are not those of the spec, in the order of the nodes."""

    def outputs(self, model: Any, net: Net, x: Array) -> tuple[Array, ...]:
        """The outputs for a batch, in evaluation mode, the main one first."""

    def tensors(self, model: Any, net: Net, x: Array) -> tuple[Any, ...]:
        """The same as the framework's tensors in its own order of axes; nothing in them is moved or copied."""

    def nodes(self, model: Any, net: Net, x: Array) -> dict[str, Array]:
        """The output of every node that can be observed in the model, by path, in evaluation mode."""

    def step(self, model: Any, net: Net, x: Array, cotangents: Sequence[Array], training: bool = False) -> Step:
        """Run forward and backward for the loss sum(output * cotangent), dropout off; the model is left unchanged."""
