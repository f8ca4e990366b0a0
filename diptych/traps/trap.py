"""What a trap is: one place where the frameworks differ, with both definitions and a twin that shows it.

A trap is met by a node: `meets` decides from the fields and the shapes of its op, so that a page lists the traps of
that network alone. No network meets the traps of training and of tools. Twins import both frameworks, and run only when
somebody asks for it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..common.spec import Net, Node

Meets = Callable[["Node"], bool]
Twin = Callable[[], tuple[float, float]]

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
    """One difference between PyTorch and TensorFlow or Keras, made by `@trap(...)` over its twin.

    `torch` and `keras` are the two definitions, `rule` is what a faithful twin does. `twin` is a function that runs on
    its own when its text is copied: it returns (wrong, right), the difference between the frameworks in the trap and
    without it, as max |a - b| unless `measure` says otherwise. `wrong` and `right` are what it returned when the entry
    was written; a test runs it again. `meets` tells for a node whether a network meets the trap there. `thread` is the
    address of an upstream discussion or documentation page. `note` says why `wrong` is not far above `right`, where it
    is not.
    """

    twin: Twin
    section: str
    title: str
    torch: str
    keras: str
    rule: str
    wrong: float
    right: float
    thread: str = ""
    meets: Meets = never
    measure: str = "max |a - b|"
    note: str = ""

    @property
    def id(self) -> str:
        """The name of the twin."""
        return self.twin.__name__

    @property
    def source(self) -> str:
        """The text of the twin, without its decorator."""
        text = textwrap.dedent(inspect.getsource(self.twin))
        (function,) = ast.parse(text).body
        return "\n".join(text.splitlines()[function.lineno - 1 :]) + "\n"

    @property
    def anywhere(self) -> bool:
        """Whether an op of a network can meet it at all."""
        return self.meets is not never

    def places(self, net: Net) -> list[str]:
        """The paths of the nodes at which a network meets this trap."""
        return [node.path for node in net.nodes[1:] if self.meets(node)]


def trap(
    *,
    section: str,
    title: str,
    torch: str,
    keras: str,
    rule: str,
    wrong: float,
    right: float,
    thread: str = "",
    meets: Meets = never,
    measure: str = "max |a - b|",
    note: str = "",
) -> Callable[[Twin], Trap]:
    """The decorator that makes a twin a `Trap`, whose fields it takes; the name of the twin is the id of the trap."""

    def decorate(twin: Twin) -> Trap:
        return Trap(twin, section, title, torch, keras, rule, wrong, right, thread, meets, measure, note)

    return decorate
