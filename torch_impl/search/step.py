"""A super-network in PyTorch and its two kinds of steps: of the weights, and of the architecture parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from ...common.search.costs import Costs
from ...common.search.setting import Objective, Part, Rules, Seen, checked
from ...common.search.space import Space
from ...common.spec import Array
from ...common.training.losses import CrossEntropy
from ...common.training.matched import Matched
from ..build import build
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
        self.space, self.model = space, build(space.supernet, weights, dtype, memory_format="channels_last")
        match_variance(self.model, "unbiased")
        self.kind = getattr(torch, dtype)
        named = dict(self.model.named_parameters())
        mixes = [space.theta(number).removesuffix(".theta") for number in space.mixes]
        self.mixes: list[nn.Module] = [self.model.get_submodule(path) for path in mixes]
        thetas = {f"{path}.theta": named[f"{path}.theta"] for path in mixes}
        self.parts: dict[Part, dict[str, nn.Parameter]] = {
            "weights": {name: parameter for name, parameter in named.items() if name not in thetas},
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
        self.fixed = torch.tensor(costs.fixed + alone, dtype=self.kind)
        self.costs = [torch.tensor(costs.layers[number], dtype=self.kind) for number in space.mixes]

    def step(
        self, part: Part, x: Array, labels: Array, draws: Sequence[Array], temperature: float, objective: Objective
    ) -> Seen:
        """One batch (N, C, H, W) with a draw for each mixed layer; only the part is trained."""
        self.model.train()
        self.give(draws, temperature)
        found = self._losses(x, labels, objective)
        parameters = self.parts[part]
        gradients = torch.autograd.grad(found[0], list(parameters.values()))
        for parameter, gradient in zip(parameters.values(), gradients, strict=True):
            parameter.grad = gradient
        made = self.optimisers[part]
        made.optimiser.step()
        if made.scheduler is not None:
            made.scheduler.step()
        arrays = {name: gradient.numpy() for name, gradient in zip(parameters, gradients, strict=True)}
        losses = [item.item() for item in found]
        return Seen(losses[0], losses[1], losses[2], arrays)

    def _losses(self, x: Array, labels: Array, objective: Objective) -> tuple[torch.Tensor, ...]:
        """The loss, the cross-entropy and the latency of a batch."""
        answer = self.model(torch.from_numpy(np.ascontiguousarray(x)).to(self.kind))
        cross_entropy = self.loss(answer, torch.from_numpy(np.ascontiguousarray(labels)))
        thetas = list(self.parts["theta"].values())
        draws, heat = [self._given(mix, DRAW) for mix in self.mixes], [self._given(mix, HEAT) for mix in self.mixes]
        lat = latency(thetas, draws, heat[0], self.costs, self.fixed) if heat else self.fixed
        alpha, beta = (torch.tensor(number, dtype=self.kind) for number in (objective.alpha, objective.beta))
        return value(cross_entropy, lat, alpha, beta), cross_entropy, lat

    def _given(self, mix: nn.Module, name: str) -> torch.Tensor:
        return mix.get_buffer(name)

    def give(self, draws: Sequence[Array], temperature: float) -> None:
        """Give every mixed layer its draw, and the temperature; raises DiptychError for one of 0."""
        checked(temperature)
        for mix, draw in zip(self.mixes, draws, strict=True):
            self._given(mix, DRAW).copy_(torch.from_numpy(np.asarray(draw)))
            self._given(mix, HEAT).fill_(temperature)

    def thetas(self) -> list[Array]:
        """The architecture parameters of each mixed layer, copied."""
        return [parameter.detach().numpy().copy() for parameter in self.parts["theta"].values()]

    def weights(self) -> dict[str, Array]:
        """Every weight of the super-network by its canonical name, copied."""
        state = self.model.state_dict()
        return {name: state[name].numpy().copy() for name in self.space.supernet.weights}

    def evaluate(self, x: Array) -> Array:
        """The logits of a batch in evaluation, with the shares as they were given last."""
        self.model.eval()
        with torch.no_grad():
            answer: torch.Tensor = self.model(torch.from_numpy(np.ascontiguousarray(x)).to(self.kind))
        return answer.numpy()
