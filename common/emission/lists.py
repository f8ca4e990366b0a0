"""Lists of layers: the children of a block with dotted names, such as `branches.0`, `fuse_layers.1.2`, `reps.0.conv`.

PyTorch keeps them in an nn.ModuleList, whose numbers stand in the names of the weights, and where a name follows
instead of a number in an nn.ModuleDict; Keras in plain lists and dicts. A chain with named layers uses `add_module` in
PyTorch and `add` in Keras, one line per layer in both: `nn.Sequential(OrderedDict([...]))` has no twin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import SpecError
from ..spec import Call, Net

Item = int | Call


@dataclass(frozen=True)
class Repeated:
    """A child that is there once for each of `count` calls of the shared block around it."""

    item: Item
    count: int


Entry = Item | Repeated | None | list["Entry"] | dict[str, "Entry"]
"""A child, nothing where none is made, or a list or dict of these."""
Leaf = Item | Repeated | None
Part = str | int
Parts = tuple[Part, ...]


def path_of(net: Net, item: Item) -> str:
    """The path of a node or a block."""
    return item.path if isinstance(item, Call) else net.nodes[item].path


def wires(net: Net, item: Item) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a node or a block reads, and what it gives."""
    return (item.inputs, item.outputs) if isinstance(item, Call) else (net.nodes[item].inputs, (item,))


def name_of(net: Net, call: Call, item: Item, owner: str = "") -> str:
    """The name of a node or a block, or of its owner, inside the block around it: its path without the block's."""
    return call.inner(owner or path_of(net, item))


def name_parts(name: str) -> Parts:
    """A dotted name as the names and numbers between its dots.

    >>> name_parts("reps.0.conv")
    ('reps', 0, 'conv')
    """
    return tuple(int(part) if part.isdecimal() else part for part in name.split("."))


def entries(path: str, items: dict[Parts, Leaf]) -> dict[str, Entry]:
    """The attributes of a block at a path: its children by name, those of one list at the place of the first."""
    return {str(name): _entry(f"{path}.{name}" if path else str(name), rest) for name, rest in _heads(items).items()}


def flat(entry: Entry) -> Iterator[Item]:
    """The children in a list."""
    if isinstance(entry, list | dict):
        for inner in entry.values() if isinstance(entry, dict) else entry:
            yield from flat(inner)
    elif isinstance(entry, Repeated):
        yield entry.item
    elif entry is not None:
        yield entry


def _heads(items: dict[Parts, Leaf]) -> dict[Part, dict[Parts, Leaf]]:
    """The children by the first part of their names, with what follows it."""
    found: dict[Part, dict[Parts, Leaf]] = {}
    for (head, *rest), item in items.items():
        found.setdefault(head, {})[tuple(rest)] = item
    return found


def _entry(path: str, items: dict[Parts, Leaf]) -> Entry:
    """A child without a further name, or the list or dict of those whose names go on."""
    if set(items) == {()}:
        return items[()]
    if () in items:
        raise SpecError(f"{path}: a layer has this name, and others have names that begin with it; give it another one")
    inner = _heads(items)
    numbers = [part for part in inner if isinstance(part, int)]
    if numbers and len(numbers) < len(inner):
        names = ", ".join(str(part) for part in inner)
        raise SpecError(f"{path}: its parts are named {names}; number all of them, or name all of them with words")
    made = {part: _entry(f"{path}.{part}", rest) for part, rest in inner.items()}
    if not numbers:
        return {str(part): entry for part, entry in made.items()}
    return [made.get(number) for number in range(1 + max(numbers))]
