"""What to change in the second model so that a step of it does what the first's does, in the words of its framework."""

from __future__ import annotations

from collections.abc import Callable

from ..expr import plain
from ..op import Op
from .causes import Cause, shown

Words = Callable[[object], str]


def remedy(cause: Cause, one: Op, path: str, framework: str) -> str:
    """The change to make at the layer `path` of the second model, "" where the cause alone says it.

    `one` is the first model's op there; `framework` is the second's, "torch" or "tf".
    """
    if (way := STEPS.get(cause.kind)) is not None:
        return way(cause, path)
    if cause.kind in vars(one) and not cause.kind.startswith("_"):
        known = (KERAS if framework == "tf" else TORCH).get(cause.kind)
        return (
            f"set {known(plain(getattr(one, cause.kind))) if known else f'{cause.kind}={shown(one, cause.kind)}'}"
            + (f" in {path}")
        )
    return f"copy {cause.one} into {cause.other} again" if "weight" in cause.one or "bias" in cause.one else ""


STEPS: dict[str, Callable[[Cause, str], str]] = {
    "additional": lambda cause, path: f"take {cause.other} out",
    "missing": lambda cause, path: f"add {cause.one.partition(' (')[0]} before {path}",
    "another function": lambda cause, path: f"use {cause.one} for {cause.other} in {path}",
    "order of inputs": lambda cause, path: f"exchange the inputs of {path}",
    "order of outputs": lambda cause, path: "exchange the outputs",
}


def _named(name: str) -> Words:
    return lambda value: f"{name}={_short(value)}"


def _short(value: object) -> str:
    """A number as people write it, one for two that are equal."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        value = value[0]
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _keras_pads(pads: object) -> str:
    if not isinstance(pads, tuple):
        return 'padding="same"'
    if not any(pads):
        return 'padding="valid"'
    if len(pads) == 2:  # of a transposed convolution, which cuts them off
        return f'padding="valid", before Cropping2D({pads}),'
    top, bottom, left, right = pads
    even = top == bottom == left == right
    return f'padding="valid", after ZeroPadding2D({top if even else ((top, bottom), (left, right))}),'


def _torch_pads(pads: object) -> str:
    if not isinstance(pads, tuple):
        return "padding=0, after pads as SAME has them (the odd one last),"
    if len(pads) == 2:
        return f"padding={_short(pads)}"
    top, bottom, left, right = pads
    if top == bottom and left == right:
        return f"padding={_short((top, left))}"
    return f"padding=0, after functional.pad(x, {(left, right, top, bottom)}),"


def _keras_momentum(value: object) -> str:
    return f"momentum={1 - float(str(value)):.7g}"  # of what is kept, where PyTorch's is of what is new


def _keras_ceil(value: object) -> str:
    return "ops.pad at the end with -inf, so that its last window is whole," if value else "no pads at the end"


def _keras_counted(value: object) -> str:
    return 'padding="valid" after ZeroPadding2D' if value else 'padding="same", which counts no pads,'


KERAS: dict[str, Words] = {
    "ceil_mode": _keras_ceil, "count_include_pad": _keras_counted,
    "eps": _named("epsilon"), "momentum": _keras_momentum, "stride": _named("strides"), "pads": _keras_pads,
    "dilation": _named("dilation_rate"), "kernel": _named("kernel_size"), "slope": _named("negative_slope"),
    "bias": _named("use_bias"), "groups": _named("groups"), "rate": _named("rate"),
}  # fmt: skip
TORCH: dict[str, Words] = {
    "kernel": _named("kernel_size"), "slope": _named("negative_slope"), "pads": _torch_pads, "rate": _named("p"),
    "stride": _named("stride"), "dilation": _named("dilation"), "eps": _named("eps"), "momentum": _named("momentum"),
}  # fmt: skip
