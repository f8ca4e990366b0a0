"""Section Optimisers, fourth part: schedules of the learning rate."""

from __future__ import annotations

from .optimisers import SECTION
from .trap import trap


@trap(
    section=SECTION,
    title="After its last step a cosine schedule rises again or stays down",
    torch="CosineAnnealingLR is periodic: after T_max the rate climbs back.",
    keras="CosineDecay stays at alpha times the first rate, 0 by default.",
    rule="Stop torch's scheduler at T_max, or compute the cosine by hand in Keras.",
    wrong=0.0086,
    right=4.2e-17,
    measure="largest difference of the learning rates, of which the first is 0.1",
)
def cosine_end() -> tuple[float, float]:
    """The learning rate of a cosine schedule of 100 steps, followed for 120."""
    import keras
    import numpy as np
    import torch

    optimiser, reference = torch.optim.SGD([torch.zeros(1)], lr=0.1), np.zeros(120)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 100)
    for step in range(120):
        reference[step] = optimiser.param_groups[0]["lr"]
        optimiser.step()
        scheduler.step()
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    naive = np.array([schedule(step) for step in range(120)])
    faithful = 0.1 * (1 + np.cos(np.pi * np.arange(120) / 100)) / 2
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="Keras' schedules count batches",
    torch="A scheduler moves when its step() is called, by custom once per epoch.",
    keras="A LearningRateSchedule is asked at every batch; decay_steps, boundaries and the like are numbers of "
    "batches.",
    rule="Multiply epochs by the batches of an epoch.",
    wrong=0.076,
    right=1e-08,
    measure="largest difference of the learning rates, of which the first is 0.1",
)
def exponential_decay_counts_steps() -> tuple[float, float]:
    """A decay of 0.9 per epoch of 10 steps, followed for 5 epochs."""
    import keras
    import numpy as np
    import torch

    optimiser, reference = torch.optim.SGD([torch.zeros(1)], lr=0.1), np.zeros((5, 10))
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.9)
    for epoch in range(5):
        reference[epoch] = optimiser.param_groups[0]["lr"]
        optimiser.step()
        scheduler.step()
    naive = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.9)
    faithful = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True)
    rates = [np.array([schedule(step) for step in range(50)]) for schedule in (naive, faithful)]
    return float(np.abs(reference.ravel() - rates[0]).max()), float(np.abs(reference.ravel() - rates[1]).max())


@trap(
    section=SECTION,
    title="ExponentialDecay falls within an epoch",
    torch="ExponentialLR stepped once per epoch holds the rate for the whole epoch.",
    keras="ExponentialDecay falls a little at every batch unless staircase=True.",
    rule="staircase=True.",
    wrong=0.009,
    right=1e-08,
    measure="largest difference of the learning rates, of which the first is 0.1",
)
def exponential_decay_is_continuous() -> tuple[float, float]:
    """A decay of 0.9 per epoch of 10 steps, with the steps of an epoch given but no staircase."""
    import keras
    import numpy as np
    import torch

    optimiser, reference = torch.optim.SGD([torch.zeros(1)], lr=0.1), np.zeros((5, 10))
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.9)
    for epoch in range(5):
        reference[epoch] = optimiser.param_groups[0]["lr"]
        optimiser.step()
        scheduler.step()
    naive = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    faithful = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True)
    rates = [np.array([schedule(step) for step in range(50)]) for schedule in (naive, faithful)]
    return float(np.abs(reference.ravel() - rates[0]).max()), float(np.abs(reference.ravel() - rates[1]).max())
