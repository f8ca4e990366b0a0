"""Small random networks of the parts that detectors and other people's models have, as a strategy for hypothesis."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st

from diptych.common.ops.add import add
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.linear import linear
from diptych.common.ops.parameter import parameter
from diptych.common.ops.relu import relu
from diptych.common.ops.resize import resize
from diptych.common.ops.sigmoid import sigmoid
from diptych.common.ops.silu import silu
from diptych.common.ops.weighted_sum import weighted_sum
from diptych.common.spec import Net
from diptych.common.trace import Result, Value, block, per_call, sequence, shared, stack, trace

Rule = Literal["half_pixel", "asymmetric", "align_corners"]


@dataclass(frozen=True)
class Choices:
    """What a random network is made of."""

    size: tuple[int, int]
    widths: tuple[int, ...]
    width: int
    scaled: bool
    gate: Literal["none", "channels", "places", "numbers"]
    resizing: tuple[Literal["nearest", "bilinear"], Rule]
    fusion: Literal["none", "fast", "softmax", "sum"]
    depth: int
    own_norms: bool
    nested: bool
    dotted: bool
    tied: bool
    form: Literal["dict", "list", "tuple", "value"]


RESIZING = (
    ("nearest", "half_pixel"),
    ("nearest", "asymmetric"),
    ("bilinear", "half_pixel"),
    ("bilinear", "align_corners"),
)


def choices() -> st.SearchStrategy[Choices]:
    """Everything independent of everything else; sizes are even and odd, and not square."""
    side = st.integers(9, 24)
    flag = st.booleans()
    return st.builds(
        Choices,
        size=st.tuples(side, side),
        widths=st.lists(st.sampled_from((2, 3, 4, 6)), min_size=2, max_size=3).map(tuple),
        width=st.sampled_from((2, 4, 5)),
        scaled=flag,
        gate=st.sampled_from(("none", "channels", "places", "numbers")),
        resizing=st.sampled_from(RESIZING),
        fusion=st.sampled_from(("none", "fast", "softmax", "sum")),
        depth=st.integers(1, 2),
        own_norms=flag,
        nested=flag,
        dotted=flag,
        tied=flag,
        form=st.sampled_from(("dict", "list", "tuple", "value")),
    )


@block
def unit(x: Value, width: int, scaled: bool) -> Value:
    """Two convolutions, a layer scale or none, and a shortcut."""
    y = conv(silu(conv(x, width, 3, pad=1, name="conv1")), x.channels, 1, name="conv2")
    return x + (y * parameter((x.channels, 1, 1), name="gamma") if scaled else y)


@block
def gated(x: Value, kind: str) -> Value:
    """A gate over channels, over places, or of plain numbers on either side of the product."""
    if kind == "places":
        return sigmoid(conv(x, 1, 1, name="gate")) * x
    if kind == "numbers":
        return x * parameter((1, *x.shape[1:]), name="mask") + parameter((x.channels, 1, 1), "zeros", name="shift")
    y = parameter((x.channels, 1, 1), name="gate")
    return x * sigmoid(y)


@block
def pyramid(xs: list[Value], width: int, mode: Any, rule: Any, dotted: bool) -> list[Value]:
    """Laterals, and each level added to the one above it at its size."""
    names = [f"inner.{i}.conv" if dotted else f"inner{i}" for i in range(len(xs))]
    levels = [conv(x, width, 1, name=name) for x, name in zip(xs, names, strict=True)]
    for i in range(len(levels) - 2, -1, -1):
        levels[i] = levels[i] + resize(levels[i + 1], like=levels[i], mode=mode, rule=rule)
    return levels


@block
def fused(xs: tuple[Value, ...], mode: Any) -> Value:
    """All levels at the size of the first, in a weighted sum."""
    maps = [xs[0], *(resize(x, like=xs[0]) for x in xs[1:])]
    weights = None if mode == "sum" else parameter((len(maps),), name="weights")
    return weighted_sum(maps, weights, mode=mode)


@block
def tower_layer(x: Value, width: int, own_norms: bool) -> Value:
    """A convolution for all levels, with a normalisation for each, or one for all."""
    x = conv(x, width, 3, pad=1, bias=False, name="conv")
    if own_norms:
        with per_call():
            x = batch_norm(x, name="bn")
    else:
        x = batch_norm(x, name="bn")
    return relu(x)


@sequence
def last(x: Value, channels: int) -> Value:
    """The layers at the end of a head."""
    return sigmoid(conv(x, channels, 1))


@block
def head(x: Value, width: int, depth: int, own_norms: bool, nested: bool) -> tuple[Value, Value]:
    """Layers that all levels share, in blocks of their own or not; a map and a vector."""
    for index in range(depth):
        if nested:
            x = tower_layer(x, width, own_norms, name=f"tower.{index}")
            continue
        x = conv(x, width, 3, pad=1, name=f"convs.{index}")
        if own_norms:
            with per_call():
                x = batch_norm(x, name=f"norms.{index}.bn")
        x = relu(x)
    return last(x, 3), linear(global_avg_pool(x), 2, name="score")


@block
def double(x: Value, owner: str) -> Value:
    """A convolution of its own, or one tied to that of another block."""
    return relu(conv(x, x.channels, 3, pad=1, name="conv", owner=owner))


def network(x: Value, made: Choices) -> Result:
    """Levels, a pyramid, a shared head on each level, and a fused map."""
    levels = []
    for index, width in enumerate(made.widths):
        x = relu(batch_norm(conv(x, width, 3, stride=2, pad=1, name=f"down{index}"), name=f"norm{index}"))
        with stack(f"stage{index}"):
            for _ in range(2):
                x = unit(x, 4, made.scaled)
        levels.append(x)
    if made.gate != "none":
        levels[0] = gated(levels[0], made.gate)
    levels = pyramid(levels, made.width, *made.resizing, made.dotted)
    first = double(levels[0], "", name="one")
    levels[0] = double(first, "one.conv" if made.tied else "", name="two")
    apply = shared(head, name="head")
    found = [apply(level, made.width, made.depth, made.own_norms, made.nested) for level in levels]
    maps = [part for pair in found for part in pair]
    if made.fusion != "none":
        maps.append(fused(tuple(levels), made.fusion))
    return answer(maps, made.form)


def answer(maps: list[Value], form: str) -> Result:
    """The outputs in one of the forms that a network may give them."""
    if form == "dict":
        return {f"out{index}": value for index, value in enumerate(maps)}
    if form == "value":
        vectors = [linear(global_avg_pool(value) if len(value.shape) == 3 else value, 2) for value in maps]
        return functools.reduce(add, vectors)
    return maps if form == "list" else tuple(maps)


def random_net(made: Choices) -> Net:
    """The network of some choices."""
    return trace(lambda x: network(x, made), "random", (3, *made.size), title="Random")
