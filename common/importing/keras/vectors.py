"""Layers and functions over the channels of a vector: convolution along them, norms, dot products."""

from __future__ import annotations

from typing import Any

from ...ops.channel_conv import ChannelConv
from ...ops.channel_reduce import ChannelReduce
from ...ops.local_response_norm import LocalResponseNorm
from ...ops.multiply import Multiply
from ...ops.unit_norm import UnitNorm
from ..axes import Unknown
from ..draft import View
from .activations import activated
from .layers import biased, over_channels
from .table import Layer, means, value, values

SMALL = 1e-7
"""The epsilon that Keras takes where nobody says one."""
AS_LAYER, SQUARED = 1e-12, 1e-12
"""The bound of the norm in layers.UnitNormalization, and that of its square in TensorFlow, which Keras 2 takes."""


@means("Conv1D")
def along_channels(layer: Layer, x: Any) -> View:
    """A convolution along the channels of a vector, seen as (N, C, 1), as efficient channel attention has it."""
    view = value(x)
    if len(view.axes) != 3 or view.axes[1] == () or view.axes[2] != ():
        raise Unknown("other than along the channels of a vector")
    step = layer.value(view.seen(view.axes[:2]))
    (kernel,), bias = biased(layer, 1)
    odd = {"strides": 1, "dilation_rate": 1, "groups": 1, "filters": 1, "data_format": "channels_last"}
    others = [key for key, usual in odd.items() if layer.config.get(key, usual) not in (usual, [usual])]
    if others or kernel.ndim != 3 or kernel.shape[1:] != (1, 1):
        raise Unknown(f"along channels with {' and '.join(others) or 'a kernel'} of its own")
    size = int(kernel.shape[0])
    if layer.config.get("kernel_size", [size]) not in (size, [size]):
        raise Unknown(f"with a kernel of {size}, expected {layer.config['kernel_size']!r:.40}")
    padding = layer.config.get("padding", "valid")
    if padding not in ("same", "valid") or (padding == "same" and size % 2 == 0):
        raise Unknown(f"with a padding of {padding!r:.40} for {size} channels")
    op = ChannelConv(size, size // 2 if padding == "same" else 0, bias is not None)
    made = layer.weighted(op, step, {"weight": kernel.transpose(2, 1, 0), "bias": bias})
    return activated(layer, made.seen((*made.axes, ())))


@means("UnitNormalization")
def unit_normalization(layer: Layer, x: Any) -> View:
    """Channels over their Euclidean norm."""
    eps = float(SQUARED**0.5) if layer.old else AS_LAYER
    return layer.add(UnitNorm(eps), over_channels(layer, x))


@means(functions=("Normalize",))
def normalize(layer: Layer, x: Any, axis: Any = None, order: int | None = None, epsilon: float | None = None) -> View:
    """The function of the same name; TensorFlow's bounds the square of the norm."""
    axis, order = layer.said("axis", axis, -1), layer.said("order", order, 2)
    view, bound = value(x), layer.said("epsilon", epsilon, None)
    last = len(view.axes) - 1
    if order != 2 or axis not in (-1, last, [-1], [last]):
        raise Unknown("over another axis than channels, or by another norm than the Euclidean one")
    found = SMALL if bound is None else float(bound)
    return layer.add(UnitNorm(found**0.5 if layer.config.get("function") else found), layer.value(view))


@means(functions=("LocalResponseNorm",))
def response_norm(
    layer: Layer, x: Any, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5
) -> View:
    """TensorFlow's function, whose alpha is not divided by the channels of a window."""
    size = 2 * depth_radius + 1
    return layer.add(LocalResponseNorm(size, alpha * size, beta, float(bias)), layer.map(x))


@means("Dot")
def dot(layer: Layer, *given: Any) -> View:
    """The product of two vectors, which may be brought to a length of 1 before."""
    views = [value(item) for item in values(given)]
    axes = layer.config.get("axes", -1)
    wanted = [axes, axes] if isinstance(axes, int) else list(axes)
    if [len(view.axes) for view in views] != [2, 2] or any(axis not in (1, -1) for axis in wanted):
        raise Unknown("of other values than two vectors")
    steps = [layer.value(view) for view in views]
    if layer.config.get("normalize"):
        steps = [
            layer.draft.add(UnitNorm(SMALL), step, label=f"{layer.path}_unit{place}")
            for place, step in enumerate(steps)
        ]
    product = layer.draft.add(Multiply(), *steps, label=f"{layer.path}_product")
    return layer.add(ChannelReduce("sum"), product)
