"""Section Optimisers, first part: SGD, and what all optimisers share, under the same gradients."""

from __future__ import annotations

from .trap import trap

SECTION = "Optimisers, weight decay and schedules"


@trap(
    section=SECTION,
    title="Momentum keeps the learning rate of its past in Keras",
    torch="v = m v + g and w -= lr v: a new rate acts on the whole of the velocity.",
    keras="v = m v - lr g and w += v: what is in the velocity keeps the old rate.",
    rule="Equal at a constant rate; when the rate changes by a factor, multiply Keras' velocities by it.",
    wrong=2.5,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/1099",
)
def sgd_momentum_after_a_drop() -> tuple[float, float]:
    """SGD with momentum, 20 steps, the learning rate cut to an eighth half way."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.SGD([w], lr=0.125, momentum=0.875)
    naive, faithful = (keras.optimizers.SGD(0.125, momentum=0.875) for _ in range(2))
    for step, gradient in enumerate(np.random.default_rng(0).normal(size=(20, 8))):
        if step == 10:
            reference.param_groups[0]["lr"] = naive.learning_rate = faithful.learning_rate = 0.125 / 8
            faithful.momentums[0].assign(faithful.momentums[0] / 8)
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="Nesterov momentum keeps the learning rate of its past in Keras",
    torch="v = m v + g and w -= lr (g + m v).",
    keras="v = m v - lr g and w += m v - lr g, with the rate inside v.",
    rule="Equal at a constant rate; when the rate changes by a factor, multiply Keras' velocities by it.",
    wrong=2.2,
    right=1.1e-16,
    thread="https://github.com/pytorch/pytorch/pull/1196",
)
def nesterov_after_a_drop() -> tuple[float, float]:
    """Nesterov momentum, 20 steps, the learning rate cut to an eighth half way."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.SGD([w], lr=0.125, momentum=0.875, nesterov=True)
    naive, faithful = (keras.optimizers.SGD(0.125, momentum=0.875, nesterov=True) for _ in range(2))
    for step, gradient in enumerate(np.random.default_rng(0).normal(size=(20, 8))):
        if step == 10:
            reference.param_groups[0]["lr"] = naive.learning_rate = faithful.learning_rate = 0.125 / 8
            faithful.momentums[0].assign(faithful.momentums[0] / 8)
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="weight_decay of SGD is a gradient in torch and a shrinking in Keras",
    torch="wd * w is added to the gradient and enters the momentum.",
    keras="w -= lr * wd * w before the step, beside the momentum.",
    rule="Leave weight_decay out in Keras and take an L2 regulariser of wd / 2 on every weight that torch decays.",
    wrong=2.8,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/pull/4429",
)
def sgd_weight_decay() -> tuple[float, float]:
    """SGD with momentum and weight decay, 20 steps."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.ones(8, dtype=torch.float64), [keras.Variable(np.ones(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.SGD([w], lr=0.125, momentum=0.875, weight_decay=0.125)
    naive = keras.optimizers.SGD(0.125, momentum=0.875, weight_decay=0.125)
    faithful = keras.optimizers.SGD(0.125, momentum=0.875)
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient + 0.125 * b], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="Who is spared from weight decay is said in two ways",
    torch="All parameters of a group are decayed, biases and batch normalisation too; recipes make a second group.",
    keras="All trainable variables are decayed, unless exclude_from_weight_decay names them or parts of their names.",
    rule="Compare the two lists of decayed weights by name.",
    wrong=0.47,
    right=1.1e-16,
)
def weight_decay_targets() -> tuple[float, float]:
    """A recipe that spares biases: parameter groups in torch, and what to say to Keras."""
    import keras
    import numpy as np
    import torch

    w, ones = torch.ones(8, dtype=torch.float64), np.ones(8)
    a, b = (keras.Variable(ones, dtype="float64", name="bias") for _ in range(2))
    reference = torch.optim.AdamW([{"params": [w], "weight_decay": 0.0}], 0.125, (0.875, 1 - 2**-10), 0, 0.125)
    naive, faithful = (keras.optimizers.AdamW(0.125, 0.125, 0.875, 1 - 2**-10, epsilon=0) for _ in range(2))
    faithful.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="Keras keeps the learning rate in float32",
    torch="The rate is a Python float, a float64.",
    keras="The rate is a float32 variable, also for float64 weights: 0.1 is off by 1.5e-9.",
    rule="For tests in float64 take rates such as 0.125, or scale the gradients.",
    wrong=2.1e-08,
    right=5e-16,
    measure="max |a - b| in float64",
)
def learning_rate_in_float32() -> tuple[float, float]:
    """One hundred SGD steps in float64 with the learning rate 0.1, which is no number of float32."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.SGD([w], lr=0.1)
    naive, faithful = keras.optimizers.SGD(0.1), keras.optimizers.SGD(1.0)
    for gradient in np.random.default_rng(0).normal(size=(100, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([0.1 * gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())
