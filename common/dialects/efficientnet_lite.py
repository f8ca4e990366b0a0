"""EfficientNet-Lite: timm names the parts of a block as in EfficientNet, efficientnet_pytorch counts all blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..dialect import Dialect, Rule, rules
from .efficientnet import ENDS, FIRST, GATE, OTHER, Part, block

TIMM = rules(
    *ENDS,
    *block("features.1.{b}", "blocks.0.{b}.", [part for part in FIRST if part is not GATE]),
    *block("features.{s+1}.{b}", "blocks.{s}.{b}.", [part for part in OTHER if part is not GATE]),
)

REPEATS = (1, 2, 2, 3, 3, 4, 1)
DEPTHS = (1.0, 1.1, 1.2, 1.4, 1.8)
FLAT = {"0": "_expand_conv", "1": "_bn0"}, {"0": "_depthwise_conv", "1": "_bn1"}, {"0": "_project_conv", "1": "_bn2"}


FLAT_ENDS = ("_conv_stem", "_bn0", "_conv_head", "_bn1", "_fc")


def flat(
    depth: float,
    parts: Sequence[Part] = FLAT,
    lite: bool = True,
    ends: Sequence[str] = FLAT_ENDS,
    blocks: str = "_blocks",
) -> tuple[Rule, ...]:
    """efficientnet_pytorch counts the blocks of all stages in one row; Lite's first and last stage keep their depth."""
    kept = (0, len(REPEATS) - 1) if lite else ()
    counts = [n if s in kept else math.ceil(n * depth) for s, n in enumerate(REPEATS)]
    places = [(stage, index) for stage, count in enumerate(counts, 1) for index in range(count)]
    return rules(
        *((ours, theirs) for (ours, _), theirs in zip(ENDS, ends, strict=True)),
        *(
            rule
            for number, (stage, index) in enumerate(places)
            for rule in block(f"features.{stage}.{index}", f"{blocks}.{number}.", parts if stage > 1 else parts[1:])
        ),
    )


DIALECTS = (
    *(
        Dialect("timm", f"efficientnet_lite{number}{form}", f"{prefix}efficientnet_lite{number}", TIMM)
        for form, prefix in (("", ""), (".tf", "tf_"))
        for number in range(5)
    ),
    *(
        Dialect("efficientnet_pytorch", f"efficientnet_lite{number}.tf", f"efficientnet-lite{number}", flat(depth))
        for number, depth in enumerate(DEPTHS)
    ),
)
