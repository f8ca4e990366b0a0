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


def name_of(net: Net, call: Call, item: Item, owner: str = "") -> str:
    """The name of a node or a block, or of its owner, inside the block around it: its path without the block's."""
    path = owner or (item.path if isinstance(item, Call) else net.nodes[item].path)
    return path[len(call.path) + 1 :] if call.path else path


def members(net: Net, call: Call) -> Iterator[tuple[str, Item | list[Entry]]]:
    """The attributes of a block: its children by name, those of one list together at the place of the first."""
    names = {name_of(net, call, item): item for item in call.body}
    done = set()
    for name, item in names.items():
        head, dot, _ = name.partition(".")
        if not dot:
            yield name, item
        elif head not in done:
            done.add(head)
            yield (
                head,
                _list({key.partition(".")[2]: value for key, value in names.items() if key.startswith(f"{head}.")}),
            )


def flat(entry: Entry) -> Iterator[Item]:
    """The children in a list."""
    for item in entry if isinstance(entry, list) else () if entry is None else (entry,):
        yield from flat(item) if isinstance(item, list) else () if item is None else (item,)


def indexed(name: str) -> list[str]:
    """A dotted name as an attribute and the indexes into it.

    >>> indexed("fuse_layers.1.2")
    ['fuse_layers', '[1]', '[2]']
    """
    head, *numbers = name.split(".")
    return [head, *(f"[{number}]" for number in numbers)]


def _list(names: dict[str, Item]) -> list[Entry]:
    """The entries of one list, from names that begin with their numbers."""
    entries: list[Entry] = [None] * (1 + max(int(name.partition(".")[0]) for name in names))
    for number in range(len(entries)):
        inner = {name.partition(".")[2]: item for name, item in names.items() if name.partition(".")[0] == str(number)}
        if inner:
            entries[number] = _list(inner) if "" not in inner else inner[""]
    return entries
