"""Which layer of a Keras model is which node of a network: both are followed back from their maps, in step.

Layers that Keras numbered say nothing by their names. A whole model states its graph, and where each map of the network
is computed there by the very same steps from the image, each layer on the way is one node: nothing is guessed, and a
single step that is another one is a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..common.dialect import NUMBERED_KERAS, Dialect, numbered, rules
from ..common.registry import network, traced
from ..common.spec import Net
from ..common.text import shape_text
from ..files.checkpoint import Checkpoint
from .keras_steps import BROKEN, IDLE, Entry, Ref, Shapes, Step, conv, leaky, reads, resized, step, windows

NO_GRAPH = (
    "it states no layers, and which is which does not follow from names that Keras numbered; save the whole model, "
    "with its config"
)
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Aligned:
    """The names in this very file and the options that its layers say; `wires` is what it does otherwise, as texts."""

    dialect: Dialect
    options: Options
    wires: tuple[str, ...] | None = None


def aligned(checkpoint: Checkpoint, dialect: Dialect, given: Options) -> Aligned:
    """The names of a checkpoint's layers by its graph, where the dialect is of names that Keras numbered."""
    if dialect.library != NUMBERED_KERAS:
        return Aligned(dialect, given)
    if not checkpoint.config:
        return Aligned(dialect, given, (NO_GRAPH,))
    try:
        return _aligned(checkpoint, checkpoint.config, dialect, given)
    except (*BROKEN, RecursionError) as error:
        said = f"its config has values that Keras does not write ({type(error).__name__}: {str(error)[:120]})"
        return Aligned(dialect, given, (said,))


def _aligned(checkpoint: Checkpoint, config: Mapping[str, Entry], dialect: Dialect, given: Options) -> Aligned:
    entries = {str(entry["config"].get("name", name)): entry for name, entry in config.items()}
    options = {**_stated_options(entries, dialect.network), **given}
    net = traced(dialect.network, options)
    names, wires = align(entries, net)
    short = numbered(checkpoint.names)
    pairs = [(path, short[layer]) for path, layer in names.items() if layer in short]
    return Aligned(replace(dialect, rules=rules(*pairs)) if names else dialect, options, wires)


def _stated_options(entries: Mapping[str, Entry], name: str) -> dict[str, Any]:
    """The options that all layers agree on, where they are not the network's own."""
    own, found = network(name), dict[str, set[Any]]()
    for entry in entries.values():
        config, kind = entry["config"], entry.get("class_name")
        if kind == "BatchNormalization" and isinstance(config.get("epsilon"), float):
            found.setdefault("eps", set()).add(config["epsilon"])
        if kind == "UpSampling2D":
            found.setdefault("upsampling", set()).add(config.get("interpolation", "nearest"))
        if kind == "TFOpLambda" and config.get("function") == "image.resize":
            found.setdefault("upsampling", set()).add(_arguments(entry).get("method", "bilinear"))
        shape = config.get("batch_input_shape") or config.get("batch_shape")
        if kind == "InputLayer" and isinstance(shape, list) and len(shape) == 4 and all(map(_whole, shape[1:3])):
            found.setdefault("input_size", set()).add(tuple(shape[1:3]))
    known = {**{key: own.arguments[key] for key in own.options}, "input_size": own.input_size}
    single = {key: next(iter(values)) for key, values in found.items() if len(values) == 1}
    return {key: value for key, value in single.items() if key in known and value != known[key] and _fits(key, value)}


def _fits(key: str, value: Any) -> bool:
    """Whether an option may have a value: of another one, the difference is said instead."""
    if key == "eps":
        return bool(0 < value < 1)
    return key != "upsampling" or value in ("nearest", "bilinear")


def _whole(value: Any) -> bool:
    return type(value) is int and 0 < value < 1 << 16


def _arguments(entry: Entry) -> dict[str, Any]:
    try:
        return reads(entry)[1]
    except BROKEN:
        return {}


@dataclass(frozen=True, eq=False)
class Made:
    """A step with what it reads; the same `key` is the same function of the image, but for weights."""

    name: str
    step: Step
    key: int
    inputs: tuple[Made, ...]


@dataclass
class Maker:
    """Steps of both sides, with one number for all that are alike."""

    keys: dict[Any, int] = field(default_factory=dict)

    def make(self, name: str, found: Step, inputs: tuple[Made, ...]) -> Made:
        read = tuple(item.key for item in inputs)
        asked = found.kind, found.fields, tuple(sorted(read)) if found.kind == "add" else read
        return Made(name, found, self.keys.setdefault(asked, len(self.keys)), inputs)


def align(entries: Mapping[str, Entry], net: Net) -> tuple[dict[str, str], tuple[str, ...]]:
    """(path of a node -> layer, what the layers do otherwise) of a whole model; one of them is empty."""
    maker = Maker()
    ours = _nodes(net, maker)
    theirs = _layers(entries, (int(net.input_shape[0]), int(net.input_shape[1]), int(net.input_shape[2])), maker)
    pairs = list[tuple[Made, Made]]()
    for place in net.outputs:
        alike = [made for made in theirs if made.key == ours[place].key]
        if len(alike) != 1:
            more = [f"it has {len(alike)} layers that could be {ours[place].name}"] if alike else []
            return {}, tuple(more or [_first_difference(ours, theirs)])
        pairs.append((ours[place], alike[0]))
    return _in_step(pairs)


def _in_step(pairs: list[tuple[Made, Made]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Both sides followed from pairs of the same function to the image; two layers for one node are an error."""
    there, back = dict[int, Made](), dict[int, Made]()
    names: dict[str, str] = {}
    while pairs:
        one, two = pairs.pop()
        if (known := there.get(id(one))) is not None or id(two) in back:
            if known is not two or back[id(two)] is not one:
                return {}, (f"{two.name} stands where another layer does that is {one.name}, too",)
            continue
        there[id(one)], back[id(two)] = two, one
        names[one.name] = two.name
        mine, others = one.inputs, two.inputs
        if one.step.kind == "add":  # a sum does not depend on the order, bit for bit
            mine, others = (tuple(sorted(items, key=lambda item: item.key)) for items in (mine, others))
            if len({item.key for item in mine}) < len({id(item) for item in mine}):
                return {}, (f"{two.name} adds two values that nothing tells apart",)
        pairs += zip(mine, others, strict=True)
    return names, ()


def _first_difference(ours: list[Made], theirs: list[Made]) -> str:
    """The first node that no layer is, in words, with what stands there."""
    keys = {made.key for made in theirs}
    missing = next(made for made in ours if made.key not in keys)
    read = [item.key for item in missing.inputs]
    for made in theirs:
        if made.step.kind == missing.step.kind and [item.key for item in made.inputs] == read:
            told = dict(made.step.fields)
            other = [f"{k} {told.get(k)}, expected {v}" for k, v in missing.step.fields if told.get(k) != v]
            if other:
                return f"{made.name} ({made.step.kind}) has {'; '.join(other)} ({missing.name})"
    takers = [made for made in theirs if any(item.key in read for item in made.inputs) or made.step.kind == "?"]
    seen = ", ".join(f"{made.name} ({dict(made.step.fields).get('class', made.step.kind)})" for made in takers[:4])
    wanted = f"{missing.name} ({missing.step.kind} of {', '.join(item.name for item in missing.inputs)})"
    return f"no layer is {wanted}; it has {seen or 'none of such inputs'}"


def _nodes(net: Net, maker: Maker) -> list[Made]:
    """The nodes of a network."""
    found: list[Made] = []
    shapes: dict[Ref, Any] = {}
    for number, node in enumerate(net.nodes):
        plain = node.plain()
        refs = tuple(Ref(str(index)) for index in node.inputs)
        made = _node_step(plain, refs, shapes) or Step("?", (("layer", node.path), ("class", node.kind)), ())
        shapes[Ref(str(number))] = made.shape
        found.append(maker.make(node.path, made, tuple(found[index] for index in node.inputs)))
    return found


def _node_step(node: Any, refs: tuple[Ref, ...], shapes: Shapes) -> Step | None:
    """What a node does, in the words of a layer of Keras; None for one that the ports do not have."""
    op, shape = node.op, shapes[refs[0]] if refs else (0, 0, 0)
    if node.kind == "input":
        size = tuple(map(int, op.size))
        return Step("input", (("size", size),), (), (size[0], size[1], size[2]))
    if node.kind == "conv":
        reach, out = windows(shape[1:], op.kernel, op.stride, op.explicit(shape[1:]), op.dilation)
        return conv(int(op.channels), op.kernel, op.stride, op.dilation, op.groups, op.bias, reach, refs[0], out)
    if node.kind == "max_pool":
        reach, out = windows(shape[1:], op.kernel, op.stride, op.explicit(shape[1:]))
        return Step(
            "max_pool", (("kernel", op.kernel), ("strides", op.stride), ("pads", reach)), refs, (shape[0], *out)
        )
    if node.kind == "resize" and op.scale and (op.mode == "nearest" or op.rule == "half_pixel"):
        return resized(op.mode, (shape[1] * op.scale, shape[2] * op.scale), refs[0], shapes)
    if node.kind == "concat":
        return Step("concat", (), refs, (sum(shapes[ref][0] for ref in refs), *shape[1:]))
    if node.kind == "channel_slice":
        return Step("channel_slice", (("start", op.start), ("stop", op.stop)), refs, (op.stop - op.start, *shape[1:]))
    if node.kind == "batch_norm" and op.scale:
        return Step("batch_norm", (("epsilon", op.eps),), refs, shape)
    if node.kind == "leaky_relu":
        return leaky(op.slope, refs[0], shape)
    return Step(node.kind, (), refs, shape) if node.kind in ("add", "mish") else None


def _layers(entries: Mapping[str, Entry], size: tuple[int, int, int], maker: Maker) -> list[Made]:
    """The layers of a model, and each answer of one with several, as far as they do not wait for themselves."""
    shapes: dict[Ref, Any] = {Ref(""): size}
    made: dict[Ref, Made] = {}
    for ref in _ordered(entries):
        entry = entries[ref.layer]
        found = step(entry, ref.index, entries, shapes)
        if any(item not in made for item in found.inputs):
            found = Step("?", (("layer", ref.layer), ("class", str(entry.get("class_name")))), ())
        shapes[ref] = found.shape
        made[ref] = maker.make(ref.layer, found, tuple(made[item] for item in found.inputs))
        if entry.get("class_name") in IDLE and (before := _refs_of(entry)) and before[0] in made:
            made[ref], shapes[ref] = made[before[0]], shapes[before[0]]
    return list(dict.fromkeys(made.values()))


def _ordered(entries: Mapping[str, Entry]) -> Iterator[Ref]:
    """Every answer that some layer reads, and the first of each layer, after all that its layer reads."""
    asked: dict[str, set[int]] = {name: {0} for name in entries}
    for entry in entries.values():
        for ref in _refs_of(entry):
            if ref.layer in asked:
                asked[ref.layer].add(ref.index)
    done, opened = set[str](), set[str]()
    waiting = list(entries)[::-1]
    while waiting:
        name = waiting.pop()
        before = [ref.layer for ref in _refs_of(entries[name]) if ref.layer in entries and ref.layer not in done]
        if name in done:
            continue
        if before and name not in opened:
            opened.add(name)
            waiting += [name, *before]
            continue
        done.add(name)
        yield from (Ref(name, index) for index in sorted(asked[name]))


def _refs_of(entry: Entry) -> list[Ref]:
    try:
        return reads(entry)[0]
    except BROKEN:
        return []


def said(size: tuple[int, ...]) -> str:
    """What the report says of names that follow from a graph."""
    return (
        f"which layer is which follows from the graph that the file states: at {shape_text(size)}, each map is "
        "computed from the image by the same steps; what the file does with its maps, such as boxes, is left out"
    )
