"""MnasNet: torchvision shares our names; timm counts stages from the first unit on and names the parts of a unit."""

from __future__ import annotations

from ..dialect import Dialect, Rule, rules

FIRST = {0: "conv_dw", 1: "bn1", 3: "conv_pw", 4: "bn2"}
UNIT = {"0": "conv_pw", "1": "bn1", "3": "conv_dw", "4": "bn2", "6": "conv_pwl", "7": "bn3"}
GATED = {"6.fc1": "se.conv_reduce", "6.fc2": "se.conv_expand", "7": "conv_pwl", "8": "bn3"}


def _rules(first: dict[str, str], before: int, gated: tuple[int, ...] = ()) -> tuple[Rule, ...]:
    """Rules of a variant: its first unit, the number that its stages have more here, and the stages with gates."""
    return rules(
        ("layers.0", "conv_stem"),
        ("layers.1", "bn1"),
        *((ours, f"blocks.0.0.{theirs}") for ours, theirs in first.items()),
        *(
            (f"layers.{stage + before}.{{b}}.layers.{ours}", f"blocks.{stage}.{{b}}.{theirs}")
            for stage in gated
            for ours, theirs in GATED.items()
        ),
        *(
            (f"layers.{{s+{before}}}.{{b}}.layers.{ours}", f"blocks.{{s}}.{{b}}.{theirs}")
            for ours, theirs in UNIT.items()
        ),
        (f"layers.{before + 7}", "conv_head"),
        (f"layers.{before + 8}", "bn2"),
    )


FLAT = {f"layers.{place + 3}": name for place, name in FIRST.items()}
NESTED = {f"layers.3.layers.{place}": name for place, name in FIRST.items()}
B1 = (*_rules(FLAT, 7), *rules(("classifier.1", "classifier")))
NAMES = {"b1": "100", "0_5": "050", "0_75": "075"}
TORCHVISION = {"mnasnet_b1": "mnasnet1_0"} | {f"mnasnet_{x}": f"mnasnet{x}" for x in ("0_5", "0_75", "1_3")}

DIALECTS = (
    *(Dialect("torchvision", ours, theirs, version=2) for ours, theirs in TORCHVISION.items()),
    *(Dialect("timm", f"mnasnet_{ours}", f"mnasnet_{theirs}", B1) for ours, theirs in NAMES.items()),
    Dialect("timm", "mnasnet_a1", "semnasnet_100", _rules(NESTED, 3, gated=(2, 4, 5))),
    Dialect("timm", "mnasnet_small", "mnasnet_small", _rules(NESTED, 3, gated=(3, 4, 5))),
)
