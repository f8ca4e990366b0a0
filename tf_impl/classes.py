"""Models of emitted classes: which of their layers is which node, copies in another dtype, and what each node gives."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

from ..common.backend import Difference
from ..common.comparing.given import PROBED, leaves_out, path_rate
from ..common.errors import DiptychError, WeightsError
from ..common.lowering import Lowering, Make
from ..common.spec import Net, Node
from .ops import lower_symbolic
from .places import Place, emitted_model
from .resolve import resolve
from .settings import plain, settings


def is_class(model: Any) -> bool:
    """Whether a model is one of a class with a `call` of its own, which tells nothing of its layers by name."""
    return isinstance(model, keras.Model) and not getattr(model, "inputs", None)


def every_layer(model: keras.Model) -> list[Any]:
    """The layers of a model, those inside others too, but for those that only stand for an input."""
    found = model._flatten_layers(include_self=False)
    return [layer for layer in found if not isinstance(layer, keras.layers.InputLayer)]


def named_weights(model: keras.Model) -> dict[str, Any]:
    """The variables of a model by their paths, in its order; two of one path, in two parts of it, have numbers."""
    found: dict[str, Any] = {}
    for variable in model.weights:
        paths = itertools.chain([variable.path], (f"{variable.path} ({number})" for number in itertools.count(2)))
        found[next(path for path in paths if path not in found)] = variable
    return found


def called_once(model: keras.Model, shape: tuple[int, int, int]) -> None:
    """Give a model without weights those that its first call makes, for images (C, H, W).

    Raises DiptychError with what its code raises.
    """
    channels, height, width = shape
    if every_layer(model) and all(layer.built for layer in every_layer(model)):
        return
    try:
        model(np.zeros((1, height, width, channels), np.float32), training=False)
    except Exception as error:  # whatever code of somebody's own raises
        lines = [line for line in str(error).splitlines() if line.strip()]
        wrapped = len(lines) > 1 and lines[0].startswith("Exception encountered when calling")  # Keras's own words
        said = re.sub(r"\x1b\[\d*m", "", lines[wrapped] if lines else "")[:300]
        raise DiptychError(
            f"the Keras model {type(model).__name__} has no weights yet, and its first call, with an image of "
            f"{height}x{width}x{channels}, fails: {type(error).__name__}: {said}"
        ) from error


def layers_of(model: keras.Model, net: Net) -> dict[str, Any]:
    """Node path -> layer, or variable of a block; raises WeightsError where the model is not of the emitted class.

    It raises it for one that is not built, too.
    """
    if not every_layer(model) or not all(layer.built for layer in every_layer(model)):
        channels, height, width = (int(n) for n in net.input_shape)
        raise WeightsError(
            f"the Keras model {type(model).__name__} has no weights yet; call model.build((None, {height}, {width}, "
            f"{channels})) first"
        )
    return {path: _layer(model, net, path, place) for path, place in emitted_model(net).places.items()}


def _layer(model: Any, net: Net, path: str, place: Place) -> Any:
    found = model
    try:
        for step in place.steps:
            if isinstance(step, str):
                found = found[step] if isinstance(found, dict) else getattr(found, step)
            else:
                found = (found if isinstance(found, (list, tuple)) else found.layers)[step]
    except (AttributeError, IndexError, TypeError, KeyError):
        raise WeightsError(
            f"the Keras model {type(model).__name__} has no layer at {place.path}, where the emitted class "
            f"{emitted_model(net).name} of {net.name} keeps {path}; name the network and the options it was written "
            "for, or make the model of layers with the names of the nodes (keras.Model(inputs, outputs))"
        ) from None
    return found


def cast(model: keras.Model, net: Net, dtype: str) -> keras.Model:
    """A new model of the same class and settings with the same weights, in another dtype."""
    copy = _make(model, net, dtype)
    for one, two in zip(every_layer(model), every_layer(copy), strict=True):
        _take_settings(one, two)
    channels, height, width = (int(n) for n in net.input_shape)
    copy.build((None, height, width, channels))
    copy.set_weights(model.get_weights())
    return copy


def _make(model: keras.Model, net: Net, dtype: str) -> keras.Model:
    known = {argument.name: argument.value for argument in net.root.arguments} | dict(net.root.input_channels)
    wanted = [name for name in inspect.signature(type(model).__init__).parameters if name in known]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        return type(model)(**{name: plain(known[name]) for name in wanted})
    finally:
        keras.config.set_dtype_policy(before)


def _take_settings(one: Any, two: Any) -> None:
    """Give a fresh layer the plain settings of another of its class, which may have been changed by hand."""
    for name, value in vars(one).items():
        plain = isinstance(value, (int, float, str, tuple)) and not name.startswith("_")
        if plain and name not in ("built", "name") and getattr(two, name, None) != value:
            setattr(two, name, value)


def differences(model: keras.Model, net: Net) -> list[Difference]:
    """Compare the settings of every layer with those of a fresh one; what is no layer is judged by the outputs."""
    layers = layers_of(model, net)
    places, answer = emitted_model(net).places, list[Difference]()
    for node in net.nodes[1:]:
        lowering = lower_symbolic(node)
        called = lowering.function and lowering.steps[-1].target.islower()
        if lowering.attribute or node.path not in layers or node.owner or called:
            continue
        steps = (lowering.written,) if lowering.written else lowering.steps
        around = _layer(model, net, node.path, Place(places[node.path].steps[:-1])) if len(steps) > 1 else None
        found = list(around.layers) if around is not None else [layers[node.path]]
        for layer, step in zip(found, steps, strict=False):
            answer += _compare(node, layer, step, lowering)
    return answer


def _compare(node: Node, layer: Any, step: Make, lowering: Lowering) -> Iterator[Difference]:
    wanted, got = settings(resolve(step, lowering)(*plain(step.args), **plain(step.kwargs))), settings(layer)
    for key in sorted(set(got) | set(wanted)):
        if got.get(key) != wanted.get(key):
            yield Difference(node.path, f"{key}={got.get(key)!r}", f"{key}={wanted.get(key)!r}")


def observe(model: keras.Model, net: Net, x: Any) -> dict[str, Any]:
    """The output of every node that is a layer, in evaluation; of a layer that is called several times, the first."""
    seen: dict[str, Any] = {}
    found = layers_of(model, net)
    with _recording({path: layer for path, layer in found.items() if isinstance(layer, keras.Layer)}, seen):
        model(x, training=False)
    return seen


@contextmanager
def _recording(layers: Mapping[str, Any], seen: dict[str, Any]) -> Iterator[None]:
    for path, layer in layers.items():
        layer.call = _recorder(layer.call, path, seen)
    try:
        yield
    finally:
        for layer in layers.values():
            del layer.call


def _recorder(call: Any, path: str, seen: dict[str, Any]) -> Any:
    def recorded(*args: Any, **kwargs: Any) -> Any:
        value = call(*args, **kwargs)
        seen.setdefault(path, value)
        return value

    return recorded


KNOWN: WeakKeyDictionary[Any, float | None] = WeakKeyDictionary()


def path_of(layer: Any) -> float | None:
    """How often a layer leaves out whole images, stochastic depth in the branch that it ends; None where it does not.

    It is a dropout of one number for each image, or of somebody's class that is seen to do it.
    """
    shape = getattr(layer, "noise_shape", None)
    if type(layer) is keras.layers.Dropout:
        return float(layer.rate) if shape is not None and set(tuple(shape)[1:]) == {1} else None
    if layer not in KNOWN:
        asked = type(layer).__module__.partition(".")[0] != "keras" and not layer.weights and not layer._layers
        rate = path_rate(layer) if asked else None
        KNOWN[layer] = rate if rate and _leaves_out(layer, rate) else None
    return KNOWN[layer]


def _leaves_out(layer: Any, rate: float) -> bool:
    ones, kind = np.ones(PROBED, np.float32), keras.config.floatx()
    before = [(variable, np.array(variable)) for variable in layer.non_trainable_variables]
    keras.config.set_floatx("float32")
    try:
        return leaves_out(np.array(layer.call(keras.ops.convert_to_tensor(ones), training=True)), rate)
    except Exception:  # noqa: BLE001 - whatever a class raises that has the name alone
        return False
    finally:
        keras.config.set_floatx(kind)
        for variable, value in before:
            variable.assign(value)


def said(kind: Any) -> str:
    """A regularizer or a constraint with its numbers, which Keras may have rounded to float32."""
    told = {key: value for key, value in kind.get_config().items() if value is not None}
    numbers = (f"{key}={value:.6g}" if isinstance(value, float) else f"{key}={value}" for key, value in told.items())
    return f"{type(kind).__name__}({', '.join(numbers)})"
