"""What an optimiser or a loss of Keras says of itself, as a description."""

from __future__ import annotations

from typing import Any

import keras

from ...common.training.clipping import Clip
from ...common.training.losses import Binary, CrossEntropy, Loss, MeanSquares
from ...common.training.optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop
from ...common.training.rates import Constant, Cosine, Exponential, Schedule, Step
from .losses import Twin as LossTwin
from .optimiser import Twin
from .rates import Rate, schedules


def rule_of(optimizer: Any, scheduler: Any = None) -> Optimiser | None:
    """The rule that an optimiser keeps with its schedule; None for a class that is not Keras's own.

    None too for one that has made steps. Variables that are spared from the decay are no part of the rule.
    """
    if isinstance(optimizer, keras.optimizers.Optimizer) and (int(optimizer._iterations) or _extra(optimizer)):
        return None
    return kept_rule(optimizer, scheduler)


def beyond(optimizer: Any, scheduler: Any = None) -> str:
    """Why a rule does not say what an optimiser does, in words."""
    name = type(optimizer).__name__
    if not type(optimizer).__module__.startswith("keras."):
        return f"{name}, no class that is known,"
    if extra := _extra(optimizer):
        return f"{name} with {extra}"
    if int(optimizer._iterations):
        return f"{name}, which has made steps before,"
    if _rate(optimizer._learning_rate) is None:
        return f"{name} under {type(optimizer._learning_rate).__name__}"
    return f"{name}, whose rule diptych does not know,"


def _extra(optimizer: Any) -> str:
    """What Keras's base class does and no rule says."""
    if type(optimizer) is Twin:
        return ""
    if optimizer.use_ema and optimizer.ema_overwrite_frequency:
        return f"ema_overwrite_frequency={optimizer.ema_overwrite_frequency}, which puts averages into the weights"
    many, rate = optimizer.gradient_accumulation_steps or 1, optimizer._learning_rate
    if many > 1 and callable(rate) and not hasattr(rate, "numpy"):
        return (
            f"gradient_accumulation_steps={many} and a schedule, which moves with each batch and not with each update"
        )
    if many > 1 and optimizer.use_ema:
        return (
            f"gradient_accumulation_steps={many} and an average, which moves with each batch and not with each update"
        )
    return ""


def kept_rule(optimizer: Any, scheduler: Any = None) -> Optimiser | None:
    """The same of an optimiser that may have made steps."""
    if type(optimizer) is Twin:
        return optimizer.rule
    if not isinstance(optimizer, keras.optimizers.Optimizer) or scheduler is not None:
        return None
    rate = _rate(optimizer._learning_rate)
    if rate is None:
        return None
    own = keras.optimizers
    shared: dict[str, Any] = {
        "rate": rate,
        "weight_decay": float(optimizer.weight_decay or 0.0),
        "decay": "decoupled",
        "clip": _clip(optimizer),
    }
    shared |= {"accumulate": optimizer.gradient_accumulation_steps or 1}
    shared |= {"average": float(optimizer.ema_momentum) if optimizer.use_ema else None}
    if type(optimizer) is own.SGD:
        return SGD(momentum=float(optimizer.momentum), nesterov=bool(optimizer.nesterov), velocity="inside", **shared)
    if type(optimizer) in (own.Adam, own.AdamW):
        more = {"beta1": optimizer.beta_1, "beta2": optimizer.beta_2, "eps": optimizer.epsilon}
        return Adam(amsgrad=bool(optimizer.amsgrad), eps_at="uncorrected", **more, **shared)
    if type(optimizer) is own.RMSprop:
        more = {"rho": optimizer.rho, "momentum": optimizer.momentum, "eps": optimizer.epsilon}
        return RMSprop(centered=bool(optimizer.centered), eps_at="inside", velocity="inside", **more, **shared)
    if type(optimizer) is own.Adagrad:
        return Adagrad(first=optimizer.initial_accumulator_value, eps=optimizer.epsilon, eps_at="inside", **shared)
    if type(optimizer) is own.Lamb:
        return LAMB(beta1=optimizer.beta_1, beta2=optimizer.beta_2, eps=optimizer.epsilon, **shared)
    return None


def _clip(optimizer: Any) -> Clip | None:
    found = (("each", optimizer.clipnorm), ("all", optimizer.global_clipnorm), ("value", optimizer.clipvalue))
    return next((Clip(float(most), over, 0.0) for over, most in found if most), None)  # type: ignore[arg-type]


def _rate(rate: Any) -> Schedule | None:
    if isinstance(rate, Rate):
        return rate.schedule
    if type(rate) is schedules.PiecewiseConstantDecay and len(rate.boundaries) == len(rate.values) - 1:
        factors = {round(b / a, 6) for a, b in zip(rate.values, rate.values[1:], strict=False)}
        if len(factors) == 1:
            return Step(rate.values[0], tuple(at + 1 for at in rate.boundaries), rate.values[1] / rate.values[0])
        return None
    if type(rate) is schedules.ExponentialDecay:
        return Exponential(rate.initial_learning_rate, rate.decay_rate, rate.decay_steps, bool(rate.staircase))
    if type(rate) is schedules.CosineDecay and not rate.warmup_steps:
        return Cosine(rate.initial_learning_rate, rate.decay_steps, rate.alpha * rate.initial_learning_rate)
    if callable(rate) and not hasattr(rate, "numpy"):
        return None
    return Constant(float(f"{float(rate):.7g}"))  # the float32 of a number that somebody wrote


def loss_of(loss: Any) -> Loss | None:
    """What a loss says of itself; None for a function or a class that is not Keras's own."""
    if type(loss) is LossTwin:
        return loss.description
    if getattr(loss, "reduction", "sum_over_batch_size") not in ("sum_over_batch_size", "mean"):
        return None
    config = loss.get_config() if hasattr(loss, "get_config") else {}
    of = "logits" if config.get("from_logits") else "probabilities"
    if type(loss) is keras.losses.SparseCategoricalCrossentropy and config.get("ignore_class") is None:
        return CrossEntropy(of=of)  # type: ignore[arg-type]
    if type(loss) is keras.losses.CategoricalCrossentropy and config.get("axis", -1) in (-1, 1):
        return CrossEntropy(of=of, label_smoothing=config["label_smoothing"])  # type: ignore[arg-type]
    if type(loss) is keras.losses.BinaryCrossentropy and of == "logits":
        return Binary(label_smoothing=config["label_smoothing"])
    return MeanSquares() if type(loss) is keras.losses.MeanSquaredError else None
