"""SqueezeNet."""

from __future__ import annotations

from . import Names, Reference

UNITS = {  # numbers of the fire modules in torchvision's chain, by stage of pytorchcv
    "1_0": ((3, 4, 5), (7, 8, 9, 10), (12,)),
    "1_1": ((3, 4), (6, 7), (9, 10, 11, 12)),
}


def named(version: str) -> Names:
    """pytorchcv's names of a version."""
    places = {
        number: f"features.stage{stage}.unit{unit}"
        for stage, numbers in enumerate(UNITS[version], start=1)
        for unit, number in enumerate(numbers, start=1)
    }
    fires = tuple((rf"features\.{number}\.(\w+)\.(\w+)", rf"{place}.\1.conv.\2") for number, place in places.items())
    ends = ((r"features\.0\.", "features.init_block.conv."), (r"classifier\.1\.", "output.final_conv."))
    return (*fires, *((rf"{ours}(\w+)", rf"{theirs}\1") for ours, theirs in ends))


def bypassed(version: str) -> Reference:
    """The form of a version with a simple bypass, whose mean is over a map of 13x13."""
    theirs = f"squeezeresnet_v{version}"
    return Reference(f"squeezenet{version}_simple_bypass", "pytorchcv", theirs, names=named(version), size=(224, 224))


REFERENCES = (
    Reference("squeezenet1_0", "torchvision", "squeezenet1_0"),
    Reference("squeezenet1_1", "torchvision", "squeezenet1_1"),
    bypassed("1_0"),
    bypassed("1_1"),
)
