"""What a .keras file says about its layers, held against a network; weights alone do not tell a stride or an epsilon.

Only names, classes and arguments of layers are compared, not the wires between them, and no layer is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from ..common.geometry import resolved
from ..common.lowering import Lowering, Make
from ..common.spec import Net, Node
from ..tf_impl.kept import kept

Compare = Callable[[Mapping[str, Any], Net], list[str]]
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
WEIGHTED = ("BatchNormalization", "Conv2D", "DepthwiseConv2D", "Dense")
DECISIVE = ("dilation_rate", "epsilon", "groups", "kernel_size", "scale", "center", "strides", "use_bias")
IGNORED = ("momentum",)
"""It changes the training of the statistics, not the function."""


def careful(compare: Compare) -> Compare:
    """The same comparison, which takes a value of a type that Keras does not write for a difference."""

    @wraps(compare)
    def compared(layers: Mapping[str, Any], net: Net) -> list[str]:
        try:
            return compare(layers, net)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            return [f"its config has values that Keras does not write ({type(error).__name__}: {str(error)[:120]})"]

    return compared


@careful
def differences(layers: Mapping[str, Any], net: Net) -> list[str]:
    """What the layers of a .keras file (name -> its entry in config.json) say that the network does not, as texts."""
    expected = _all_expected(net)
    known = {net.nodes[0].path, *(name for name, _ in expected)}
    found = [said for name, make in expected for said in _compare(name, make, layers.get(name))]
    inside = tuple(f"{node.path}." for node in net.nodes)
    strangers = [name for name, entry in layers.items() if name not in known and _strange(name, entry, inside)]
    unnamed = _unnamed_parts(layers, net) if strangers else set()
    strangers = [name for name in strangers if name not in unnamed]
    return found + [f"it has a layer {name!r} ({layers[name].get('class_name')})" for name in strangers]


@careful
def weighted_differences(layers: Mapping[str, Any], net: Net) -> list[str]:
    """The same for a model whose author named the other layers: only those with weights, by our names, are compared.

    Their activations may be layers of their own here, and a linear layer a convolution of 1x1 there.
    """
    from ..tf_impl.ops import lower

    found: list[str] = []
    for node in net.nodes[1:]:
        entry = layers.get(node.path)
        if entry is None or node.owner:
            continue
        for name, make in _expected_layers(node, lower(node)):
            kind = make.target.rpartition(".")[2] if make is not None else ""
            if name == node.path and kind in WEIGHTED and entry.get("class_name") == kind:
                stated = {key: value for key, value in entry["config"].items() if key in DECISIVE}
                found += _compare(name, make, {"class_name": kind, "config": stated})
                found += _pad_differences(net, node, entry, layers)
    pool = next((node for node in net.nodes if node.kind == "max_pool"), None)
    entry = next((entry for entry in layers.values() if entry.get("class_name") == "MaxPooling2D"), None)
    if pool is not None and entry is not None:  # of ResNet-50 it had no pads before Keras 2.2.1
        found += _pad_differences(net, pool, entry, layers)
    return found


def _pad_differences(net: Net, node: Node, entry: Mapping[str, Any], layers: Mapping[str, Any]) -> list[str]:
    """What a window and the zeros in front of it pad otherwise than the node, at the size of the network."""
    op: Any = node.plain().op
    if node.kind not in ("conv", "max_pool") or entry["config"].get("padding") not in ("same", "valid"):
        return []
    before = net.nodes[node.inputs[0]]
    pad: Any = before.op
    joined = before.kind == "pad" and pad.value == 0
    shape = before.in_shapes[0] if joined else node.in_shapes[0]
    size = (int(shape[1]), int(shape[2]))
    front = tuple(map(int, pad.pads)) if joined else (0, 0, 0, 0)
    inside = (size[0] + front[0] + front[1], size[1] + front[2] + front[3])
    wanted = tuple(a + b for a, b in zip(front, op.explicit(inside), strict=True))
    zeros = layers.get(_input_layer(entry.get("inbound_nodes")), {})
    there = (0, 0, 0, 0)
    if zeros.get("class_name") == "ZeroPadding2D":
        (top, bottom), (left, right) = zeros["config"]["padding"]
        there = (top, bottom, left, right)
    own = (0, 0, 0, 0)
    if entry["config"]["padding"] == "same":
        inner = (size[0] + there[0] + there[1], size[1] + there[2] + there[3])
        own = resolved("same", inner, op.kernel, op.stride, getattr(op, "dilation", (1, 1)))
    got = tuple(a + b for a, b in zip(there, own, strict=True))
    return [] if got == wanted else [f"{node.path} has pads {got}, expected {wanted}"]


def _input_layer(inbound: Any) -> str:
    """The name of the first layer that a layer takes its input from, in Keras 2's words or in Keras 3's."""
    if isinstance(inbound, Mapping):
        history = inbound.get("keras_history")
        if isinstance(history, list) and history:
            return str(history[0])
        return next(filter(None, map(_input_layer, inbound.values())), "")
    if not isinstance(inbound, list):
        return ""
    if len(inbound) >= 3 and isinstance(inbound[0], str):
        return inbound[0]
    return next(filter(None, map(_input_layer, inbound)), "")


def input_size(layers: Mapping[str, Any]) -> tuple[int, int] | None:
    """(height, width) of the images that the model takes, where config.json fixes them."""
    for entry in layers.values():
        if entry.get("class_name") == "InputLayer" and isinstance(entry["config"], Mapping):
            found = entry["config"].get("batch_shape")
            shape = found if isinstance(found, list) else []
            height, width = shape[1:3] if len(shape) == 4 else (None, None)
            return (height, width) if isinstance(height, int) and isinstance(width, int) else None
    return None


@kept
def _all_expected(net: Net) -> list[tuple[str, Make | None]]:
    """(layer name, what makes it) of all layers of a network but its input."""
    from ..tf_impl.ops import lower

    return [pair for node in net.nodes[1:] for pair in _expected_layers(node, lower(node))]


def _expected_layers(node: Node, lowering: Lowering) -> Iterator[tuple[str, Make | None]]:
    """(layer name, what makes it, or None where its helper does) of each layer that the builder names after a node."""
    *before, last = lowering.steps
    for number, step in enumerate(before):
        if step.layer:
            yield f"{node.path}.{'pad' if step.target == 'layers.ZeroPadding2D' else f'step{number}'}", step
    if last.layer and not node.owner:
        yield node.path, last
        return
    yield node.path, Make("layers.Identity")
    for slot in () if node.owner else lowering.slots:
        yield lowering.holder(node.path, slot), None


def _compare(name: str, make: Make | None, entry: Any) -> list[str]:
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
        if _flatten(got) != _flatten(value)
    ]


def _strange(name: str, entry: Mapping[str, Any], inside: tuple[str, ...]) -> bool:
    """Whether an entry is no part of a node: an operation on values is one if its name begins with the node's path."""
    operation = str(entry.get("module")).startswith("keras.src.ops")
    return not (operation and name.startswith(inside)) and entry.get("class_name") != "InputLayer"


def _unnamed_parts(layers: Mapping[str, Any], net: Net) -> set[str]:
    """The operations that lead to the end of a node which is made of such, and to nothing else.

    Keras names them anew when it loads a file in which they have no names, as none has that Keras 3.9 reads.
    """
    from ..tf_impl.ops import lower

    ends = {node.path for node in net.nodes[1:] if not all(step.layer for step in lower(node).steps)}
    ends |= {f"{node.path}.{slot.name}" for node in net.nodes[1:] if node.path in ends for slot in lower(node).slots}
    readers: dict[str, set[str]] = {}
    for name, entry in layers.items():
        for source in _sources(entry.get("inbound_nodes")):
            readers.setdefault(source, set()).add(name)
    parts: dict[str, bool] = {}
    for name in reversed(list(layers)):  # those that read come after what they read
        following = readers.get(name, set())
        inside = bool(following) and all(parts.get(other, other in ends) for other in following)
        if str(layers[name].get("module")).startswith("keras.src.ops"):
            parts[name] = inside
    return {name for name, inside in parts.items() if inside}


def _sources(inbound: Any) -> Iterator[str]:
    """The names of all that a layer is called with, in Keras 3's words."""
    if isinstance(inbound, Mapping):
        history = inbound.get("keras_history")
        if isinstance(history, list) and history:
            yield str(history[0])
        else:
            for value in inbound.values():
                yield from _sources(value)
    elif isinstance(inbound, list):
        for value in inbound:
            yield from _sources(value)


def _flatten(value: Any) -> Any:
    """A value whatever the depth of its tuples: 3, [3, 3] and [[3, 3], [3, 3]] are the same window or pad."""
    if not isinstance(value, (list, tuple)):
        return value
    parts = [_flatten(item) for item in value]
    return parts[0] if parts and all(part == parts[0] for part in parts) else parts
