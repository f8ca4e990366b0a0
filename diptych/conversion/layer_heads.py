"""Keras files of an application of keras.applications and a Dense layer of one's own after its pool.

Where a file states its layers, what lies between them is looked at; anything but the usual is left to the reader of
whole models, which takes every graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..common.dialect import Dialect, numbered, rules
from ..common.errors import SpecError
from ..common.registry import network, traced
from ..common.spec import Net
from ..common.text import first_few
from ..files.checkpoint import cut
from ..files.layers import Layers
from ..tf_impl.slots import slots_of
from .head_parts import Part, described
from .head_words import LOUD, several_layers
from .layer_chains import chain_of, with_chain
from .matching import Match, match, with_inferred_options

Options = dict[str, Any]
POOL = "GlobalAveragePooling2D"
INERT = ("InputLayer", "Dropout", "Functional", "Model", "Sequential")
AUGMENTATION = tuple(f"Random{kind}" for kind in ("Flip", "Rotation", "Zoom", "Contrast", "Translation", "Brightness"))
"""What may stand around a backbone of ours and its head without being another function of their input."""
ENDS = ("ReLU", "Activation", "Add", "Multiply")
"""What the application itself has between its last weights and the pool."""
BEFORE = ("Rescaling", "Normalization", "TFOpLambda", "SlicingOpLambda", "TrueDivide", "Subtract")
"""What may stand in front of a backbone: a function of the image, which is said."""


def of_layers(
    checkpoint: Layers, tried: Iterable[tuple[str, Dialect]], given: Options
) -> tuple[list[Match], list[str]]:
    """(exact matches of a backbone and its head, why the backbones that fit have none) of a file of Keras's."""
    found, problems = list[Match](), list[str]()
    for prefix, item in tried:
        bare, rest = _bare(checkpoint, prefix, item, given)
        if bare is None or not rest:
            continue
        if given.get("num_classes") == 0:
            notes = (*bare.checkpoint.notes, f"{LOUD}, as asked: {first_few(rest, 6)}")
            found.append(replace(bare, checkpoint=replace(bare.checkpoint, notes=notes)))
            continue
        parts = chain_of(checkpoint.layers, rest, _features(bare)) if checkpoint.config is None else None
        if parts and "head" in given:
            whole = with_chain(
                checkpoint, prefix, bare, bare_layers(checkpoint, prefix, bare), parts, given["head"], in_row(parts)
            )
        else:
            whole = _whole(checkpoint, prefix, bare, rest, given)
        if whole is not None:
            found.append(whole)
        if _has_own_head(bare, rest, prefix):
            continue  # what does not fit is named as of any network
        if parts and len(parts) > 1:
            problems.append(several_layers(checkpoint.path, bare.net.name, parts, what="file of weights alone"))
            continue
        advice = "--backbone (in Python, num_classes=0) converts the backbone alone"
        name = f"{LOUD}: {checkpoint.path} is {bare.net.name} and other layers with weights"
        problems.append(f"{name} ({first_few(rest, 6)}); {advice}")
    return found, [] if found else problems


def _has_own_head(bare: Match, rest: list[str], prefix: str) -> bool:
    """Whether the layers beside a backbone are its network's own head, and more."""
    options = {key: value for key, value in bare.net.options if key != "num_classes"}
    whole, item = traced(bare.net.name, options), bare.dialect
    own, ours = ({item.theirs(layer).partition("#")[0] for layer in slots_of(net)} for net in (whole, bare.net))
    return bool(own - ours) and own - ours <= {name.removeprefix(prefix) for name in rest}


def _bare(checkpoint: Layers, prefix: str, item: Dialect, given: Options) -> tuple[Match | None, list[str]]:
    """(the backbone where the file has all of it, the layers with weights beside it)."""
    chosen = network(item.network)
    if chosen.num_classes is None or chosen.detector is not None or item.by_place:
        return None, []
    inner = checkpoint.inside(prefix)
    options = {key: value for key, value in given.items() if key not in ("num_classes", "head")} | dict(item.bare)
    try:
        net = with_inferred_options(chosen, inner.translate(item), options, item.bare)
    except SpecError:
        return None, []
    short = numbered(inner.layers)
    theirs = {item.theirs(layer).partition("#")[0] for layer in slots_of(net)}
    used = {name: arrays for name, arrays in inner.layers.items() if short[name] in theirs}
    notes = (*checkpoint.notes, *((f"the prefix {prefix!r} of the names was left out",) if prefix else ()))
    found = match(replace(inner, layers=used, places={}, notes=notes), item, dict(net.options))
    rest = [name for name in checkpoint.layers if name.removeprefix(prefix) not in used or not name.startswith(prefix)]
    return (found if found.exact else None), rest


def _whole(checkpoint: Layers, prefix: str, bare: Match, rest: list[str], given: Options) -> Match | None:
    """The backbone with its one Dense layer as its own head; None where the file is, or may be, something else."""
    arrays = checkpoint.layers[rest[0]]
    kernel = arrays[0].shape
    if len(rest) != 1 or len(arrays) != 2 or kernel[:1] != (_features(bare),) or len(kernel) != 2 or "head" in given:
        return None
    notes = _around(checkpoint, prefix, bare, rest[0]) if checkpoint.config is not None else (UNSEEN,)
    head = _own_head(bare, kernel[1])
    if notes is None or head is None or given.get("num_classes") not in (None, kernel[1]):
        return None
    options, path = head
    inner = bare_layers(checkpoint, prefix, bare) | {rest[0].removeprefix(prefix): arrays}
    name = numbered(inner)[rest[0].removeprefix(prefix)]
    item = bare.dialect
    if item.theirs(path) != name:
        item = replace(item, rules=(*rules((path, name)), *item.rules))
        notes = (f"the head is the layer {rest[0]!r} in the file, {path!r} here", *notes)
    config = checkpoint.config
    if config is not None:
        config = {**cut(config, prefix), rest[0].removeprefix(prefix): config[rest[0]]}
    kept = replace(checkpoint, layers=inner, places={}, config=config, notes=(*bare.checkpoint.notes, *notes))
    found = match(kept, item, options)
    return found if found.exact else None


def _features(bare: Match) -> int:
    """How many numbers a head takes."""
    return int(bare.net.nodes[bare.net.outputs[0]].shape[0])


UNSEEN = (
    "the file has weights alone: what lies between its backbone and its head, and what ends it (a softmax), was not "
    "seen; taken as a global average pool, and nothing"
)


def in_row(parts: list[Part]) -> str:
    """What is said of a head of several layers in a file that has weights alone."""
    return f"the head is {described(parts)} in the file, by their widths; {UNSEEN}"


def bare_layers(checkpoint: Layers, prefix: str, bare: Match) -> dict[str, Any]:
    """The layers of the backbone by their names in the file, without the prefix."""
    inner = cut(checkpoint.layers, prefix)
    short = numbered(inner)
    theirs = {bare.dialect.theirs(layer).partition("#")[0] for layer in slots_of(bare.net)}
    return {name: arrays for name, arrays in inner.items() if short[name] in theirs}


def _own_head(bare: Match, classes: int) -> tuple[Options, str] | None:
    """(options, layer) of the network with its own head of as many classes, where that is one linear layer."""
    options = {key: value for key, value in bare.net.options if key not in dict(bare.dialect.bare)}
    if classes != network(bare.net.name).num_classes:
        options["num_classes"] = classes
    whole: Net = traced(bare.net.name, options)
    more = [layer for layer in slots_of(whole) if layer not in slots_of(bare.net)]
    return (options, more[0]) if len(more) == 1 and len(slots_of(whole)[more[0]]) == 2 else None


def _around(checkpoint: Layers, prefix: str, bare: Match, dense: str) -> tuple[str, ...] | None:
    """What is said of the layers around a backbone; None where one of them makes it another function."""
    config, own = checkpoint.config or {}, bare_layers(checkpoint, prefix, bare)
    entries = {name: entry for name, entry in config.items() if not prefix or not name.startswith(prefix)}
    names = list(entries)
    first, last = (names.index(prefix.rstrip("/")),) * 2 if prefix else _ends(names, own)
    front, after = names[:first], names[last + 1 :]
    inside = [entry for name, entry in config.items() if prefix and name.startswith(prefix)]
    kinds = [_kind(entries[name]) for name in after if name != dense]
    if not (POOL in kinds or (inside and _kind(inside[-1]) == POOL)):
        return None
    pool = kinds.index(POOL) if POOL in kinds else 0
    if any(kind not in (*INERT, *(() if prefix else ENDS)) for kind in kinds[:pool]):
        return None
    if any(kind not in INERT for kind in kinds[pool + 1 if POOL in kinds else 0 :]):
        return None
    if any(_kind(entries[name]) not in (*INERT, *AUGMENTATION, *BEFORE) for name in front):
        return None
    activation = entries.get(dense, {}).get("config", {}).get("activation")
    if activation not in ("linear", "softmax", None):
        return None
    said = [f"{_kind(entries[name])} ({name})" for name in front if _kind(entries[name]) in BEFORE]
    notes = (f"left out in front of the network: {', '.join(said)}; give it images that this was done to",) * bool(said)
    return (*notes, SOFTMAX) if activation == "softmax" else notes


SOFTMAX = "the softmax that ends the source is left out: the network gives logits"


def _ends(names: list[str], own: Mapping[str, Any]) -> tuple[int, int]:
    """The places of the first and the last layer of the backbone with weights."""
    places = [place for place, name in enumerate(names) if name in own]
    return places[0], places[-1]


def _kind(entry: Mapping[str, Any]) -> str:
    return str(entry.get("class_name"))
