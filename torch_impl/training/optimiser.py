"""The optimiser of a rule in PyTorch: torch.optim's own where it keeps the rule, else a twin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ...common.training.clipping import Clip
from ...common.training.matched import Matched, lacking, whose
from ...common.training.optimisers import SGD, Adagrad, Adam, Optimiser, RMSprop
from .clipping import clipped
from .rates import Rate
from .rules import RULES


def optimiser(
    rule: Optimiser, weights: Mapping[str, Any], spared: frozenset[str] = frozenset(), exact: bool = False
) -> Matched:
    """The optimiser of named parameters, and its scheduler where the rate is not constant.

    It clips by itself, in a hook before the step; gradients that are accumulated are the caller's, who calls `step`
    after `rule.accumulate` backward passes of the loss divided by it.
    """
    missing = lacking(rule, "torch", exact)
    groups = [{"params": [p for name, p in weights.items() if (name in spared) == out], "weight_decay": decay}
              for out, decay in ((False, rule.weight_decay), (True, 0.0))]  # fmt: skip
    groups = [group for group in groups if group["params"]]
    made = Twin(groups, rule) if missing else _own(rule, groups)
    if rule.clip is not None:
        made.register_step_pre_hook(Clipping(rule.clip))
    scheduler = None if rule.constant else torch.optim.lr_scheduler.LambdaLR(made, Rate(rule.schedule))
    return Matched(made, scheduler, whose(rule, "torch", f"torch.optim.{type(made).__name__}", missing))


def _own(rule: Optimiser, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    rate = rule.schedule.rate
    if isinstance(rule, SGD):
        return torch.optim.SGD(groups, rate, rule.momentum, rule.dampening, nesterov=rule.nesterov)
    if isinstance(rule, Adam):
        kind = torch.optim.AdamW if rule.decay == "decoupled" else torch.optim.Adam
        return kind(groups, rate, (rule.beta1, rule.beta2), rule.eps, amsgrad=rule.amsgrad)
    if isinstance(rule, RMSprop):
        return torch.optim.RMSprop(groups, rate, rule.rho, rule.eps, momentum=rule.momentum, centered=rule.centered)
    assert isinstance(rule, Adagrad)  # noqa: S101 - PyTorch lacks all others, which have a twin
    first, decay = rule.first, rule.rate_decay
    return torch.optim.Adagrad(groups, rate, decay, initial_accumulator_value=first, eps=rule.eps)


@dataclass(frozen=True)
class Clipping:
    """Called before a step of an optimiser: the gradients are clipped."""

    clip: Clip

    @torch.no_grad()
    def __call__(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        found = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        for parameter, gradient in zip(found, clipped(self.clip, [p.grad for p in found]), strict=True):
            parameter.grad = gradient


class Twin(torch.optim.Optimizer):
    """An optimiser that keeps a rule which torch.optim's own does not; `rules` has the step of one weight."""

    def __init__(self, params: Any, rule: Optimiser) -> None:
        self.rule = rule
        super().__init__(params, {"lr": rule.schedule.rate, "weight_decay": rule.weight_decay})

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "rule": self.rule}

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update of every weight that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._step(weight, group["lr"], group["weight_decay"])
        return loss

    def _step(self, weight: nn.Parameter, rate: float, decay: float) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = 0
            state |= _begun(self.rule, weight)
        state["step"] += 1
        kept = {name: state[name] for name in self.rule.kept}
        update: Any = RULES[type(self.rule)]
        found, kept = update(self.rule, weight, weight.grad, kept, rate, state["step"], decay)
        weight.copy_(found)
        state |= kept


def _begun(rule: Optimiser, weight: Any) -> dict[str, torch.Tensor]:
    """What an optimiser keeps of a weight before the first step."""
    first = {"square": getattr(rule, "first", 0.0), "sum": getattr(rule, "first", 0.0)}
    return {name: torch.full_like(weight, first.get(name, 0.0)) for name in rule.kept}
