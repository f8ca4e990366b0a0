"""The graph that the config of a Keras model states: the calls of its layers, in an order in which they can be made.

Keras 3 writes a call as its arguments, in which values stand as `__keras_tensor__`; Keras 2 as lists of [layer, call,
output]. A chain (`Sequential`) has layers alone. Both become the same calls here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...errors import DiptychError
from ...text import printable

Entry = Mapping[str, Any]
BROKEN = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading a value of another type raises than Keras writes."""
INPUT, CONSTANT = "InputLayer", "_CONSTANT_VALUE"
CAST = ("Cast", "ConvertToTensor")
"""The functions that have a dtype, as layers have."""
HOMES = ("keras", "tf_keras")
"""What Keras calls itself; Keras 2 has the second name where Keras 3 has the first."""


@dataclass(frozen=True)
class Ref:
    """One of the outputs of a call of a layer."""

    layer: str
    call: int = 0
    output: int = 0


@dataclass(frozen=True)
class Call:
    """A call of a layer, the `number`-th, with values in its arguments as Refs."""

    layer: str
    number: int
    args: tuple[Any, ...]
    named: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """A model: its layers by name, its calls in order, what comes in, and each output with its name ("" for none).

    `old` configs are those of Keras 2, where a few names have another meaning.
    """

    name: str
    chain: bool
    layers: Mapping[str, Entry]
    calls: tuple[Call, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[tuple[str, Ref], ...]
    old: bool = False


def graph(entry: Entry, where: str = "it") -> Graph:
    """The graph of a model's config; raises DiptychError where that is not one that Keras writes."""
    try:
        return _graph(entry)
    except BROKEN as error:
        said = printable(f"{type(error).__name__}: {error}", 200)
        raise DiptychError(f"{where} has a config that Keras does not write ({said})") from None


def is_model(entry: Entry) -> bool:
    """Whether a layer is a model of layers."""
    config = entry.get("config")
    return isinstance(config, list) or (isinstance(config, Mapping) and isinstance(config.get("layers"), list))


def is_operation(entry: Entry) -> bool:
    """Whether an entry is a function of Keras that was called between layers, and no layer."""
    if entry.get("class_name") in CAST:
        return True
    config = entry["config"]
    return entry.get("class_name") != INPUT and not is_model(entry) and not {"trainable", "dtype"} & set(config)


def layers_of(entry: Entry) -> list[Entry]:
    """The entries of a model's layers, in the order of the config."""
    config = entry["config"]
    return list(config if isinstance(config, list) else config["layers"])


def name_of(entry: Entry) -> str:
    """The name of a layer."""
    config = entry["config"]
    name = config["name"] if isinstance(config, Mapping) and "name" in config else entry["name"]
    if not isinstance(name, str):
        raise TypeError(f"a layer is named {name!r:.80}")
    return name


def image_shape(entry: Entry) -> tuple[int | None, ...] | None:
    """The shape that a layer or a model says of what it takes, with the batch; None where it says none."""
    config = entry["config"]
    if isinstance(config, Mapping):
        for key in ("batch_shape", "batch_input_shape", "build_input_shape"):
            shape = config.get(key)
            if isinstance(shape, Mapping):  # a tuple, as some versions write it
                shape = shape.get("items")
            if isinstance(shape, list) and all(n is None or type(n) is int for n in shape):
                return tuple(shape)
    return None


def _graph(entry: Entry) -> Graph:
    layers = {name_of(layer): layer for layer in layers_of(entry)}
    if len(layers) < len(layers_of(entry)):
        raise ValueError("two layers have one name")
    config = entry["config"]
    name = str(config.get("name", "")) if isinstance(config, Mapping) else ""
    old = any("batch_input_shape" in layer["config"] or _lists(layer) for layer in layers.values())
    if isinstance(config, list) or "output_layers" not in config:
        return _chain(name, layers, old)
    read = Counter((ref.layer, ref.call) for ref in _read(config, layers.values()))
    calls = [call for layer in layers.values() for call in _calls(layer, read)]
    inputs = tuple(_refs(config["input_layers"]))
    outputs = tuple((key, _own_number(ref, layers)) for key, ref in _labelled(config["output_layers"], layers))
    return Graph(name, False, layers, tuple(_ordered(calls, inputs)), inputs, outputs, old)


def _own_number(ref: Ref, layers: Mapping[str, Entry]) -> Ref:
    """The call that an output is of: Keras 3 numbers those of a functional model from one here, from zero elsewhere."""
    entry = layers.get(ref.layer)
    shifted = entry is not None and is_model(entry) and "output_layers" in entry["config"] and not _lists(entry)
    return replace(ref, call=ref.call - 1) if shifted and ref.call else ref


def _lists(entry: Entry) -> bool:
    nodes = entry.get("inbound_nodes") or []
    return bool(nodes) and isinstance(nodes[0], list)


def _chain(name: str, layers: Mapping[str, Entry], old: bool) -> Graph:
    """Each layer takes what the one before it gives."""
    before = Ref("")
    inputs: tuple[Ref, ...] = (before,)
    calls = []
    for place, (own, entry) in enumerate(layers.items()):
        if entry.get("class_name") == INPUT:
            if place:
                raise ValueError("an input layer stands between others")
            before, inputs = Ref(own), (Ref(own),)
            continue
        calls.append(Call(own, 0, (before,)))
        before = Ref(own)
    return Graph(name, True, layers, tuple(calls), inputs, (("", before),), old)


def _read(config: Entry, layers: Iterable[Entry]) -> Iterator[Ref]:
    """Every value that is named in a graph."""
    for entry in layers:
        for node in entry.get("inbound_nodes") or []:
            yield from refs_in(list(_of_lists(node)) if isinstance(node, list) else [])
    yield from _refs(config["output_layers"])


def _first(entry: Entry, read: Mapping[tuple[str, int], int]) -> int:
    """The number of the first call: in Keras 2 a model that begins with an input has called itself already."""
    name, nodes = name_of(entry), entry.get("inbound_nodes") or []
    if not is_model(entry) or not _lists(entry) or (name, 0) in read:
        return 0
    return 1 if (name, len(nodes)) in read or layers_of(entry)[0].get("class_name") == INPUT else 0


def _calls(entry: Entry, read: Mapping[tuple[str, int], int]) -> Iterator[Call]:
    name = name_of(entry)
    for number, node in enumerate(entry.get("inbound_nodes") or [], _first(entry, read)):
        if isinstance(node, Mapping):
            named = {key: _value(value) for key, value in (node.get("kwargs") or {}).items()}
            yield Call(name, number, tuple(map(_value, node.get("args") or [])), named)
        elif entry.get("class_name") != INPUT:
            yield Call(name, number, *_of_lists(node))


def _of_lists(node: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call as Keras 2 writes them."""
    items = [node] if _is_ref(node) else list(node)
    found = [_of_list(item) for item in items]
    named: dict[str, Any] = {}
    for item in items:
        more = item[3] if len(item) > 3 else {}
        named |= {key: _of_list(value) if _is_ref(value) else _value(value) for key, value in more.items()}
    return (found[0] if len(found) == 1 else found,), named


def _of_list(item: Any) -> Any:
    """A value as Keras 2 writes it, or a number in the place of one."""
    return _value(item[2]) if _is_ref(item) and item[:2] == [CONSTANT, -1] else _ref(item)


def _value(given: Any) -> Any:
    """An argument of a call as Keras 3 writes it."""
    if isinstance(given, list):
        return [_value(item) for item in given]
    if not isinstance(given, Mapping):
        return given
    kind, config = given.get("class_name"), given.get("config")
    if kind == "__keras_tensor__":
        return _ref(config["keras_history"])  # type: ignore[index]
    if kind in ("__numpy__", "__tensor__"):
        return np.array(config["value"], np.dtype(str(config["dtype"])))  # type: ignore[index]
    if kind == "__ellipsis__":
        return ...
    if kind == "__slice__" or given.keys() == {"start", "stop", "step"}:
        bounds = given if kind is None else config
        return slice(bounds["start"], bounds["stop"], bounds["step"])  # type: ignore[index]
    if kind == "__tuple__":
        return tuple(map(_value, given["items"]))
    return {key: _value(item) for key, item in given.items()}


def constant(given: Any) -> Any:
    """A number, list or array of a layer's config."""
    return _value(given)


def _is_ref(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str) and type(value[1]) is int


def _ref(value: Any) -> Ref:
    if not _is_ref(value) or type(value[2]) is not int:
        raise ValueError(f"a value is named {value!r:.80}")
    return Ref(value[0], value[1], value[2])


def _refs(value: Any) -> Iterator[Ref]:
    """The values in lists and dicts of such."""
    if _is_ref(value):
        yield _ref(value)
        return
    for item in value.values() if isinstance(value, Mapping) else value:
        yield from _refs(item)


def _labelled(value: Any, layers: Mapping[str, Entry]) -> Iterator[tuple[str, Ref]]:
    """The outputs, by their keys in a dict where none of those is the name of a layer too."""
    if not isinstance(value, Mapping):
        yield from (("", ref) for ref in _refs(value))
        return
    told = all(key.isidentifier() and key not in layers for key in value)
    for key, item in value.items():
        refs = list(_refs(item))
        for place, ref in enumerate(refs):
            yield (key if len(refs) == 1 else f"{key}_{place}") if told else "", ref


def refs_in(value: Any) -> Iterator[Ref]:
    """The values in an argument."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from refs_in(item)
    elif isinstance(value, Mapping):
        yield from refs_in(list(value.values()))


def _ordered(calls: list[Call], inputs: tuple[Ref, ...]) -> Iterator[Call]:
    """The calls, each after those whose values it takes; calls of what is outside the model never come."""
    made = {(ref.layer, ref.call) for ref in inputs}
    waiting: dict[int, set[tuple[str, int]]] = {}
    readers: dict[tuple[str, int], list[int]] = {}
    ready: list[int] = []
    for place, call in enumerate(calls):
        wanted = {(ref.layer, ref.call) for ref in refs_in([list(call.args), dict(call.named)])} - made
        waiting[place] = wanted
        for item in wanted:
            readers.setdefault(item, []).append(place)
        if not wanted:
            ready.append(place)
    ready.reverse()
    while ready:
        call = calls[ready.pop()]
        yield call
        key = (call.layer, call.number)
        for place in reversed(readers.pop(key, [])):
            waiting[place].discard(key)
            if not waiting[place]:
                ready.append(place)
