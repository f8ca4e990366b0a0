"""Darknet."""

from __future__ import annotations

from . import Names, Reference

UNITS_19 = {  # numbers of the convolutions in Darknet's configuration, by stage of pytorchcv
    1: (0,),
    2: (2,),
    3: (4, 5, 6),
    4: (8, 9, 10),
    5: (12, 13, 14, 15, 16),
    6: (18, 19, 20, 21, 22),
}
DARKNET_19: Names = (
    *(
        (rf"features\.{number}\.(.+)", rf"features.stage{stage}.unit{unit}.\1")
        for stage, numbers in UNITS_19.items()
        for unit, number in enumerate(numbers, start=1)
    ),
    (r"classifier\.(.+)", r"output.final_conv.\1"),
)


def darknet53(name: str) -> str:
    """pytorchcv's names of Darknet-53, whose stages open with the convolution that halves the map."""
    kind, *path = name.split(".")
    if kind == "stem":
        return ".".join(("features.init_block", *path[1:]))
    if kind == "head":
        return f"output.{path[-1]}"
    stage, child, *rest = path
    unit = 1 if child == "conv_down" else int(rest.pop(0)) + 2
    return ".".join((f"features.stage{int(stage) + 1}.unit{unit}", *rest))


REFERENCES = (
    Reference("darknet19_cls", "pytorchcv", "darknet19", names=DARKNET_19, size=(224, 224)),
    Reference("darknet53_cls", "timm", "darknet53"),
    Reference("darknet53_cls", "pytorchcv", "darknet53", names=darknet53, options={"slope": 0.1}, size=(224, 224)),
    Reference("cspdarknet53_cls", "timm", "cspdarknet53"),
)
