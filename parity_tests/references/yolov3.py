"""YOLOv3: libreyolo, which reads Darknet's configurations; `layers.N` is section N after [net]."""

from __future__ import annotations

from collections.abc import Callable

from . import Reference


def numbered(path: str, first: int, places: tuple[int, ...] = (0, 1, 2, 3, 4)) -> dict[str, int]:
    """Sections one after the other, of the children with these numbers."""
    return {f"{path}.{place}": first + index for index, place in enumerate(places)}


def head(path: str, first: int) -> dict[str, int]:
    """The sections of a head: a 3x3 convolution and a linear one."""
    return {f"{path}.conv1": first, f"{path}.conv2": first + 1}


def named(sections: dict[str, int]) -> Callable[[str], str]:
    """The names of libreyolo, by a table from paths of convolutions to sections; raises KeyError for another path."""

    def name(ours: str) -> str:
        path, _, weight = ours.rpartition(".")
        kind = path.rpartition(".")[2]
        if kind in ("conv", "bn"):
            return f"layers.{sections[path.rpartition('.')[0]]}.{kind}.{weight}"
        return f"layers.{sections[path]}.conv.{weight}"

    return name


STAGES = ((1, 1), (5, 2), (12, 8), (37, 8), (62, 4))  # first section of each stage, and its units
BACKBONE = {"backbone.stem": 0}
for stage, (first, depth) in enumerate(STAGES):
    BACKBONE[f"backbone.stages.{stage}.conv_down"] = first
    for unit in range(depth):  # two convolutions and a shortcut
        BACKBONE[f"backbone.stages.{stage}.blocks.{unit}.conv1"] = first + 1 + 3 * unit
        BACKBONE[f"backbone.stages.{stage}.blocks.{unit}.conv2"] = first + 2 + 3 * unit

V3 = {
    **BACKBONE,
    **numbered("set_p5", 75),
    **head("head_s32", 80),
    "join_p4.conv_up": 84,
    **numbered("set_p4", 87),
    **head("head_s16", 92),
    "join_p3.conv_up": 96,
    **numbered("set_p3", 99),
    **head("head_s8", 104),
}
SPP = {
    **BACKBONE,
    **numbered("set_p5", 75, (0, 1, 2)),
    **numbered("set_p5", 84, (4, 5, 6)),
    **head("head_s32", 87),
    "join_p4.conv_up": 91,
    **numbered("set_p4", 94),
    **head("head_s16", 99),
    "join_p3.conv_up": 103,
    **numbered("set_p3", 106),
    **head("head_s8", 111),
}
TINY = {
    **{f"backbone.conv{number}": 2 * number - 2 for number in range(1, 8)},  # with a pool between two
    "conv_p5": 13,
    **head("head_s32", 14),
    "join_p4.conv_up": 18,
    **head("head_s16", 21),
}
PETS = {"num_classes": 2}

REFERENCES = (
    Reference("yolov3", "libreyolo", "yolov3", names=named(V3)),
    Reference("yolov3_spp", "libreyolo", "yolov3-spp", names=named(SPP)),
    Reference("yolov3_tiny", "libreyolo", "yolov3-tiny", names=named(TINY)),
    Reference("yolov3_tiny", "libreyolo", "yolov3-tiny", PETS, named(TINY), PETS, (96, 32)),
)
