"""The gates with a backward pass: gradients in evaluation mode, and a step in training mode.

A backward pass is dear: gradients take turns over the batches, and training, which is evaluation without batch
normalisation, runs on the last size of networks that have one.

PyTorch writes the unbiased running variance and Keras's layer the biased one (trap `batch_norm_running_variance`,
https://github.com/pytorch/pytorch/issues/1410). Both are left as they are, since fine-tuning must behave as users of
the framework expect; the training gate takes the factor n / (n - 1) out and compares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .. import backends
from ..common.backend import Backend, Step
from ..common.compare import FLOAT64_TOLERANCE, Worst, compare
from ..common.spec import Array, Net
from .case import SIDES, Case, Finding, by_output_name

GRADIENT_FLOOR = 1e-3
"""Of the largest gradient: a bias before batch normalisation has none in training but rounding, which is no measure."""


def gradients_float64(case: Case) -> Finding:
    """The gradients of a scalar loss with respect to the input and every weight agree in evaluation mode.

    With several cases they take turns over the batches (the first has the first, and so on), since a backward pass is
    the dearest part of a check.
    """
    images = case.images if case.turns == 1 else case.images[case.turn % len(case.images) :][:1]
    return _compare_steps(case, images, training=False)


def training_float64(case: Case) -> Finding:
    """In training mode (dropout off) outputs, gradients and the running statistics left behind agree.

    PyTorch writes the unbiased variance to its statistics and Keras the biased one: the factor is taken out here.
    Run in the last case, on its largest batch.
    """
    if case.turn < case.turns - 1:
        return Finding(True, 0.0, FLOAT64_TOLERANCE)
    if not case.net.statistics:
        detail = "without batch normalisation, training with dropout off is evaluation: see the gate before"
        return Finding(True, 0.0, FLOAT64_TOLERANCE, "", detail)
    return _compare_steps(case, [max(case.images, key=len)], training=True)


def _compare_steps(case: Case, images: Sequence[Array], training: bool) -> Finding:
    total, count, tolerance = Worst(0.0), 0, _gradient_tolerance(case)
    rng = np.random.default_rng(1)
    for x in images:
        cotangents = [rng.standard_normal((len(x), *case.net.nodes[index].shape)) for index in case.net.outputs]
        steps = {}
        for side in SIDES:
            backend: Backend = backends.get(side)
            steps[side] = backend.step(case.float64(side), case.net, x, cotangents, training)
        worst = _step_difference(case, steps["torch"], steps["tf"], len(x), training)
        count += worst.compared
        if worst.first:
            return Finding(False, worst.measured, tolerance, worst.first, worst.why, count)
        total = worst if worst.measured > total.measured else total
    return Finding(True, total.measured, tolerance, total.where, "", count)


def _gradient_tolerance(case: Case) -> float:
    if case.weights is not None:
        return FLOAT64_TOLERANCE
    return max(FLOAT64_TOLERANCE, *(node.op.rounded_gradient for node in case.net.nodes))


def _step_difference(case: Case, left: Step, right: Step, batch: int, training: bool) -> Worst:
    """Outputs, statistics, then gradients from the last weight to the first: the order in which a fault spreads."""
    trained = [name for name, weight in case.net.weights.items() if weight.kind == "trainable"][::-1]
    scale = max((float(np.abs(value).max()) for value in right.weight_gradients.values()), default=0.0)
    ours, theirs = by_output_name(case.net, left.outputs), by_output_name(case.net, right.outputs)
    parts = [_part("output of", ours, theirs, list(ours))]
    if training:
        old = backends.get("torch").read(case.float64("torch"), case.net)
        statistics = [name for name, weight in case.net.weights.items() if weight.kind == "statistic"]
        parts.append(
            _part("statistic", _with_biased_variance(case.net, left, old, batch), right.statistics, statistics)
        )
    floor, tolerance = GRADIENT_FLOOR * scale, _gradient_tolerance(case)
    parts.append(_part("gradient of", left.weight_gradients, right.weight_gradients, trained, floor, tolerance))
    inputs = {"input": left.input_gradient}, {"input": right.input_gradient}
    parts.append(_part("gradient of", *inputs, ["input"], tolerance=tolerance))
    chosen = next((part for part in parts if part.first), max(parts, key=lambda part: part.measured))
    return replace(chosen, compared=sum(part.compared for part in parts))


def _part(
    word: str,
    left: Mapping[str, Array],
    right: Mapping[str, Array],
    names: Sequence[str],
    floor: float = 0.0,
    tolerance: float = FLOAT64_TOLERANCE,
) -> Worst:
    worst = compare(left, right, names, tolerance, floor)
    return replace(worst, where=f"{word} {worst.where}", first=worst.first and f"{word} {worst.first}")


def _with_biased_variance(net: Net, step: Step, old: Mapping[str, Array], batch: int) -> dict[str, Array]:
    """torch's running statistics with the factor n / (n - 1) taken out of the variance that it added in each call."""
    answer = dict(step.statistics)
    for node in net.nodes:
        name = f"{node.path}.running_var"
        if not node.op.normalises or name not in answer:
            continue
        momentum, calls = vars(node.op)["momentum"], step.batch_variances.get(name, ())
        if calls:  # each call takes its share of what the calls before it left
            shares = [momentum * (1 - momentum) ** later for later in reversed(range(len(calls)))]
            added = (share * variance / (n - 1) for share, (n, variance) in zip(shares, calls, strict=True))
            answer[name] = answer[name] - sum(added)
            continue
        values = batch * math.prod(node.in_shapes[0][1:])
        kept = (1 - momentum) * old[name]
        answer[name] = kept + (answer[name] - kept) * (values - 1) / values
    return answer
