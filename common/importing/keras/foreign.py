"""Functions of Keras that no op says, as steps that run as they are: of a model in memory, for a comparison alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...op import Weight
from ...spec import Array
from ..axes import Unknown
from ..draft import View
from ..foreign import foreign, laid_out
from .activations import activated
from .graph import Entry
from .layers import biased
from .table import Layer, means, value

Operation = Callable[[Sequence[Any], Mapping[str, Any]], list[Any]]
"""What a function of Keras makes of its arguments, maps with their channels last: its results, as arrays."""
CALLED = "TFOpLambda"
SILENT = ("dtype", "function", "name", "trainable")
"""Settings that say nothing of what is computed, or that are said elsewhere."""
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class _Place(int):
    """A value of the image among the arguments: the number of it."""


def as_it_is(layer: Layer, entry: Entry, operation: Operation, args: list[Any], named: dict[str, Any]) -> list[View]:
    """The results of a call, by a step for each; raises Unknown where it cannot run by itself."""
    draft, views = layer.draft, list[View]()
    given, words = _taken(args, views), _taken(named, views)
    if any(view.doubtful for view in views) or not views:
        raise Unknown("a value that is not known")
    types = [draft.types.get(view.step, "") for view in views]

    def call(arrays: Sequence[Array], _: Mapping[str, Array], place: int = 0) -> Any:
        typed = [array.astype(kind) if kind else array for array, kind in zip(arrays, types, strict=True)]
        return operation(_filled(given, typed), _filled(words, typed))[place]

    name, spoken = _snake(layer.kind), f"Keras {entry.get('class_name')}"
    if layer.kind == CALLED:  # a function of TensorFlow, by its own name
        spoken = f"tf.{entry['config'].get('function')}"
        name = spoken.rpartition(".")[2]
    said = f"{spoken}({', '.join(_said(entry, given, words))})"
    made = []
    for place, shown in enumerate(operation(_filled(given, tried := _trial(views, types)), _filled(words, tried))):
        run = partial(call, place=place)
        made.append(foreign(draft, name, said, views, shown.shape, run, last=True))
        if shown.dtype.kind != "f":
            draft.types[made[-1].step] = shown.dtype.name
    return made


def over_last_axis(layer: Layer, args: Sequence[Any]) -> list[View]:
    """A linear layer of a value that no op of the spec takes, such as tokens (N, L, C), as a step with its weights."""
    (kernel,), bias = biased(layer, 1)
    (given,), path = args, layer.path
    view = value(given)
    if kernel.ndim != 2 or view.doubtful or len(view.shape) < 3:
        raise Unknown("a value that is not known")
    arrays = {"weight": kernel.T} | ({} if bias is None else {"bias": bias})
    weights = {name: (f"{path}.{name}", Weight(name, array.shape, axes, "trainable"))
               for (name, array), axes in zip(arrays.items(), ("O I", "O"), strict=False)}  # fmt: skip
    layer.reading.tensors.update({f"{path}.{name}": array for name, array in arrays.items()})

    def run(inputs: Sequence[Array], own: Mapping[str, Array]) -> Array:
        return np.asarray(inputs[0] @ own["weight"].T + own.get("bias", 0.0))

    said = f"Keras Dense(x, {', '.join(arrays)})"
    shape = (*view.shape[:-1], int(kernel.shape[1]))
    return [activated(layer, foreign(layer.draft, "linear", said, [view], shape, run, weights, last=True))]


def apart(layer: Layer, args: Any) -> Any:
    """Arguments with each view that no op means as the value of a step of its own."""
    if isinstance(args, View):
        return laid_out(layer.draft, args, layer.value, last=True)
    if isinstance(args, (list, tuple)):
        return [apart(layer, item) for item in args]
    return {key: apart(layer, item) for key, item in args.items()} if isinstance(args, dict) else args


def _trial(views: Sequence[View], types: Sequence[str]) -> list[Array]:
    """Values of the shapes that were read, to see what comes out."""
    random = np.random.default_rng(0)
    return [
        (random.random(view.shape) + 0.1).astype(kind or np.float64) for view, kind in zip(views, types, strict=True)
    ]


def _taken(given: Any, views: list[View]) -> Any:
    """Arguments with numbers in the place of their values, which are added to the list."""
    if isinstance(given, View):
        views.append(given)
        return _Place(len(views) - 1)
    if isinstance(given, (list, tuple)):
        return [_taken(item, views) for item in given]
    if isinstance(given, np.ndarray) and given.dtype.kind == "f":
        return given.astype(np.float64)
    return {key: _taken(item, views) for key, item in given.items()} if isinstance(given, dict) else given


def _filled(given: Any, arrays: Sequence[Any]) -> Any:
    """Arguments with values in their places."""
    if isinstance(given, _Place):
        return arrays[given]
    if isinstance(given, list):
        return [_filled(item, arrays) for item in given]
    return {key: _filled(item, arrays) for key, item in given.items()} if isinstance(given, dict) else given


def _said(entry: Entry, given: Any, words: Mapping[str, Any]) -> list[str]:
    """The arguments of a call and its settings in words."""
    config = {key: item for key, item in entry["config"].items() if key not in SILENT and item is not None}
    return [*map(_word, given), *(f"{key}={_word(item)}" for key, item in {**config, **words}.items())]


def _word(item: Any) -> str:
    if isinstance(item, _Place):
        return "xyzuvw"[item % 6]
    if isinstance(item, np.ndarray):
        return f"{float(item.reshape(())):g}" if item.size == 1 else "constants"
    if isinstance(item, list):
        return f"[{', '.join(map(_word, item))}]"
    return str(item)


def _snake(kind: str) -> str:
    """The name of a class as one of a function.

    >>> _snake("NanToNum")
    'nan_to_num'
    """
    return WORDS.sub("_", kind).lower()


@means(functions=("StopGradient",))
def stopped(layer: Layer, x: Any) -> View:
    """The same numbers, whose gradient is none: what is built here would train."""
    if layer.reading.operations is None:
        raise Unknown("")
    return value(x)
