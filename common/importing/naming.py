"""The names of the parts of a block: those of weights are the model's own, the others follow them."""

from __future__ import annotations

import itertools

from ..child_names import Names, fault
from .tidy import Steps
from .tree import Tree


def named(tree: Tree, given: Steps) -> list[str]:
    """A name for each part of a block, in order."""
    chain = tree.style != "block"
    taken, found = Names(), dict[int, str]()
    parts = [(place, *_wanted(tree, given, place)) for place in range(len(tree.items))]
    for fixed in (True, False):  # those that have weights choose first
        for place, wanted, weighted in parts:
            if weighted is fixed:
                found[place] = _free(wanted, taken, chain, weighted)
                taken.add(found[place])
    return [found[place] for place in range(len(tree.items))]


def _wanted(tree: Tree, given: Steps, place: int) -> tuple[str, bool]:
    """The name that a part should have, and whether weights follow from it."""
    item = tree.items[place]
    if isinstance(item, Tree):
        later = any(isinstance(other, Tree) and other.path == item.path for other in tree.items[:place])
        return tree.name(item.path), not later and any(given.steps[index].names for index in item.steps())
    step = given.steps[item]
    later = any(isinstance(o, int) and given.steps[o].names == step.names for o in tree.items[:place])
    return tree.name(step.label), bool(step.names) and not later


def _free(wanted: str, taken: Names, chain: bool, weighted: bool) -> str:
    """The first name like the wanted one that a part can have."""
    plain = _plain(wanted)
    first = [wanted] if weighted or _list_like(wanted) else []
    numbered = (f"{plain}_{n}" for n in itertools.count(1))
    for name in itertools.chain(first, (plain,), numbered):
        if name not in taken and not fault(name, taken, chain):
            return name
    raise AssertionError(wanted)


def _list_like(name: str) -> bool:
    """Whether a name with dots is that of a place in a list, which reads well as it is."""
    return all(part.isdecimal() for part in name.split(".")[1:])


def _plain(name: str) -> str:
    """A name without dots that can be one of an attribute."""
    word = "".join(letter if letter.isalnum() else "_" for letter in name).strip("_") or "part"
    head, _, rest = word.partition("_")
    if head.isdecimal():
        return f"{rest or 'part'}_{head}"
    return word
