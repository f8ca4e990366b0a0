"""What the layers of a Keras model compute, as steps: of Keras's own layers and of TensorFlow's functions in them.

Only what decides the function is kept, in such words that another layer of the same function has the same step: a pad
in front of a convolution is part of it, and pads are what its windows reach beyond the map. A layer that is not known
here, or of a class of somebody's own, is a step that equals no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.geometry import resolved

Entry = Mapping[str, Any]
IDLE = ("Dropout", "GaussianNoise", "SpatialDropout2D", "Identity")
LAST = (-1, 3, [3], [-1])
"""What an axis of channels is called."""
BROKEN = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


@dataclass(frozen=True)
class Ref:
    """One of the answers of a layer."""

    layer: str
    index: int = 0


@dataclass(frozen=True)
class Step:
    """What one layer does to the steps that it reads, and the (channels, height, width) of its answer."""

    kind: str
    fields: tuple[tuple[str, Any], ...]
    inputs: tuple[Ref, ...]
    shape: tuple[int, int, int] = (0, 0, 0)


Shapes = Mapping[Ref, tuple[int, int, int]]


def windows(size: tuple[int, int], kernel: Any, stride: Any, pads: Any, dilation: Any = (1, 1)) -> tuple[Any, ...]:
    """(pads as the windows reach beyond the map: before, after, of each axis; (height, width) of the answer)."""
    reach, out = [], []
    for axis in (0, 1):
        before, after = pads[2 * axis], pads[2 * axis + 1]
        span = (kernel[axis] - 1) * dilation[axis] + 1
        count = (size[axis] + before + after - span) // stride[axis] + 1
        reach.append((before, (count - 1) * stride[axis] + span - before - size[axis]))
        out.append(count)
    return tuple(reach), tuple(out)


def is_ref(value: Any) -> bool:
    """Whether a value is [layer, node, tensor], as Keras 2 names what a layer reads."""
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str) and type(value[1]) is int


def reads(entry: Entry) -> tuple[list[Ref], dict[str, Any]]:
    """(what a layer reads, its other arguments); raises ValueError for a layer that is called several times."""
    nodes = entry.get("inbound_nodes") or []
    if len(nodes) > 1:
        raise ValueError("it is called several times")
    if not nodes:
        return [], {}
    if isinstance(nodes[0], Mapping):
        return _refs(nodes[0].get("args")), dict(nodes[0].get("kwargs") or {})
    items = [nodes[0]] if is_ref(nodes[0]) else nodes[0]
    found, arguments = _refs(items), dict(items[0][3]) if len(items[0]) > 3 else {}
    return found + [ref for value in arguments.values() for ref in _refs(value)], arguments


def _refs(value: Any) -> list[Ref]:
    if isinstance(value, Mapping):
        history = (value.get("config") or {}).get("keras_history")
        return _refs(history) if isinstance(history, list) else []
    if is_ref(value):
        if value[1] != 0:
            raise ValueError("it reads another call of a layer")
        return [Ref(value[0], value[2])]
    return [ref for item in value for ref in _refs(item)] if isinstance(value, list) else []


def step(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step:
    """What a layer does; a step of the kind "?" for one that is not known here."""
    name, kind = str(entry["config"].get("name")), str(entry.get("class_name"))
    unknown = Step("?", (("layer", name), ("class", kind)), ())
    own = str(entry.get("module") or "keras").startswith("keras")
    try:
        made = STEPS[kind](entry, index, entries, shapes) if own and kind in STEPS else None
    except BROKEN:
        made = None
    return made or unknown


def _input(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step:
    shape = shapes[Ref("")]
    return Step("input", (("size", shape),), (), shape)


def _padded(ref: Ref, entries: Mapping[str, Entry], shapes: Shapes) -> tuple[Ref, tuple[int, ...]]:
    """(what is read before zeros are put around it, those zeros)."""
    entry = entries[ref.layer]
    if entry.get("class_name") != "ZeroPadding2D":
        return ref, (0, 0, 0, 0)
    (top, bottom), (left, right) = entry["config"]["padding"]
    return reads(entry)[0][0], (top, bottom, left, right)


def _conv(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step | None:
    config = entry["config"]
    if config.get("activation", "linear") != "linear" or config.get("data_format") == "channels_first":
        return None
    ref, zeros = _padded(reads(entry)[0][0], entries, shapes)
    size = shapes[ref][1:]
    kernel, stride, dilation = (tuple(config[key]) for key in ("kernel_size", "strides", "dilation_rate"))
    inner: Any = size[0] + zeros[0] + zeros[1], size[1] + zeros[2] + zeros[3]
    own = resolved("same", inner, kernel, stride, dilation) if config["padding"] == "same" else (0, 0, 0, 0)
    pads = tuple(a + b for a, b in zip(zeros, own, strict=True))
    reach, out = windows(size, kernel, stride, pads, dilation)
    return conv(int(config["filters"]), kernel, stride, dilation, config.get("groups", 1), config["use_bias"], reach,
                ref, out)  # fmt: skip


def conv(channels: int, kernel: Any, stride: Any, dilation: Any, groups: int, bias: bool, reach: Any, ref: Ref,
         out: Any) -> Step:  # fmt: skip
    """A convolution; the channels of one with a bias, a map, are left to the shapes of weights."""
    fields = {"kernel": kernel, "strides": stride, "dilation": dilation, "groups": groups, "bias": bias}
    fields |= {"pads": reach} | ({} if bias else {"filters": channels})
    return Step("conv", tuple(fields.items()), (ref,), (channels, *out))


def _norm(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step | None:
    config, (ref,) = entry["config"], reads(entry)[0]
    if config.get("axis", -1) not in LAST or not config.get("scale", True) or not config.get("center", True):
        return None
    return Step("batch_norm", (("epsilon", float(config["epsilon"])),), (ref,), shapes[ref])


def leaky(slope: float, ref: Ref, shape: tuple[int, int, int]) -> Step:
    """A leaky rectifier, whose slope Keras rounds to float32."""
    return Step("leaky_relu", (("slope", float(np.float32(slope))),), (ref,), shape)


def _leaky(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step:
    config, (ref,) = entry["config"], reads(entry)[0]
    slope = config["negative_slope"] if "negative_slope" in config else config["alpha"]
    return leaky(float(slope), ref, shapes[ref])


def _add(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step:
    refs = reads(entry)[0]
    one, two = refs
    return Step("add", (), (one, two), shapes[one])


def _joined(refs: list[Ref], axis: Any, shapes: Shapes) -> Step | None:
    if axis not in LAST or len(refs) < 2:
        return None
    return Step("concat", (), tuple(refs), (sum(shapes[ref][0] for ref in refs), *shapes[refs[0]][1:]))


def _concat(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step | None:
    return _joined(reads(entry)[0], entry["config"].get("axis", -1), shapes)


def _pair(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _pooled(ref: Ref, kernel: Any, stride: Any, padding: str, shapes: Shapes) -> Step:
    size: Any = shapes[ref][1:]
    kernel, stride = _pair(kernel), _pair(stride)
    pads = resolved("same", size, kernel, stride) if padding.lower() == "same" else (0, 0, 0, 0)
    reach, out = windows(size, kernel, stride, pads)
    fields = (("kernel", kernel), ("strides", stride), ("pads", reach))
    return Step("max_pool", fields, (ref,), (shapes[ref][0], *out))


def _pool(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step:
    config, (ref,) = entry["config"], reads(entry)[0]
    return _pooled(ref, config["pool_size"], config["strides"], config["padding"], shapes)


def resized(mode: str, size: tuple[int, int], ref: Ref, shapes: Shapes) -> Step | None:
    """Another size, of which nearest is one function where that is a whole multiple."""
    channels, height, width = shapes[ref]
    whole = size[0] % height == 0 and size[1] % width == 0
    return Step("resize", (("mode", mode), ("size", size)), (ref,), (channels, *size)) if whole else None


def _upsampled(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step | None:
    config, (ref,) = entry["config"], reads(entry)[0]
    high, wide = _pair(config["size"])
    size = shapes[ref][1] * high, shapes[ref][2] * wide
    return resized(config.get("interpolation", "nearest"), size, ref, shapes)


def _activation(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step | None:
    (ref,) = reads(entry)[0]
    return Step("mish", (), (ref,), shapes[ref]) if entry["config"]["activation"] == "mish" else None


def _function(entry: Entry, index: int, entries: Mapping[str, Entry], shapes: Shapes) -> Step | None:
    """A function of TensorFlow that was called on the values between layers."""
    name, (refs, more) = entry["config"]["function"], reads(entry)
    one = refs[0]
    if name == "nn.leaky_relu":
        return leaky(float(more.get("alpha", 0.2)), one, shapes[one])
    if name == "concat":
        return _joined(refs, more.get("axis"), shapes)
    if name in ("math.add", "__operators__.add") and len(refs) == 2:
        return Step("add", (), (refs[0], refs[1]), shapes[one])
    if name == "nn.max_pool":
        return _pooled(one, more["ksize"], more["strides"], more["padding"], shapes)
    if name == "image.resize" and not more.get("antialias") and not more.get("preserve_aspect_ratio"):
        return resized(more.get("method", "bilinear"), _pair(more["size"]), one, shapes)
    if name == "split" and type(more["num_or_size_splits"]) is int and more.get("axis") in LAST:
        channels, *size = shapes[one]
        part = channels // more["num_or_size_splits"]
        fields = (("start", index * part), ("stop", (index + 1) * part))
        return Step("channel_slice", fields, (one,), (part, size[0], size[1]))
    return _mish(refs, entries, shapes) if name in ("math.multiply", "__operators__.mul") else None


def _mish(refs: list[Ref], entries: Mapping[str, Entry], shapes: Shapes) -> Step | None:
    """x tanh(softplus(x)), written in three functions."""
    ref, last = refs
    for wanted in ("math.tanh", "math.softplus"):
        if entries[last.layer]["config"].get("function") != wanted:
            return None
        (last,) = reads(entries[last.layer])[0]
    return Step("mish", (), (ref,), shapes[ref]) if last == ref else None


STEPS: Mapping[str, Any] = {
    "InputLayer": _input,
    "Conv2D": _conv,
    "BatchNormalization": _norm,
    "LeakyReLU": _leaky,
    "Add": _add,
    "Concatenate": _concat,
    "MaxPooling2D": _pool,
    "UpSampling2D": _upsampled,
    "Activation": _activation,
    "TFOpLambda": _function,
}
