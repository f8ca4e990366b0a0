"""What stands for keras.layers: of each class that a model of diptych has, what its config says and what it makes.

The configs are those that every Keras from 3.9 on reads: what 3.10 and later ones write beyond that has the value that
it has by default. A class of a helper that is derived from one of these is run as it is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .operations import reshaped
from .symbols import Dims, Node, Tensor, Unwritten, broadcast, fresh
from .windows import FORMAT, pair, windows


def _initialiser(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.initializers", "class_name": kind, "config": config, "registered_name": None}


ZEROS, ONES = _initialiser("Zeros"), _initialiser("Ones")
UNIFORM = _initialiser("GlorotUniform", seed=None)
NARROW = _initialiser("RandomUniform", minval=-0.05, maxval=0.05, seed=None)


def _weights(*kinds: str, **initialisers: Any) -> dict[str, Any]:
    """The initialisers of the weights of a layer, its regularisers and constraints, of which there are none."""
    found = {f"{kind}_initializer": value for kind, value in initialisers.items()}
    more = [f"{kind}_{what}" for what in ("regularizer", "constraint") for kind in kinds]
    return found | dict.fromkeys(more)


def _same(shape: Any, config: Mapping[str, Any]) -> Dims:
    return tuple(shape)


def _merged(shapes: Any, config: Mapping[str, Any]) -> Dims:
    return broadcast(*shapes)


def _joined(shapes: Any, config: Mapping[str, Any]) -> Dims:
    return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))


def _convolved(shape: Any, config: Mapping[str, Any]) -> Dims:
    channels = config.get("filters") or shape[-1] * config["depth_multiplier"]
    return (*windows(shape, config["kernel_size"], config["strides"], config["padding"], config["dilation_rate"]),
            channels)  # fmt: skip


def _spread(shape: Any, config: Mapping[str, Any]) -> Dims:
    sizes = zip(shape[1:3], config["kernel_size"], config["strides"], strict=True)
    return (shape[0], *((n - 1) * s + max(k, s) for n, k, s in sizes), config["filters"])


def _pooled(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (*windows(shape, config["pool_size"], config["strides"], config["padding"], 1), shape[-1])


def _padded(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], *(n + a + b for n, (a, b) in zip(shape[1:3], config["padding"], strict=True)), shape[3])


def _cropped(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], *(n - a - b for n, (a, b) in zip(shape[1:3], config["cropping"], strict=True)), shape[3])


def _enlarged(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], *(n * k for n, k in zip(shape[1:3], config["size"], strict=True)), shape[3])


def _averaged(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], *config["output_size"], shape[3])


def _of_maps(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], 1, 1, shape[3]) if config["keepdims"] else (shape[0], shape[3])


def _flat(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], math.prod(shape[1:]))


def _units(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (*shape[:-1], config["units"])


def _looked_up(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (*shape, config["output_dim"])


def _reshaped(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], *reshaped(shape[1:], config["target_shape"]))


def _permuted(shape: Any, config: Mapping[str, Any]) -> Dims:
    return (shape[0], *(shape[n] for n in config["dims"]))


def _frame(value: Any) -> tuple[tuple[int, int], ...]:
    """((top, bottom), (left, right)) of a number, of two, or of these."""
    rows, columns = (value, value) if isinstance(value, int) else value
    return tuple((side, side) if isinstance(side, int) else tuple(side) for side in (rows, columns))


def _list(value: Any) -> list[int]:
    return [value] if isinstance(value, int) else list(value)


def _tuple(value: Any) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


@dataclass(frozen=True)
class Kind:
    """A class of layers: the config in its order with the defaults, the arguments by place, and the shape it makes.

    `turned` are the arguments that Keras brings into another form. `built` says whether the config of its build is
    kept, `called` what else it is called with.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    shape: Callable[[Any, Mapping[str, Any]], Dims] = _same
    turned: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    built: bool = False
    called: Mapping[str, Any] = field(default_factory=dict)


_CONV = {"strides": (1, 1), "padding": "valid", "data_format": FORMAT, "dilation_rate": (1, 1)}
_PAIRS = dict.fromkeys(("kernel_size", "strides", "dilation_rate"), pair)
_KERNEL = _weights("kernel", "bias", kernel=UNIFORM, bias=ZEROS)
_POOL = Kind({"pool_size": (2, 2), "padding": "valid", "strides": None, "data_format": FORMAT},
             ("pool_size", "strides"), _pooled, dict.fromkeys(("pool_size", "strides"), pair))  # fmt: skip
_GLOBAL = Kind({"data_format": FORMAT, "keepdims": False}, (), _of_maps)
_NORM = {"center": True, "scale": True}
_SCALED = _weights("beta", "gamma", beta=ZEROS, gamma=ONES)
_MERGE = Kind({}, (), _merged, built=True)

KINDS: Mapping[str, Kind] = {
    "Activation": Kind({"activation": None}, ("activation",)),
    "AdaptiveAveragePooling2D": Kind(
        {"output_size": None, "data_format": FORMAT}, ("output_size",), _averaged, {"output_size": pair}, built=True
    ),
    "Add": _MERGE,
    "AveragePooling2D": _POOL,
    "BatchNormalization": Kind(
        {"axis": -1, "momentum": 0.99, "epsilon": 1e-3, **_NORM}
        | {"beta_initializer": ZEROS, "gamma_initializer": ONES}
        | {"moving_mean_initializer": ZEROS, "moving_variance_initializer": ONES}
        | {**_weights("beta", "gamma"), "synchronized": False},
        built=True, called={"mask": None},
    ),
    "Concatenate": Kind({"axis": -1}, (), _joined, built=True),
    "Conv2D": Kind(
        {"filters": None, "kernel_size": None, **_CONV, "groups": 1, "activation": "linear", "use_bias": True}
        | {**_KERNEL, "activity_regularizer": None}, ("filters", "kernel_size"), _convolved, _PAIRS, built=True,
    ),
    "Conv2DTranspose": Kind(
        {"filters": None, "kernel_size": None, "strides": (1, 1), "padding": "valid"}
        | {"data_format": FORMAT, "dilation_rate": (1, 1), "activation": "linear", "use_bias": True}
        | {**_KERNEL, "activity_regularizer": None}, ("filters", "kernel_size", "strides"), _spread, _PAIRS, built=True,
    ),
    "Cropping2D": Kind({"cropping": None, "data_format": FORMAT}, ("cropping",), _cropped, {"cropping": _frame},
                       built=True),
    "Dense": Kind({"units": None, "activation": "linear", "use_bias": True, **_KERNEL}, ("units",), _units,
                  built=True),
    "DepthwiseConv2D": Kind(
        {"depth_multiplier": 1, "kernel_size": None, **_CONV, "activation": "linear", "use_bias": True}
        | {**_weights("depthwise", "bias", depthwise=UNIFORM, bias=ZEROS), "activity_regularizer": None},
        ("kernel_size",), _convolved, _PAIRS, built=True,
    ),
    "Dropout": Kind({"rate": None, "seed": None, "noise_shape": None}, ("rate",), called={"training": False}),
    "ELU": Kind({"alpha": 1.0}, ("alpha",)),
    "EinsumDense": Kind(
        {"output_shape": None, "equation": None, "activation": "linear", "bias_axes": None}
        | {**_KERNEL, "activity_regularizer": None}, ("equation", "output_shape"),
        turned={"output_shape": _tuple}, built=True,
    ),
    "Embedding": Kind(
        {"input_dim": None, "output_dim": None, "embeddings_initializer": NARROW, **_weights("embeddings")}
        | {"activity_regularizer": None, "mask_zero": False}, ("input_dim", "output_dim"), _looked_up, built=True,
    ),
    "Flatten": Kind({"data_format": FORMAT}, (), _flat, built=True),
    "GlobalAveragePooling2D": _GLOBAL,
    "GlobalMaxPooling2D": _GLOBAL,
    "GroupNormalization": Kind({"groups": 32, "axis": -1, "epsilon": 1e-3, **_NORM, **_SCALED}, ("groups",),
                               built=True),
    "Identity": Kind(),
    "LayerNormalization": Kind({"axis": -1, "epsilon": 1e-3, **_NORM, "rms_scaling": False, **_SCALED},
                               turned={"axis": _list}, built=True),
    "MaxPooling2D": _POOL,
    "Maximum": _MERGE,
    "Multiply": _MERGE,
    "Normalization": Kind({"axis": (-1,), "invert": False, "mean": None, "variance": None}, built=True),
    "PReLU": Kind({**_weights("alpha", alpha=ZEROS), "shared_axes": None}, turned={"shared_axes": _list}, built=True),
    "Permute": Kind({"dims": None}, ("dims",), _permuted, {"dims": tuple}, built=True),
    "RMSNormalization": Kind({"axis": -1, "epsilon": 1e-6}, turned={"axis": _list}, built=True),
    "ReLU": Kind({"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "Reshape": Kind({"target_shape": None}, ("target_shape",), _reshaped, {"target_shape": tuple}),
    "Softmax": Kind({"axis": -1}, called={"mask": None}),
    "UpSampling2D": Kind({"size": (2, 2), "data_format": FORMAT, "interpolation": "nearest"}, ("size",), _enlarged,
                         {"size": pair}, built=True),
    "ZeroPadding2D": Kind({"padding": None, "data_format": FORMAT}, ("padding",), _padded, {"padding": _frame},
                          built=True),
}  # fmt: skip
"""Class -> what it says and makes."""


class Layer:
    """A layer of a graph that is only written down; a class of a helper is derived from it, and run."""

    kind, known = "", Kind()

    def __init__(self, *args: Any, name: str = "", dtype: str = "float32", trainable: bool = True, **more: Any) -> None:
        self.name, self.dtype, self.trainable = name or fresh(type(self).__name__), dtype, trainable
        self._inbound_nodes: list[Node] = []
        self.build_shape: Any = None
        given = dict(zip(self.known.places, args, strict=False)) | more
        if len(args) > len(self.known.places) or not given.keys() <= self.known.config.keys():
            raise Unwritten(f"arguments of layers.{self.kind}: {', '.join(map(str, (*args, *more)))}")
        found = {**self.known.config, **given}
        self.config = {key: self._turned(key, value) for key, value in found.items()}
        if "strides" in found and found["strides"] is None:
            self.config["strides"] = self.config["pool_size"]
        self.padding = self.config.get("padding")

    def _turned(self, key: str, value: Any) -> Any:
        return self.known.turned[key](value) if key in self.known.turned and value is not None else value

    def __call__(self, inputs: Any) -> Tensor:
        several = isinstance(inputs, (list, tuple))
        shapes = [x.shape for x in inputs] if several else inputs.shape
        if self.build_shape is None:
            self.build_shape = shapes
        result = Tensor(self.known.shape(shapes, self.config), self.dtype)
        Node(self, (inputs,), self.known.called, [result])
        return result


for _name, _kind in KINDS.items():
    globals()[_name] = type(_name, (Layer,), {"kind": _name, "known": _kind})


class Input(Layer):
    """Where images come in."""

    kind = "InputLayer"

    def __init__(self, shape: Any, dtype: str, name: str) -> None:
        super().__init__(name=name, dtype=dtype)
        self.batch = (None, *shape)
        self.output = Tensor(self.batch, dtype)
        Node(self, (), {}, [self.output])


def __getattr__(name: str) -> Any:
    """Whatever else a model asks of keras.layers; raises Unwritten."""
    if not name[:1].isupper():  # keras.layers has classes alone; others look for names of their own
        raise AttributeError(name)
    raise Unwritten(f"layers.{name}")
