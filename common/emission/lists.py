"""Lists of layers: the children of a block with dotted names, such as `branches.0` and `fuse_layers.1.2`.

PyTorch keeps them in an nn.ModuleList, whose numbers stand in the names of the weights; Keras in a plain list. A chain
with named layers uses `add_module` in PyTorch and `add` in Keras, one line per layer in both:
`nn.Sequential(OrderedDict([...]))` has no twin.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..spec import Call, Net

Item = int | Call
Entry = Item | None | list["Entry"]
"""A child, nothing at a number that no child bears, or a list of these."""


def path_of(net: Net, item: Item) -> str:
    """The path of a node or a block."""
    return item.path if isinstance(item, Call) else net.nodes[item].path


def name_of(net: Net, call: Call, item: Item, owner: str = "") -> str:
    """The name of a node or a block, or of its owner, inside the block around it: its path without the block's."""
    path = owner or path_of(net, item)
    return path[len(call.path) + 1 :] if call.path else path


def members(net: Net, call: Call) -> dict[str, Entry]:
    """The attributes of a block: its children by name, those of one list together at the place of the first."""
    found: dict[str, dict[tuple[str, ...], Item]] = {}
    for item in call.body:
        head, *rest = name_of(net, call, item).split(".")
        found.setdefault(head, {})[tuple(rest)] = item
    return {head: _entry(items) for head, items in found.items()}


def flat(entry: Entry) -> Iterator[Item]:
    """The children in a list."""
    if isinstance(entry, list):
        for item in entry:
            yield from flat(item)
    elif entry is not None:
        yield entry


def _entry(items: dict[tuple[str, ...], Item]) -> Entry:
    """A child without a further name, or the list of those whose names go on with a number."""
    if () in items:
        return items[()]
    inner: dict[int, dict[tuple[str, ...], Item]] = {}
    for (number, *rest), item in items.items():
        inner.setdefault(int(number), {})[tuple(rest)] = item
    return [_entry(inner[number]) if number in inner else None for number in range(1 + max(inner))]
