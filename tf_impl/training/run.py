"""A Keras model in training, step by step; see `common.training.setting.Trainer`."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...common.errors import DiptychError
from ...common.layouts import BATCH, rearranged, to_canonical
from ...common.spec import Array, Net
from ...common.training.losses import as_rows, of_classes
from ...common.training.masks import Masks
from ...common.training.setting import Natives, Observed, Order, Setting
from ..classes import every_layer, named_weights
from ..cloned import remade
from ..given import _canonical, _named
from ..state import variables
from .dropout import masked
from .exact import exact, widened
from .losses import loss as loss_of
from .norms import freeze_norms, match_variance, norms
from .optimiser import Twin, optimiser

NOTHING = Natives()
NO_ORDER = Order()


class Trainer:
    """A Keras model, which is trained itself, by a setting or by objects of Keras that somebody gave."""

    framework = "tf"

    def __init__(
        self,
        model: keras.Model,
        setting: Setting,
        spared: frozenset[str] = frozenset(),
        natives: Natives = NOTHING,
        order: Order = NO_ORDER,
        lowered: bool = False,
    ) -> None:
        self.model, self.setting, self.natives, self.order, self.lowered = model, setting, natives, order, lowered
        if setting.frozen_norms:
            freeze_norms(model)
        match_variance(model, setting.variance)
        self.names = {id(variable): name for name, variable in named_weights(model).items()}
        self.parameters = {self.names[id(variable)]: variable for variable in model.trainable_variables}
        kind = str(model.variable_dtype) if hasattr(model, "variable_dtype") else "float32"
        kind = next((str(v.dtype) for v in self.parameters.values()), kind)
        self.optimiser = natives.optimiser
        own = f"{type(self.optimiser).__name__} as it was given"
        if self.optimiser is None:
            made = optimiser(setting.rule, self.parameters, spared, exact=kind == "float64")
            self.optimiser, own = made.optimiser, made.whose
        elif kind == "float64":
            self.optimiser = self._exact(natives.optimiser)
            own = f"{own}, its constants in float64"
        self.kind = kind
        found = loss_of(setting.loss, kind)
        told = natives.loss is None or "loss" in natives.known
        self.loss = found.loss if told else natives.loss
        name = getattr(natives.loss, "__name__", type(natives.loss).__name__)
        self.whose = {"optimiser": own, "loss": found.whose if natives.loss is None else f"{name} as it was given"}

    def _exact(self, given: Any) -> Any:
        """An optimiser that was given with its constants in float64: of a twin of ours that for the same variables."""
        if type(given) is not Twin:
            if "optimiser" in self.natives.known and self.setting.rule.constant:
                given._learning_rate.assign(self.setting.rule.schedule.rate)
            return given
        built = given._trainable_variables if given.built else list(self.parameters.values())
        ids = {id(variable) for variable in built}
        weights = {name: variable for name, variable in self.parameters.items() if id(variable) in ids}
        spared = frozenset(name for name, variable in weights.items() if not given._use_weight_decay(variable))
        return optimiser(self.setting.rule, weights, spared, exact=True).optimiser

    def step(self, x: Array, targets: Sequence[Array], masks: Masks) -> Observed:
        """One batch; the optimiser itself accumulates."""
        variables = list(self.parameters.values())
        with masked(self.model, masks, self.order), exact(self.kind):
            with tf.GradientTape(persistent=True) as tape:
                answers = list(_named(self.model, self.model(self._image(x), training=True)).values())
                loss = self._loss(answers, targets)
                penalties = [tf.cast(value, loss.dtype) for value in self.model.losses]
                penalty = tf.add_n(penalties) if penalties else None
            values = [variable.value for variable in variables]
            gradients = self._known(tape.gradient(loss, values), variables)
            added = self._known(tape.gradient(penalty, values), variables) if penalties else {}
            rate = float(tf.convert_to_tensor(self.optimiser.learning_rate))
            self._apply(gradients, added)
        arrays = [{name: np.asarray(tf.convert_to_tensor(g)) for name, g in of.items()} for of in (gradients, added)]
        outputs = tuple(_canonical(self._wide(answer)) for answer in answers)
        return Observed(float(loss), arrays[0], masks, outputs, dict.fromkeys(self.trained(), rate), arrays[1])

    def _known(self, found: Sequence[Any], variables: Sequence[Any]) -> dict[str, Any]:
        return {self.names[id(v)]: g for g, v in zip(found, variables, strict=True) if g is not None}

    def _apply(self, gradients: Mapping[str, Any], added: Mapping[str, Any]) -> None:
        """One update, of the gradients and of those of the penalties that the model adds to its loss."""
        scale = getattr(self.optimiser, "loss_scale_factor", None) or 1.0  # which `fit` multiplies the loss by
        own = [name for name in self.trained() if name in gradients or name in added]  # some may have been left out
        sums = [scale * tf.add_n([tf.convert_to_tensor(of[name]) for of in (gradients, added) if name in of])
                for name in own]  # fmt: skip
        self.optimiser.apply(sums, [self.parameters[name] for name in own])

    def _loss(self, answers: list[Any], targets: Sequence[Array]) -> tf.Tensor:
        """The loss of all outputs at once, or the weighted sum of each one's."""
        if self.setting.loss.joint:
            wide = [self._wide(answer) for answer in answers]
            return tf.convert_to_tensor(self.loss(self._target(wide[0], targets[0]), wide))
        weights = self.setting.weights_of(answers)
        parts = [weight * self._one(self._target(answer, target), self._wide(answer))
                 for weight, answer, target in zip(weights, answers, targets, strict=False)]  # fmt: skip
        return tf.add_n(parts)

    def _one(self, target: tf.Tensor, answer: tf.Tensor) -> tf.Tensor:
        """The loss of one output; of a function that has one for each image the mean, as `compile` takes it."""
        found = tf.convert_to_tensor(self.loss(target, answer))
        if found.shape.rank and isinstance(self.loss, keras.losses.Loss):
            raise DiptychError(f"the loss of Keras is one number, got {tuple(found.shape)}; give it a reduction")
        return tf.reduce_mean(found) if found.shape.rank else found

    def shapes(self, x: Array) -> list[tuple[int, ...]]:
        """The shapes of the outputs for a batch, in training, maps as (N, C, H, W); nothing stays of the pass."""
        before = [(variable, np.asarray(variable)) for variable in self.model.non_trainable_variables]
        with masked(self.model, Masks(0, 0), self.order), exact(self.kind):
            answers = _named(self.model, self.model(self._image(x), training=True)).values()
        for variable, value in before:
            variable.assign(value)
        return [tuple(_canonical(answer).shape) for answer in answers]

    def weights(self) -> dict[str, Array]:
        """Variables by their paths."""
        return weights(self.model)

    def nudge(self, share: float, seed: int) -> None:
        """Change each trained weight by chance by up to this share of it."""
        random = np.random.default_rng(seed)
        for variable in self.parameters.values():
            variable.assign(variable.numpy() * (1 + share * random.uniform(-1, 1, tuple(variable.shape))))

    def trained(self) -> tuple[str, ...]:
        """The variables that the optimiser has."""
        if not self.optimiser.built:
            return tuple(self.parameters)
        known = {id(variable) for variable in self.optimiser._trainable_variables}
        return tuple(path for path, variable in self.parameters.items() if id(variable) in known)

    def decays(self) -> dict[str, float]:
        """The weight decay of each variable that the optimiser has."""
        own = self.optimiser
        decay = own.rule.weight_decay if isinstance(own, Twin) else float(own.weight_decay or 0.0)
        names = self.trained()
        return {name: decay if own._use_weight_decay(self.parameters[name]) else 0.0 for name in names}

    def pulls(self) -> dict[str, float]:
        """By how much of itself a regularizer pulls each variable; NaN for one that is not L2."""
        found = {name: v.regularizer for name, v in self.parameters.items() if getattr(v, "regularizer", None)}
        return {name: _pull_of(regularizer) for name, regularizer in found.items()}

    def constraints(self) -> dict[str, str]:
        """The constraint of each variable that has one, by the name of its class."""
        found = {name: getattr(v, "constraint", None) for name, v in self.parameters.items()}
        return {name: type(constraint).__name__ for name, constraint in found.items() if constraint is not None}

    @property
    def coarse(self) -> bool:
        """Whether a schedule of somebody's own computes the rate in float32."""
        with exact(self.kind):
            rate = self.optimiser.learning_rate
        return self.kind == "float64" and "float32" in str(getattr(rate, "dtype", ""))

    def averages(self) -> dict[str, Array]:
        """The moving averages of the variables."""
        if not getattr(self.optimiser, "use_ema", False) or not self.optimiser.built:
            return {}
        means = self.optimiser._model_variables_moving_average
        return {
            self.names[id(v)]: np.array(mean.numpy())
            for v, mean in zip(self.optimiser._trainable_variables, means, strict=True)
        }

    def evaluate(self, x: Array) -> Array:
        """The main output in evaluation."""
        found = _named(self.model, self.model(self._image(x), training=False))
        return _canonical(next(iter(found.values())))

    def shares(self) -> dict[str, Array]:
        """The share of a batch in the moving variance of each normalisation, as arrays by the paths of those."""
        return {self.names[id(layer.moving_variance)]: np.full(layer.moving_variance.shape, 1 - layer.momentum)
                for layer in norms(self.model)}  # fmt: skip

    def _image(self, x: Array) -> tf.Tensor:
        inputs = getattr(self.model, "inputs", None)
        kind = inputs[0].dtype if inputs else self.model.compute_dtype
        return tf.constant(rearranged(np.asarray(x), BATCH["torch"], BATCH["tf"]), dtype=kind)

    def _wide(self, answer: Any) -> Any:
        return tf.cast(answer, tf.float32) if self.lowered else answer

    def _target(self, answer: Any, target: Array) -> tf.Tensor:
        if of_classes(self.setting.loss):
            return tf.constant(target)
        if target.ndim == 1 and answer.shape.rank == 2:
            target = as_rows(target, answer.shape[1])
        own = rearranged(target, BATCH["torch"], BATCH["tf"]) if target.ndim == 4 else target
        return tf.constant(own, tf.float32 if self.lowered else answer.dtype)


def copied(model: Any, natives: Natives, dtype: str) -> tuple[Any, Natives]:
    """A copy of a model in a dtype, and of what somebody gave with it; raises what its layers raise."""
    made = remade(model, dtype)
    for one, two in zip(every_layer(model), every_layer(made), strict=True):
        two.trainable = one.trainable
    for one, two in zip(model.weights, made.weights, strict=True):  # which may have been set since it was made
        two.regularizer, two.constraint = one.regularizer, one.constraint
    given, loss = natives.optimiser, _loss_in(natives.loss, dtype)
    if given is None:
        return made, Natives(None, None, loss, None, natives.known)
    again = widened(given, dtype)
    partner = {id(one): two for one, two in zip(model.weights, made.weights, strict=True)}
    again._exclude_from_weight_decay_pattern = getattr(given, "_exclude_from_weight_decay_pattern", None)
    spared: set[int] = getattr(given, "_exclude_from_weight_decay", set())
    keys = {given._var_key(one): again._var_key(two) for one, two in zip(model.weights, made.weights, strict=True)}
    again._exclude_from_weight_decay = {keys[key] for key in spared if key in keys}
    if given.built:  # for the same variables, some of which may have been left out
        with exact(dtype):
            again.build([partner[id(variable)] for variable in given._trainable_variables])
        rate = again._learning_rate
        own = float(rate) if hasattr(rate, "numpy") else None
        if int(given._iterations):
            again.set_weights([np.array(variable.numpy()) for variable in given.variables])
        if own is not None:  # and not that of float32
            rate.assign(own)
    return made, Natives(again, None, loss, None, natives.known)


def _loss_in(loss: Any, dtype: str) -> Any:
    """A loss of Keras that computes in the dtype of the copy."""
    if not isinstance(loss, keras.losses.Loss) or dtype != "float64":
        return loss
    made = copy.copy(loss)
    made._dtype_policy = keras.DTypePolicy(dtype)
    made._dtype = made._dtype_policy.compute_dtype
    return made


def _pull_of(regularizer: Any) -> float:
    """The share of a weight that the gradient of a regularizer is; NaN where it is none, as of L1."""
    own = keras.regularizers
    if type(regularizer) is own.L2:
        return 2 * float(regularizer.l2)
    l2 = type(regularizer) is own.L1L2 and not float(regularizer.l1)
    return 2 * float(regularizer.l2) if l2 else math.nan


def weights(model: Any) -> dict[str, Array]:
    """The variables of a model by their paths, copied."""
    return {name: np.array(variable.numpy()) for name, variable in named_weights(model).items()}


def hold(model: Any, arrays: Sequence[Array]) -> None:
    """Give a model other weights, in the order of `model.weights`."""
    for variable, array in zip(model.weights, arrays, strict=True):
        variable.assign(array)


def shared(model: Any, net: Net, own: Mapping[str, Array]) -> dict[str, Array]:
    """Arrays by the paths of a model that diptych built, as canonical ones."""
    return {name: to_canonical(own[variable.path], weight, axes)
            for name, weight, variable, axes in variables(model, net) if variable.path in own}  # fmt: skip


def order_of(model: Any, net: Net) -> Order:
    """The dropout of a model that diptych built has the names of the nodes; flattened maps are in the order H, W, C."""
    turned: dict[str | int, Array | None] = {}
    for node in net.nodes:
        if node.flattened:
            sizes = dict(zip("CHW", map(int, node.flattened), strict=True))
            count: Array = np.arange(math.prod(sizes.values()), dtype=np.float64)[None]
            turned[node.path] = rearranged(count, "N (C H W)", "N (H W C)", sizes)[0].astype(np.int64)
    return Order({node.path: node.path for node in net.nodes}, turned)
