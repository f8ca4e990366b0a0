"""Layers whose offsets and scales a graph writes as sums and products beside them, as one step each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...op import Op
from ...ops.add import Add
from ...ops.channel_linear import ChannelLinear
from ...ops.conv import Conv
from ...ops.conv_transpose import ConvTranspose
from ...ops.group_norm import GroupNorm
from ...ops.layer_norm import LayerNorm
from ...ops.linear import Linear
from ...ops.multiply import Multiply
from ...ops.parameter import Parameter
from ..draft import Step, weighted_label
from ..tidy import Steps
from .table import Reading

UNNAMED = re.compile(r"(^|\.)parameter(_\d+)?$")
"""What numbers are called whose name is not known, after the place where they are used."""
LAYERS = (Conv, ConvTranspose, Linear, ChannelLinear)


def joined(given: Steps, reading: Reading) -> Steps:
    """The steps, with one for each layer and what is added to it or multiplied with it."""
    join = _Join(given, reading)
    for index in range(len(given.steps)):
        join.at(index)
    return given


@dataclass
class _Join:
    given: Steps
    reading: Reading

    def __post_init__(self) -> None:
        self.uses = self.given.uses()

    def at(self, index: int) -> None:
        """Join a sum or product with the layer that it takes, where it is that layer's own."""
        step = self.given.steps[index]
        if not isinstance(step.op, Add | Multiply) or len(step.inputs) != 2:
            return
        for one, other in (step.inputs, step.inputs[::-1]):
            before, parameter = self.given.steps[one], self.given.steps[other]
            if isinstance(parameter.op, Parameter) and self.uses[one] == 1 and before.shape == step.shape:
                made = self._made(step, before, parameter)
                if made is not None:
                    self.given.steps[index] = made
                    return

    def _made(self, step: Step, before: Step, parameter: Step) -> Step | None:
        op: Any = before.op
        size = parameter.shape
        channels = size in (before.shape[:1], (before.shape[0], 1, 1))
        if isinstance(step.op, Add) and isinstance(op, LAYERS) and type(op).kind != "std_conv" and channels:
            return None if op.bias else self._with(before, before, replace(op, bias=True), {"bias": parameter})
        if isinstance(op, LayerNorm) and (channels if op.over == "channels" else size == before.shape):
            if isinstance(step.op, Multiply) and not op.scale and not op.bias:
                return self._with(before, before, replace(op, scale=True), {"weight": parameter})
            if isinstance(step.op, Add) and not op.bias:
                return self._with(before, before, replace(op, bias=True), {"bias": parameter})
        if isinstance(step.op, Add) and isinstance(op, Multiply) and channels:
            return self._affine(before, parameter)
        return None

    def _affine(self, product: Step, offset: Step) -> Step | None:
        """A group norm times a scale, and an offset."""
        for one, other in (product.inputs, product.inputs[::-1]):
            norm, scale = self.given.steps[one], self.given.steps[other]
            plain = isinstance(norm.op, GroupNorm) and not norm.op.affine and self.uses[one] == 1
            if plain and isinstance(scale.op, Parameter) and scale.shape == (norm.shape[0], 1, 1):
                op: Any = norm.op
                return self._with(norm, product, replace(op, affine=True), {"weight": scale, "bias": offset})
        return None

    def _with(self, layer: Step, place: Step, op: Op, parameters: Mapping[str, Step]) -> Step:
        """A layer with more weights, under names beside those that it has."""
        names, reading = dict(layer.names), self.reading
        wanted = {w.name: tuple(map(int, w.shape)) for w in op.weights(self.given.steps[layer.inputs[0]].shape)}
        for own, parameter in parameters.items():
            theirs = parameter.names[""]
            prefix = next((name.removesuffix(f".{first}") for first, name in names.items()), "")
            prefix = prefix or UNNAMED.sub("", theirs.removesuffix(f".{own}")) or op.kind
            name = f"{prefix}.{own}"
            reading.tensors[name] = reading.tensors[theirs].reshape(wanted[own])
            reading.origins[name] = reading.origins[theirs]
            names[own] = name
        ordered = {own: names[own] for own in wanted}
        vector: Any = layer.vector
        if vector is not None and "bias" in parameters:
            vector = replace(vector, bias=True)
        label, scopes = weighted_label(op, ordered), layer.scopes or place.scopes
        return replace(layer, op=op, names=ordered, label=label, scopes=scopes, vector=vector)
