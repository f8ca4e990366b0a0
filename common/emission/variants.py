"""How the classes of one function differ, as words for their names: what one has and the other lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from ..lowering import symbolic
from ..ops._elementwise import Elementwise
from ..ops.conv import Conv
from ..spec import Call, Net, Node
from .expressions import key
from .names import camel

WORDS = {
    "add": "shortcut",
    "bypass": "projection",
    "downsample": "projection",
    "se": "gate",
    "shortcut": "projection",
    "squeeze_excite": "gate",
}
"""What papers call some parts: a projection is a shortcut with a convolution."""
ROLES = ("shortcut", "projection", "gate", "expansion")
WEAK = frozenset({"conv", "conv_norm", "conv_bn", "batch_norm", "linear"})
"""Parts that nearly every block has; only what they do in it tells blocks apart."""
STRUCTURAL = ("depth", "steps", "repeats")
"""Arguments that count parts."""


def differences(net: Net, plain: Call, other: Call) -> Iterator[str]:
    """Words for a variant of a plain class: arguments that count its parts, else the parts, then more of it."""
    words = _arguments(plain, other) or _structure(net, plain, other)
    yield words
    yield words + _counts(plain, other)


def details(net: Net, rival: Call, other: Call) -> Iterator[str]:
    """More words where another class has the name already: its arguments, the fields of its ops."""
    yield _arguments(rival, other)
    yield _counts(rival, other)
    yield _fields(net, rival, other)
    yield _answers(rival, other)


def _structure(net: Net, plain: Call, other: Call) -> str:
    """What the variant has besides, then what it lacks, then its activation, "linear" for none."""
    ours, theirs = (_strong(_parts(net, call)) for call in (other, plain))
    extra = [part for part in ours if part not in theirs]
    lacking = [part for part in theirs if part not in ours and (part in ROLES or not extra)]
    acts, base = _activations(net, other), _activations(net, plain)
    words = [*extra, *(f"no {part}" for part in lacking), *(act for act in acts if act not in base)]
    return "".join(map(camel, words if acts or not base else [*words, "linear"]))


def _strong(parts: Iterator[str]) -> list[str]:
    """The parts that tell a block from another, those with a role in it first."""
    strong = [part for part in dict.fromkeys(parts) if part not in WEAK]
    return sorted(strong, key=lambda part: ROLES.index(part) if part in ROLES else len(ROLES))


def _parts(net: Net, call: Call) -> Iterator[str]:
    """The names of the inner blocks and the kinds of the ops of a block, those of plain chains included."""
    for item in call.body:
        if isinstance(item, int):
            node = net.nodes[item].plain()
            if not isinstance(node.op, Elementwise):
                yield WORDS.get(node.name) or WORDS.get(node.kind, node.kind)
                yield from _roles(node, call.style == "stack")
        elif item.name in WORDS or item.block in WORDS:
            yield WORDS.get(item.name) or WORDS[item.block]
        elif item.style == "stack":
            yield from _parts(net, item)
        else:
            yield item.block if item.name.isdecimal() else item.name
            yield from (role for index in item.own_nodes() for role in _roles(net.nodes[index].plain(), True))


def _roles(node: Node, chained: bool) -> Iterator[str]:
    """What a convolution does in a block; in a chain of parts the one that widens by 1x1 is the expansion."""
    if isinstance(node.op, Conv):
        channels = node.in_shapes[0][0]
        if node.op.depthwise(node.in_shapes[0]):
            yield "depthwise"  # which Keras has a layer of its own for
        elif chained and node.op.kernel == (1, 1) and node.op.channels > channels:
            yield "expansion"


def _activations(net: Net, call: Call) -> list[str]:
    """The kinds of the activations in a block and in the blocks inside it, but those of gates."""
    found: dict[str, None] = {}
    for item in call.body:
        if isinstance(item, int):
            node = net.nodes[item]
            found |= {node.kind: None} if isinstance(node.op, Elementwise) else {}
        elif "gate" not in (WORDS.get(item.name), WORDS.get(item.block)):
            found |= dict.fromkeys(_activations(net, item))
    return list(found)


def _arguments(plain: Call, other: Call) -> str:
    """The arguments of the function that the class does not take, since its structure has them."""
    pairs = zip(plain.arguments, other.arguments, strict=False)
    return "".join(camel(f"{b.name} {_value(b.value)}") for a, b in pairs if a.name == b.name in STRUCTURAL and a != b)


def _answers(plain: Call, other: Call) -> str:
    """The arguments of yes or no that differ."""
    pairs = [(a, b) for a, b in zip(plain.arguments, other.arguments, strict=False) if isinstance(b.value, bool)]
    return "".join(camel(b.name if b.value else f"no {b.name}") for a, b in pairs if a.name == b.name and a != b)


def _counts(plain: Call, other: Call) -> str:
    """How many values come in where that differs."""
    counts = [count for (_, count), (_, base) in zip(other.parameters, plain.parameters, strict=False) if count != base]
    return "".join(f"Of{count}" for count in counts)


def _fields(net: Net, plain: Call, other: Call) -> str:
    """The first field of an op that differs."""
    for a, b in zip(_nodes(net, plain), _nodes(net, other), strict=False):
        for name in [f.name for f in fields(b.op)] if a.kind == b.kind else []:
            base, value = getattr(a.op, name), getattr(b.op, name)
            if key(base) != key(value) and not symbolic(value):
                return camel(f"{b.kind} {name} {_value(value)}")
    return ""


def _nodes(net: Net, call: Call) -> Iterator[Node]:
    for item in call.body:
        if isinstance(item, int):
            yield net.nodes[item]
        else:
            yield from _nodes(net, item)


def _value(value: Any) -> str:
    """A value as a part of a name: of an equal pair the number."""
    if isinstance(value, tuple):
        same = len(set(value)) == 1
        return _value(value[0]) if same else "x".join(map(_value, value))
    return str(value)
