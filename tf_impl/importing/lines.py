"""Where in somebody's code the layers and functions of a Keras model are called: a model itself does not hold it.

It is noted while their code runs, by the nodes of Keras's graph; a chain calls its layers itself, so that of those it
is where they are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import keras
import tensorflow as tf
from keras.src.models.functional import Functional
from keras.src.ops.node import Node
from keras.src.ops.operation import Operation

from ...common.importing.lines import caller, folders

CALLS: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
MADE: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
"""Node -> the line of the call; layer -> the line that makes it."""


OTHERS = folders(keras.__file__, tf.__file__)
MODELS = folders(str(Path(keras.__file__).parent / "src" / "applications" / "any"))
"""In Keras, but the code of models."""


@contextmanager
def noted() -> Iterator[None]:
    """Note where what is called, or made, meanwhile stands in somebody's code."""
    node, operation = Node.__init__, Operation.__init__

    def called(self: Any, *args: Any, **kwargs: Any) -> None:
        node(self, *args, **kwargs)
        CALLS[self] = caller(OTHERS, MODELS)

    def made(self: Any, name: str | None = None) -> None:  # Keras looks at the names of the arguments
        operation(self, name)
        MADE[self] = caller(OTHERS, MODELS, self)

    Node.__init__, Operation.__init__ = called, made
    try:
        yield
    finally:
        Node.__init__, Operation.__init__ = node, operation


def lines_of(model: keras.Model, outer: str = "") -> Iterator[tuple[tuple[str, int], str]]:
    """("outer/inner", number of the call) -> its line, of all calls in a model that are known."""
    calls = _calls(model) if isinstance(model, Functional) else {layer: [MADE.get(layer, "")] for layer in model.layers}
    for layer, lines in calls.items():
        path = f"{outer}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from lines_of(layer, f"{path}/")
        yield from (((path, number), line) for number, line in enumerate(lines) if line)


def _calls(model: Functional) -> dict[Any, list[str]]:
    """The lines of the calls of each layer that belong to a model, in the order in which its config has them."""
    nodes = [node for level in model._nodes_by_depth.values() for node in level if node.outputs]
    found: dict[Any, list[str]] = {operation: [] for operation in model.operations}
    for node in sorted(nodes, key=lambda node: node.outputs[0]._keras_history.node_index):
        found[node.operation].append(CALLS.get(node, ""))
    return found
