"""What stands before a network, or does nothing in evaluation: scaling of pixels, augmentation, noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops.channel_offset import ChannelOffset
from ...ops.channel_rescale import ChannelRescale
from ...ops.dropout import Dropout
from ...ops.rescale import Rescale
from ...ops.standardize import Standardize
from ...spec import Array
from ..axes import Unknown
from ..draft import View, no_gradient
from .graph import constant
from .layers import over_channels
from .table import MEANINGS, Layer, means, value

NOISE = ("AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D", "StochasticDepth")
TRAINED = ("BatchNormalization", "Dropout", *NOISE)
"""Layers of the network itself that do something else in training."""
FRACTIONS = ("bfloat16", "float16", "float32", "float64")
"""Types of numbers that are no whole ones."""
AUGMENTATION = (
    *("AugMix", "CutMix", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter"),
    *("RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur"),
    *("RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization"),
    *("RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomWidth"),
    "RandomZoom",
)
"""Layers that give an image as it is where nobody trains."""


def _left_out(layer: Layer, x: Any) -> View:
    return layer.leave_out(x)


MEANINGS.update(dict.fromkeys((*NOISE, *AUGMENTATION), _left_out))


@means(functions=("StopGradient",))
def stop_gradient(layer: Layer, x: Any) -> View:
    """The value as it is, through which no gradient goes back, as a note says."""
    layer.reading.draft.said.append(no_gradient(layer.reading.draft.where))
    return value(x)


@means("Identity", "ActivityRegularization")
def identity(layer: Layer, x: Any) -> View:
    """The value as it is."""
    return value(x)


@means(functions=("Cast",))
def cast(layer: Layer, x: Any, dtype: Any = None) -> View:
    """The value as it is; another precision is said in a note."""
    kind = layer.said("dtype", dtype, None)
    if not isinstance(kind, str) or kind not in FRACTIONS:
        raise Unknown(f"to {kind!r:.40}")
    layer.reading.formats.add(kind)
    return value(x)


@means(functions=("ConvertToTensor",))
def convert_to_tensor(layer: Layer, x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> View:
    """The value as it is; another precision is said in a note."""
    return value(x) if layer.said("dtype", dtype, None) is None else cast(layer, x, dtype)


@means("Dropout")
def dropout(layer: Layer, x: Any) -> View:
    """Dropout; one whose mask has a shape of its own is left out."""
    rate = float(layer.config.get("rate", 0.0))
    if layer.config.get("noise_shape") is not None:
        return layer.leave_out(x)
    return layer.each(Dropout(rate), x) if 0 < rate < 1 else value(x)


def _constant(layer: Layer, key: str, usual: float) -> Array:
    """A number or list of a config, as the layer has it: rounded to float32, but for arrays in a model of float64.

    The means and variances of Keras 2 are arrays.
    """
    given = constant(layer.config.get(key, usual))
    exact = isinstance(given, np.ndarray) and given.dtype == np.float64 and _precision(layer) == "float64"
    exact = exact or (layer.old and layer.kind == "Normalization")
    return np.asarray(given, np.float64) if exact else np.asarray(given, np.float32).astype(np.float64)


def _precision(layer: Layer) -> str:
    dtype = layer.config.get("dtype")
    return str(dtype["config"]["name"] if isinstance(dtype, dict) else dtype)


def _per_channel(given: Array, channels: int) -> Array:
    """A constant for each channel; raises Unknown where it differs between places."""
    if given.size not in (1, channels) or given.size != (given.shape[-1] if given.ndim else 1):
        raise Unknown(f"with constants of shape {given.shape} for {channels} channels")
    return np.broadcast_to(given.reshape(-1), (channels,)).astype(np.float64)


@means("Rescaling")
def rescaling(layer: Layer, x: Any) -> View:
    """Times a number, plus a number."""
    scale, offset = _constant(layer, "scale", 1.0), _constant(layer, "offset", 0.0)
    if scale.size == offset.size == 1:
        return layer.each(Rescale(float(scale.reshape(())), float(offset.reshape(()))), x)
    step = layer.map(x)
    channels = int(layer.draft.steps[step].shape[0])
    factors, added = _per_channel(scale, channels), _per_channel(offset, channels)
    made = layer.add(ChannelRescale(tuple(map(float, factors))), step)
    if not any(added):
        return made
    op = ChannelOffset(tuple(map(float, added))) if len(set(added)) > 1 else Rescale(1.0, float(added[0]))
    return layer.add(op, made.step, label=f"{layer.path}_offset")


@means("Normalization")
def normalization(layer: Layer, x: Any) -> View:
    """Less a mean, over a deviation, by channels."""
    config = layer.config
    if config.get("invert"):
        raise Unknown("inverted")
    step = layer.map(x) if config.get("axis") in (None, []) else over_channels(layer, x)
    shape = layer.draft.steps[step].shape
    if len(shape) != 3:
        raise Unknown("of a vector")
    given = constant(config.get("mean")), constant(config.get("variance"))
    if given[0] is not None:
        found = [_constant(layer, "mean", 0.0), _constant(layer, "variance", 1.0)]
    else:
        found = layer.arrays(2)
    mean, variance = (_per_channel(np.asarray(array), int(shape[0])) for array in found)
    if given[0] is None:
        mean, variance = mean.astype(found[0].dtype), variance.astype(found[1].dtype)
    return layer.weighted(Standardize(), step, {"mean": mean, "variance": variance})
