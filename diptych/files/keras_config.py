"""What a .keras file says about its layers, held against a network; weights alone do not tell a stride or an epsilon.

Only names, classes and arguments of layers are compared, not the wires between them, and no layer is ever made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..common.form import Form, Make
from ..common.spec import Net, Node

POSITIONAL = {
    "Activation": ("activation",),
    "AdaptiveAveragePooling2D": ("output_size",),
    "AveragePooling2D": ("pool_size", "strides"),
    "Conv2D": ("filters", "kernel_size"),
    "Dense": ("units",),
    "DepthwiseConv2D": ("kernel_size",),
    "EinsumDense": ("equation",),
    "MaxPooling2D": ("pool_size", "strides"),
    "UpSampling2D": ("size",),
    "ZeroPadding2D": ("padding",),
}
DEFAULTS: dict[str, Any] = {
    "activation": "linear",
    "axis": -1,
    "bias_axes": None,
    "center": True,
    "data_format": "channels_last",
    "depth_multiplier": 1,
    "dilation_rate": 1,
    "epsilon": 1e-3,
    "groups": 1,
    "interpolation": "nearest",
    "invert": False,
    "max_value": None,
    "mean": None,
    "negative_slope": 0.0,
    "padding": "valid",
    "scale": True,
    "strides": 1,
    "threshold": 0.0,
    "use_bias": True,
    "variance": None,
}
IGNORED = ("momentum",)
"""It changes the training of the statistics, not the function."""


def differences(layers: Mapping[str, Any], net: Net) -> list[str]:
    """What the layers of a .keras file (name -> its entry in config.json) say that the network does not, as texts."""
    from ..tf_impl.ops import form

    known = {net.nodes[0].path}
    found: list[str] = []
    for node in net.nodes[1:]:
        for name, make in _expected(node, form(node)):
            known.add(name)
            found += _compared(name, make, layers.get(name))
    inside = tuple(f"{node.path}." for node in net.nodes)
    strangers = [name for name, entry in layers.items() if name not in known and _strange(name, entry, inside)]
    return found + [f"it has a layer {name!r} ({layers[name].get('class_name')})" for name in strangers]


def input_size(layers: Mapping[str, Any]) -> tuple[int, int] | None:
    """(height, width) of the images that the model takes, where config.json fixes them."""
    for entry in layers.values():
        if entry.get("class_name") == "InputLayer":
            shape = list(entry["config"].get("batch_shape") or [])
            height, width = shape[1:3] if len(shape) == 4 else (None, None)
            return (height, width) if isinstance(height, int) and isinstance(width, int) else None
    return None


def _expected(node: Node, made: Form) -> Iterator[tuple[str, Make | None]]:
    """(layer name, what makes it, or None where its helper does) of each layer that the builder names after a node."""
    *before, last = made.steps
    for number, step in enumerate(before):
        if step.layer:
            yield f"{node.path}.{'pad' if step.target == 'layers.ZeroPadding2D' else f'step{number}'}", step
    if last.layer and not node.owner:
        yield node.path, last
        return
    yield node.path, Make("layers.Identity")
    for slot in () if node.owner else made.slots:
        yield made.holder(node.path, slot), None


def _compared(name: str, make: Make | None, entry: Any) -> list[str]:
    if entry is None:
        return [f"it has no layer {name!r}"]
    if make is None:
        return []
    kind = make.target.rpartition(".")[2]
    if entry.get("class_name") != kind:
        return [f"{name} is a {entry.get('class_name')}, expected a {kind}"]
    stated = entry["config"]
    arguments = dict(zip(POSITIONAL.get(kind, ()), make.args, strict=False)) | dict(make.kwargs)
    wanted = {key: value for key, value in DEFAULTS.items() if key in stated} | arguments
    pairs = {key: (stated.get(key), value) for key, value in wanted.items() if key not in IGNORED and key in stated}
    return [
        f"{name} has {key} {got!r}, expected {value!r}"
        for key, (got, value) in pairs.items()
        if _flat(got) != _flat(value)
    ]


def _strange(name: str, entry: Mapping[str, Any], inside: tuple[str, ...]) -> bool:
    """Whether an entry is no part of a node: an operation on values is one if its name begins with the node's path."""
    operation = str(entry.get("module")).startswith("keras.src.ops")
    return not (operation and name.startswith(inside)) and entry.get("class_name") != "InputLayer"


def _flat(value: Any) -> Any:
    """A value whatever the depth of its tuples: 3, [3, 3] and [[3, 3], [3, 3]] are the same window or pad."""
    if not isinstance(value, (list, tuple)):
        return value
    parts = [_flat(item) for item in value]
    return parts[0] if parts and all(part == parts[0] for part in parts) else parts
