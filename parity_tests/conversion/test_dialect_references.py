"""The rules of the dialects say what the references of the tests say, which were written from another reading."""

from __future__ import annotations

import pytest
from references import Reference, references

from diptych.common.dialect import Dialect, dialect
from diptych.common.registry import network, traced
from diptych.common.spec import Node

ITEMS = references("torchvision", "timm", "pytorchcv", "yolox", "effdet", "keras.applications")
FAMILIES = sorted({network(item.network).family for item in ITEMS})


def wrong(item: Reference, found: Dialect, node: Node) -> list[str]:
    """What the two say differently about the weights of a node."""
    if found.of_layers:
        layer = found.theirs(node.path).partition("#")[0]
        path = item.named(layer)  # of a SeparableConv2D the block of its two nodes
        return [] if node.path in (path, f"{path}.conv1", f"{path}.pointwise") else [f"{layer} of {node.path}: {path}"]
    names = {name: found.weight(name) for name in node.weights()}
    return [f"{name}: {there}, not {item.named(name)}" for name, there in names.items() if there != item.named(name)]


@pytest.mark.parametrize("family", FAMILIES)
def test_rules_and_references_agree(family: str) -> None:
    compared, problems = 0, []
    for item in ITEMS:
        if network(item.network).family != family:
            continue
        found = dialect(item.library, item.network)
        for node in traced(item.network, item.options).nodes:
            if node.weights() and not node.owner:
                problems += wrong(item, found, node)
                compared += 1
    assert compared > 0
    assert not problems, problems[:5]
