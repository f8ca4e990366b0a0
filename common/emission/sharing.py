"""What is said of blocks that are called several times, and of layers of two blocks that have the same weights."""

from __future__ import annotations

from collections import Counter

from ..spec import Call, Net


def levels(net: Net) -> dict[str, int]:
    """Path of a block -> how often it is called, for blocks that must be told which call it is.

    These are shared blocks, and blocks inside them, with parts that are there once for each call.
    """
    outer = [call for call in net.root.walk() if not call.owner]
    later = Counter(item.owner for call in outer for item in call.body if isinstance(item, Call) and item.owner)
    return _levels(net, net.root, 1, later)


def _levels(net: Net, call: Call, around: int, later: Counter[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in call.body:
        if isinstance(item, Call) and not item.owner:
            count = 1 if item.per_call else around + later[item.path]
            if count > 1 and item.has_per_call_parts(net.nodes):
                found[item.path] = count
            found |= _levels(net, item, count, later)
    return found


def homes(net: Net) -> dict[str, Call]:
    """Path of a node -> the block or chain that it stands in."""
    return {net.nodes[index].path: call for call in net.root.walk() for index in call.own_nodes()}


def ties(net: Net) -> dict[str, dict[str, str]]:
    """Path of a block -> its layers that have the weights of others inside it, by path, with the path of the other.

    It is the innermost block around both.
    """
    home, found = homes(net), dict[str, dict[str, str]]()
    blocks = {call.path for call in net.root.walk() if call.style != "stack"}
    for node, module in zip(net.nodes, net.modules, strict=True):
        # Later calls of a shared block say nothing that the first does not say.
        apart = node.owner and home[node.path] is not home[node.owner] and not home[node.path].owner
        if apart and node.owner != module:
            around = max((path for path in blocks if _within(module, path) and _within(node.owner, path)), key=len)
            found.setdefault(around, {})[module] = node.owner
    return found


def _within(path: str, block: str) -> bool:
    return not block or path[: len(block) + 1] == f"{block}."
