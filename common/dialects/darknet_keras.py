"""Keras's own names of layers in ports of Darknet's detectors: conv2d, conv2d_1 ..., as Darknet's sections follow.

Ports that make their layers in another order have the same names; the graph that a whole model states tells which layer
is which (`diptych.conversion.keras_graph`), and without it such a file is refused.
"""

from __future__ import annotations

from ..dialect import NUMBERED_KERAS, Dialect, rules

DEPTHS = (1, 2, 8, 8, 4)


def _blocks(stage: str, depth: int) -> list[str]:
    return [f"{stage}.blocks.{block}.conv{n}" for block in range(depth) for n in (1, 2)]


def _set(name: str, *places: int) -> list[str]:
    return [f"{name}.{place}" for place in places or range(5)]


def _head(name: str) -> list[str]:
    return [f"{name}.conv1", f"{name}.conv2"]


POOLED = _set("set_p5", 0, 1, 2, 4, 5, 6)  # the pools are 3


def _yolov3(*first: str) -> list[str]:
    """Darknet-53, and the levels from the coarsest on, of which the `first` set may have pools."""
    stages = [f"backbone.stages.{stage}" for stage in range(5)]
    body = [unit for s, d in zip(stages, DEPTHS, strict=True) for unit in (f"{s}.conv_down", *_blocks(s, d))]
    middle = ["join_p4.conv_up", *_set("set_p4"), *_head("head_s16")]
    fine = ["join_p3.conv_up", *_set("set_p3"), *_head("head_s8")]
    return ["backbone.stem", *body, *(first or _set("set_p5")), *_head("head_s32"), *middle, *fine]


def _yolov4() -> list[str]:
    units = ["backbone.stem"]
    for stage, depth in enumerate(DEPTHS):
        s = f"backbone.stages.{stage}"
        ways = f"{s}.conv_down", f"{s}.conv_part1", f"{s}.conv_part2"
        units += [*ways, *_blocks(s, depth), f"{s}.conv_transition_b", f"{s}.conv_transition"]
    units += POOLED
    for level in ("p4", "p3"):
        units += [f"join_{level}.conv_up", f"join_{level}.conv_lateral", *_set(f"set_{level}")]
    units += _head("head_s8")
    for level, stride in (("n4", 16), ("n5", 32)):
        units += [f"join_{level}.conv_down", *_set(f"set_{level}"), *_head(f"head_s{stride}")]
    return units


TINY = ["conv_p5", *_head("head_s32"), "join_p4.conv_up", *_head("head_s16")]
UNITS = {
    "yolov3": _yolov3(),
    "yolov3_spp": _yolov3(*POOLED),
    "yolov3_tiny": [*(f"backbone.conv{number}" for number in range(1, 8)), *TINY],
    "yolov4": _yolov4(),
    "yolov4_tiny": [
        *("backbone.conv1", "backbone.conv2"),
        *(f"backbone.stages.{stage}.conv{number}" for stage in range(3) for number in range(1, 5)),
        *("backbone.conv3", *TINY),
    ],
}
"""The convolutions of each network in Darknet's order; all but the maps, `head_*.conv2`, have a normalisation."""


def _numbered(units: list[str]) -> list[tuple[str, str]]:
    maps = [unit for unit in units if unit.startswith("head_") and unit.endswith(".conv2")]
    pairs = [(unit if unit in maps else f"{unit}.conv", _name("conv2d", n)) for n, unit in enumerate(units)]
    normal = [unit for unit in units if unit not in maps]
    return pairs + [(f"{unit}.bn", _name("batch_normalization", n)) for n, unit in enumerate(normal)]


def _name(kind: str, number: int) -> str:
    return f"{kind}_{number}" if number else kind


DIALECTS = tuple(Dialect(NUMBERED_KERAS, name, name, rules(*_numbered(units))) for name, units in UNITS.items())
