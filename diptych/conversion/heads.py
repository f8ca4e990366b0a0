"""State dicts of a backbone that is registered and a head that is not: the network is made of both, or it is refused.

A trained head is never left out unasked. One linear layer takes the place of the network's own, whatever its name; of
several in a row a state dict does not say what lies between them, so that the caller does (`--head`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..common.dialect import Dialect, rules
from ..common.errors import SpecError, WeightsError
from ..common.head import POOLS, text_of
from ..common.registry import network, traced
from ..common.spec import Net
from ..common.text import first_few
from ..files.layers import Layers
from ..files.tensors import Tensors
from .backbones import Backbone, backbones, is_matrix
from .fastai import BARE_FEATURES, NOTE, POOL, fastai_head
from .head_parts import Part, is_chain, layers_between
from .head_words import (
    LOUD,
    in_larger_model,
    is_part,
    left_out_note,
    named,
    no_chain,
    not_converted,
    renamed_note,
    several_layers,
)
from .layer_heads import of_layers
from .matching import Match, match

Options = dict[str, Any]


class Unconverted(WeightsError):
    """A head that the file does not tell enough of, or that is none; the backbone fits."""


def headed(checkpoint: Any, tried: Iterable[tuple[str, Dialect]], given: Options) -> tuple[list[Match], list[str]]:
    """(exact matches of a backbone and its head, why the backbones that fit have none) of a file of a state dict."""
    found, problems, own = list[Match](), list[str](), False
    if isinstance(checkpoint, Layers):
        return of_layers(checkpoint, tried, given)
    for prefix, item in tried if isinstance(checkpoint, Tensors) else ():
        for backbone in backbones(checkpoint, prefix, item, given):
            try:
                one = _whole(backbone, given)
            except Unconverted as error:
                problems.append(str(error))
            else:
                found += [one] if one.exact else []
                own |= not one.exact  # the network's own head, in shapes that do not fit: there is no other to speak of
            break
    return found, [] if own else list(dict.fromkeys(problems))


def left_behind(found: Match, checkpoint: Any) -> bool:
    """Whether a match is a backbone of a file that has other weights beside it."""
    bare = dict(found.net.options).get("num_classes") == 0
    if isinstance(checkpoint, Layers) and isinstance(found.checkpoint, Layers):
        return bare and not found.dialect.by_place and _count(checkpoint) > _count(found.checkpoint)
    return bare and isinstance(checkpoint, Tensors) and len(checkpoint.arrays) > len(found.checkpoint.names)


class Beside(str):
    """What is said of trained layers beside a network that has all of its own."""


def beside(found: Match, checkpoint: Any, prefix: str) -> list[Beside]:
    """The word on trained matrices that do not stand under the prefix of a whole network: heads behind it, or others.

    Whoever names the prefix has left them out already.
    """
    if not prefix or not isinstance(checkpoint, Tensors) or dict(found.net.options).get("num_classes") == 0:
        return []
    arrays = {name: array for name, array in checkpoint.arrays.items() if not name.startswith(prefix)}
    left = [f"{name} {tuple(array.shape)}" for name, array in arrays.items() if is_matrix(name, array)]
    if not left:
        return []
    return [Beside(f"{LOUD}: {checkpoint.path} is {found.net.name} under {prefix!r}, and has trained layers beside it "
                   f"({first_few(left, 4)}); say that the network alone is meant (in Python, prefix={prefix!r}): "
                   f"diptych convert {checkpoint.path} DST --prefix {prefix}")]  # fmt: skip


def _count(checkpoint: Layers) -> int:
    return sum(len(arrays) for arrays in checkpoint.layers.values())


def _whole(backbone: Backbone, given: Options) -> Match:
    """The backbone with its head, or without one where that is asked for; raises Unconverted where it is not told."""
    parts = backbone.parts
    taken = {name for part in parts for name in part.names}
    foreign = [name for name in backbone.rest if name not in taken]
    if given.get("num_classes") == 0:
        return _bare(backbone, parts)
    trained = backbone.trained
    if not parts and not trained:
        return _bare(backbone, parts)
    said, more = fastai_head(backbone.prefix, parts) if "head" not in given else "", list[str]()
    pool = _pool(backbone, parts, given)
    if said and not trained and is_chain(parts, backbone.features * (2 if pool else 1)):
        if backbone.item.library == "features":
            raise Unconverted(f"{LOUD}: {backbone.checkpoint.path}: {BARE_FEATURES}")
        given, more = {**given, "head": ",".join([pool, said] if pool else [said])}, [NOTE]
    if trained or not is_chain(parts, backbone.features * (2 if pool else 1)):
        rest = {key: value for key, value in backbone.net.options if key != "num_classes"}
        asked = {key: given[key] for key in ("num_classes",) if given.get(key) is not None}
        whole = traced(backbone.net.name, rest | asked)
        beside = set(whole.weights) - set(backbone.net.weights)
        of_head = {backbone.prefix + backbone.item.weight(name) for name in beside}
        if of_head <= set(backbone.rest) or set(backbone.rest) <= of_head:
            return _match(backbone, backbone.item, whole, backbone.inside(backbone.rest, ()))  # its own, of no fit
        raise Unconverted(no_chain(backbone, parts, trained))
    notes = [*more, *([left_out_note(foreign)] if foreign else [])]
    if len(parts) == 1 and pool and "head" not in given:
        raise Unconverted(several_layers(backbone.checkpoint.path, named(backbone), parts, pool))
    if len(parts) == 1 and parts[0].kind == "linear" and "head" not in given:
        own = _own_head(backbone, parts[0])
        if own is not None:
            return _made(backbone, parts, own[0], [own[1]], notes, given)
    if "head" not in given and len(parts) > 1:
        raise Unconverted(several_layers(backbone.checkpoint.path, named(backbone), parts, pool))
    return _with_layers(backbone, parts, notes, given)


def _pool(backbone: Backbone, parts: Sequence[Part], given: Options) -> str:
    """The pool in front of a head: as asked, or fastai's where it takes twice what the backbone gives; "" for none."""
    asked = str(given.get("head", "")).partition(",")[0].strip().lower()
    if "head" in given:
        return asked if asked in POOLS else ""
    return POOL if is_chain(parts, 2 * backbone.features) else ""


def _bare(backbone: Backbone, parts: Sequence[Part]) -> Match:
    """The backbone alone, with what is left out named."""
    note: tuple[str, ...] = ()
    if parts or backbone.trained:
        note = (f"{LOUD}, as asked: {not_converted(backbone, parts)}",)
    elif backbone.rest:
        note = (left_out_note(backbone.rest),)
    if is_part(backbone):
        note += (in_larger_model(backbone.net, backbone.checkpoint.path),)
    return _match(backbone, backbone.item, backbone.net, backbone.inside((), note))


def _own_head(backbone: Backbone, part: Part) -> tuple[Options, str] | None:
    """(options, path of the layer) where the network's own head is one such linear layer; None where it is not."""
    options = {key: value for key, value in backbone.net.options if key != "num_classes"} | {"num_classes": part.outs}
    if part.outs == network(backbone.net.name).num_classes:
        del options["num_classes"]
    whole = traced(backbone.net.name, options)
    own = {name: tuple(map(int, w.shape)) for name, w in whole.weights.items() if name not in backbone.net.weights}
    path = next(iter(own), "").rpartition(".")[0]
    wanted = {f"{path}.weight": (part.outs, part.ins)} | ({f"{path}.bias": (part.outs,)} if part.bias else {})
    return (options, path) if own == wanted else None


def _with_layers(backbone: Backbone, parts: Sequence[Part], notes: list[str], given: Options) -> Match:
    """The backbone with a head of these layers, and of what the caller says lies between them."""
    try:
        layers = layers_between(parts, given.get("head", "linear" if parts[0].kind == "linear" else "batch_norm"))
    except SpecError as error:
        raise Unconverted(f"{backbone.checkpoint.path}: {error}") from None
    options = {key: value for key, value in backbone.net.options if key != "num_classes"}
    options["head"] = text_of(layers)
    net = traced(backbone.net.name, options)
    own = [name.rpartition(".")[0] for name in net.weights if name not in backbone.net.weights]
    return _made(backbone, parts, options, list(dict.fromkeys(own)), notes, given)


def _made(
    backbone: Backbone,
    parts: Sequence[Part],
    options: Options,
    paths: Sequence[str],
    notes: Sequence[str],
    given: Mapping[str, Any],
) -> Match:
    """The match of a whole network, whose head's layers are called as in the file."""
    net, named = traced(backbone.net.name, options), [backbone.named(part.path) for part in parts]
    pairs = [(ours, there) for ours, there in zip(paths, named, strict=True) if backbone.item.theirs(ours) != there]
    item = with_names(backbone.item, pairs)
    if pairs:
        notes = [*notes, renamed_note(parts, paths, len(parts) > 1 or "head" in options)]
    inside = backbone.inside([name for part in parts for name in part.names], notes)
    if given.get("num_classes") not in (None, parts[-1].outs):
        if not pairs:  # the names are the network's own, so that the shapes say what does not fit
            net = traced(net.name, {**options, "num_classes": given["num_classes"]})
            return _match(backbone, item, net, inside)
        raise Unconverted(f"{backbone.checkpoint.path}: its head gives {parts[-1].outs} numbers, not "
                          f"{given['num_classes']}; leave out --num-classes, or say 0 for the backbone")  # fmt: skip
    return _match(backbone, item, net, inside)


def with_names(item: Dialect, pairs: Sequence[tuple[str, str]]) -> Dialect:
    """The dialect with other names of some layers: (ours, theirs)."""
    return replace(item, rules=(*rules(*pairs), *item.rules)) if pairs else item


def renamed_head(mapping: Sequence[Sequence[str]], net: Net, item: Dialect) -> list[tuple[str, str]]:
    """The layers of a head that a report has under names of somebody's own: (ours, theirs)."""
    if item.by_place or dict(net.options).get("num_classes") == 0:
        return []
    rest = {key: value for key, value in net.options if key not in ("num_classes", "head")}
    if network(net.name).num_classes is None:
        return []
    bare = traced(net.name, {**rest, "num_classes": 0}).weights
    mark = "/" if item.of_layers else "."
    paths = {(ours.rpartition(".")[0], there.rpartition(mark)[0]) for there, ours, _ in mapping if ours not in bare}
    return sorted((ours, there) for ours, there in paths if item.theirs(ours) != there)


def _match(backbone: Backbone, item: Dialect, net: Net, checkpoint: Tensors) -> Match:
    return match(checkpoint, item, dict(net.options))
