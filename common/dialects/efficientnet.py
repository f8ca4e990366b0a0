"""EfficientNet: timm and keras.applications name the parts of a block, and those of the first stage do not expand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..dialect import Dialect, rules, same

Part = dict[str, str]
ENDS = (
    ("features.0.0", "conv_stem"),
    ("features.0.1", "bn1"),
    ("features.8.0", "conv_head"),
    ("features.8.1", "bn2"),
    ("classifier.1", "classifier"),
)
GATE = {"fc1": "se.conv_reduce", "fc2": "se.conv_expand"}
FIRST = ({"0": "conv_dw", "1": "bn1"}, GATE, {"0": "conv_pw", "1": "bn2"})
OTHER = ({"0": "conv_pw", "1": "bn1"}, {"0": "conv_dw", "1": "bn2"}, GATE, {"0": "conv_pwl", "1": "bn3"})
KERAS_ENDS = (
    ("features.0.0", "stem_conv"),
    ("features.0.1", "stem_bn"),
    ("features.8.0", "top_conv"),
    ("features.8.1", "top_bn"),
    ("classifier.1", "predictions"),
)
KERAS_EXPAND = {"0": "expand_conv", "1": "expand_bn"}
KERAS_FIRST = (
    {"0": "dwconv", "1": "bn"},
    {"fc1": "se_reduce", "fc2": "se_expand"},
    {"0": "project_conv", "1": "project_bn"},
)


def block(ours: str, theirs: str, parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Rules of the layers of a block."""
    for place, part in enumerate(parts):
        for layer, name in part.items():
            yield f"{ours}.block.{place}.{layer}", f"{theirs}{name}"


TIMM = rules(
    *ENDS,
    *block("features.1.{b}", "blocks.0.{b}.", FIRST),
    *block("features.{s+1}.{b}", "blocks.{s}.{b}.", OTHER),
)
KERAS = rules(
    *KERAS_ENDS,
    *block("features.1.{b}", "block1{b:a}_", KERAS_FIRST),
    *block("features.{s}.{b}", "block{s}{b:a}_", (KERAS_EXPAND, *KERAS_FIRST)),
)


def _dialects(number: int) -> tuple[Dialect, ...]:
    name = f"efficientnet_b{number}"
    form = ".timm" if number > 4 else ""  # torchvision's larger ones have TensorFlow's epsilon, timm's have not
    return (
        *same("torchvision", name),
        Dialect("timm", f"{name}{form}", name, TIMM),
        Dialect("timm", f"{name}.tf", f"tf_{name}", TIMM),
        Dialect("keras.applications", f"{name}.keras", f"EfficientNetB{number}", KERAS),
    )


DIALECTS = tuple(item for number in range(8) for item in _dialects(number))
