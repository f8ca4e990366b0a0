"""What an optimiser or a loss of PyTorch says of itself, as a description."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from ...common.training.losses import Binary, CrossEntropy, Loss, MeanSquares
from ...common.training.optimisers import SGD, Adagrad, Adam, Optimiser, RMSprop
from ...common.training.rates import Constant, Cosine, Exponential, Schedule, Step
from .losses import Twin as LossTwin
from .optimiser import Clipping, Twin
from .rates import Rate


def rule_of(optimizer: Any, scheduler: Any = None) -> Optimiser | None:
    """The rule that an optimiser keeps with its scheduler; None for a class that is not torch.optim's own.

    None too for one that has made steps, and for groups that differ in more than that some are spared from the decay;
    which those are is no part of the rule.
    """
    return (
        None if isinstance(optimizer, torch.optim.Optimizer) and _begun(optimizer) else kept_rule(optimizer, scheduler)
    )


def kept_rule(optimizer: Any, scheduler: Any = None) -> Optimiser | None:
    """The same of an optimiser that may have made steps."""
    if not isinstance(optimizer, torch.optim.Optimizer) or _mixed(optimizer):
        return None
    if any(group.get("maximize") for group in optimizer.param_groups):
        return None
    group = max(optimizer.param_groups, key=lambda group: group.get("weight_decay", 0.0))
    rate = _rate(float(group.get("initial_lr", group["lr"])), scheduler)
    if rate is None:
        return None
    if optimizer._optimizer_step_post_hooks or len(optimizer._optimizer_step_pre_hooks) > 1:
        return None
    hook = next(iter(optimizer._optimizer_step_pre_hooks.values()), None)
    if type(optimizer) is Twin or not (hook is None or isinstance(hook, Clipping)):
        return optimizer.rule if type(optimizer) is Twin else None
    clip = None if hook is None else hook.clip
    known: dict[str, Any] = {"clip": clip, "rate": rate, "weight_decay": float(group.get("weight_decay", 0.0))}
    if type(optimizer) is torch.optim.SGD:
        momentum, dampening = float(group["momentum"]), float(group["dampening"])
        return SGD(momentum=momentum, nesterov=bool(group["nesterov"]), dampening=dampening, **known)
    if type(optimizer) in (torch.optim.Adam, torch.optim.AdamW):
        decay: Any = (
            "decoupled" if group.get("decoupled_weight_decay") or type(optimizer) is torch.optim.AdamW else "coupled"
        )
        (beta1, beta2), eps = group["betas"], float(group["eps"])
        return Adam(beta1=beta1, beta2=beta2, eps=eps, amsgrad=bool(group["amsgrad"]), decay=decay, **known)
    if type(optimizer) is torch.optim.RMSprop:
        own = {"rho": group["alpha"], "eps": group["eps"], "momentum": group["momentum"]}
        return RMSprop(centered=bool(group["centered"]), **own, **known)
    if type(optimizer) is torch.optim.Adagrad:
        first = float(group["initial_accumulator_value"])
        eps, fall = float(group["eps"]), float(group["lr_decay"])
        return Adagrad(first=first, eps=eps, rate_decay=fall, **known)
    return None


def beyond(optimizer: Any, scheduler: Any = None) -> str:
    """Why a rule does not say what an optimiser does, in words."""
    name = type(optimizer).__name__
    if not type(optimizer).__module__.startswith("torch.optim"):
        return f"{name}, no class that is known,"
    if any(group.get("maximize") for group in optimizer.param_groups):
        return f"{name} with maximize=True"
    if _mixed(optimizer):
        return f"{name} with groups of unlike settings"
    if _begun(optimizer):
        return f"{name}, which has made steps before,"
    if scheduler is not None and _rate(1.0, scheduler) is None:
        return f"{name} under {type(scheduler).__name__}"
    return f"{name}, whose rule diptych does not know,"


def _begun(optimizer: Any) -> bool:
    """Whether it has made a step; Adagrad keeps sums from the start."""
    return any(float(state.get("step", 1)) > 0 for state in optimizer.state.values())


def _mixed(optimizer: Any) -> bool:
    """Whether its groups differ in more than that some have no weight decay."""
    plain = [{key: value for key, value in group.items() if key not in ("params", "weight_decay")}
             for group in optimizer.param_groups]  # fmt: skip
    decays = {group.get("weight_decay", 0.0) for group in optimizer.param_groups} - {0.0}
    return any(group != plain[0] for group in plain) or len(decays) > 1


def _rate(rate: float, scheduler: Any) -> Schedule | None:
    if scheduler is None:
        return Constant(rate)
    if type(scheduler) is lr_scheduler.LambdaLR and isinstance(scheduler.lr_lambdas[0], Rate):
        return scheduler.lr_lambdas[0].schedule
    if type(scheduler) is lr_scheduler.MultiStepLR:
        return Step(rate, tuple(sorted(scheduler.milestones)), scheduler.gamma)
    if type(scheduler) is lr_scheduler.StepLR:
        return Exponential(rate, scheduler.gamma, scheduler.step_size, staircase=True)
    if type(scheduler) is lr_scheduler.ExponentialLR:
        return Exponential(rate, scheduler.gamma)
    if type(scheduler) is lr_scheduler.CosineAnnealingLR:
        return Cosine(rate, scheduler.T_max, scheduler.eta_min, after="rise")
    return None


def loss_of(loss: Any) -> Loss | None:
    """What a loss says of itself; None for a function or a class that is not torch.nn's own."""
    if type(loss) is LossTwin:
        return loss.description
    if getattr(loss, "reduction", "mean") != "mean":
        return None
    if type(loss) is nn.CrossEntropyLoss and loss.ignore_index == -100:
        weights = None if loss.weight is None else tuple(loss.weight.tolist())
        return CrossEntropy(label_smoothing=loss.label_smoothing, class_weights=weights)
    if type(loss) is nn.BCEWithLogitsLoss and loss.weight is None:
        return Binary(positive_weight=1.0 if loss.pos_weight is None else float(loss.pos_weight))
    return MeanSquares() if type(loss) is nn.MSELoss else None
