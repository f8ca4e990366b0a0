"""Section Optimisers, fifth part: what happens around an update: boundaries, accumulation, clipping, averages."""

from __future__ import annotations

from .optimisers import SECTION
from .trap import trap


@trap(
    section=SECTION,
    title="At its boundary a piecewise schedule has the new rate or still the old one",
    torch="MultiStepLR multiplies the rate when the number of steps reaches a milestone: step m is the first with it.",
    keras="PiecewiseConstantDecay gives the old rate for steps up to the boundary: step m is the last with it.",
    rule="Boundaries in Keras are one less than milestones in PyTorch.",
    wrong=0.09,
    right=1.5e-09,
    measure="largest difference of the learning rates, of which the first is 0.1",
)
def piecewise_boundary_is_one_step_late() -> tuple[float, float]:
    """The rate is cut to a tenth after ten steps, followed for twenty."""
    import keras
    import numpy as np
    import torch

    optimiser, reference = torch.optim.SGD([torch.zeros(1)], lr=0.1), np.zeros(20)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimiser, [10])
    for step in range(20):
        reference[step] = optimiser.param_groups[0]["lr"]
        optimiser.step()
        scheduler.step()
    kind = keras.optimizers.schedules.PiecewiseConstantDecay
    naive, faithful = (np.array([float(kind([at], [0.1, 0.01])(step)) for step in range(20)]) for at in (10, 9))
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="With accumulated gradients Keras' schedules still count batches",
    torch="The scheduler is stepped with the optimiser, once for each update.",
    keras="gradient_accumulation_steps makes one update of several batches, and a schedule is asked for the number of "
    "the batch, not of the update.",
    rule="Multiply the steps of a Keras schedule by gradient_accumulation_steps.",
    wrong=0.49,
    right=0.0,
)
def accumulation_does_not_slow_the_schedule() -> tuple[float, float]:
    """SGD, four batches for each of five updates, the rate halved with every update."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.SGD([w], lr=0.5)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(reference, 0.5)
    rates = (keras.optimizers.schedules.ExponentialDecay(0.5, steps, 0.5, staircase=True) for steps in (1, 4))
    naive, faithful = (keras.optimizers.SGD(rate, gradient_accumulation_steps=4) for rate in rates)
    gradients = np.random.default_rng(0).normal(size=(20, 8))
    for step, gradient in enumerate(gradients, start=1):
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
        if step % 4 == 0:
            w.grad = torch.tensor(gradients[step - 4 : step].mean(axis=0))
            reference.step()
            scheduler.step()
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="Clipping by the norm divides by the norm plus 1e-6 in PyTorch",
    torch="clip_grad_norm_ scales by most / (norm + 1e-6), at most 1.",
    keras="global_clipnorm scales by most / max(norm, most). A norm that is small itself is cut to other sizes.",
    rule="Scale by hand in one of them; above a norm of 1 the two are 1e-6 apart.",
    wrong=0.54,
    right=0.0,
    measure="max |a - b| of gradients of about 1e-6, of their largest",
)
def clipping_has_an_epsilon() -> tuple[float, float]:
    """Gradients of about 1e-6 whose norm is clipped to 1e-6."""
    import keras
    import numpy as np
    import torch

    gradient, most = np.random.default_rng(0).normal(scale=1e-6, size=8), 1e-6
    w = torch.zeros(8, dtype=torch.float64, requires_grad=True)
    w.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([w], most)
    a = keras.Variable(np.zeros(8), dtype="float64")
    keras.optimizers.SGD(1.0, global_clipnorm=most).apply([gradient], [a])
    faithful = gradient * min(1.0, most / (float(np.linalg.norm(gradient)) + 1e-6))
    found = w.grad.numpy()
    largest = np.abs(found).max()
    return float(np.abs(found + a.numpy()).max() / largest), float(np.abs(found - faithful).max() / largest)
