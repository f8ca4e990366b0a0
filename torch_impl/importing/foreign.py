"""Functions of PyTorch that no op says, as steps that run them as they are: for a comparison alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.fx import Node
from torch.utils import _pytree as pytree

from ...common.importing.axes import Axes, Unknown
from ...common.importing.draft import Draft, View
from ...common.importing.foreign import as_seen, foreign, laid_out
from ...common.importing.layout import as_value, first
from ...common.op import Array, Weight
from .nodes import function_name, is_known, shape_of
from .table import Const, Param, Reading, own_axes

SIZED = ("_unsafe_view", "broadcast_to", "expand", "repeat", "reshape", "view")
"""Functions whose first list of numbers begins with the number of images."""


@dataclass(frozen=True)
class _Place:
    """A value of the image among the arguments: the number of it, and its type, but for floating-point numbers."""

    number: int
    dtype: torch.dtype | None


@dataclass(frozen=True)
class _Held:
    """A parameter or buffer among the arguments: its name in the step, and how it is seen."""

    name: str
    own: tuple[int, ...]
    axes: Axes
    dtype: torch.dtype | None


def as_it_is(reading: Reading, node: Node, env: Mapping[Node, Any]) -> Any:
    """What a node makes of its values, by a step for each result; raises Unknown where it cannot run by itself."""
    call = _Call(reading, node, env)
    results: Any = node.meta.get("val")
    if not isinstance(results, (list, tuple)):
        return call.step(results, None)
    return [call.step(item, place) for place, item in enumerate(results)]


def apart(draft: Draft, args: Any) -> Any:
    """Arguments with each view that no op means as the value of a step of its own."""
    alone = partial(laid_out, draft, known=lambda view: as_value(draft, first(view)))
    return pytree.tree_map_only(View, alone, args, is_leaf=is_known)


class _Call:
    """A call of a function, and what of its arguments is given anew each time that it runs."""

    def __init__(self, reading: Reading, node: Node, env: Mapping[Node, Any]) -> None:
        if not callable(node.target):
            raise Unknown("")
        self.reading, self.node, self.env = reading, node, env
        self.function: Callable[..., Any] = node.target
        self.name = function_name(node)
        self.views: list[View] = []
        self.weights: dict[str, tuple[str, Weight]] = {}
        self.args, self.named = pytree.tree_map_only(Node, self._argument, (node.args, node.kwargs))

    def _argument(self, node: Node) -> Any:
        given, result = self.env[node], node.meta.get("val")
        dtype = result.dtype if isinstance(result, torch.Tensor) and not result.is_floating_point() else None
        if isinstance(given, View):
            self.views.append(given)
            return _Place(len(self.views) - 1, dtype)
        if isinstance(given, Param):
            return self._held(given, dtype)
        return _wide(given.tensor) if isinstance(given, Const) else given

    def _held(self, given: Param, dtype: torch.dtype | None) -> _Held:
        """A parameter, as a weight of the step."""
        if given.computed:
            raise Unknown(f"of a parameter that is {given.computed}")
        name = next((name for name, (own, _) in self.weights.items() if own == given.name), "")
        if not name:
            short = given.name.rpartition(".")[2]
            name = short if short not in self.weights else f"{short}_{len(self.weights)}"
            kind: Any = "trainable" if isinstance(self.reading.tensors[given.name], nn.Parameter) else "buffer"
            axes = " ".join(f"a{place}" for place in range(len(given.own)))
            self.weights[name] = (given.name, Weight(name, given.own, axes, kind))
        return _Held(name, given.own, given.axes, dtype)

    def step(self, result: Any, place: int | None) -> View:
        """The value of one of the results."""
        shape = shape_of(result) if isinstance(result, torch.Tensor) else None
        if shape is None:
            raise Unknown("a result whose size depends on numbers")
        said = self._said() if place is None else f"{self._said()}[{place}]"
        draft, run = self.reading.draft, partial(self.run, place=place)
        made = foreign(draft, self.name, said, self.views, shape, run, self.weights)
        if not result.is_floating_point():
            draft.types[made.step] = str(result.dtype)
        return made

    def run(self, arrays: Sequence[Array], weights: Mapping[str, Array], place: int | None) -> Array:
        """The function itself, in float64; what it leaves to chance has always the same numbers."""
        images = max((len(array) for array in arrays), default=1)

        def given(item: Any) -> Any:
            return _tensor(arrays[item.number], item.dtype) if isinstance(item, _Place) else _of_weight(item, weights)

        args, named = pytree.tree_map_only((_Place, _Held), given, (self.args, self.named))
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            made = self.function(*self._sized(args, images), **named)
        array: Array = (made if place is None else made[place]).detach().double().numpy()
        return array

    def _sized(self, args: Any, images: int) -> Any:
        """The arguments for another number of images than was read."""
        batch = self.reading.draft.batch
        if images == batch or self.name not in SIZED or len(args) < 2 or not isinstance(args[1], (list, tuple)):
            return args
        count, *rest = args[1]
        return (args[0], [count // batch * images if count > 0 and count % batch == 0 else count, *rest], *args[2:])

    def _said(self) -> str:
        """The function with its settings."""
        given = [self._word(item) for item in self.args]
        given += [f"{name}={self._word(item)}" for name, item in self.named.items()]
        return f"torch {self.name}({', '.join(given)})"

    def _word(self, item: Any) -> str:
        if isinstance(item, _Place):
            return "xyzuvw"[item.number % 6]
        if isinstance(item, _Held):
            return item.name
        if isinstance(item, torch.Tensor):
            return "constants" if item.numel() > 1 else f"{float(item):g}"
        if isinstance(item, (list, tuple)):
            return f"[{', '.join(map(self._word, item))}]"
        return str(item).removeprefix("torch.")


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().double() if tensor.is_floating_point() else tensor.detach()


def _tensor(array: Array, dtype: torch.dtype | None) -> torch.Tensor:
    return torch.from_numpy(np.array(array, order="C")).to(dtype or torch.float64)  # a copy, which it may write into


def _of_weight(item: _Held, weights: Mapping[str, Array]) -> torch.Tensor:
    """A parameter as code sees it."""
    own = own_axes(item.own)
    array = weights[item.name]
    if item.axes != own:
        array = as_seen(array[None], View(0, item.own, item.axes), "".join(map(str, range(len(item.own)))))
    return _tensor(array, item.dtype)
