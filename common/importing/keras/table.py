"""What the layers of Keras mean in the spec: a table that the other files of this folder fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from ...op import Op
from ...ops.flatten import Flatten
from ...ops.ordered_flatten import OrderedFlatten
from ...ops.to_map import ToMap
from ...spec import Array
from ...text import shape_text
from ..axes import Unknown
from ..draft import Draft, View
from ..layout import as_map, as_vector, channels_first, flat_order

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)
MEANINGS: dict[str, Function] = {}
FUNCTIONS: dict[str, Function] = {}
"""Class of a layer, and of a function between layers -> what it means: a value, or a list of them."""
CHANNELS = (-1, 3, [-1], [3])
"""What the axis of channels of a map is called."""


FAR = 50.0
"""Where softplus is the number itself in float64: Keras has no threshold."""
TURNED = 1 << 16
"""Channels at most whose order is another than that of memory: each is then named."""


@dataclass
class Reading:
    """What is read of a model: the draft, arrays by the paths of layers, and weights by the names that they have here.

    `idle` are the classes of layers that do nothing in evaluation and are left out, with the number of them; `trained`
    are layers that the model calls as in training, unless somebody says that it is evaluated; where such calls are
    `obeyed` even then, as in Keras 2 and in the code of a class, they are refused. `foreign` says of layers what is
    another's in them, where a config does not, and `functions` how Keras calls their activations. `filled` are weights
    that the model has not: its layer does without a scale or an offset that an op here has. `operations` are the
    model's functions and layers without weights, which run as they are where no op says them; None where none may.
    `lines` are those of somebody's code, of each call of a layer. `held` are the layers that stand for a weight.
    """

    draft: Draft
    arrays: Mapping[str, Sequence[Array]]
    tensors: dict[str, Array] = field(default_factory=dict)
    idle: dict[str, int] = field(default_factory=dict)
    filled: list[str] = field(default_factory=list)
    formats: set[str] = field(default_factory=set)
    trained: list[str] = field(default_factory=list)
    obeyed: bool = False
    foreign: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, Callable[..., Any]] | None = None
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Layer:
    """A layer that is called: its class, its config, its path here, and its path in the model ("outer/inner")."""

    reading: Reading
    kind: str
    config: Mapping[str, Any]
    path: str
    place: str
    old: bool = False
    operation: bool = False

    @property
    def draft(self) -> Draft:
        """The draft."""
        return self.reading.draft

    def arrays(self, count: int) -> list[Array]:
        """Its variables; raises Unknown where there are not so many."""
        found = list(self.reading.arrays.get(self.place, ()))
        if len(found) != count:
            raise Unknown(f"with {len(found) or 'none'} of its {count} weights" if len(found) < count else "with "
                          f"{len(found)} weights, expected {count}")  # fmt: skip
        return found

    def said(self, key: str, given: Any, usual: Any) -> Any:
        """An argument of a function: as it is called, as it was made, or as it is where nobody says it."""
        return self.config.get(key, usual) if given is None else given

    def add(self, op: Op, *inputs: int, label: str = "") -> View:
        """The value of a new op."""
        return self.shown(self.draft.add(op, *inputs, label=label))

    def shown(self, step: int) -> View:
        """The value of a step."""
        return seen(self.draft.view(step))

    def each(self, op: Op, x: Any, label: str = "") -> View:
        """An op of each number by itself; however the value is seen, it is seen so afterwards."""
        x = value(x)
        return View(self.draft.add(op, x.step, label=label), x.base, x.axes)

    def weighted(self, op: Op, step: int, arrays: Mapping[str, Array | None], part: str = "") -> View:
        """The value of an op with weights, by its names of them, which are checked to have its shapes."""
        wanted = {weight.name: tuple(map(int, weight.shape)) for weight in op.weights(self.draft.steps[step].shape)}
        path = f"{self.path}.{part}" if part else self.path
        given = {name: array for name, array in arrays.items() if array is not None}
        for name, array in given.items():
            if array.shape != wanted.get(name):
                expected = shape_text(wanted.get(name, ()))
                raise Unknown(f"with a {name} of shape {shape_text(array.shape)}, expected {expected}")
        made = self.draft.add(op, step, names={name: f"{path}.{name}" for name in given})
        self.reading.tensors.update({f"{path}.{name}": array for name, array in given.items()})
        return seen(self.draft.view(made))

    def fill(self, name: str, like: Array, number: float) -> Array:
        """A weight of one number, which a layer does without."""
        self.reading.filled.append(f"{self.path}.{name} ({'ones' if number else 'zeros'})")
        return np.full_like(like, number)

    def check_format(self) -> None:
        """Raise Unknown for channels first."""
        if self.config.get("data_format", "channels_last") not in ("channels_last", None):
            raise Unknown("with channels first")

    def map(self, x: Any) -> int:
        """The step of a map."""
        self.check_format()
        view = value(x)
        if len(view.axes) != 4:
            raise Unknown(f"of a value of {len(view.axes)} axes where a map is taken")
        return self.value(view)

    def value(self, x: Any) -> int:
        """The step of a map or of a vector; views that mean an op become one."""
        view = value(x)
        if view.base[0] > TURNED and any(axis and axis != view.whole(axis[0].letter) for axis in view.axes[-1:]):
            raise Unknown("with too many channels in another order")
        if len(view.axes) == 4 and len(view.base) == 1 and view.axes[1:3] == ((), ()):
            view = seen(self.draft.view(self.draft.add(ToMap(), as_vector(self.draft, _vector(view)))))
        if len(view.axes) == 4:
            own = channels_first(view)
            if own.order == "last":  # which is what code of PyTorch means by such axes
                raise Unknown("height, width and channels exchanged")
            return as_map(self.draft, own)
        if order := flat_order(view):
            return self.draft.once(Flatten(view.base) if order == self.draft.flat else OrderedFlatten(order), view.step)
        if len(view.axes) != 2:
            raise Unknown(f"of a value of {len(view.axes)} axes")
        return as_vector(self.draft, view)

    def flattened(self, x: Any) -> tuple[int, str]:
        """The step of a map or of a vector, and the order in which Keras has the numbers of a flattened map."""
        view = value(x)
        order = flat_order(view)
        return (self.draft.once(Flatten(view.base), view.step), order) if order else (self.value(view), "HWC")

    def leave_out(self, x: Any) -> View:
        """The value as it is, of a layer that only training shows."""
        self.reading.idle[self.kind] = self.reading.idle.get(self.kind, 0) + 1
        return value(x)


def _vector(view: View) -> View:
    return view.seen((view.axes[0], view.axes[3]))


def seen(view: View) -> View:
    """A value as Keras sees it: the channels of a map are its last axis."""
    if len(view.axes) != 4:
        return view
    n, c, h, w = view.axes
    return view.seen((n, h, w, c))


def means(*layers: str, functions: Sequence[str] = ()) -> Callable[[F], F]:
    """Say that a Python function is what these classes of layers, and of functions between layers, mean."""

    def known(function: F) -> F:
        MEANINGS.update(dict.fromkeys(layers, function))
        FUNCTIONS.update(dict.fromkeys(functions, function))
        return function

    return known


def value(given: Any) -> View:
    """A value of the image; raises Unknown for anything else in its place."""
    if not isinstance(given, View):
        raise Unknown("of what is no value of the image")
    return given


def values(given: Sequence[Any]) -> list[Any]:
    """The values of a layer that takes a list of them, or of a function that takes them one by one."""
    first = given[0] if given else None
    return list(first) if len(given) == 1 and isinstance(first, (list, tuple)) else list(given)


def two(given: Any) -> tuple[int, int]:
    """(height, width) of one number or two."""
    found = [given, given] if isinstance(given, int) else list(given)
    if len(found) != 2 or not all(type(item) is int for item in found):
        raise Unknown(f"with a size of {given!r:.40}")
    return found[0], found[1]


def single(number: Any) -> float:
    """A number as Keras has it in every precision: rounded to float32."""
    return float(np.float32(number))
