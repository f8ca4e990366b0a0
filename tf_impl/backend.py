"""TensorFlow (Keras 3) as the check and the converters use it; see `common.backend.Backend`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..common.backend import Difference, Step, in_order
from ..common.errors import SpecError
from ..common.layouts import BATCH, rearranged, to_canonical
from ..common.rewriting.fold import SUFFIX
from ..common.spec import Array, Net, Node, Shape
from . import classes
from .build import build, unbuilt
from .call_order import has_order, run_like
from .features import observe
from .settings import copied, settings
from .state import read, settle, variables

__all__ = ["build", "cast", "differences", "dtype", "network_of", "nodes", "outputs", "read", "step", "tensors"]


def dtype(model: keras.Model) -> str:
    """The dtype in which all layers of the model compute, or "mixed"."""
    found = {name for layer in classes.every_layer(model) for name in (layer.compute_dtype, layer.variable_dtype)}
    found |= {_input_dtype(model)}
    return found.pop() if len(found) == 1 else "mixed"


def network_of(model: keras.Model) -> str:
    """The name of the network that diptych built the model of, folded or not; of another model, its own name."""
    return str(model.name).removesuffix(SUFFIX.replace(".", "_"))


def cast(model: keras.Model, net: Net, dtype: str) -> keras.Model:
    """A copy of the model whose layers have another dtype policy."""
    if classes.is_class(model):
        return classes.cast(model, net, dtype)
    copy = copied(model, dtype)
    copy.set_weights(model.get_weights())
    settle(copy)
    if has_order(net):
        run_like(model, copy)
    return copy


def differences(model: keras.Model, net: Net) -> list[Difference]:
    """Compare the configuration of every layer with that of a fresh layer of the spec.

    A layer without weights may bear another name, as activations do in a model written by hand: the outputs judge it.
    Raises SpecError for a model that is no graph of layers.
    """
    if classes.is_class(model):
        return classes.differences(model, net)
    if not isinstance(model, keras.Model):
        raise SpecError(f"expected a keras.Model of {net.name}, got {type(model).__name__}")
    found = {layer.name: layer for layer in model.layers}
    owners = {node.path for node in net.nodes if node.weights()}
    answer: list[Difference] = []
    for layer in unbuilt(net):
        if layer.name not in found:
            if layer.name in owners:
                answer.append(Difference(layer.name, "no such layer", type(layer).__name__))
            continue
        got, wanted = settings(found[layer.name]), settings(layer)
        for key in sorted(set(got) | set(wanted)):
            if got.get(key) != wanted.get(key):
                answer.append(Difference(layer.name, f"{key}={got.get(key)!r}", f"{key}={wanted.get(key)!r}"))
    return answer


def outputs(model: keras.Model, net: Net, x: Array) -> tuple[Array, ...]:
    """The outputs in evaluation mode."""
    results = tensors(model, net, x)
    return tuple(nchw(net.nodes[i], np.array(o)) for i, o in zip(net.outputs, results, strict=True))


def tensors(model: keras.Model, net: Net, x: Array) -> tuple[tf.Tensor, ...]:
    """The outputs in evaluation mode, as the model gives them."""
    return in_order(net, model(_tensor(model, x), training=False))


def nodes(model: keras.Model, net: Net, x: Array) -> dict[str, Array]:
    """Every node for which the model has a layer of that name."""
    image = _tensor(model, x)
    results = classes.observe(model, net, image) if classes.is_class(model) else observe(net, model, image)
    return {path: nchw(net.node(path), np.array(value)) for path, value in results.items()}


def step(model: keras.Model, net: Net, x: Array, cotangents: Sequence[Array], training: bool = False) -> Step:
    """One forward and backward pass with dropout off; moving statistics are put back afterwards."""
    kept = list(variables(model, net))
    before = [(variable, np.array(variable)) for variable in model.non_trainable_variables]
    weights = [entry for entry in kept if entry[1].kind == "trainable"]
    image = _tensor(model, x)
    with _without_dropout(model), tf.GradientTape() as tape:
        # Every weight is watched by hand: a tape leaves out those that a user froze.
        tape.watch([image, *(entry[2].value for entry in weights)])
        results = in_order(net, model(image, training=training))
        pairs = zip(net.outputs, results, cotangents, strict=True)
        loss = tf.add_n([tf.reduce_sum(o * like(net.nodes[i].flattened, o, c)) for i, o, c in pairs])
    sources = [image, *(entry[2].value for entry in weights)]
    first, *rest = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    after = {name: np.array(v) for name, weight, v, _ in kept if weight.kind == "statistic"}
    for variable, value in before:
        variable.assign(value)
    gradients = {
        name: to_canonical(np.array(gradient), weight, axes)
        for (name, weight, _, axes), gradient in zip(weights, rest, strict=True)
    }
    done = tuple(nchw(net.nodes[i], np.array(o)) for i, o in zip(net.outputs, results, strict=True))
    return Step(done, rearranged(np.array(first), BATCH["tf"], BATCH["torch"]), gradients, after)


@contextmanager
def _without_dropout(model: keras.Model) -> Iterator[None]:
    dropouts = {layer: layer.rate for layer in classes.every_layer(model) if isinstance(layer, keras.layers.Dropout)}
    for layer in dropouts:
        layer.rate = 0.0
    try:
        yield
    finally:
        for layer, rate in dropouts.items():
            layer.rate = rate


def _tensor(model: keras.Model, x: Array) -> tf.Tensor:
    return tf.constant(rearranged(np.asarray(x), BATCH["torch"], BATCH["tf"]), dtype=_input_dtype(model))


def _input_dtype(model: keras.Model) -> str:
    return str(model.compute_dtype if classes.is_class(model) else model.inputs[0].dtype)


def nchw(node: Node, value: Array) -> Array:
    """A node's output in canonical order: NCHW for a map, and (C, H, W) order for a flattened one."""
    if value.ndim == 4:
        return rearranged(value, BATCH["tf"], BATCH["torch"])
    if node.flattened:
        return rearranged(value, "N (H W C)", "N (C H W)", _sizes(node.flattened))
    return value


def like(flattened: Shape | None, output: Any, cotangent: Array) -> tf.Tensor:
    """A cotangent, given in canonical order, in the order of the model's output."""
    if cotangent.ndim == 4:
        cotangent = rearranged(cotangent, BATCH["torch"], BATCH["tf"])
    elif flattened:
        cotangent = rearranged(cotangent, "N (C H W)", "N (H W C)", _sizes(flattened))
    return tf.constant(cotangent, dtype=output.dtype)


def _sizes(flattened: Shape) -> dict[str, int]:
    return dict(zip("CHW", map(int, flattened), strict=True))
