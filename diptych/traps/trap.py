"""What a trap is: one place where the frameworks differ, with both definitions and a twin that shows it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from ..common.spec import Net, Node

Meets = Callable[[Node], bool]

SECTIONS = (
    "Convolution and padding",
    "Pooling",
    "Normalisation",
    "Activations",
    "Resizing",
    "Dense, flatten and weight order",
    "Dropout and initialisers",
    "Optimisers, weight decay and schedules",
    "Losses",
    "Precision and determinism",
    "Detection",
    "Same name, different network",
)
"""The sections of the catalogue, in the order in which it is read."""


def never(node: Node) -> bool:
    """The answer for a trap of training or of tools, which no op of a network meets."""
    return False


def of(*kinds: str) -> Meets:
    """The answer for a trap that every op of these kinds meets."""
    return lambda node: node.kind in kinds


@dataclass(frozen=True)
class Trap:
    """One difference between PyTorch and TensorFlow or Keras.

    `id` is the name of the twin. `torch` and `keras` are the two definitions, `rule` what a faithful twin does.
    `twin` is a function that runs on its own when its text is copied: it answers (wrong, right), the difference
    between the frameworks when one falls into the trap and when one does not, as max |a - b| unless `measure` says
    otherwise. `wrong` and `right` are what it answered when the entry was written; a test runs it again. `meets`
    tells for a node whether a network meets the trap there. `thread` is the address of an upstream discussion or
    documentation page. `note` says why `wrong` is not far above `right`, where it is not.
    """

    id: str
    section: str
    title: str
    torch: str
    keras: str
    rule: str
    twin: Callable[[], tuple[float, float]]
    wrong: float
    right: float
    thread: str = ""
    meets: Meets = never
    measure: str = "max |a - b|"
    note: str = ""

    @property
    def source(self) -> str:
        """The text of the twin."""
        return textwrap.dedent(inspect.getsource(self.twin))

    def places(self, net: Net) -> list[str]:
        """The paths of the nodes at which a network meets this trap."""
        return [node.path for node in net.nodes[1:] if self.meets(node)]
