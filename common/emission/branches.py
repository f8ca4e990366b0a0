"""Telling names for values that run side by side: for branches that are joined, and for outputs that have names."""

from __future__ import annotations

import itertools
import keyword
from collections import Counter

from ..spec import Call, Net
from .lists import Item, path_of, wires
from .loops import numbers
from .names import safe

POOLED = "pooled"
"""A branch that only pools; several side by side have the names that the network gives them."""


def telling_names(net: Net, call: Call) -> dict[int, str]:
    """Node -> the name of its value, where that has a better one than a letter: those of branches, or of outputs."""
    made = {index: item for item in call.body for index in wires(net, item)[1]}
    uses = Counter(index for item in call.body for index in wires(net, item)[0])
    found: dict[int, str] = {}
    for item in call.body:
        if isinstance(item, int) and net.nodes[item].kind == "concat":
            found |= _branches(net, call, [_chain(net, made, uses, index) for index in net.nodes[item].inputs])
    if call is net.root:
        found |= dict(zip(net.outputs, net.output_names, strict=False))
    return {index: safe(name) for index, name in found.items() if not keyword.iskeyword(name)}


def _branches(net: Net, call: Call, chains: list[dict[int, Item]]) -> dict[int, str]:
    """The names of the values of some branches, of which each needs a name of its own."""
    names = [_name(net, call, list(chain.values())) for chain in chains]
    if names.count(POOLED) > 1:
        inputs = [next(iter(chain), 0) for chain in chains]
        names = [_given(net, call, i) if name == POOLED else name for i, name in zip(inputs, names, strict=True)]
    if len([name for name in names if name]) < 2:
        return {}
    pairs = zip(names, chains, strict=True)
    return {index: safe(name) for name, chain in pairs if name and names.count(name) == 1 for index in chain}


def _chain(net: Net, made: dict[int, Item], uses: Counter[int], index: int) -> dict[int, Item]:
    """The values of a branch with what makes each, from its end back to where it forks."""
    found: dict[int, Item] = {}
    while index in made:
        found[index] = made[index]
        inputs, outputs = wires(net, made[index])
        if len(inputs) != 1 or len(outputs) != 1 or uses[inputs[0]] != 1:
            break
        (index,) = inputs
    return found


def _name(net: Net, call: Call, items: list[Item]) -> str:
    """The name of the last block or layer with weights of a branch, without the number of its place there."""
    names = [call.inner(path_of(net, item)) for item in items if isinstance(item, Call) or net.nodes[item].weights()]
    if names:
        return _stem(names[0]) if len(names) > 1 else _word(names[0])
    last = net.nodes[items[-1]] if items and isinstance(items[-1], int) else None
    if last and last.kind == "concat":
        inner = {index: item for item in call.body for index in wires(net, item)[1]}
        return _stem(_beginning([call.inner(path_of(net, inner[index])) for index in last.inputs if index in inner]))
    return POOLED if last and last.op.role == "pool" else ""


def _given(net: Net, call: Call, index: int) -> str:
    """The name that a network gives to a layer; "" for that of its kind, which it has by itself."""
    name = _word(call.inner(net.nodes[index].path))
    return "" if name.startswith(net.nodes[index].kind) else name


def _stem(name: str) -> str:
    """A name without the number of its place in a branch.

    >>> _stem("branch3x3dbl_3"), _stem("branch7x7")
    ('branch3x3dbl', 'branch7x7')
    """
    *first, last = numbers(_word(name)) or [""]
    text = "".join(map(str, first))
    return text[:-1] if isinstance(last, int) and text[-1:] == "_" else _word(name)


def _beginning(names: list[str]) -> str:
    """What some names begin with, all of them."""
    columns = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*names, strict=False))
    return "".join(column[0] for column in columns)


def _word(name: str) -> str:
    """A dotted name as the name of a variable."""
    word = "_".join(name.split("."))
    return word if word.isidentifier() else ""
