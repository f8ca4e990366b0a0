"""What one update does to one weight, in PyTorch; see `common.training.rules`. The rate is a Python float."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ...common.training.optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop

Slots = Mapping[str, torch.Tensor]


def sgd(
    rule: SGD, w: torch.Tensor, g: torch.Tensor, slots: Slots, rate: float, step: int, decay: float
) -> tuple[torch.Tensor, Slots]:
    """Gradient descent with momentum."""
    w, g = decayed(rule, w, g, rate, decay)
    if not rule.momentum:
        return w - rate * g, {}
    scale, entering = (1.0 if step == 1 else 1 - rule.dampening), -rate if rule.velocity == "inside" else 1.0
    velocity = rule.momentum * slots["velocity"] + scale * entering * g
    moved = rule.momentum * velocity + entering * g if rule.nesterov else velocity
    return (w + moved if rule.velocity == "inside" else w - rate * moved), {"velocity": velocity}


def adam(
    rule: Adam, w: torch.Tensor, g: torch.Tensor, slots: Slots, rate: float, step: int, decay: float
) -> tuple[torch.Tensor, Slots]:
    """Adam and AdamW."""
    w, g = decayed(rule, w, g, rate, decay)
    mean = rule.beta1 * slots["mean"] + (1 - rule.beta1) * g
    square = rule.beta2 * slots["square"] + (1 - rule.beta2) * g**2
    kept = {"mean": mean, "square": square}
    if rule.amsgrad:
        kept["largest"] = square = torch.maximum(slots["largest"], square)
    first, second = 1 - rule.beta1**step, 1 - rule.beta2**step
    if rule.eps_at == "corrected":
        return w - rate * (mean / first) / (torch.sqrt(square / second) + rule.eps), kept
    return w - rate * second**0.5 / first * mean / (torch.sqrt(square) + rule.eps), kept


def rmsprop(
    rule: RMSprop, w: torch.Tensor, g: torch.Tensor, slots: Slots, rate: float, step: int, decay: float
) -> tuple[torch.Tensor, Slots]:
    """RMSprop, also TensorFlow 1's."""
    w, g = decayed(rule, w, g, rate, decay)
    kept = {"square": rule.rho * slots["square"] + (1 - rule.rho) * g**2}
    spread = kept["square"]
    if rule.centered:
        kept["mean"] = rule.rho * slots["mean"] + (1 - rule.rho) * g
        spread = spread - kept["mean"] ** 2
    scaled = g / (torch.sqrt(spread) + rule.eps if rule.eps_at == "outside" else torch.sqrt(spread + rule.eps))
    if not rule.momentum:
        return w - rate * scaled, kept
    entering = rate if rule.velocity == "inside" else 1.0
    kept["velocity"] = rule.momentum * slots["velocity"] + entering * scaled
    return w - (1.0 if rule.velocity == "inside" else rate) * kept["velocity"], kept


def adagrad(
    rule: Adagrad, w: torch.Tensor, g: torch.Tensor, slots: Slots, rate: float, step: int, decay: float
) -> tuple[torch.Tensor, Slots]:
    """Adagrad."""
    w, g = decayed(rule, w, g, rate, decay)
    total = slots["sum"] + g**2
    rate = rate / (1 + (step - 1) * rule.rate_decay)
    root = torch.sqrt(total) + rule.eps if rule.eps_at == "outside" else torch.sqrt(total + rule.eps)
    return w - rate * g / root, {"sum": total}


def lamb(
    rule: LAMB, w: torch.Tensor, g: torch.Tensor, slots: Slots, rate: float, step: int, decay: float
) -> tuple[torch.Tensor, Slots]:
    """LAMB; a coupled decay is part of the step."""
    if rule.decay == "decoupled":
        w, decay = w - rate * decay * w, 0.0
    mean = rule.beta1 * slots["mean"] + (1 - rule.beta1) * g
    square = rule.beta2 * slots["square"] + (1 - rule.beta2) * g**2
    moved = mean / (1 - rule.beta1**step) / (torch.sqrt(square / (1 - rule.beta2**step)) + rule.eps) + decay * w
    norms = w.norm(), moved.norm()
    trust = norms[0] / norms[1] if norms[0] > 0 and norms[1] > 0 else 1.0
    return w - trust * rate * moved, {"mean": mean, "square": square}


def decayed(
    rule: Optimiser, w: torch.Tensor, g: torch.Tensor, rate: float, decay: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """A weight and its gradient with the weight decay in the one or the other."""
    if not decay:
        return w, g
    return (w, g + decay * w) if rule.decay == "coupled" else (w - rate * decay * w, g)


RULES = {SGD: sgd, Adam: adam, RMSprop: rmsprop, Adagrad: adagrad, LAMB: lamb}
