"""What is said of a head: which layers it is, why it is not converted, and how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..common.registry import network
from ..common.spec import Net
from ..common.text import first_few
from .backbones import Backbone
from .head_parts import Part, described, is_chain, suggested

LOUD = "HEAD NOT CONVERTED"
"""What the first line says where a trained head was left out."""


def is_part(backbone: Backbone) -> bool:
    """Whether the backbone is a part of a larger model, which has convolutions of its own."""
    return any(backbone.checkpoint.arrays[name].ndim == 4 for name in backbone.rest)


def in_larger_model(net: Net, path: Path) -> str:
    """What a backbone cut out of a larger model may have that no weight tells, and the command that says it."""
    more = ""
    if may_be_dilated(net):
        stride, whose = (16, "deeplab and lraspp") if net.name.startswith("mobilenet_v3") else (8, "fcn and deeplab")
        more = (
            f"dilation in place of stride, as torchvision's {whose} have: "
            f"diptych convert {path} DST --backbone -O output_stride={stride} is with it; "
        )
    return (
        f"names and shapes do not tell what a larger model changed in its backbone: {more}another epsilon (0 in "
        "detectors with frozen batch normalisation); features taken before the pool. Compare with the model itself: "
        "diptych compare"
    )


def may_be_dilated(net: Net) -> bool:
    """Whether a network takes an output stride, and nobody has said which."""
    return "output_stride" in network(net.name).options and "output_stride" not in dict(net.options)


def not_converted(backbone: Backbone, parts: Sequence[Part]) -> str:
    """What is left out of a file whose backbone alone was asked for, and how to get it."""
    if not is_chain(parts, backbone.features):
        return first_few(list(dict.fromkeys(name.rpartition(".")[0] or name for name in backbone.rest)), 6)
    one = len(parts) == 1
    text = "" if one else suggested(parts)
    more = f'--head "{text}" takes it along (in Python, head="{text}")'
    how = "it comes along without --num-classes 0 (in Python, without num_classes=0)" if one else more
    return f"{described(parts)}; {how}"


def renamed_note(parts: Sequence[Part], paths: Sequence[str], chain: bool) -> str:
    """What is said of a head whose layers have other names in the file than here."""
    where = f"under {paths[0].rpartition('.')[0]!r}" if chain else f"as {paths[0]!r}"
    return (
        f"the head is {described(parts)} in the file, {where} here; what stands before or behind it (a normalisation "
        "of its input, a sigmoid) no state dict says"
    )


def left_out_note(names: Sequence[str]) -> str:
    """What is said of tensors that are no weights of the network."""
    return f"left out, since the network has no such weights: {first_few(names, 6)}"


TWICE = (
    "the first of them takes twice as many numbers as the backbone has channels, as after a pool of maxima and means "
    "(concat_pool: maxima first, as in fastai; catavgmax: means first, as in timm), and "
)


def several_layers(path: Path, name: str, parts: Sequence[Part], pool: str = "", what: str = "state dict") -> str:
    """The error for layers in a row between which something may lie, in a file that is `what`; `pool` may be before."""
    text = suggested(parts, pool)
    return (
        f"{LOUD}: {path} is {name} and {described(parts)}; {TWICE if pool else ''}no {what} says what lies between "
        "them. "
        f'--head "{text}" says so (in Python, head=...; ReLU is the usual one; gelu, tanh and others go in its place); '
        f'--num-classes 0 (num_classes=0) converts the backbone alone: diptych convert {path} DST --head "{text}"'
    )


def no_chain(backbone: Backbone, parts: Sequence[Part], trained: Sequence[str]) -> str:
    """The error for weights beside a backbone that are no head of linear layers."""
    shapes, path = backbone.checkpoint.arrays, backbone.checkpoint.path
    names = [f"{name} {tuple(shapes[name].shape)}" for name in (*(p.names[0] for p in parts), *trained)]
    return (
        f"{LOUD}: {path} has the backbone {named(backbone)}, which gives {backbone.features} "
        f"numbers, and {len(names)} layers that are no chain of linear layers after it ({first_few(names, 4)}); "
        f"--backbone (in Python, num_classes=0) converts the backbone alone: diptych convert {path} DST "
        f"--backbone{f'. But {in_larger_model(backbone.net, path)}' if is_part(backbone) else ''}"
    )


def named(backbone: Backbone) -> str:
    """The network of a backbone, and what its names begin with."""
    return f"{backbone.net.name} under {backbone.prefix!r}" if backbone.prefix else backbone.net.name
