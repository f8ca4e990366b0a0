"""Heads of one's own: the layers after a backbone, as one text, which every network of classes takes as an option.

`linear:256,relu,dropout:0.5,linear:10` are a chain of children numbered 0, 1, 2, ..., as in torch's nn.Sequential. The
chain has the name that the network's own head has, where no other layer shares it. In front of them, `concat_pool` (as
fastai calls it: maxima, then means) and `catavgmax` (as timm does: means, then maxima) stand for the mean over the map.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .errors import SpecError
from .text import printable
from .trace import Result, Value, stack
from .tracer import tracer

PLAIN = (
    *("elu", "gelu", "hard_sigmoid", "hard_swish", "leaky_relu", "log_softmax", "mish", "relu", "relu6", "selu"),
    *("sigmoid", "silu", "softmax", "softplus", "tanh"),
)
"""Activations: ops of the same name, which take nothing else."""
SYNONYMS = {"swish": "silu", "hardswish": "hard_swish", "leakyrelu": "leaky_relu", "batchnorm": "batch_norm",
            "bn": "batch_norm", "identity": "dropout:0"}  # fmt: skip
LAYERS = ("linear", "batch_norm")
"""What has weights."""
POOLS = ("concat_pool", "catavgmax")
"""What may stand first: it takes the map that the network averages, and gives two numbers for each of its channels."""
RATE = 0.5
MOST, WIDEST = 32, 1 << 20
"""Layers of a head, and numbers that one of them gives, at most."""
LONGEST = 300
NAMES = ("head", "top", "own_head")
WORD = re.compile(r"(\w+)((?::[\w.]+)*)", re.ASCII)


@dataclass(frozen=True)
class Layer:
    """One layer of a head: `features` of a linear one, None where they are not said; the `rate` of a dropout."""

    kind: str
    features: int | None = None
    bias: bool = True
    rate: float = RATE

    def __str__(self) -> str:
        if self.kind == "linear":
            width = "" if self.features is None else f":{self.features}"
            return f"linear{width}{'' if self.bias else ':nobias'}"
        return f"dropout:{self.rate:g}" if self.kind == "dropout" and self.rate != RATE else self.kind


def layers_of(text: str) -> tuple[Layer, ...]:
    """The layers that a text says; raises SpecError for anything else.

    >>> [str(layer) for layer in layers_of("linear:256, relu, dropout, linear:10:nobias")]
    ['linear:256', 'relu', 'dropout', 'linear:10:nobias']
    """
    if not isinstance(text, str) or not text or len(text) > LONGEST:
        raise SpecError(f"a head is a text of at most {LONGEST} characters, such as {EXAMPLE!r}, not {_short(text)}")
    words = [word.strip().lower() for word in text.split(",")]
    if len(words) > MOST:
        raise SpecError(f"a head has at most {MOST} layers, not {len(words)}")
    layers = tuple(map(_layer, words))
    if any(layer.kind in POOLS for layer in layers[1:]):
        raise SpecError(f"a head begins with {' or '.join(POOLS)}, or has none; it has no pool after other layers")
    return layers


EXAMPLE = "linear:256,relu,dropout,linear:10"


def text_of(layers: tuple[Layer, ...]) -> str:
    """The text that says these layers."""
    return ",".join(map(str, layers))


def _layer(word: str) -> Layer:
    found = WORD.fullmatch(SYNONYMS.get(word, word))
    kind, *more = (found[1], *found[2].split(":")[1:]) if found else (word,)
    if kind == "linear":
        return _linear(word, more)
    if kind == "dropout" and len(more) < 2:
        return Layer(kind, rate=_rate(word, more[0]) if more else RATE)
    if kind in (*PLAIN, *POOLS, "batch_norm") and not more:
        return Layer(kind)
    raise SpecError(
        f"a head has no layer {_short(word)}; it is made of linear:FEATURES (linear:FEATURES:nobias), dropout:RATE, "
        f"batch_norm, {', '.join(PLAIN)}, and {' or '.join(POOLS)} in front of all, such as {EXAMPLE!r}"
    )


def _linear(word: str, more: list[str]) -> Layer:
    numbers = [part for part in more if part != "nobias"]
    if len(numbers) > 1 or not all(part.isdecimal() and 0 < int(part) <= WIDEST for part in numbers):
        raise SpecError(f"a linear layer of a head is linear:FEATURES, such as linear:256, not {_short(word)}")
    return Layer("linear", int(numbers[0]) if numbers else None, "nobias" not in more)


def _rate(word: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < 1:
        raise SpecError(f"a dropout of a head has a rate of at least 0 and below 1, not {_short(word)}")
    return rate


def headed(function: Callable[..., Result], text: str) -> Callable[..., Result]:
    """The function of a network whose head, which it is to be traced without, is these layers."""
    layers = layers_of(text)
    if any(layer.kind == "linear" and layer.features is None for layer in layers):
        raise SpecError(f"a head says how many numbers each linear layer gives, as {EXAMPLE!r} does, not {text!r}")
    pool, rest = layers[0].kind if layers[0].kind in POOLS else "", layers[layers[0].kind in POOLS :]
    if not rest:
        raise SpecError(f"a head has layers after its pool, as in '{pool},linear:10'")

    @functools.wraps(function)
    def whole(x: Value, **arguments: Any) -> Result:
        found = function(x, **arguments)
        if isinstance(found, Mapping):
            raise SpecError("a network whose outputs have names has no head to replace")
        main, *others = (found,) if isinstance(found, Value) else found
        if not isinstance(main, Value) or len(main.shape) != 1:
            raise SpecError("its backbone gives no vector, which a head of linear layers takes")
        main = _pooled(main, pool) if pool else main
        with stack(_free_name()):
            for layer in rest:
                main = _applied(main, layer)
        return [main, *others] if others else main

    return whole


def _pooled(mean: Value, pool: str) -> Value:
    """The means of a map's channels and their maxima, in the order of a pool."""
    node = tracer().nodes[mean.node]
    if node.kind != "global_avg_pool":
        raise SpecError(f"its head begins with no mean over a map, but with {node.path}, so that it takes no {pool}")
    most = _op("global_max_pool")(Value(node.inputs[0], node.in_shapes[0]))
    return cast(Value, _op("concat")([most, mean] if pool == "concat_pool" else [mean, most]))


def _free_name() -> str:
    """The name of the chain: that of the head which was left out, if no other layer has it."""
    trace = tracer()
    own = [path.partition(".")[0] for path in trace.left_out[-1:]]
    taken = trace.frames[-1].names
    return next(name for name in (*own, *NAMES) if name not in taken and not taken.clash(name))


def _applied(x: Value, layer: Layer) -> Value:
    made = _op(layer.kind)
    if layer.kind == "linear":
        return cast(Value, made(x, layer.features, bias=layer.bias))
    return cast(Value, made(x, layer.rate) if layer.kind == "dropout" else made(x))


def _op(kind: str) -> Callable[..., Any]:
    """The function of an op; ops trace, so that they cannot be imported before this module."""
    return cast(Callable[..., Any], getattr(importlib.import_module(f".ops.{kind}", __package__), kind))


def _short(text: Any) -> str:
    return printable(repr(text), 80)
