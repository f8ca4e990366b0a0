"""What the functions of PyTorch mean in the spec: a table that the other files of this folder fill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import torch

from ...common.importing.axes import Axes, Unknown, shape_of, whole
from ...common.importing.draft import Draft, View
from ...common.op import Op

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)
MEANINGS: dict[str, Function] = {}
"""Name of a function, without the `_` of those that write in place -> what it means."""


@dataclass(frozen=True)
class Standard:
    """How a kernel is standardised: the epsilon, and the parameter and the number that it is multiplied by."""

    eps: float
    gain: str
    factor: float


@dataclass(frozen=True)
class Param:
    """A parameter or buffer as code sees it; its axes are parts of "0", "1" and so on. `computed` ones are another."""

    name: str
    own: tuple[int, ...]
    axes: Axes
    buffer: bool = False
    computed: str = ""
    factor: float = 1.0
    standard: Standard | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return shape_of(self.axes)

    @property
    def plain(self) -> bool:
        """Whether it is seen as it is."""
        return not self.computed and self.axes == own_axes(self.own)

    def seen(self, axes: Axes) -> Param:
        """The same numbers with other axes."""
        return replace(self, axes=axes)


@dataclass(frozen=True)
class Const:
    """Numbers that are in the code of the model."""

    tensor: torch.Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.tensor.shape)


@dataclass
class Reading:
    """What a function is told beside its arguments: the draft, and the model's tensors by name."""

    draft: Draft
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)

    def add(
        self, op: Op, *inputs: int, names: dict[str, str] | None = None, label: str = "", vector: Op | None = None
    ) -> View:
        """The value of a new step."""
        return self.draft.view(self.draft.add(op, *inputs, names=names, label=label, vector=vector))


def own_axes(shape: tuple[int, ...]) -> Axes:
    """The axes of a parameter as it is."""
    return tuple(whole(str(place), n) for place, n in enumerate(shape))


def means(*names: str) -> Callable[[F], F]:
    """Say that a Python function is what these functions of PyTorch mean."""

    def known(function: F) -> F:
        for name in names:
            MEANINGS[name] = function
        return function

    return known


def names_of(**given: Param | None) -> dict[str, str]:
    """The op's names of weights -> the model's; raises Unknown for what is no parameter of the model as it is."""
    found = {}
    for name, param in given.items():
        if param is None:
            continue
        if not isinstance(param, Param):
            raise Unknown(f"a {name} that is computed from the image")
        if not param.plain:
            raise Unknown(f"a {name} that is {param.computed or 'a view of a parameter'}")
        found[name] = param.name
    return found


def value(given: Any, what: str = "") -> View:
    """A value of the image; raises Unknown for a parameter or numbers of the code in its place."""
    if isinstance(given, View):
        return given
    got = "a parameter" if isinstance(given, Param) else "numbers of the code"
    raise Unknown(f"{what or 'it'} takes a value of the image, not {got}")


def two(given: Any) -> tuple[int, int]:
    """(height, width) of one number or a list of one or two."""
    sizes = [given] if isinstance(given, int) else list(given)
    first, last = sizes[0], sizes[-1]
    return int(first), int(last)
