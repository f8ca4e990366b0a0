"""Layers that somebody wrote, called as the layers of Keras inside them: what they do is then a graph of those.

While a model is traced, such a layer's `call` runs in its caller, instead of standing in the graph as one step that
nobody knows. The layers inside are named as the code reaches them (`layer1.0.conv1`), for by themselves two blocks of
one class may have layers of one name.
"""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.models.functional import Functional

from ...common.errors import DiptychError
from .dispatched import dispatched
from .held import HeldWeight, holds_all, standing_for
from .lines import MADE

Layer = Any


def somebodys(layer: Layer) -> bool:
    """Whether a layer is of a class that is not Keras's, or is a chain or a graph that has such a layer inside."""
    if isinstance(layer, keras.layers.Lambda):
        return True
    if type(layer).__module__.partition(".")[0] != "keras" and not isinstance(layer, HeldWeight):
        if owns(layer) and not holds_all(layer):
            return False
        return not isinstance(layer, keras.Sequential | Functional) or type(layer).call not in CALLS or _inside(layer)
    return isinstance(layer, keras.Sequential | Functional) and _inside(layer)


def owns(layer: Layer) -> bool:
    """Whether a layer has weights itself, beside those of the layers inside it."""
    return bool(layer._trainable_variables or layer._non_trainable_variables)


CALLS = (keras.Sequential.call, Functional.call)
COUNTS = "object_name_uids"
"""Where Keras counts the names that it gives."""
STATED = ("training", "mask")
"""What Keras gives to a layer whose `call` takes it."""


def _inside(model: Layer) -> bool:
    return any(somebodys(layer) for layer in model.layers)


@contextmanager
def inlined(model: keras.Model) -> Iterator[None]:
    """With layers that call what is in them, and with names by the way to them; both are put back."""
    names = {id(layer): (layer, layer.name) for layer in model._flatten_layers()}
    for path, layer in _paths(model, "", set()):
        layer.name = path
    own, held = keras.layers.Layer.__call__, dict[int, HeldWeight]()

    def call(self: Layer, *args: Any, **kwargs: Any) -> Any:
        fresh = not self.built and id(self) not in names
        if not self.built or not somebodys(self):
            answer = own(self, *args, **kwargs)
            if fresh and self.weights:
                _refuse_fresh(self)
            return answer
        if isinstance(self, keras.layers.Lambda):
            return _function(self, own, *args, **kwargs)
        taken = inspect.signature(self.call).parameters
        kwargs = {name: value for name, value in kwargs.items() if name in taken or name not in STATED}
        if "training" in taken and kwargs.get("training") is None:
            kwargs["training"] = False
        with standing_for(self, (args, kwargs), held):
            return self.call(*args, **kwargs)

    counts = global_state.get_global_attribute(COUNTS)
    global_state.set_global_attribute(COUNTS, _counted(model))  # so that functions have one name in every reading
    adding = keras.layers.Layer.add_loss
    keras.layers.Layer.__call__ = call
    keras.layers.Layer.add_loss = lambda self, loss: None  # a loss is no part of what a model answers
    try:
        with dispatched():
            yield
    finally:
        keras.layers.Layer.__call__, keras.layers.Layer.add_loss = own, adding
        global_state.set_global_attribute(COUNTS, counts)
        for layer, name in names.values():
            layer.name = name


def _counted(model: keras.Model) -> defaultdict[str, int]:
    """How often each name is given already: to the functions that stand between the layers of a graph."""
    found = defaultdict[str, int](int)
    for owner in (model, *model._flatten_layers()):
        for item in owner.operations if isinstance(owner, Functional) else ():
            base, _, number = re.fullmatch(r"(.*?)(_(\d+))?", item.name).groups()  # type: ignore[union-attr]
            found[base] = max(found[base], int(number or 0) + 1)
    return found


def _refuse_fresh(layer: Layer) -> None:
    """Raise DiptychError for a layer that code makes while it is called: its weights are none of the model's."""
    kind, line = type(layer).__name__, MADE.get(layer, "")
    raise DiptychError(
        f"`call` makes a {kind}{f' ({line})' if line else ''}, with new random weights in every call, which are "
        "neither trained nor saved; make it once, in `__init__` or `build`"
    )


def refuse_fresh(traced: keras.Model, model: keras.Model) -> None:
    """Raise DiptychError for a layer with weights that stands in a model's graph and is none of the model's."""
    known = {id(layer) for layer in model._flatten_layers()}
    for layer in traced.layers:
        if id(layer) not in known and layer.weights and not isinstance(layer, HeldWeight):
            _refuse_fresh(layer)


def by_way(model: keras.Model) -> bool:
    """Whether the layers of a model are named by the way to them.

    So it is where one of them is of somebody's own class, and in a class of a model in which two have one name, which
    a graph of Keras cannot have.
    """
    names = [layer.name for layer in model.layers]
    return any(map(somebodys, model.layers)) or len(set(names)) < len(names)


def leaves(model: keras.Model) -> Iterator[tuple[str, Layer]]:
    """(path, layer) of all layers without others inside, by the names that a reading has for them."""
    if by_way(model):
        inner = ((path, layer) for path, layer in _paths(model, "", set()) if not somebodys(layer) or owns(layer))
    else:
        inner = ((layer.name, layer) for layer in model.layers)
    for path, layer in inner:
        if isinstance(layer, keras.Model):
            yield from ((f"{path}.{name}", leaf) for name, leaf in leaves(layer))
        else:
            yield path, layer


def _function(layer: Layer, own: Any, *args: Any, **kwargs: Any) -> Any:
    """What a Lambda computes, where its function takes a symbol; else the layer as it is."""
    try:
        return layer.function(*args, **layer.arguments)
    except Exception:  # noqa: BLE001 - whatever a function raises that is not written for symbols
        return own(layer, *args, **kwargs)


def _paths(owner: Layer, outer: str, known: set[int], named: bool = True) -> Iterator[tuple[str, Layer]]:
    """(path, layer) of all layers that stand somewhere in a layer that somebody wrote, each under its first path.

    Layers of a chain have their own names where that is `named`, and numbers in a class of somebody's own.
    """
    named = named and isinstance(owner, keras.Sequential | Functional)
    for name, layer in _held(owner, named):
        if id(layer) in known:
            continue
        known.add(id(layer))
        path = f"{outer}{name}"
        yield path, layer
        if somebodys(layer):
            yield from _paths(layer, f"{path}.", known, named)


def _held(owner: Layer, named: bool) -> Iterator[tuple[str, Layer]]:
    """The layers of a layer by the names that its code has for them."""
    if isinstance(owner, keras.Sequential):
        yield from ((layer.name if named else str(place), layer) for place, layer in enumerate(owner.layers))
        return
    if type(owner) is Functional:
        yield from ((layer.name, layer) for layer in owner.layers)
        return
    found = set[int]()
    for name, value in vars(owner).items():
        for path, layer in _among(name, value):
            if not name.startswith("_") and id(layer) not in found:
                found.add(id(layer))
                yield path, layer
    yield from ((layer.name, layer) for layer in owner._layers if id(layer) not in found)


def _among(name: str, value: Any) -> Iterator[tuple[str, Layer]]:
    if isinstance(value, keras.layers.Layer):
        yield name, value
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _among(f"{name}.{place}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _among(f"{name}.{key}", item)
