"""A PyTorch module in training, step by step; see `common.training.setting.Trainer`."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ...common.errors import DiptychError
from ...common.spec import Array, Net
from ...common.training.losses import as_rows, of_classes
from ...common.training.masks import Masks
from ...common.training.setting import Natives, Observed, Order, Setting
from ..given import _array, _named
from .dropout import masked
from .exact import widened
from .losses import loss as loss_of
from .norms import freeze_norms, match_variance, norms
from .optimiser import optimiser

NOTHING = Natives()
NO_ORDER = Order()


class Trainer:
    """A module, which is trained itself, by a setting or by objects of PyTorch that somebody gave."""

    framework = "torch"

    def __init__(
        self,
        model: nn.Module,
        setting: Setting,
        spared: frozenset[str] = frozenset(),
        natives: Natives = NOTHING,
        order: Order = NO_ORDER,
        lowered: bool = False,
    ) -> None:
        self.model, self.setting, self.order, self.lowered = model, setting, order, lowered
        self.batches = 0
        self._mode()
        match_variance(model, setting.variance)
        self.parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        kind = next((p.dtype for p in self.parameters.values()), torch.float32)
        self.optimiser, self.scheduler = natives.optimiser, natives.scheduler
        own = f"{type(self.optimiser).__name__} as it was given"
        if self.optimiser is None:
            made = optimiser(setting.rule, self.parameters, spared, exact=kind == torch.float64)
            self.optimiser, self.scheduler, own = made.optimiser, made.scheduler, made.whose
        found = loss_of(setting.loss, str(kind).removeprefix("torch."))
        self.loss = found.loss if natives.loss is None else natives.loss
        name = getattr(natives.loss, "__name__", type(natives.loss).__name__)
        self.whose = {"optimiser": own, "loss": found.whose if natives.loss is None else f"{name} as it was given"}
        decay = setting.rule.average
        own_average = None if decay is None else AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
        self.average = own_average if natives.average is None else natives.average

    def step(self, x: Array, targets: Sequence[Array], masks: Masks) -> Observed:
        """One batch; every `accumulate`-th makes an update."""
        self._mode()
        many = self.setting.rule.accumulate
        with masked(self.model, masks, self.order), torch.autocast("cpu", torch.bfloat16, enabled=self.lowered):
            answers = list(_named(self.model(self._image(x))).values())
            loss = self._loss([self._wide(answer) for answer in answers], targets)
        found = torch.autograd.grad(loss, list(self.parameters.values()), allow_unused=True)
        for parameter, gradient in zip(self.parameters.values(), found, strict=True):
            if gradient is not None:
                part = gradient / many
                parameter.grad = part if parameter.grad is None else parameter.grad + part
        self.batches += 1
        rates = {id(p): float(group["lr"]) for group in self.optimiser.param_groups for p in group["params"]}
        if self.batches % many == 0:
            self.optimiser.step()
            if self.scheduler is not None:
                with warnings.catch_warnings():  # a copied optimiser has lost the mark by which its scheduler knows it
                    warnings.simplefilter("ignore", UserWarning)
                    self.scheduler.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.model.zero_grad(set_to_none=True)
            if self.average is not None:
                update: Any = getattr(self.average, "update_parameters", None) or self.average.update
                update(self.model)
        gradients = {name: _array(g) for name, g in zip(self.parameters, found, strict=True) if g is not None}
        outputs = tuple(_array(self._wide(answer)) for answer in answers)
        known = {name: rates[id(p)] for name, p in self.parameters.items() if id(p) in rates}
        return Observed(float(loss.detach()), gradients, masks, outputs, known)

    def _loss(self, answers: list[torch.Tensor], targets: Sequence[Array]) -> torch.Tensor:
        """The loss of all outputs at once, or the weighted sum of each one's."""
        if self.setting.loss.joint:
            return self.loss(answers, self._target(answers[0], targets[0]))
        weights = self.setting.weights_of(answers)
        parts = [weight * self.loss(answer, self._target(answer, target))
                 for weight, answer, target in zip(weights, answers, targets, strict=False)]  # fmt: skip
        if any(part.numel() != 1 for part in parts):
            raise DiptychError(
                f"the loss of PyTorch is one number, got {tuple(parts[0].shape)}; take the mean or the sum of them"
            )
        return torch.stack([part.reshape(()) for part in parts]).sum()

    def shapes(self, x: Array) -> list[tuple[int, ...]]:
        """The shapes of the outputs for a batch, in training; nothing stays of the pass."""
        self._mode()
        state = copy.deepcopy(self.model.state_dict())  # with its versions, which torchvision's MNASNet asks for
        with torch.no_grad(), masked(self.model, Masks(0, 0), self.order):
            found = [tuple(value.shape) for value in _named(self.model(self._image(x))).values()]
        self.model.load_state_dict(state)
        return found

    def weights(self) -> dict[str, Array]:
        """Parameters and buffers by name."""
        return weights(self.model)

    @torch.no_grad()
    def nudge(self, share: float, seed: int) -> None:
        """Change each trained weight by chance by up to this share of it."""
        random = np.random.default_rng(seed)
        for parameter in self.parameters.values():
            parameter.mul_(1 + share * torch.from_numpy(random.uniform(-1, 1, tuple(parameter.shape))).to(parameter))

    def trained(self) -> tuple[str, ...]:
        """The parameters that the optimiser has."""
        known = {id(p) for group in self.optimiser.param_groups for p in group["params"]}
        return tuple(name for name, p in self.parameters.items() if id(p) in known)

    def decays(self) -> dict[str, float]:
        """The weight decay of each parameter that the optimiser has."""
        found = {id(p): float(group.get("weight_decay", 0.0)) for group in self.optimiser.param_groups
                 for p in group["params"]}  # fmt: skip
        return {name: found[id(p)] for name, p in self.parameters.items() if id(p) in found}

    def pulls(self) -> dict[str, float]:
        """None: what a loop of PyTorch adds to the loss is no part of a module."""
        return {}

    def constraints(self) -> dict[str, str]:
        """None: PyTorch has no constraints."""
        return {}

    coarse = False

    def averages(self) -> dict[str, Array]:
        """The moving averages of the parameters."""
        if self.average is None:
            return {}
        return {name: _array(p).copy() for name, p in self.average.module.named_parameters() if name in self.parameters}

    def evaluate(self, x: Array) -> Array:
        """The main output in evaluation."""
        self.model.eval()
        with torch.no_grad():
            return _array(next(iter(_named(self.model(self._image(x))).values())))

    def shares(self) -> dict[str, Array]:
        """The share of a batch in the running variance of each normalisation, as arrays by the names of those."""
        found = {name: module for name, module in norms(self.model).items() if module.running_var is not None}
        return {f"{name}.running_var": np.full(m.running_var.shape, np.nan if m.momentum is None else m.momentum)
                for name, m in found.items()}  # fmt: skip

    def _mode(self) -> None:
        self.model.train()
        if self.setting.frozen_norms:
            freeze_norms(self.model)

    def _image(self, x: Array) -> torch.Tensor:
        own = next(iter(self.model.parameters()))
        return torch.from_numpy(np.ascontiguousarray(x)).to(own.device, own.dtype)

    def _wide(self, answer: torch.Tensor) -> torch.Tensor:
        """What a loss takes: float32, where the network answers in bfloat16."""
        return answer.float() if self.lowered else answer

    def _target(self, answer: torch.Tensor, target: Array) -> torch.Tensor:
        by_class = of_classes(self.setting.loss)
        own = as_rows(target, answer.shape[1]) if target.ndim == 1 and not by_class and answer.ndim == 2 else target
        found = torch.from_numpy(np.ascontiguousarray(own)).to(answer.device)
        return found if by_class else found.to(answer.dtype)


def copied(model: Any, natives: Natives, dtype: str) -> tuple[Any, Natives]:
    """A copy of a module in a dtype, and of what somebody gave with it, which has the copy's parameters then.

    Of "mixed_bfloat16" the weights are float32; autocast does the rest when it runs.
    """
    given = model, natives.optimiser, natives.scheduler, natives.average
    made, optimiser_, scheduler, average = copy.deepcopy(given)
    for hooks in ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks"):
        if optimiser_ is not None:  # which torch leaves behind
            getattr(optimiser_, hooks).update(getattr(natives.optimiser, hooks))
    kind = torch.float32 if dtype == "mixed_bfloat16" else getattr(torch, dtype)
    made.to(kind)
    if optimiser_ is not None:
        optimiser_ = widened(optimiser_, str(kind).removeprefix("torch."))
    loss = copy.deepcopy(natives.loss)
    if isinstance(loss, nn.Module):
        loss.to(kind)
    if isinstance(average, nn.Module):
        average.to(kind)
    return made, Natives(optimiser_, scheduler, loss, average, natives.known)


def weights(model: Any) -> dict[str, Array]:
    """The parameters and buffers of a module by name, copied."""
    return {name: _array(tensor).copy() for name, tensor in (*model.named_parameters(), *model.named_buffers())}


def hold(model: Any, arrays: Sequence[Array]) -> None:
    """Give a module other parameters and buffers, in the order of `named_parameters`, then `named_buffers`."""
    own = [tensor for _, tensor in (*model.named_parameters(), *model.named_buffers())]
    with torch.no_grad():
        for tensor, array in zip(own, arrays, strict=True):
            tensor.copy_(torch.from_numpy(np.array(array)))


def shared(model: Any, net: Net, own: Mapping[str, Array]) -> dict[str, Array]:
    """Arrays by the names of a module that diptych built, as canonical ones."""
    return {name: own[name] for name in net.weights if name in own}


def order_of(model: Any, net: Net) -> Order:
    """The dropout of a module that diptych built has the names of the nodes, and features are in canonical order."""
    return Order({node.path: node.path for node in net.nodes})
