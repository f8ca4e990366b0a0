"""A functional Keras model as a file, written from the spec alone: what its config says, and where its weights are.

`tf_impl` says which layers make a network; here its text is run with what stands for Keras, so that neither Keras nor
TensorFlow is imported. Where a network needs anything that is not known here, `Unwritten` is raised, and Keras itself
builds the model and saves it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ...common.lowering import Lowering
from ...common.spec import Net, Node
from ...tf_impl import walk
from . import layers
from .config import functional
from .standin import resolve
from .symbols import Unwritten as Unwritten
from .symbols import session, snake_case


@dataclass(frozen=True)
class Part:
    """A group of a file of weights: its path, the name of the layer whose variables are in it, and that one's class."""

    path: str
    name: str
    kind: str


@dataclass(frozen=True)
class Model:
    """What is written of a model: config.json, its name, and the groups of its weights in their order."""

    config: str
    name: str
    parts: tuple[Part, ...]


def described(net: Net, dtype: str) -> Model:
    """The functional model of a network; raises Unwritten where it is not known how Keras writes a part of it.

    The last one is kept: many files of one network are often converted one after the other.
    """
    if not _LAST or _LAST[0] is not net or _LAST[1] != dtype:
        _LAST[:] = [net, dtype, _described(net, dtype)]
    found: Model = _LAST[2]
    return found


_LAST = list[Any]()


def _described(net: Net, dtype: str) -> Model:
    with session():
        kit = walk.Kit(layers.Layer, layers.Identity, _input, resolve, _call)
        tensors = walk.graph(net, dtype, kit)
        name = walk.model_name(net)
        config, found = functional(name, tensors[0], walk.outputs(net, tensors))
    return Model(json.dumps(config), name, tuple(_parts(found)))


def _input(shape: Any, dtype: str, name: str) -> Any:
    return layers.Input(shape, dtype, name).output


def _call(layer: Any, value: Any, node: Node, lowering: Lowering) -> Any:
    return layer(value)


def _parts(found: list[layers.Layer]) -> list[Part]:
    """The groups of layers, each named after its class, with a number where there are several of a class."""
    counts, parts = Counter[str](), list[Part]()
    for layer in found:
        kind = snake_case(layer.kind)
        path = f"layers/{kind}_{counts[kind]}" if counts[kind] else f"layers/{kind}"
        counts[kind] += 1
        parts.append(Part(path, layer.name, layer.kind))
    return parts
