"""Layers whose offsets and scales a graph writes as sums and products beside them, as one step each.

Norms that a graph writes out are found by their numbers: what is computed of one value and of moments of it is tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...op import Op
from ...ops.add import Add
from ...ops.channel_linear import ChannelLinear
from ...ops.conv import Conv
from ...ops.conv_transpose import ConvTranspose
from ...ops.flatten import Flatten
from ...ops.group_norm import GroupNorm
from ...ops.layer_norm import LayerNorm
from ...ops.linear import Linear
from ...ops.multiply import Multiply
from ...ops.parameter import Parameter
from ...ops.place_reduce import PlaceReduce
from ...ops.power import Power
from ...ops.scale import Scale
from ...ops.to_map import ToMap
from ...spec import Array
from ..draft import Step, weighted_label
from ..tidy import Steps
from .table import Reading, survives
from .written import Written, with_weights, written

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
        """Join a sum or product with the layer that it takes, where it is that layer's own, or with a whole norm."""
        step = self.given.steps[index]
        norm = written(self.given, self.reading, index)
        made = (self._root(step) or self._of_vector(step)) if norm is None else self._norm(step, norm)
        if made is not None:
            self.given.steps[index] = made
            return
        if not isinstance(step.op, Add | Multiply) or len(step.inputs) != 2:
            return
        for one, other in (step.inputs, step.inputs[::-1]):
            before, parameter = self.given.steps[one], self.given.steps[other]
            if isinstance(parameter.op, Parameter) and self.uses[one] == 1 and before.shape == step.shape:
                made = self._made(step, before, parameter)
                if made is not None:
                    self.given.steps[index] = made
                    return

    def _root(self, step: Step) -> Step | None:
        """A norm over places that is squared, of which this is the root."""
        square = self.given.steps[step.inputs[0]] if step.op == Power(0.5) else None
        if square is None or not isinstance(square.op, Multiply) or square.inputs[0] != square.inputs[1]:
            return None
        size = self.given.steps[square.inputs[0]]
        return replace(size, scopes=step.scopes) if isinstance(size.op, PlaceReduce) and size.op.how == "norm" else None

    def _norm(self, step: Step, norm: Written) -> Step | None:
        """A norm that a sum or product ends; None where its op has no form of these weights."""
        parameters = {"weight": norm.weight, "bias": norm.bias}
        own = {name: self.given.steps[index] for name, index in parameters.items() if index is not None}
        op = with_weights(norm.op, "weight" in own, "bias" in own)
        source = self._source(step, norm)
        if op is None or source is None:
            return None
        plain = replace(step, op=op, inputs=(source,), names={}, vector=None)
        return self._with(plain, plain, op, own) if own else plain

    def _source(self, step: Step, norm: Written) -> int | None:
        """What a norm takes: where a value was a vector, or was made one, on the way, that is done before it."""
        steps = self.given.steps
        if len(steps[norm.source].shape) == len(step.shape):
            return norm.source
        kind = Flatten if len(step.shape) == 1 else ToMap
        found = [n for n in norm.inside if isinstance(steps[n].op, kind)]
        if kind is ToMap:
            return next((n for n in found if steps[n].inputs == (norm.source,)), None)
        free = [n for n in found if all(n not in own.inputs or at in norm.inside for at, own in enumerate(steps))]
        if not free:
            return None
        steps[free[0]] = replace(steps[free[0]], inputs=(norm.source,))
        return free[0]

    def _of_vector(self, step: Step) -> Step | None:
        """A norm of a vector that was made a map for it, and is made a vector again by this step."""
        norm = self.given.steps[step.inputs[0]] if isinstance(step.op, Flatten) else None
        if norm is None or not isinstance(norm.op, LayerNorm) or self.uses[step.inputs[0]] != 1:
            return None
        (source,) = norm.inputs
        before = self.given.steps[source]
        return replace(norm, inputs=before.inputs, shape=step.shape) if isinstance(before.op, ToMap) else None

    def _made(self, step: Step, before: Step, parameter: Step) -> Step | None:
        op: Any = before.op
        size = parameter.shape
        channels = size in (before.shape[:1], (before.shape[0], 1, 1))
        if isinstance(step.op, Add) and isinstance(op, LAYERS) and type(op).kind != "std_conv" and channels:
            return None if op.bias else self._with(before, before, replace(op, bias=True), {"bias": parameter})
        if isinstance(op, GroupNorm) and (op.groups, op.affine, size) == (1, False, before.shape) and not channels:
            op = LayerNorm("map", op.eps, False, False)  # the same function, until it has numbers for each place
        if isinstance(op, LayerNorm) and (channels if op.over == "channels" else size == before.shape):
            if isinstance(step.op, Multiply) and not op.scale and not op.bias:
                return self._with(before, before, replace(op, scale=True), {"weight": parameter})
            if isinstance(step.op, Add) and op.scale and not op.bias:
                return self._with(before, before, replace(op, bias=True), {"bias": parameter})
        if isinstance(step.op, Add) and isinstance(op, Multiply) and channels:
            return self._affine(before, parameter)
        return None

    def _affine(self, product: Step, offset: Step) -> Step | None:
        """A group norm times a scale, and an offset; or a scale and an offset of each channel of anything."""
        for one, other in (product.inputs, product.inputs[::-1]):
            norm, scale = self.given.steps[one], self.given.steps[other]
            plain = isinstance(norm.op, GroupNorm) and not norm.op.affine and self.uses[one] == 1
            if plain and isinstance(scale.op, Parameter) and scale.shape == (norm.shape[0], 1, 1):
                op: Any = norm.op
                return self._with(norm, product, replace(op, affine=True), {"weight": scale, "bias": offset})
        for one, other in (product.inputs, product.inputs[::-1]):
            value, scale = self.given.steps[one], self.given.steps[other]
            plain = value.shape == product.shape and value.flattened is None and not isinstance(value.op, Parameter)
            if isinstance(scale.op, Parameter) and scale.shape == offset.shape and plain:
                scaled = replace(product, op=Scale(), inputs=(one,), names={})
                return self._with(scaled, product, Scale(), {"weight": scale, "bias": offset})
        return None

    def _with(self, layer: Step, place: Step, op: Op, parameters: Mapping[str, Step]) -> Step:
        """A layer with more weights, under names beside those that it has."""
        names, reading = dict(layer.names), self.reading
        wanted = {w.name: tuple(map(int, w.shape)) for w in op.weights(self.given.steps[layer.inputs[0]].shape)}
        arrays = {own: reading.tensors[step.names[""]].reshape(wanted[own]) for own, step in parameters.items()}
        prefix = next((name.removesuffix(f".{first}") for first, name in names.items()), "")
        prefix = self._free(prefix or self._prefix(op, parameters), arrays)
        for own, parameter in parameters.items():
            names[own] = f"{prefix}.{own}"
            reading.tensors[names[own]] = arrays[own]
            reading.origins[names[own]] = reading.origins[parameter.names[""]]
        ordered = {own: names[own] for own in wanted}
        vector: Any = layer.vector
        if vector is not None and "bias" in parameters:
            vector = replace(vector, bias=True)
        label, scopes = weighted_label(op, ordered), layer.scopes or place.scopes
        return replace(layer, op=op, names=ordered, label=label, scopes=scopes, vector=vector)

    def _prefix(self, op: Op, parameters: Mapping[str, Step]) -> str:
        """The layer that parameters are of, by the names that they have in the file, or by their places."""
        for own, parameter in parameters.items():
            theirs, origin = parameter.names[""], self.reading.origins[parameter.names[""]]
            if survives(origin) and origin.endswith(f".{own}"):
                return origin.removesuffix(f".{own}")
            return UNNAMED.sub("", theirs.removesuffix(f".{own}")) or op.kind
        return op.kind

    def _free(self, first: str, arrays: Mapping[str, Array]) -> str:
        """A name for a layer, that no other has whose weights are not the same."""
        prefix, number, tensors = first, 2, self.reading.tensors
        while any(
            f"{prefix}.{own}" in tensors and not np.array_equal(tensors[f"{prefix}.{own}"], array)
            for own, array in arrays.items()
        ):
            prefix, number = f"{first}_{number}", number + 1
        return prefix
