"""Layers whose numbers may come from the size of the images, so that a copy of a model says nothing at another one."""

from __future__ import annotations

from ..common.spec import Node
from ..common.text import first_few
from .pair import Pair
from .sides import Side


def made_for_size(pair: Pair) -> str:
    """What stands in the way of judging copies at another size, as words; "" for nothing."""
    unread = [side.label for side in pair.both if side.read is None]
    if unread:
        return f"the layers of {' and '.join(unread)} are not known"
    found = [name for side in pair.both for name in _names(side)]
    return f"{first_few(found, 3)} may have been made for one size" if found else ""


def _names(side: Side) -> list[str]:
    nodes = side.read.net.nodes if side.read else ()
    return [f"{node.path} of {side.label}" for node in nodes if _fixed(node)]


def _fixed(node: Node) -> bool:
    """Pads that differ from side to side, a window as large as the map, stated sizes, and a pool that rounds up.

    Whoever ports that to Keras, which has none, adds pads as they are needed at one size, or none.
    """
    settings = vars(node.op)
    pads, kernel, size = settings.get("pads"), settings.get("kernel"), settings.get("size")
    if node.kind == "crop" or settings.get("ceil_mode") or (node.kind == "resize" and size is not None):
        return True
    if isinstance(pads, tuple) and len(pads) == 4 and (pads[0] != pads[1] or pads[2] != pads[3]):
        return True
    shape = tuple(map(int, node.in_shapes[0])) if node.in_shapes else ()
    return "pool" in node.kind and kernel is not None and len(shape) == 3 and tuple(kernel) == shape[1:] != (1, 1)
