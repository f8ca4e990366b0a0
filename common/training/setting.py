"""How a network is trained, the same for both frameworks, and what is seen of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..errors import DiptychError
from ..spec import Array
from .losses import Loss
from .masks import Masks
from .optimisers import Optimiser

Variance = Literal["own", "unbiased", "biased"]


@dataclass(frozen=True)
class Setting:
    """The optimiser, the loss of every output and the weights of the outputs, the main one first.

    `frozen_norms` keeps batch normalisation as in evaluation, its scale and shift untrained. `variance` is what both
    write to the running variance; "own" leaves PyTorch's unbiased and Keras's biased one.
    """

    rule: Optimiser
    loss: Loss
    heads: tuple[float, ...] = ()
    frozen_norms: bool = False
    variance: Variance = "own"

    def weights_of(self, outputs: Sequence[Any]) -> tuple[float, ...]:
        """The weights of so many outputs; raises DiptychError where others were given.

        By default the main output weighs 1, and of a classifier's auxiliary ones each 0.3, as in GoogLeNet.
        """
        if not self.heads:
            aux = 0.3 if len(outputs[0].shape) == 2 else 1.0
            return (1.0, *(aux for _ in outputs[1:]))
        if len(self.heads) != len(outputs):
            raise DiptychError(
                f"{len(self.heads)} weights of heads were given, and the model has {len(outputs)} outputs"
            )
        return self.heads


@dataclass(frozen=True)
class Observed:
    """A step as it was seen: the loss, the gradients of this batch by the model's own names, and the dropout."""

    loss: float
    gradients: Mapping[str, Array]
    masks: Masks
    outputs: tuple[Array, ...] = ()
    rates: Mapping[str, float] = field(default_factory=dict)
    """The rate of each weight that was updated."""
    added: Mapping[str, Array] = field(default_factory=dict)
    """The gradients of what the model itself adds to the loss, such as regularizers of Keras."""


@dataclass(frozen=True)
class Natives:
    """Objects of a framework that somebody gave in place of what a Setting describes; None where nothing was given.

    `known` are the parts, "optimiser" and "loss", of which the Setting says what they do: Keras's own, which round
    their constants to float32, are kept by exact twins in float64.
    """

    optimiser: Any = None
    scheduler: Any = None
    loss: Any = None
    average: Any = None
    known: frozenset[str] = frozenset()


class Trainer(Protocol):
    """A model in training; it is trained itself, so that whoever wants to keep it gives a copy."""

    model: Any
    setting: Setting
    parameters: Mapping[str, Any]
    """The weights that are trained, by the model's own names."""
    whose: Mapping[str, str]
    """Whose optimiser and loss it has, one line each."""

    def step(self, x: Array, targets: Sequence[Array], masks: Masks) -> Observed:
        """One batch (N, C, H, W), with the targets of every output, maps as (N, C, H, W)."""

    def nudge(self, share: float, seed: int) -> None:
        """Change each trained weight by chance by up to this share of it."""

    def weights(self) -> dict[str, Array]:
        """Parameters and buffers by the model's own names."""

    def trained(self) -> tuple[str, ...]:
        """The names of those that the optimiser has."""

    def decays(self) -> dict[str, float]:
        """The weight decay of each of those."""

    def pulls(self) -> dict[str, float]:
        """By how much of itself a regularizer of the model pulls each weight; NaN for one of another kind."""

    def constraints(self) -> dict[str, str]:
        """The constraint that each weight is put under after an update, by name."""

    @property
    def coarse(self) -> bool:
        """Whether the rate is computed in float32."""

    def averages(self) -> dict[str, Array]:
        """The moving averages of the weights; empty where there are none."""

    def evaluate(self, x: Array) -> Array:
        """The main output in evaluation."""

    def shapes(self, x: Array) -> list[tuple[int, ...]]:
        """The shapes of the outputs for a batch, in training, maps as (N, C, H, W); nothing stays of the pass."""

    def shares(self) -> dict[str, Array]:
        """The share of a batch in the running variance of each normalisation, as arrays by the names of those."""


@dataclass
class Order:
    """What a side's own dropout layers are called by both, and the order of its flattened features.

    `features` has, by the name of a dropout or by how many features there are, where each of this side stands in the
    canonical order; None where that is not known.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str | int, Array | None] = field(default_factory=dict)

    def turned(self, mask: Array, name: str) -> Array:
        """A mask (N, features) in the order of this side."""
        key = name if name in self.features else mask.shape[1]
        if key not in self.features:
            return mask
        found = self.features[key]
        if found is None:
            raise DiptychError(
                f"the order of the {key} features that are dropped is not known: two layers take as many"
            )
        return mask[:, found]
