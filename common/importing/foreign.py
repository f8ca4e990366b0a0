"""Steps that no op of the spec describes: each runs the framework's own function as it is, for a comparison alone.

A Net with such a step can be run in NumPy and compared; nothing is built, written or exported of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..errors import DiptychError, SpecError
from ..onnx_graph import Graph
from ..op import Array, Op, Weight
from ..ops import kinds
from ..text import first_few, printable
from ..traits import Shape
from .axes import Axes, Unknown, joined, whole
from .draft import BATCH, Draft, Missing, Step, View, letters_of

Compute = Callable[[Sequence[Array], Mapping[str, Array]], Array]
"""What a function makes of values, as code sees them, and of weights; all in float64."""
LONGEST = 120
ERF = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True)
class Function:
    """A function of the framework with its settings; two are the same that say the same."""

    name: str
    said: str
    weights: tuple[Weight, ...] = ()
    shape: Shape = field(default=(), compare=False)
    run: Compute = field(default=lambda arrays, weights: arrays[0], compare=False)

    def __repr__(self) -> str:
        return self.said


@dataclass(frozen=True)
class Foreign(Op):
    """A function that runs as it is; its kind is its name, and never that of an op."""

    takes_parameters: ClassVar[bool] = True
    foreign: ClassVar[bool] = True
    function: Function

    def __post_init__(self) -> None:
        """Of the class, the kind stays empty, so that no file may name it."""
        own = self.function.name
        object.__setattr__(self, "kind", f"other_{own}" if own in kinds() else own)

    def shape(self, *inputs: Shape) -> Shape:
        return self.function.shape

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return self.function.weights

    def window(self, *inputs: Shape) -> None:
        return None

    def flattened(self, *orders: Shape | None) -> None:
        if any(orders):
            raise SpecError("a flattened map has another order in each framework")

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        raise SpecError(f"{self.function.said} runs as it is in the model that was read; no operator says it")

    def run(self, *arrays: Array, **weights: Array) -> Array:
        try:
            return self.function.run(arrays, weights)
        except Exception as error:  # whatever the framework raises of what it is given
            raise DiptychError(f"{self.function.said}: {printable(str(error), LONGEST)}") from error


def erf(shape: Shape) -> Foreign:
    """The error function, which no op says: code has it in a GELU that it writes out."""
    return Foreign(Function("erf", "erf", shape=shape, run=error_function))


def error_function(arrays: Sequence[Array], weights: Mapping[str, Array]) -> Array:
    """The function itself, of the numbers of a value."""
    return np.asarray(ERF(arrays[0]), np.float64)


def unknown(steps: Sequence[Step]) -> list[Missing]:
    """The steps that no op says, where nothing may run as it is."""
    return [
        Missing(step.op.function.said, step.label.rpartition(".")[0]) for step in steps if isinstance(step.op, Foreign)
    ]


def foreign(
    draft: Draft,
    name: str,
    said: str,
    given: Sequence[View],
    shape: Sequence[int],
    compute: Compute,
    weights: Mapping[str, tuple[str, Weight]] | None = None,
    last: bool = False,
) -> View:
    """The value of a new step that computes something of values as code sees them; it is `shape`, as code has it.

    `weights` go from the names of weights in it to the model's, with the weight. With `last` maps have their channels
    last.
    """
    if any(view.doubtful for view in given):
        raise Unknown("a value that is not known")
    home, views = _home(tuple(shape), draft.batch, last and all(map(_channels_last, given))), tuple(given)

    def run(arrays: Sequence[Array], own: Mapping[str, Array]) -> Array:
        seen = [as_seen(array, view) for array, view in zip(arrays, views, strict=True)]
        return home.stored(np.asarray(compute(seen, own)))

    known = dict(weights or {})
    said = printable(said, LONGEST)
    function = Function(name, said, tuple(weight for _, weight in known.values()), home.base, run)
    step = draft.add(Foreign(function), *(view.step for view in views), names={n: own for n, (own, _) in known.items()})
    return View(step, home.base, home.axes)


def _channels_last(view: View) -> bool:
    """Whether the last axis of four is all channels, as of a map; that of (N, heads, L, d) is not."""
    place = 0 if len(view.base) == 3 else -1
    return len(view.axes) != 4 or view.axes[-1] == whole(letters_of(view.base)[place], view.base[place])


@dataclass(frozen=True)
class _Home:
    """How a value of code is kept: as a batch of `base`, which code sees by `axes`; `turned` has its channels last."""

    base: Shape
    axes: Axes
    images: bool
    turned: bool

    def stored(self, value: Array) -> Array:
        """A value of code as a batch; one that has no images is a batch of one."""
        value = np.moveaxis(value, -1, 1) if self.turned else value
        return value.reshape(-1 if self.images else 1, *self.base)


def _home(shape: Shape, batch: int, last: bool) -> _Home:
    """Where a value of a shape is kept: its first axis is of images where it is as long as a batch, or as several."""
    one = shape[:1] == (batch,)
    several = bool(shape) and shape[0] > batch and shape[0] % batch == 0
    spread = shape[:1] == (1,) and len(shape) in (2, 4)
    inner = shape[1:] if one or spread else (shape[0] // batch, *shape[1:]) if several else shape
    turned = last and len(inner) == 3 and (one or spread)
    base = (inner[2], *inner[:2]) if turned else inner or (1,)
    own = [whole(letter, n) for letter, n in zip(letters_of(base), base, strict=True)][: len(inner)]
    own = [own[1], own[2], own[0]] if turned else own
    if one:
        return _Home(base, (whole(BATCH, batch), *own), True, turned)
    if several:
        return _Home(base, (joined([*whole(BATCH, batch), *own[0]]), *own[1:]), True, False)
    return _Home(base, (*[()] * (len(shape) - len(inner)), *own), False, turned)


def as_seen(array: Array, view: View, letters: str = "") -> Array:
    """A batch of a step's values as code sees it by a view; `letters` are those of its axes, where it has others."""
    letters = letters or letters_of(view.base)
    plain = tuple(whole(letter, n) for letter, n in zip(letters, view.base, strict=True))
    if view.axes[1:] == plain and [atom.letter for atom in view.axes[0]] == [BATCH]:
        return array
    atoms = [atom for axis in view.axes for atom in axis]
    sizes = [len(array) if atom.letter == BATCH else atom.size for atom in atoms]
    places: dict[str, Any] = dict.fromkeys(BATCH + letters, 0)
    for place, (atom, size) in enumerate(zip(atoms, sizes, strict=True)):
        if atom.letter in places:
            along = [size if other == place else 1 for other in range(len(atoms))]
            places[atom.letter] = places[atom.letter] + np.arange(size).reshape(along) * atom.stride
    lengths = iter(sizes)
    shape = [math.prod(next(lengths) for _ in axis) for axis in view.axes]
    return np.broadcast_to(array[tuple(places.values())], sizes).reshape(shape)


def laid_out(draft: Draft, view: View, known: Callable[[View], int], last: bool = False) -> View:
    """A view that is the value of no step that is `known`, as the value of one of its own; any other as it is."""
    try:
        known(view)
    except Unknown:
        if view.doubtful or view.axes == _home(view.shape, draft.batch, last and _channels_last(view)).axes:
            return view
        order = " ".join("".join(atom.letter for atom in axis) or "1" for axis in view.axes)
        made = foreign(draft, "view", f"view({order})", [view], view.shape, lambda arrays, _: arrays[0], last=last)
        draft.types.update({made.step: draft.types[view.step]} if view.step in draft.types else {})
        return made
    return view


def said_of(steps: Sequence[Step]) -> list[str]:
    """The note on the steps that run as they are, if there are any."""
    found = [f"{step.op.function.said} ({step.label})" for step in steps if isinstance(step.op, Foreign)]
    return [f"steps that are no op of the spec and run as they are: {first_few(found, 6)}"] if found else []
