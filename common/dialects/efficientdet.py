"""EfficientDet in effdet: a backbone of timm, and maps of the pyramid by numbers, of which 0 to 4 come into a cell.

And in the authors' checkpoints (google/automl: efficientdet/efficientdet_arch.py and backbone/efficientnet_model.py):
there blocks are counted throughout, a separable convolution is one layer of three variables, and the weights of a sum
are single numbers, WSM, WSM_1 and WSM_2, of the node itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..dialect import Dialect, rules
from .efficientnet import TIMM, Part, block

LATERALS = {1: 2, 2: 1, 3: 0, 4: 1, 5: 2}
"""Node of the first cell -> the map of the backbone that a convolution narrows for it."""
BACKBONE = tuple((f"backbone.{rule.ours.text}", f"backbone.{rule.theirs.text}") for rule in TIMM)
EFFDET = rules(
    *BACKBONE,
    ("fpn.resample.*", "fpn.resample.3.conv.*"),
    ("fpn.cell.{i}.fnode.{j}", "fpn.cell.{i}.fnode.{j}.combine"),  # whose weights of a sum are its own
    *(
        (f"fpn.cell.{{i}}.fnode.{node}.lateral.*", f"fpn.cell.{{i}}.fnode.{node}.combine.resample.{level}.conv.*")
        for node, level in LATERALS.items()
    ),
    ("fpn.cell.{i}.fnode.{j}.bn", "fpn.cell.{i}.fnode.{j}.after_combine.conv.bn"),
    ("fpn.cell.{i}.fnode.{j}.conv.*", "fpn.cell.{i}.fnode.{j}.after_combine.conv.*"),
    ("class_net.bn_rep.{r}.{l}", "class_net.bn_rep.{r}.{l}.bn"),
    ("box_net.bn_rep.{r}.{l}", "box_net.bn_rep.{r}.{l}.bn"),
)

REPEATS = (1, 2, 2, 3, 3, 4, 1)
DEPTHS = (1.0, 1.1, 1.2, 1.4, 1.8, 2.2, 2.6, 2.6)
"""Blocks of the stages of EfficientNet-B0, and the factor of each detector's backbone: D7 has that of D6, B6."""
NORM, GATE = "tpu_batch_normalization", {"fc1": "se/conv2d", "fc2": "se/conv2d_1"}
FIRST: tuple[Part, ...] = (
    {"0": "depthwise_conv2d", "1": NORM},
    GATE,
    {"0": "conv2d", "1": f"{NORM}_1"},
)
OTHER: tuple[Part, ...] = (
    {"0": "conv2d", "1": NORM},
    {"0": "depthwise_conv2d", "1": f"{NORM}_1"},
    GATE,
    {"0": "conv2d_1", "1": f"{NORM}_2"},
)


def _separable(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    """Rules of a separable convolution, whose bias is that of the second of our two layers."""
    yield f"{ours}.conv_dw", f"{theirs}#0"
    yield f"{ours}.conv_pw", f"{theirs}#1"


def _backbone(number: int) -> Iterator[tuple[str, str]]:
    """Rules of the backbone of D0, D1, ..."""
    theirs = f"efficientnet-b{min(number, 6)}"
    yield "backbone.features.0.0", f"{theirs}/stem/conv2d"
    yield "backbone.features.0.1", f"{theirs}/stem/{NORM}"
    counts = [math.ceil(DEPTHS[number] * repeats) for repeats in REPEATS]
    blocks = [(stage, index) for stage, count in enumerate(counts, 1) for index in range(count)]
    for place, (stage, index) in enumerate(blocks):
        parts = FIRST if stage == 1 else OTHER
        yield from block(f"backbone.features.{stage}.{index}", f"{theirs}/blocks_{place}/", parts)


def _neck() -> Iterator[tuple[str, str]]:
    """Rules of the pyramid: a node says which map it takes, and how many there are before it."""
    yield "fpn.resample.conv", "resample_p6/conv2d"
    yield "fpn.resample.bn", "resample_p6/bn"
    node, there = "fpn.cell.{i}.fnode", "fpn_cells/cell_{i}/fnode"
    for number, level in LATERALS.items():
        for ours, theirs in (("conv", "conv2d"), ("bn", "bn")):
            yield f"{node}.{number}.lateral.{ours}", f"{there}{number}/resample_0_{level}_{number + 5}/{theirs}"
    yield f"{node}.{{j}}.edge_weights", f"{there}{{j}}"
    yield from _separable(f"{node}.{{j}}.conv", f"{there}{{j}}/op_after_combine{{j+5}}/conv")
    yield f"{node}.{{j}}.bn", f"{there}{{j}}/op_after_combine{{j+5}}/bn"


def _heads() -> Iterator[tuple[str, str]]:
    """Rules of the two heads; levels are counted from 3."""
    for kind in ("class", "box"):
        ours, theirs = f"{kind}_net", f"{kind}_net/{kind}"
        yield from _separable(f"{ours}.conv_rep.{{r}}", f"{theirs}-{{r}}")
        yield f"{ours}.bn_rep.{{r}}.{{l}}", f"{theirs}-{{r}}-bn-{{l+3}}"
        yield from _separable(f"{ours}.predict", f"{theirs}-predict")


def _automl(number: int) -> Dialect:
    pairs = (*_backbone(number), *_neck(), *_heads())
    return Dialect("automl", f"efficientdet_d{number}", f"efficientdet-d{number}", rules(*pairs))


DIALECTS = (
    *(Dialect("effdet", f"efficientdet_d{n}", f"tf_efficientdet_d{n}", EFFDET) for n in range(8)),
    *map(_automl, range(8)),
)
