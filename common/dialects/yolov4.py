"""YOLOv4: the names of Tianxiaomo's pytorch-YOLOv4 (facts of its models.py, Apache-2.0, not code).

Its units are a list `conv` of a convolution and, but at the three maps, a normalisation. What it concatenates stands in
Darknet's order, as ours: the residual way before the other, the lateral map before the one from above, the halved map
before the coarse one, and the pools 13, 9, 5 before their input.
"""

from __future__ import annotations

from ..dialect import Dialect, rules


def _row(theirs: str, first: int, *units: str) -> list[tuple[str, str]]:
    """(our unit, theirs) of units that are numbered in a row there."""
    return [(unit, f"{theirs}.conv{number}") for number, unit in enumerate(units, first)]


def _set(name: str, *places: int) -> list[str]:
    return [f"{name}.{place}" for place in places or range(5)]


def _stage(stage: int) -> list[tuple[str, str]]:
    ours, theirs = f"backbone.stages.{stage}", f"down{stage + 1}"
    ways = [f"{ours}.{unit}" for unit in ("conv_down", "conv_part1", "conv_part2")]
    ends = [f"{ours}.{unit}" for unit in ("conv_transition_b", "conv_transition")]
    if stage == 0:  # the stem is part of it, and its one residual unit is not in a list
        return _row(theirs, 1, "backbone.stem", *ways, f"{ours}.blocks.0.conv1", f"{ours}.blocks.0.conv2", *ends)
    inside = [(f"{ours}.blocks.{{b}}.conv{{n+1}}", f"{theirs}.resblock.module_list.{{b}}.{{n}}")]
    return [*inside, *_row(theirs, 1, *ways, *ends)]


NECK = (
    *_set("set_p5", 0, 1, 2, 4, 5, 6),  # the pools are 3
    *("join_p4.conv_up", "join_p4.conv_lateral", *_set("set_p4")),
    *("join_p3.conv_up", "join_p3.conv_lateral", *_set("set_p3")),
)
HEAD = (
    *("head_s8.conv1", "head_s8.conv2"),
    *("join_n4.conv_down", *_set("set_n4"), "head_s16.conv1", "head_s16.conv2"),
    *("join_n5.conv_down", *_set("set_n5"), "head_s32.conv1", "head_s32.conv2"),
)
UNITS = (*(pair for stage in range(5) for pair in _stage(stage)), *_row("neck", 1, *NECK), *_row("head", 1, *HEAD))
MAPS = ("head_s8.conv2", "head_s16.conv2", "head_s32.conv2")
RULES = rules(
    *((ours, f"{theirs}.conv.0") for ours, theirs in UNITS if ours in MAPS),
    *(
        rule
        for ours, theirs in UNITS
        if ours not in MAPS
        for rule in ((f"{ours}.conv", f"{theirs}.conv.0"), (f"{ours}.bn", f"{theirs}.conv.1"))
    ),
)
CAUTION = (
    "pytorch-YOLOv4 at first concatenated the pools as 5, 9, 13, under the same names; weights that were trained with "
    "that code are another function, of which nothing in the file tells"
)

DIALECTS = (Dialect("pytorch-YOLOv4", "yolov4", "Yolov4", RULES, respelled=(("neek.", "neck."),), caution=CAUTION),)
