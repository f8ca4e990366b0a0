"""The blocks of a model: its steps in a tree, as the modules that they stand in are nested.

Layers of the framework are steps, not blocks. What no block can say is dissolved: its parts stand in the block around,
under names with dots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from .draft import Scope, Step
from .tidy import Steps


@dataclass(eq=False)
class Tree:
    """A block, chain or network: its parts in order, the steps that come in, and those that others read.

    What comes in is a list (`listed`) where other blocks of the class take another number of values, as in DenseNet.
    """

    path: str
    kind: str
    style: Literal["block", "sequence", "stack"]
    doc: str = ""
    settings: tuple[tuple[str, int], ...] = ()
    number: int = 0
    listed: bool = False
    items: list[int | Tree] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def walk(self) -> Iterator[Tree]:
        """This tree and those in it."""
        yield self
        for item in self.items:
            if isinstance(item, Tree):
                yield from item.walk()

    def steps(self) -> Iterator[int]:
        """The steps in it, however deep."""
        for item in self.items:
            if isinstance(item, Tree):
                yield from item.steps()
            else:
                yield item

    def name(self, label: str) -> str:
        """The name of a part inside, from its path in the model."""
        inside = label.startswith(f"{self.path}.") and self.path
        return label[len(self.path) + 1 :] if inside else label


def grown(given: Steps, title: str, doc: str = "", sharing: bool = True) -> Tree:
    """The tree of a model; with `sharing`, later calls of a module in a block are those of one shared block."""
    root = Tree("", title, "block", doc)
    owned = {step.label for step in given.steps if step.names}
    for index, step in enumerate(given.steps):
        if index:
            _place(root, index, [s for s in step.scopes if s.style != "leaf" and s.path not in owned])
    wiring = Wiring(given, sharing)
    wiring.wire(root)
    _settle(root, wiring)
    wiring.wire(root)
    _unroll(root, wiring)
    _list(root)
    root.inputs, root.outputs = [0], [index for _, index in given.outputs]
    return root


def _unroll(root: Tree, wiring: Wiring) -> None:
    """Make chains of blocks that do nothing but call others of one class, as many as there are in each."""
    lengths: dict[str, set[int]] = {}
    calls = Counter((tree.path, tree.kind) for tree in root.walk())
    for tree in root.walk():
        lengths.setdefault(tree.kind, set()).add(len(tree.items))
    for tree in root.walk():
        kinds = {item.kind if isinstance(item, Tree) and item.style == "block" else "" for item in tree.items}
        several = len(lengths[tree.kind]) > 1 and calls[tree.path, tree.kind] == 1 and tree is not root
        if tree.style == "block" and several and len(kinds) == 1 and "" not in kinds and _chain(tree, wiring, False):
            tree.style = "stack"


def _list(root: Tree) -> None:
    """Find the classes whose blocks take lists; a part of a chain takes the one value that the chain gives it."""
    blocks = [tree for tree in root.walk() if tree.style == "block" and tree is not root]
    chained = {
        item.kind
        for tree in root.walk()
        if tree.style != "block"
        for item in tree.items
        if isinstance(item, Tree) and item.style == "block"
    }
    counts: dict[str, set[int]] = {}
    for tree in blocks:
        counts.setdefault(tree.kind, set()).add(len(tree.inputs))
    for tree in blocks:
        tree.listed = len(counts[tree.kind]) > 1 and tree.kind not in chained


def relabelled(given: Steps) -> Steps:
    """Steps with weights beside other weights: a layer cannot stand where a block of others does."""
    labels = {step.label for step in given.steps if step.names}
    inner = {label[:at] for label in labels for at, letter in enumerate(label) if letter == "."}
    steps = list(given.steps)
    for index, step in enumerate(steps):
        if step.names and step.label in inner and step.op is not None:
            steps[index] = replace(step, label=f"{step.label}.{step.op.kind}")
    return replace(given, steps=steps)


def _place(root: Tree, index: int, scopes: list[Scope]) -> None:
    """Put a step into the blocks that it stands in; the last block goes on, or a new one begins."""
    here = root
    for scope in scopes:
        last = here.items[-1] if here.items else None
        if not isinstance(last, Tree) or (last.path, last.number) != (scope.path, scope.number):
            style: Literal["block", "sequence", "stack"] = "block" if scope.style == "leaf" else scope.style
            last = Tree(scope.path, scope.kind, style, scope.doc, scope.settings, scope.number)
            here.items.append(last)
        here = last
    here.items.append(index)


@dataclass
class Wiring:
    """Which steps read which."""

    given: Steps
    sharing: bool
    readers: dict[int, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, step in enumerate(self.given.steps):
            for source in step.inputs:
                self.readers.setdefault(source, set()).add(index)
        self.answers = {index for _, index in self.given.outputs}

    def wire(self, tree: Tree) -> None:
        """Find what comes into each block and what others read of it."""
        inside = set(tree.steps())
        sources = [source for index in tree.steps() for source in self.given.steps[index].inputs]
        tree.inputs = list(dict.fromkeys(source for source in sources if source not in inside))
        tree.outputs = [i for i in sorted(inside) if i in self.answers or self.readers.get(i, set()) - inside]
        for item in tree.items:
            if isinstance(item, Tree):
                self.wire(item)

    def step(self, index: int) -> Step:
        """A step."""
        return self.given.steps[index]


def _settle(tree: Tree, wiring: Wiring, again: bool = False) -> None:
    """Dissolve what cannot be a block, inner ones first, and make of chains that are called again blocks.

    `again` is a later call of a shared block: its parts are the same as in the first, with the weights of those.
    """
    calls = Counter(item.path for item in tree.items if isinstance(item, Tree))
    met = set[str]()
    items: list[int | Tree] = []
    for item in tree.items:
        if not isinstance(item, Tree):
            items.append(item)
            continue
        later = again or (wiring.sharing and item.path in met)
        met.add(item.path)
        _settle(item, wiring, later)
        chain = _chain(item, wiring, later)
        if item.style != "block" and not chain:
            item.style = "block"
        elif item.style == "stack" and calls[item.path] > 1:
            item.style = "sequence"
        if item.kind == "Sequential":
            item.kind = _called(item.path)
        items += item.items if _dissolves(item, wiring) else [item]
    tree.items = items


def _called(path: str) -> str:
    """The name of a class for a chain that has none: that of its place."""
    words = [word for word in path.split(".") if not word.isdecimal()]
    return "".join(part[:1].upper() + part[1:] for part in words[-1].split("_")) if words else "Part"


def _dissolves(tree: Tree, wiring: Wiring) -> bool:
    """Whether a block cannot be, or says nothing: one op, nothing that comes in, numbered parts that are no chain."""
    if not tree.inputs or not tree.outputs:
        return True
    only = tree.items[0]
    if len(tree.items) == 1 and tree.style == "block" and not isinstance(only, Tree) and not wiring.step(only).names:
        return True
    numbered = [_label(item, wiring) for item in tree.items]
    return tree.style == "block" and any(tree.name(label).partition(".")[0].isdecimal() for label in numbered if label)


def _label(item: int | Tree, wiring: Wiring) -> str:
    """The path of a part that must keep its name: one with weights, or a block."""
    if isinstance(item, Tree):
        return item.path
    return wiring.step(item).label if wiring.step(item).names else ""


def _chain(tree: Tree, wiring: Wiring, again: bool) -> bool:
    """Whether each part takes what the one before it gives, and nothing else."""
    before: int | None = None
    met = set[str]()
    for item in tree.items:
        inputs = item.inputs if isinstance(item, Tree) else list(wiring.step(item).inputs)
        outputs = item.outputs if isinstance(item, Tree) else [item]
        label = _label(item, wiring)
        dotted = label and "." in tree.name(label)
        tied = not again and not isinstance(item, Tree) and wiring.step(item).owner is not None
        if len(inputs) != 1 or len(outputs) != 1 or dotted or tied or label in met:
            return False
        if before is not None and inputs != [before]:
            return False
        met.update([label] if label else [])
        before = outputs[0]
    return tree.outputs == [before]
