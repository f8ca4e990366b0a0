"""Which variables each layer of a functional Keras model has, in Keras's order; known without Keras."""

from __future__ import annotations

from ..common.spec import Net, Weight
from .kept import kept
from .ops import lower

Slots = dict[str, list[tuple[str, Weight, str]]]


def holders(net: Net) -> dict[str, str]:
    """Layer name -> the path of its node."""
    owned = [node for node in net.nodes if node.weights() and not node.owner]
    return {made.holder(node.path, slot): node.path for node in owned for made in [lower(node)] for slot in made.slots}


@kept
def slots_of(net: Net) -> Slots:
    """Layer name -> (canonical name, weight, Keras axes) of each of its variables, in Keras's order."""
    slots: Slots = {}
    for node in net.nodes:
        weights = {} if node.owner else node.weights()
        if not weights:
            continue
        made = lower(node)
        for slot in made.slots:
            name = node.weight_name(slot.name)
            slots.setdefault(made.holder(node.path, slot), []).append((name, weights[name], slot.axes))
    return slots
