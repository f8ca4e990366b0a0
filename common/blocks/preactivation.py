"""Residual units by where normalisation and activation stand (He, Zhang, Ren & Sun 2016, figure 4)."""

from __future__ import annotations

from dataclasses import dataclass

from ..ops.conv import conv
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..trace import Value, block, sequence
from .conv_norm import TORCH, Style

ARRANGEMENTS = {  # figure 4, a to e: the branch from top to bottom, the addition, and what follows it
    "original": "conv bn relu conv bn + relu",
    "bn_after_addition": "conv bn relu conv + bn relu",
    "relu_before_addition": "conv bn relu conv bn relu +",
    "relu_only_preactivation": "relu conv bn relu conv bn +",
    "full_preactivation": "bn relu conv bn relu conv +",
}
Convs = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Variant:
    """An arrangement of figure 4, the constants of normalisation, and whether the unit is keras.applications'.

    That one has biases in its last convolution and its projection, and where it has stride but no projection its
    shortcut takes every other pixel.
    """

    arrangement: str = "full_preactivation"
    style: Style = TORCH
    keras: bool = False

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """What stands before the first convolution, between two, after the last, and after the addition."""
        branch, out = ARRANGEMENTS[self.arrangement].split("+")
        before, between, after = branch.split("conv")
        return before, between, after, out

    def put(self, x: Value, part: str, name: str) -> Value:
        """Normalisation, of this name, and activation, as the part has them."""
        for word in part.split():
            x = relu(x) if word == "relu" else self.style.norm(x, name)
        return x


FULL = Variant()


def unit(x: Value, convs: Convs, stride: int, variant: Variant) -> Value:
    """Convolutions of (channels, kernel, stride) and a shortcut; a projection has what stands before the branch too."""
    before, between, after, out = variant.parts
    shift = int("bn" in before)  # bn1 stands before conv1, or after it
    activated = y = variant.put(x, before, "bn1")
    for number, (channels, kernel, step) in enumerate(convs, start=1):
        last = number == len(convs)
        y = conv(y, channels, kernel, stride=step, pad=kernel // 2, bias=variant.keras and last, name=f"conv{number}")
        y = variant.put(y, after if last else between, f"bn{number + shift}")
    if x.channels != y.channels or (stride > 1 and not variant.keras):
        x = projection(activated, y.channels, stride, variant, name="downsample")
    elif stride > 1:
        x = max_pool(x, 1, stride, name="pool")
    return variant.put(x + y, out, f"bn{len(convs)}")


@sequence
def projection(x: Value, channels: int, stride: int, variant: Variant) -> Value:
    """Projection shortcut."""
    x = conv(x, channels, 1, stride=stride, bias=variant.keras)
    return variant.style.norm(x) if "bn" in variant.parts[2] else x  # as the last convolution of the branch


@block
def preactivation_block(x: Value, width: int, stride: int = 1, variant: Variant = FULL) -> Value:
    """Two 3x3 convolutions and a shortcut (arranged as in figure 4)."""
    return unit(x, ((width, 3, stride), (width, 3, 1)), stride, variant)


@block
def preactivation_bottleneck(x: Value, width: int, stride: int = 1, variant: Variant = FULL) -> Value:
    """1x1, 3x3, 1x1 convolutions and a shortcut (arranged as in figure 4)."""
    return unit(x, ((width, 1, 1), (width, 3, stride), (4 * width, 1, 1)), stride, variant)
