"""EfficientNet."""

from __future__ import annotations

import re

from . import Reference

OUTSIDE = {  # of the blocks: ours, and timm's
    "features.0.0": "conv_stem",
    "features.0.1": "bn1",
    "features.8.0": "conv_head",
    "features.8.1": "bn2",
    "classifier.1": "classifier",
}
GATE = {"fc1": "se.conv_reduce", "fc2": "se.conv_expand"}
WITHOUT = {"0": "conv_dw", "1": "bn1"}, GATE, {"0": "conv_pw", "1": "bn2"}
WITH = {"0": "conv_pw", "1": "bn1"}, {"0": "conv_dw", "1": "bn2"}, GATE, {"0": "conv_pwl", "1": "bn3"}


def timm_named(name: str) -> str:
    """timm's name of a weight: its stages begin at 0, and in the first the blocks have no expansion."""
    path, _, kind = name.rpartition(".")
    if path in OUTSIDE:
        return f"{OUTSIDE[path]}.{kind}"
    found = re.fullmatch(r"features\.(\d)\.(\d+)\.block\.(\d)\.(\w+)", path)
    assert found, name
    stage, index, part, layer = found.groups()
    return f"blocks.{int(stage) - 1}.{index}.{(WITHOUT if stage == '1' else WITH)[int(part)][layer]}.{kind}"


LAYERS = {  # of a block with an expansion: those of keras.applications, and their place here
    "expand_conv": "0.0",
    "expand_bn": "0.1",
    "dwconv": "1.0",
    "bn": "1.1",
    "se_reduce": "2.fc1",
    "se_expand": "2.fc2",
    "project_conv": "3.0",
    "project_bn": "3.1",
}


def keras_named(layer: str) -> str:
    """Our name of a layer of keras.applications, which letters the blocks of a stage: block2a_expand_conv."""
    outside = {"stem_conv": "features.0.0", "stem_bn": "features.0.1", "predictions": "classifier.1"}
    outside |= {"top_conv": "features.8.0", "top_bn": "features.8.1"}
    if layer in outside:
        return outside[layer]
    if layer.startswith("normalization"):  # and a number, from the second model on
        return "normalization"
    found = re.fullmatch(r"block(\d)([a-z])_(\w+)", layer)
    if not found:
        raise LookupError(layer)
    stage, letter, rest = found.groups()
    part, _, inside = LAYERS[rest].partition(".")
    return f"features.{stage}.{ord(letter) - ord('a')}.block.{int(part) - (stage == '1')}.{inside}"


def _references(n: int) -> tuple[Reference, ...]:
    ours = theirs = f"efficientnet_b{n}"
    form = ".timm" if n > 4 else ""  # torchvision's larger ones have TensorFlow's epsilon, timm's have not
    return (
        Reference(ours, "torchvision", theirs),
        Reference(f"{ours}{form}", "timm", theirs, names=timm_named),
        Reference(f"{ours}.tf", "timm", f"tf_{theirs}", names=timm_named),
        Reference(f"{ours}.keras", "keras.applications", f"EfficientNetB{n}", names=keras_named),
    )


REFERENCES = tuple(item for n in range(8) for item in _references(n))
