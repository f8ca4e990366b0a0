"""Models of keras.applications with given weights: what `keras.applications.ResNet50(weights=FILE)` takes back.

Its own constructor writes the files (`--to keras`): it alone decides in which order its layers are saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..common.dialect import Dialect, numbered
from ..common.errors import DiptychError
from ..common.layouts import to_framework
from ..common.registry import SHARED_OPTIONS, network
from ..common.spec import Array, Net
from ..common.text import shape_text
from ..tf_impl.slots import slots_of


def model(net: Net, arrays: Mapping[str, Array], dialect: Dialect, dtype: str) -> Any:
    """The model that keras.applications itself makes, ending in logits, with these canonical weights.

    Raises DiptychError where it cannot be made with the options of the network.
    """
    import keras

    if "head" in dict(net.options):
        raise DiptychError(f"keras.applications.{dialect.name} has no head but its own; leave out --to keras")
    for node in net.nodes:
        if node.kind == "adaptive_avg_pool" and node.shape[1:] != (1, 1) and node.in_shapes[0] != node.shape:
            raise _at_another_size(net, dialect, f"nothing that pools as {node.path} of {net.name}")
    if more := [key for key, value in net.options if not _has(dialect, net, key, value)]:
        raise DiptychError(f"keras.applications.{dialect.name} has no option {more[0]}; leave out --to keras")
    with _policy(dtype):
        try:
            made = getattr(keras.applications, dialect.name)(**arguments(net, dialect))
        except (ValueError, TypeError) as error:
            said = str(error).partition("\n")[0][:200]
            raise DiptychError(f"keras.applications.{dialect.name} cannot be made as {_options(net)}: {said}") from None
    wanted = _by_layer(net, arrays, dialect)
    layers = [layer for layer in made.layers if layer.weights]
    short = numbered(layer.name for layer in layers)
    for layer in layers:
        values = wanted.pop(short[layer.name], None)
        variables = [variable for variable in layer.weights if variable.name != "count"]
        if values is None or len(values) != len(variables):
            raise _other(dialect, f"a layer {layer.name} that {net.name} has not")
        for variable, value in zip(variables, values, strict=True):
            there = tuple(variable.shape)
            if value.shape != there and (1, 1, *value.shape) != there:  # a matrix may be a kernel of 1x1
                raise _at_another_size(net, dialect, f"{there} in {layer.name}, where {net.name} has {value.shape}")
            variable.assign(value.reshape(there))
    if wanted:
        raise _other(dialect, f"no layers {', '.join(list(wanted)[:6])}")
    return made


def _has(dialect: Dialect, net: Net, key: str, value: Any) -> bool:
    """Whether keras.applications can make a network with this option: one that it knows, or that changes nothing."""
    if key in (*SHARED_OPTIONS, *dialect.keywords):
        return True
    return bool(value == network(net.name).arguments.get(key, value))


def _at_another_size(net: Net, dialect: Dialect, what: str) -> DiptychError:
    size = shape_text(net.input_shape[1:])
    return DiptychError(
        f"keras.applications.{dialect.name} has, at an input of {size}, {what}; convert at the input size at which the "
        "two are the same network"
    )


def _other(dialect: Dialect, what: str) -> DiptychError:
    return DiptychError(
        f"keras.applications.{dialect.name} has {what}; this version of Keras has another network of that name"
    )


def arguments(net: Net, dialect: Dialect) -> dict[str, Any]:
    """The arguments under which keras.applications makes a network without weights, ending in logits."""
    options = dict(net.options)
    channels, height, width = map(int, net.input_shape)
    found: dict[str, Any] = {"weights": None, "input_shape": (height, width, channels)}
    if options.get("num_classes") == 0:
        found |= {"include_top": False, "pooling": "avg"}
    else:
        found |= {"classes": int(net.nodes[net.outputs[0]].shape[0]), "classifier_activation": None}
    renamed = {there: options[own] for own, there in dialect.keywords.items() if own in options}
    return found | dict(dialect.arguments) | renamed


def _by_layer(net: Net, arrays: Mapping[str, Array], dialect: Dialect) -> dict[str, list[Array]]:
    """Their layer -> its variables in Keras's order and axes."""
    parts: dict[str, list[Array]] = {}
    for layer, slots in slots_of(net).items():
        parts[dialect.theirs(layer)] = [to_framework(arrays[name], weight, axes) for name, weight, axes in slots]
    found: dict[str, list[Array]] = {}
    for name in sorted(parts, key=lambda name: name.partition("#")[2]):
        found.setdefault(name.partition("#")[0], []).extend(parts[name])
    return found


@contextmanager
def _policy(dtype: str) -> Iterator[None]:
    """Make layers in one dtype, whatever the policy of the process."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _options(net: Net) -> str:
    return ", ".join(f"{key}={value}" for key, value in net.options) or "it stands"
