"""A model as it is read: a flat list of ops with the place of each in the model's own hierarchy.

It belongs to no framework. What has no op is noted, with its place, and stands in the list as a hole, so that reading
goes on and a refusal names everything at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import SpecError
from ..op import Input, Op
from ..ops.flatten import Flatten
from ..ops.ordered_flatten import OrderedFlatten
from ..traits import Shape
from .axes import STRETCHED, Axes, Axis, Unknown, only, shape_of, whole

BATCH = "N"


def letters_of(base: Shape) -> str:
    """What the axes of a step's value are called: those of a map or a vector, and numbers in any other."""
    return "CHW"[: len(base)] if len(base) in (1, 3) else "".join(map(chr, range(48, 48 + len(base))))


@dataclass(frozen=True)
class Scope:
    """One call of a module of the model: its path, which call it is, its class, and how that is written.

    A "leaf" is a layer of the framework; its ops are not put into a block of their own. `settings` are
    the whole numbers that its class is made with, by their names there.
    """

    path: str
    number: int = 0
    kind: str = ""
    style: Literal["block", "sequence", "stack", "leaf"] = "block"
    doc: str = ""
    settings: tuple[tuple[str, int], ...] = ()


@dataclass
class Step:
    """An op of the model: what it takes (places in the list), where it stands, and what the model calls its weights.

    `label` is the path that it should have. `names` go from the op's names of its weights to the model's. `owner` is
    the step that uses the same weights first. `vector` is the op of a vector that this one, of a map (C, 1, 1), is as
    well. `padded` ones have the pads of a step before them. `line` is where in the model's own code it stands.
    """

    op: Op | None
    inputs: tuple[int, ...]
    shape: Shape
    flattened: Shape | None
    scopes: tuple[Scope, ...]
    label: str
    names: Mapping[str, str] = field(default_factory=dict)
    owner: int | None = None
    vector: Op | None = None
    padded: bool = False
    line: str = field(default="", compare=False)


@dataclass(frozen=True)
class View:
    """A step's value as code sees it: which part of it each axis is. `doubtful` values come from a hole in the list."""

    step: int
    base: Shape
    axes: Axes
    doubtful: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes, the batch included."""
        return shape_of(self.axes)

    def seen(self, axes: Axes) -> View:
        """The same value with other axes."""
        return View(self.step, self.base, axes, self.doubtful)

    def whole(self, letter: str) -> Axis:
        """The axis of a letter as the value has it."""
        return whole(letter, dict(zip("CHW", self.base, strict=False)).get(letter, 1))

    @property
    def order(self) -> str:
        """What the axes are: "map" (N, C, H, W), "last" (N, H, W, C), "vector" (N, C), or "" for anything else."""
        if self.doubtful or not self.axes or not only(self.axes[0], BATCH) or len(self.base) not in (1, 3):
            return ""
        if len(self.axes) == 2:
            return "vector"
        if len(self.axes) != 4:
            return ""
        h, w = self.whole("H"), self.whole("W")
        places: Axes = self.axes[1:3]
        if (h, w) != ((), ()):
            places = tuple(tuple(atom for atom in axis if atom.letter != STRETCHED) for axis in self.axes[1:3])
        told = (h, w) != ((), ()) or self.axes[3] != ()
        if len(self.base) == 3 and places == (h, w) and told and only(self.axes[3], "C"):
            return "last"
        return "map"


@dataclass(frozen=True)
class Missing:
    """What has no meaning in the spec, and where it stands."""

    what: str
    where: str


NO_GRADIENT = "no gradient goes back through"


def no_gradient(place: str) -> str:
    """What is said of a value that is detached at a place."""
    return f"{NO_GRADIENT} {place or 'the model itself'} (detach)"


@dataclass
class Draft:
    """The list, while it grows.

    `flat` is the order in which the model's framework flattens a map.
    `rounded` are the modules in which numbers are brought to another precision, `fixed` the buffers whose numbers stand
    in ops, and `said` what else is not as in the model. `types` are those of steps that are no floating-point numbers,
    and `line` is that of the code which is being read.
    """

    batch: int
    flat: str = "CHW"
    steps: list[Step] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    rounded: list[str] = field(default_factory=list)
    fixed: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    types: dict[int, str] = field(default_factory=dict)
    scopes: tuple[Scope, ...] = ()
    line: str = ""
    made: dict[tuple[int, Op], int] = field(default_factory=dict)
    owners: dict[tuple[str, ...], int] = field(default_factory=dict)

    def image(self, shape: Shape) -> View:
        """The input."""
        self.steps.append(Step(Input(shape), (), shape, None, (), "input"))
        return self.view(0)

    @property
    def where(self) -> str:
        """The module that is being read."""
        return self.scopes[-1].path if self.scopes else ""

    def view(self, step: int) -> View:
        """A step's value as it is."""
        shape = self.steps[step].shape
        axes = (
            whole(BATCH, self.batch),
            *(whole(letter, n) for letter, n in zip(letters_of(shape), shape, strict=True)),
        )
        return View(step, shape, axes)

    def add(
        self,
        op: Op,
        *inputs: int,
        names: Mapping[str, str] | None = None,
        label: str = "",
        vector: Op | None = None,
    ) -> int:
        """A new step at the place that is being read; raises Unknown where the op does not take these values."""
        given = [self.steps[index] for index in inputs]
        try:
            shape = tuple(map(int, op.shape(*(step.shape for step in given))))
        except SpecError as error:
            raise Unknown(str(error)) from None
        try:
            flattened = op.flattened(*(step.flattened for step in given))
        except SpecError as error:
            in_order = tuple(map(self.in_order, inputs))
            if in_order == inputs:
                raise Unknown(str(error)) from None
            return self.add(op, *in_order, names=names, label=label, vector=vector)
        if min(shape) < 1:
            raise Unknown(f"the output would be {shape}")
        names = dict(names or {})
        label = label or (weighted_label(op, names) if names else self._label(op.kind))
        step = Step(op, inputs, shape, flattened, self.scopes, label, names, vector=vector, line=self.line)
        if names:
            step.owner = self.owners.setdefault(tuple(names.values()), len(self.steps))
            if step.owner == len(self.steps):
                step.owner = None
            elif self.scopes and self.scopes[-1].style == "leaf":  # the same layer, or another with its weights
                step.label = self.scopes[-1].path
        self.steps.append(step)
        return len(self.steps) - 1

    def once(self, op: Op, step: int, label: str = "") -> int:
        """The one step of an op that a view of a step means, however often code sees it so."""
        if (step, op) not in self.made:
            self.made[step, op] = self.add(op, step, label=label)
        return self.made[step, op]

    def in_order(self, index: int) -> int:
        """The step with a flattened map in the model's own order, whatever the framework; others as they are."""
        step = self.steps[index]
        if step.flattened is None:
            return index
        if isinstance(step.op, Flatten):
            return self.once(OrderedFlatten(self.flat), step.inputs[0], step.label)
        inputs = tuple(map(self.in_order, step.inputs))
        return index if step.op is None else self.add(step.op, *inputs, names=step.names, label=step.label)

    def _label(self, kind: str) -> str:
        """A layer of the framework bears its own name; anything else is named after what it does."""
        where = self.scopes[-1] if self.scopes else Scope("")
        if where.style == "leaf":
            return where.path
        return f"{where.path}.{kind}" if where.path else kind

    def hole(self, shape: tuple[int, ...]) -> View:
        """A value whose op is not known: a map or vector like any other, or something that no op takes."""
        known = len(shape) in (2, 4) and shape[0] == self.batch
        inner = tuple(shape[1:]) if known else (max(1, math.prod(shape) // self.batch),)
        self.steps.append(Step(None, (), inner, None, self.scopes, "hole"))
        if known:
            return self.view(len(self.steps) - 1)
        axes = tuple(whole(str(place), n) for place, n in enumerate(shape))
        return View(len(self.steps) - 1, inner, axes, doubtful=True)

    def note(self, what: str) -> None:
        """Note what is missing here."""
        self.missing.append(Missing(what, self.where))


def weighted_label(op: Op, names: Mapping[str, str]) -> str:
    """The path at which a step's weights have the model's own names, or one that is like them.

    >>> from diptych.common.ops.conv import Conv
    >>> weighted_label(Conv(4, (1, 1)), {"weight": "stem.conv.weight", "bias": "stem.conv.bias"})
    'stem.conv'
    """
    first, name = next(iter(names.items()))
    if not first:
        return name
    path = name.removesuffix(f".{first}")
    if path == name and name in names:
        return op.kind
    return path
