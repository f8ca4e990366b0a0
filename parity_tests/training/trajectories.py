"""The same twenty updates in NumPy, PyTorch and Keras, of two weights with gradients that depend on them."""

from __future__ import annotations

from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf
import torch

from diptych.common.spec import Array
from diptych.common.training.optimisers import Optimiser, spared
from diptych.tf_impl.training.optimiser import optimiser as in_keras
from diptych.torch_impl.training.optimiser import optimiser as in_torch
from diptych.training.judge import Judge

STEPS = 20
Arrays = dict[str, Array]


@dataclass(frozen=True)
class Problem:
    """A kernel and a bias, whose loss is a parabola that another draw shifts in each step."""

    start: Arrays = field(default_factory=lambda: _drawn(0))
    scale: Arrays = field(default_factory=lambda: {name: np.abs(array) + 0.1 for name, array in _drawn(1).items()})
    size: float = 1.0
    """Of the gradients: tiny ones show where eps stands."""

    def gradients(self, weights: Arrays, step: int) -> Arrays:
        shift = _drawn(100 + step)
        return {name: self.size * (self.scale[name] * weights[name] + shift[name]) for name in weights}


def _drawn(seed: int) -> Arrays:
    random = np.random.default_rng(seed)
    return {"kernel": random.normal(size=(4, 3)), "bias": random.normal(size=3)}


def meant(rule: Optimiser, problem: Problem) -> tuple[Arrays, Arrays]:
    """The weights after all steps and their averages, in NumPy."""
    weights, judge = dict(problem.start), Judge(rule, _spared(rule, problem))
    for step in range(STEPS):
        weights = judge.step(weights, problem.gradients(weights, step))
    return weights, judge.averages


def of_torch(rule: Optimiser, problem: Problem) -> tuple[Arrays, str]:
    """The weights of PyTorch, and whose optimiser it was."""
    weights = {name: torch.nn.Parameter(torch.tensor(array)) for name, array in problem.start.items()}
    made = in_torch(rule, weights, _spared(rule, problem), exact=True)
    for step in range(STEPS):
        found = problem.gradients({name: p.detach().numpy() for name, p in weights.items()}, step)
        for name, parameter in weights.items():
            gradient = torch.tensor(found[name] / rule.accumulate)
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        if (step + 1) % rule.accumulate == 0:
            made.optimiser.step()
            if made.scheduler is not None:
                made.scheduler.step()
            made.optimiser.zero_grad()
    return {name: p.detach().numpy() for name, p in weights.items()}, made.whose


def of_keras(rule: Optimiser, problem: Problem, exact: bool = True) -> tuple[Arrays, Arrays, str]:
    """The weights of Keras, their averages, and whose optimiser it was."""
    weights = {name: keras.Variable(array, dtype="float64") for name, array in problem.start.items()}
    made = in_keras(rule, weights, _spared(rule, problem), exact=exact)
    for step in range(STEPS):
        found = problem.gradients({name: v.numpy() for name, v in weights.items()}, step)
        made.optimiser.apply([tf.constant(found[name]) for name in weights])
    means = made.optimiser._model_variables_moving_average if rule.average is not None else ()
    averages = {name: mean.numpy() for name, mean in zip(weights, means, strict=False)}
    return {name: v.numpy() for name, v in weights.items()}, averages, made.whose


def apart(one: Arrays, other: Arrays) -> float:
    """The largest difference, of the largest entry of the weight."""
    assert set(one) == set(other)
    return max(float(np.abs(one[name] - other[name]).max() / np.abs(other[name]).max()) for name in other)


def _spared(rule: Optimiser, problem: Problem) -> frozenset[str]:
    return spared(rule, {name: array.shape for name, array in problem.start.items()})
