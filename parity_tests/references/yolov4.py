"""YOLOv4: libreyolo, which reads Darknet's configurations; `layers.N` is section N after [net]."""

from __future__ import annotations

from . import Reference
from .yolov3 import head, named, numbered

STAGES = ((1, 1), (11, 2), (24, 8), (55, 8), (86, 4))  # first section of each stage, and its units
BACKBONE = {"backbone.stem": 0}
for stage, (first, depth) in enumerate(STAGES):
    last = first + 6 + 3 * depth
    sections = {"conv_down": first, "conv_part1": first + 1, "conv_part2": first + 3}
    for unit in range(depth):  # two convolutions and a shortcut
        sections |= {f"blocks.{unit}.conv1": first + 4 + 3 * unit, f"blocks.{unit}.conv2": first + 5 + 3 * unit}
    sections |= {"conv_transition_b": last - 2, "conv_transition": last}
    BACKBONE |= {f"backbone.stages.{stage}.{path}": section for path, section in sections.items()}

V4 = {
    **BACKBONE,
    **numbered("set_p5", 105, (0, 1, 2)),
    **numbered("set_p5", 114, (4, 5, 6)),
    "join_p4.conv_up": 117,
    "join_p4.conv_lateral": 120,
    **numbered("set_p4", 122),
    "join_p3.conv_up": 127,
    "join_p3.conv_lateral": 130,
    **numbered("set_p3", 132),
    **head("head_s8", 137),
    "join_n4.conv_down": 141,
    **numbered("set_n4", 143),
    **head("head_s16", 148),
    "join_n5.conv_down": 152,
    **numbered("set_n5", 154),
    **head("head_s32", 159),
}
TINY = {
    "backbone.conv1": 0,
    "backbone.conv2": 1,
    **{
        f"backbone.stages.{stage}.conv{number}": 2 + 8 * stage + place
        for stage in range(3)
        for number, place in ((1, 0), (2, 2), (3, 3), (4, 5))
    },
    "backbone.conv3": 26,
    "conv_p5": 27,
    **head("head_s32", 28),
    "join_p4.conv_up": 32,
    **head("head_s16", 35),
}

REFERENCES = (
    Reference("yolov4", "libreyolo", "yolov4", names=named(V4)),
    Reference("yolov4_tiny", "libreyolo", "yolov4-tiny", names=named(TINY)),
)
