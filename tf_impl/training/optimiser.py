"""The optimiser of a rule in Keras: its own where it keeps the rule, else a twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from ...common.training.data import as_data, from_data
from ...common.training.matched import Matched, lacking, whose
from ...common.training.optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop
from ...common.training.rates import Constant
from .clipping import clipped
from .rates import Rate, own
from .rules import RULES


def optimiser(
    rule: Optimiser, weights: Mapping[str, Any], spared: frozenset[str] = frozenset(), exact: bool = False
) -> Matched:
    """The optimiser of named variables, built for them; `exact` keeps constants in float64.

    It clips, accumulates and averages by itself.
    """
    missing = lacking(rule, "tf", exact)
    rate = Rate(rule.schedule) if exact else own(rule.schedule)
    made = Twin(rule, rate) if missing else _own(rule, rate)
    left = [variable for name, variable in weights.items() if name in spared]
    if left:
        made.exclude_from_weight_decay(var_list=left)
    made.build(list(weights.values()))
    return Matched(made, None, whose(rule, "tf", f"keras.optimizers.{type(made).__name__}", missing))


def _own(rule: Optimiser, rate: Any) -> Any:
    # What is coupled here is SGD without momentum, where both are the same.
    shared = {"learning_rate": rate, "weight_decay": rule.weight_decay or None} | _shared(rule)
    if rule.clip is not None:
        word = {"all": "global_clipnorm", "each": "clipnorm", "value": "clipvalue"}[rule.clip.over]
        shared[word] = rule.clip.most
    optimizers = keras.optimizers
    if isinstance(rule, SGD):
        return optimizers.SGD(momentum=rule.momentum, nesterov=rule.nesterov, **shared)
    if isinstance(rule, Adam):
        kind = optimizers.AdamW if rule.weight_decay else optimizers.Adam
        more = {"beta_1": rule.beta1, "beta_2": rule.beta2, "epsilon": rule.eps, "amsgrad": rule.amsgrad}
        return kind(**more, **shared)
    if isinstance(rule, RMSprop):
        more = {"rho": rule.rho, "momentum": rule.momentum, "epsilon": rule.eps, "centered": rule.centered}
        return optimizers.RMSprop(**more, **shared)
    if isinstance(rule, Adagrad):
        return optimizers.Adagrad(initial_accumulator_value=rule.first, epsilon=rule.eps, **shared)
    assert isinstance(rule, LAMB)  # noqa: S101 - no other rule is without a twin
    return optimizers.Lamb(beta_1=rule.beta1, beta_2=rule.beta2, epsilon=rule.eps, **shared)


def _shared(rule: Optimiser) -> dict[str, Any]:
    return {
        "gradient_accumulation_steps": rule.accumulate if rule.accumulate > 1 else None,
        "use_ema": rule.average is not None,
        "ema_momentum": 0.99 if rule.average is None else rule.average,
    }


@keras.saving.register_keras_serializable(package="diptych", name="OptimiserTwin")
class Twin(keras.optimizers.Optimizer):  # type: ignore[misc]
    """An optimiser that keeps a rule which Keras's own does not; `rules` has the step of one weight."""

    def __init__(self, rule: Optimiser, learning_rate: Any = None, name: str = "twin") -> None:
        rate = own(rule.schedule) if learning_rate is None else learning_rate
        super().__init__(learning_rate=rate, name=name, **_shared(rule))
        self.rule = rule

    def build(self, variables: Sequence[Any]) -> None:
        """Make what is kept of every variable."""
        if self.built:
            return
        super().build(variables)
        kept = self.rule.kept
        found = self.add_optimizer_variables(variables, list(kept), ["zeros"] * len(kept)) if kept else ()
        self._kept = dict(zip(kept, found, strict=True))
        first = getattr(self.rule, "first", 0.0)
        for variable in (v for name in ("square", "sum") if first for v in self._kept.get(name, ())):
            variable.assign(tf.fill(variable.shape, tf.constant(first, variable.dtype)))  # no float32, as initialisers

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One update of one variable."""
        kind, place = variable.dtype, self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, kind)
        kept = {name: tf.convert_to_tensor(found[place]) for name, found in self._kept.items()}
        decay = self.rule.decayed_where(not self._use_weight_decay(variable))
        weight, rate = tf.convert_to_tensor(variable), tf.cast(learning_rate, kind)
        update: Any = RULES[type(self.rule)]
        found, kept = update(self.rule, weight, tf.cast(gradient, kind), kept, rate, step, decay)
        self.assign(variable, found)
        for name, value in kept.items():
            self.assign(self._kept[name][place], value)

    def _get_current_learning_rate(self) -> Any:
        """The rate of this update; Keras's own would ask a schedule for the number of the batch."""
        rate = self._learning_rate
        return rate(self.iterations) if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else rate

    def _clip_gradients(self, grads: Sequence[Any]) -> Sequence[Any]:
        return grads if self.rule.clip is None else clipped(self.rule.clip, grads)

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[Any]) -> None:
        """The average moves with each update; Keras's own does so with each batch."""
        due = (self._iterations + 1) % self.rule.accumulate == 0
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            weight, mean = tf.convert_to_tensor(variable), tf.convert_to_tensor(average)
            decay = self.rule.average or 0.0
            moved = decay * mean + (1 - decay) * weight
            average.assign(tf.where(due, tf.where(self.iterations == 0, weight, moved), mean))

    def get_config(self) -> dict[str, Any]:
        """The rule as data."""
        exact = isinstance(self._learning_rate, Rate) and isinstance(self.rule.schedule, Constant)
        return {"rule": as_data(self.rule), "exact": exact, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Twin:
        rule = from_data(config["rule"])
        return cls(rule, Rate(rule.schedule) if config.get("exact") else None, config["name"])
