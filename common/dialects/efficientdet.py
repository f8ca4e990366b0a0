"""EfficientDet in effdet: a backbone of timm, and maps of the pyramid by numbers, of which 0 to 4 come into a cell."""

from __future__ import annotations

from ..dialect import Dialect, rules
from .efficientnet import TIMM

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

DIALECTS = tuple(Dialect("effdet", f"efficientdet_d{n}", f"tf_efficientdet_d{n}", EFFDET) for n in range(8))
