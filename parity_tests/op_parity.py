"""What the tests of ops share: one network on three ways, and the largest relative difference between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import torch

from diptych.common import reference
from diptych.common.layouts import to_canonical
from diptych.common.spec import Array, Net, Shape
from diptych.common.trace import Value, trace
from diptych.common.weights import scrambled
from diptych.tf_impl import build as keras_build
from diptych.tf_impl.state import variables
from diptych.torch_impl import build as torch_build

Function = Callable[[Value], Value]
TOLERANCE = 1e-10


def traced(function: Function, shape: Shape) -> Net:
    return trace(function, "case", shape)


def images(shape: Shape, batch: int, seed: int = 0) -> Array:
    return 2 * np.random.default_rng([seed, batch, *shape]).standard_normal((batch, *shape))


def difference(ours: Array, theirs: Array) -> float:
    """max |a - b| / max |b|; infinite for different shapes, for NaN and for nothing at all."""
    if ours.shape != theirs.shape or not ours.size or not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return float("inf")
    apart, scale = float(np.abs(ours - theirs).max()), float(np.abs(theirs).max())
    return 0.0 if apart == 0 else apart / scale if scale else float("inf")


def meaning(net: Net, x: Array) -> Array:
    return reference.run(net, scrambled(net), x)[net.nodes[net.outputs[0]].path]


def in_torch(net: Net, x: Array, cotangent: Array) -> tuple[Array, Array]:
    """The output, and the gradient of sum(output * cotangent) with respect to the input."""
    model = torch_build.build(net, scrambled(net), "float64")
    image = torch.tensor(x, requires_grad=True)
    y = model(image)
    (y * torch.tensor(cotangent)).sum().backward()
    assert image.grad is not None
    return y.detach().numpy(), image.grad.numpy()


def in_keras(net: Net, x: Array, cotangent: Array) -> tuple[Array, Array]:
    """The same from the Keras twin, in NCHW order."""
    model = keras_build.build(net, scrambled(net), "float64")
    image = tf.constant(to_last(x))
    with tf.GradientTape() as tape:
        tape.watch(image)
        y = model(image)
        total = tf.reduce_sum(y * to_last(cotangent))
    return to_first(y.numpy()), to_first(tf.convert_to_tensor(tape.gradient(total, image)).numpy())


def training_in_torch(net: Net, x: Array, cotangent: Array) -> dict[str, Array]:
    """The output in training, and the gradient with respect to each trainable weight, by its name."""
    model = torch_build.build(net, scrambled(net), "float64").train()
    y = model(torch.tensor(x))
    (y * torch.tensor(cotangent)).sum().backward()
    found = {name: value.grad for name, value in model.named_parameters()}
    return {"": y.detach().numpy()} | {name: grad.numpy() for name, grad in found.items() if grad is not None}


def training_in_keras(net: Net, x: Array, cotangent: Array) -> dict[str, Array]:
    """The same from the Keras twin, in NCHW order and in the axes of the canonical weights."""
    model = keras_build.build(net, scrambled(net), "float64")
    with tf.GradientTape() as tape:
        y = model(to_last(x), training=True)
        total = tf.reduce_sum(y * to_last(cotangent))
    held = {name: (v, weight, axes) for name, weight, v, axes in variables(model, net) if v.trainable}
    gradients = tape.gradient(total, {name: v.value for name, (v, _, _) in held.items()})
    found = {name: to_canonical(np.asarray(gradients[name]), weight, axes) for name, (_, weight, axes) in held.items()}
    return {"": to_first(y.numpy())} | found


def to_last(x: Array) -> Array:
    return np.moveaxis(x, 1, -1)


def to_first(x: Any) -> Array:
    return np.moveaxis(x, -1, 1)


def assert_parity(net: Net, batch: int) -> None:
    """The NumPy meaning, the torch twin and the Keras twin are one function, and its gradient is one in both."""
    x = images(tuple(map(int, net.input_shape)), batch)
    wanted = meaning(net, x)
    assert wanted.shape == (batch, *net.nodes[net.outputs[0]].shape)
    cotangent = np.random.default_rng(1).standard_normal(wanted.shape)
    (torch_output, torch_gradient), (keras_output, keras_gradient) = (
        way(net, x, cotangent) for way in (in_torch, in_keras)
    )
    assert difference(torch_output, wanted) < TOLERANCE, "torch"
    assert difference(keras_output, wanted) < TOLERANCE, "Keras"
    assert difference(keras_gradient, torch_gradient) < TOLERANCE, "gradients"
