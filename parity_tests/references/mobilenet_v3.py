"""MobileNetV3."""

from __future__ import annotations

import re
from functools import partial

from . import Reference

STAGES = {"large": (1, 2, 3, 4, 2, 3), "small": (1, 2, 3, 2, 3)}  # units in a stage of timm
GATED = {"large": (3, 4, 5, 10, 11, 12, 13, 14), "small": (0, 3, 4, 5, 6, 7, 8, 9, 10)}
WIDTHS = {"large": (0.75,), "small": (0.55, 1.4)}
TIMM = ((".timm", ""), (".tf", "tf_"))
ENDS = {"conv": "features.0.0", "conv_bn": "features.0.1", "conv_2": "classifier.0", "logits": "classifier.3"}


def of_keras(layer: str, size: str) -> str:
    """Our name of a layer of keras.applications' MobileNetV3; unit n of theirs is n + 1 of ours."""
    if layer in ENDS:
        return ENDS[layer]
    if layer in ("conv_1", "conv_1_bn"):
        return f"features.{sum(STAGES[size]) + 1}.{int(layer == 'conv_1_bn')}"
    found = re.fullmatch(r"expanded_conv_(?:(\d+)_)?(\w+)", layer)
    if not found:
        raise LookupError(layer)
    unit, part = int(found[1] or 0), found[2]
    first = int(unit > 0)  # unit 0 does not expand
    if part.startswith("squeeze_excite_conv"):
        return f"features.{unit + 1}.block.{first + 1}.fc{2 if part.endswith('_1') else 1}"
    places = {"expand": 0, "depthwise": first, "project": first + 1 + (unit in GATED[size])}
    return f"features.{unit + 1}.block.{places[part.removesuffix('_bn')]}.{int(part.endswith('_bn'))}"


def to_timm(name: str, size: str) -> str:
    """timm's name of a weight of ours: units by stage, their parts by what they do."""
    units = [f"blocks.{stage}.{index}" for stage, count in enumerate(STAGES[size]) for index in range(count)]
    path, _, weight = name.rpartition(".")
    last, theirs = f"features.{len(units) + 1}", f"blocks.{len(STAGES[size])}.0"
    ends = {"features.0.0": "conv_stem", "features.0.1": "bn1", "classifier.3": "classifier"}
    ends |= {"classifier.0": "conv_head", f"{last}.0": f"{theirs}.conv", f"{last}.1": f"{theirs}.bn1"}
    if path in ends:
        return f"{ends[path]}.{weight}"
    found = re.fullmatch(r"features\.(\d+)\.block\.(\d)\.(\w+)", path)
    if not found:
        raise LookupError(name)
    unit, place, part = int(found[1]) - 1, int(found[2]), found[3]
    gate = {"fc1": "se.conv_reduce", "fc2": "se.conv_expand"}
    convs = ("conv_pw", "conv_dw", "conv_pwl") if unit else ("conv_dw", "conv_pw")
    place = min(place, len(convs) - 1)  # the projection stands after the gate, where there is one
    plain = {"0": convs[place], "1": f"bn{place + 1}"}
    return f"{units[unit]}.{(gate | plain)[part]}.{weight}"


def _references(size: str) -> tuple[Reference, ...]:
    name, keras = f"mobilenet_v3_{size}", f"MobileNetV3{size.capitalize()}"
    named, widths = partial(of_keras, size=size), WIDTHS[size]
    names = partial(to_timm, size=size)
    return (
        Reference(name, "torchvision", name),
        *(Reference(name, "torchvision", name, {"width_mult": width}, options={"width": width}) for width in widths),
        Reference(f"{name}.keras", "keras.applications", keras, names=named),
        *(
            Reference(f"{name}.keras", "keras.applications", keras, {"alpha": width}, named, {"width": width})
            for width in widths
        ),
        Reference(f"{name}.timm", "timm", f"mobilenetv3_{size}_100", names=names),
        Reference(f"{name}.tf", "timm", f"tf_mobilenetv3_{size}_100", names=names),
        Reference(name, "torchvision", name, {"dilated": True}, options={"output_stride": 16}),
        *(
            Reference(f"{name}{end}", "timm", f"{start}mobilenetv3_{size}_100", strided, names, strided)
            for strided, (end, start) in zip(({"output_stride": 8}, {"output_stride": 16}), TIMM, strict=True)
        ),
    )


REFERENCES = (*_references("small"), *_references("large"))
