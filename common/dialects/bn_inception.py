"""BN-Inception: pytorchcv counts stages, units and branches from 1; a module that halves the map has no 1x1 branch."""

from __future__ import annotations

from ..dialect import Dialect, rules

STEM = {"conv1": "conv1", "conv2_reduce": "conv2.conv1", "conv2": "conv2.conv2"}
STAGES = (("3a", "3b"), ("3c", "4a", "4b", "4c", "4d"), ("4e", "5a", "5b"))
HALVING = ("3c", "4e")
BRANCHES = (("reduce3x3", "conv3x3"), ("reduce_double", "double1", "double2"))


def _layers(module: str) -> dict[str, str]:
    """The layers of a module, by our name."""
    first = 1 if module in HALVING else 2
    found = {
        layer: f"branch{branch}.conv{place}"
        for branch, layers in enumerate(BRANCHES, first)
        for place, layer in enumerate(layers, 1)
    }
    return found if module in HALVING else {"conv1x1": "branch1"} | found | {"pool_proj": "branch4.conv"}


PYTORCHCV = rules(
    *((f"{ours}.*", f"features.init_block.{theirs}.*") for ours, theirs in STEM.items()),
    *(
        (f"inception_{module}.{ours}.*", f"features.stage{stage}.unit{unit}.branches.{theirs}.*")
        for stage, modules in enumerate(STAGES, 1)
        for unit, module in enumerate(modules, 1)
        for ours, theirs in _layers(module).items()
    ),
    ("classifier", "output"),
)

DIALECTS = (Dialect("pytorchcv", "bn_inception", "bninception", PYTORCHCV),)
