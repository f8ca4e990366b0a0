"""Faults that were planted in the training of one side are found, and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import pytest
import tensorflow as tf
import torch
from pairs_in_training import checked, in_keras, in_torch
from torch import nn

from diptych import training
from diptych.training.report import TrainReport

schedules = keras.optimizers.schedules
DROPS = schedules.PiecewiseConstantDecay([1, 3], [0.1, 0.01, 0.001])


@dataclass(frozen=True)
class Fault:
    """What is trained, where the two part, and what is named."""

    make: Callable[[], dict[str, Any]]
    where: str
    cause: str
    side: str = ""


def native(
    kind: Callable[..., Any], other: Any, scheduler: Callable[[Any], Any] | None = None, **how: Any
) -> dict[str, Any]:
    """A torch optimizer of a module, beside one of Keras."""
    module = in_torch()
    one = kind(module.parameters(), **how)
    return {"one": module, "optimizer": (one if scheduler is None else (one, scheduler(one)), other)}


def of_groups() -> dict[str, Any]:
    module = in_torch()
    groups: list[dict[str, Any]] = [{"params": [p for p in module.parameters() if p.ndim > 1]},
              {"params": [p for p in module.parameters() if p.ndim <= 1], "weight_decay": 0.0}]  # fmt: skip
    one = torch.optim.AdamW(groups, 1e-3, eps=1e-6, weight_decay=0.1)
    return {"one": module, "optimizer": (one, keras.optimizers.AdamW(1e-3, 0.1, epsilon=1e-6))}


def without_the_first() -> dict[str, Any]:
    module = in_torch()
    return {"one": module, "optimizer": (torch.optim.SGD(list(module.parameters())[2:], 0.1), "sgd")}


class Shrinking(torch.optim.SGD):
    def step(self, closure: Any = None) -> Any:
        found = super().step(closure)
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.data *= 0.999
        return found


def twice_unbiased() -> dict[str, Any]:
    """A module that writes the factor n / (n - 1) twice."""
    module, kept = in_torch(), {}

    def before(norm: Any, args: Any) -> None:
        kept["variance"] = (1 - norm.momentum) * norm.running_var.detach().clone()

    def after(norm: Any, args: Any, answer: Any) -> None:
        if norm.training:
            values = args[0].numel() / args[0].shape[1]
            added = norm.running_var.data - kept["variance"]
            norm.running_var.data.copy_(kept["variance"] + added * values / (values - 1))

    module[1].register_forward_pre_hook(before)
    module[1].register_forward_hook(after)
    return {"one": module}


FAULTS: dict[str, Fault] = {
    "momentum across a drop of the rate": Fault(
        lambda: native(torch.optim.SGD, keras.optimizers.SGD(DROPS, momentum=0.9),
                       lambda one: torch.optim.lr_scheduler.MultiStepLR(one, [2, 4]), lr=0.1, momentum=0.9),
        "parameter of part_0.weight after step 3", "velocity (where the rate stands in the velocity), 'outside' in Py"),
    "a boundary that is one step late": Fault(
        lambda: {"optimizer": (training.SGD(rate=training.Step(0.1, (1, 3))), keras.optimizers.SGD(DROPS))},
        "parameter of part_0.weight after step 2", "the rate or its schedule), Step(rate=0.1,", "TensorFlow"),
    "another momentum": Fault(
        lambda: native(torch.optim.SGD, keras.optimizers.SGD(0.1, momentum=0.8), lr=0.1, momentum=0.9),
        "parameter of part_0.weight after step 2", "the optimiser: momentum, 0.9 in PyTorch and 0.8"),
    "coupled decay": Fault(
        lambda: native(torch.optim.SGD, keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1), lr=0.1, momentum=0.9,
                       weight_decay=0.1),
        "parameter of part_0.weight after step 2", "decay (how the weight decay enters), 'coupled' in PyTorch"),
    "the place of epsilon": Fault(
        lambda: native(torch.optim.Adam, keras.optimizers.Adam(1e-3, epsilon=1e-3), lr=1e-3, eps=1e-3),
        "parameter of part_0.weight after step 1", "eps_at (where eps stands), 'corrected' in PyTorch"),
    "the start of the accumulator": Fault(
        lambda: {"optimizer": ("adagrad.keras", training.described("adagrad.keras", first=0.0))},
        "parameter of part_0.weight after step 1", "first (what the accumulator begins with), 0.1 in PyTorch and 0.0"),
    "decay on batch normalisation": Fault(
        of_groups, "parameter of part_0.weight after step 1", "the weight decay of part_0.bias, part_1.weight"),
    "a layer left out": Fault(
        without_the_first, "parameter of part_0.weight after step 1", "part_0.weight, part_0.bias left out of it",
        "PyTorch"),
    "an optimiser of one's own": Fault(
        lambda: native(Shrinking, "sgd", lr=0.1), "parameter of part_0.weight after step 1",
        "of equal gradients Shrinking, no class that is known, makes another update", "PyTorch"),
    "other kinds": Fault(
        lambda: {"optimizer": ("adam", "sgd")}, "parameter of part_0.weight after step 1", "Adam in PyTorch and SGD"),
    "forgotten label smoothing": Fault(
        lambda: {"loss": (nn.CrossEntropyLoss(label_smoothing=0.1),
                          keras.losses.SparseCategoricalCrossentropy(from_logits=True))},
        "loss after step 1", "the loss: label_smoothing, 0.1 in PyTorch and 0.0 in TensorFlow"),
    "another mean of class weights": Fault(
        lambda: {"loss": (training.CrossEntropy(class_weights=(1, 2, 3, 4, 5)),
                          training.CrossEntropy(class_weights=(1, 2, 3, 4, 5), mean="batch"))},
        "loss after step 1", "the loss: mean, 'weights' in PyTorch and 'batch' in TensorFlow"),
    "a loss of one's own": Fault(
        lambda: {"loss": ("cross_entropy", lambda targets, outputs: 2 * tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)))},
        "loss after step 1", "the loss: equal outputs have another one in PyTorch than in TensorFlow", "TensorFlow"),
    "the complement of momentum": Fault(
        lambda: {"other": in_keras(kept=0.1)}, "statistic of part_1.running_mean after step 1",
        "a batch has the share 0.1 in PyTorch and 0.9 in TensorFlow; one is the complement of the other"),
    "a biased variance": Fault(
        twice_unbiased, "statistic of part_1.running_var after step 1",
        "one layer writes the unbiased variance where the framework's own writes the biased one"),
    "another rate of dropout": Fault(
        lambda: {"other": in_keras(rate=0.4)}, "dropout after step 1", "dropout 0.5, dropout 0.25 in"),
}  # fmt: skip


SLOW = (
    "another momentum",
    "other kinds",
    "a boundary that is one step late",
    "another mean of class weights",
    "decay on batch normalisation",
    "a loss of one's own",
    "coupled decay",
)
"""What is found in the same way as another fault of the list."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in FAULTS])
def test_a_planted_fault_is_found_and_named(name: str) -> None:
    fault = FAULTS[name]
    report: TrainReport = checked(**fault.make())
    assert report.verdict == "different", report
    assert report.where == fault.where
    assert fault.cause in report.cause
    assert report.side == fault.side
    assert fault.cause in str(report)
