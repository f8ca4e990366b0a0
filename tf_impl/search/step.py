"""A super-network in Keras and its two kinds of steps: of the weights, and of the architecture parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ...common.layouts import BATCH, rearranged, to_canonical
from ...common.search.costs import Costs
from ...common.search.setting import Objective, Part, Rules, Seen, checked
from ...common.search.space import Space
from ...common.spec import Array
from ...common.training.losses import CrossEntropy
from ...common.training.matched import Matched
from ..build import build
from ..state import variables
from ..training.losses import loss
from ..training.norms import match_variance
from ..training.optimiser import optimiser
from .objective import latency, value

DRAW, HEAT = "gumbel", "temperature"


class Searcher:
    """The super-network of a space in training; `costs` are those of its layers, in one unit.

    Both frameworks write the unbiased running variance, so that a whole search is the same in both, but for rounding.
    """

    def __init__(
        self, space: Space, weights: Mapping[str, Array], costs: Costs, rules: Rules, dtype: str = "float32"
    ) -> None:
        self.space, self.model = space, build(space.supernet, weights, dtype)
        match_variance(self.model, "unbiased")
        self.kind = tf.dtypes.as_dtype(dtype)
        self.own = {
            name: (variable, weight, axes) for name, weight, variable, axes in variables(self.model, space.supernet)
        }
        mixes = [space.theta(number).removesuffix(".theta") for number in space.mixes]
        self.mixes = mixes
        thetas = {f"{path}.theta": self.own[f"{path}.theta"][0] for path in mixes}
        trained = [name for name, (variable, _, _) in self.own.items() if variable.trainable]
        self.parts: dict[Part, dict[str, Any]] = {
            "weights": {name: self.own[name][0] for name in trained if name not in thetas},
            "theta": thetas,
        }
        exact = dtype == "float64"
        self.optimisers: dict[Part, Matched] = {
            part: optimiser(rule, self.parts[part], exact=exact)
            for part, rule in rules.by_part.items()
            if self.parts[part]
        }
        self.loss = loss(CrossEntropy(), dtype).loss
        alone = sum(float(costs.layers[n][0]) for n in range(len(space.layers)) if n not in space.mixes)
        self.fixed = tf.constant(costs.fixed + alone, self.kind)
        self.costs = [tf.constant(costs.layers[number], self.kind) for number in space.mixes]
        self._compiled = {part: tf.function(self._trained(part), reduce_retracing=True) for part in self.optimisers}
        self._answered = tf.function(lambda x: self.model(x, training=False), reduce_retracing=True)

    def step(
        self, part: Part, x: Array, labels: Array, draws: Sequence[Array], temperature: float, objective: Objective
    ) -> Seen:
        """One batch (N, C, H, W) with a draw for each mixed layer; only the part is trained."""
        self.give(draws, temperature)
        alpha, beta = (tf.constant(number, self.kind) for number in (objective.alpha, objective.beta))
        found, gradients = self._compiled[part](self._image(x), tf.constant(labels), alpha, beta)
        arrays = {
            name: self._canonical(name, gradient) for name, gradient in zip(self.parts[part], gradients, strict=True)
        }
        losses = [float(item) for item in found]
        return Seen(losses[0], losses[1], losses[2], arrays)

    def _trained(self, part: Part) -> Any:
        """What a step of a part runs, as TensorFlow compiles it."""
        parameters, made = list(self.parts[part].values()), self.optimisers[part].optimiser

        def run(x: tf.Tensor, labels: tf.Tensor, alpha: tf.Tensor, beta: tf.Tensor) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                found = self._losses(x, labels, alpha, beta)
            gradients = tape.gradient(found[0], [parameter.value for parameter in parameters])
            gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
            made.apply(gradients, parameters)
            return found, gradients

        return run

    def _losses(self, x: tf.Tensor, labels: tf.Tensor, alpha: tf.Tensor, beta: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """The loss, the cross-entropy and the latency of a batch."""
        cross_entropy = tf.convert_to_tensor(self.loss(labels, self.model(x, training=True)))
        thetas = [tf.convert_to_tensor(theta) for theta in self.parts["theta"].values()]
        draws, heat = [self._given(mix, DRAW) for mix in self.mixes], [self._given(mix, HEAT) for mix in self.mixes]
        lat = latency(thetas, draws, heat[0], self.costs, self.fixed) if heat else self.fixed
        return value(cross_entropy, lat, alpha, beta), cross_entropy, lat

    def _given(self, mix: str, name: str) -> tf.Tensor:
        return tf.convert_to_tensor(self.own[f"{mix}.{name}"][0])

    def give(self, draws: Sequence[Array], temperature: float) -> None:
        """Give every mixed layer its draw, and the temperature; raises DiptychError for one of 0."""
        checked(temperature)
        for mix, draw in zip(self.mixes, draws, strict=True):
            self.own[f"{mix}.{DRAW}"][0].assign(draw)
            self.own[f"{mix}.{HEAT}"][0].assign([temperature])

    def thetas(self) -> list[Array]:
        """The architecture parameters of each mixed layer, copied."""
        return [np.array(variable.numpy()) for variable in self.parts["theta"].values()]

    def weights(self) -> dict[str, Array]:
        """Every weight of the super-network by its canonical name, copied."""
        return {name: self._canonical(name, variable.numpy()) for name, (variable, _, _) in self.own.items()}

    def evaluate(self, x: Array) -> Array:
        """The logits of a batch in evaluation, with the shares as they were given last."""
        return np.asarray(self._answered(self._image(x)))

    def _canonical(self, name: str, array: Any) -> Array:
        _, weight, axes = self.own[name]
        return np.array(to_canonical(np.asarray(array), weight, axes))

    def _image(self, x: Array) -> tf.Tensor:
        return tf.constant(rearranged(np.asarray(x), BATCH["torch"], BATCH["tf"]), dtype=self.kind)
