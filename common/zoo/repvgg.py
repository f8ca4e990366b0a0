"""RepVGG (Ding, Zhang, Ma, Han, Ding & Sun 2021, Making VGG-style ConvNets Great Again), tables 2 and 3.

Each network has two forms, one to be trained and one to be deployed, which compute the same function in evaluation once
`diptych.reparameterize` has taken the weights from the one to the other. Weights bear the names of timm.
"""

from __future__ import annotations

from ..blocks.rep_vgg import rep_vgg_block
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..registry import Network
from ..trace import Value, block, stack

A, B = (2, 4, 14, 1), (4, 6, 16, 1)  # blocks of stages 2 to 5, table 2
TABLE = {  # blocks, multipliers of the width of stages 1 to 4 and of stage 5, groups of every second block
    "a0": (A, 0.75, 2.5, 1),
    "a1": (A, 1.0, 2.5, 1),
    "a2": (A, 1.5, 2.75, 1),
    "b0": (B, 1.0, 2.5, 1),
    "b1": (B, 2.0, 4.0, 1),
    "b1g2": (B, 2.0, 4.0, 2),
    "b1g4": (B, 2.0, 4.0, 4),
    "b2": (B, 2.5, 5.0, 1),
    "b2g2": (B, 2.5, 5.0, 2),
    "b2g4": (B, 2.5, 5.0, 4),
    "b3": (B, 3.0, 5.0, 1),
    "b3g2": (B, 3.0, 5.0, 2),
    "b3g4": (B, 3.0, 5.0, 4),
}


@block
def head(x: Value, num_classes: int) -> Value:
    """Mean of the map and a linear layer."""
    return linear(global_avg_pool(x, name="global_pool"), num_classes, name="fc")


def repvgg(
    x: Value, num_classes: int, repeats: tuple[int, ...], a: float, b: float, groups: int = 1, deploy: bool = False
) -> Value:
    """RepVGG of these blocks per stage, widths and groups."""
    x = rep_vgg_block(x, min(64, int(64 * a)), 2, deploy=deploy, name="stem")
    widths, number = (int(64 * a), int(128 * a), int(256 * a), int(512 * b)), 0
    with stack("stages"):
        for stage, (width, count) in enumerate(zip(widths, repeats, strict=True)):
            with stack(str(stage)):
                for index in range(count):
                    number += 1
                    x = rep_vgg_block(x, width, 1 if index else 2, 1 if number % 2 else groups, deploy)
    return head(x, num_classes)


def _network(name: str, deploy: bool) -> Network:
    arguments = dict(zip(("repeats", "a", "b", "groups"), TABLE[name], strict=True)) | {"deploy": deploy}
    form = "deploy" if deploy else "train"
    title = f"RepVGG-{name.upper().replace('G', 'g')}{' (deployed)' * deploy}"
    aliases = () if deploy else (f"repvgg_{name}",)
    return Network(f"repvgg_{name}_{form}", title, repvgg, arguments, "official", aliases)


NETWORKS = tuple(_network(name, deploy) for name in TABLE for deploy in (False, True))
CANONICAL = "repvgg_a0_train"
