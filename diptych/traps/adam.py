"""Section Optimisers, second part: Adam and AdamW under the same gradients."""

from __future__ import annotations

from .optimisers import SECTION
from .trap import trap


@trap(
    section=SECTION,
    title="Adam's epsilon is scaled by the bias correction in Keras",
    torch="m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps).",
    keras="The two corrections are multiplied into the rate, and epsilon is added to the uncorrected sqrt(v): it acts "
    "as eps / sqrt(1 - b2**t), 32 times as large at the first step.",
    rule="Set Keras' epsilon to eps * sqrt(1 - b2**t) before step t, or keep epsilon far below the gradients.",
    wrong=0.55,
    right=2.2e-16,
    thread="https://github.com/tensorflow/tensorflow/issues/35102",
)
def adam_epsilon_hat() -> tuple[float, float]:
    """Adam with an epsilon of 0.1, 20 steps."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.Adam([w], lr=0.125, betas=(0.875, 1 - 2**-10), eps=0.1)
    naive, faithful = (keras.optimizers.Adam(0.125, 0.875, 1 - 2**-10, epsilon=0.1) for _ in range(2))
    for step, gradient in enumerate(np.random.default_rng(0).normal(size=(20, 8)), start=1):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.epsilon = 0.1 * (1 - (1 - 2**-10) ** step) ** 0.5
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="Adam's default epsilon is 1e-8 or 1e-7",
    torch="eps = 1e-8.",
    keras="epsilon = 1e-7, scaled by the bias correction (adam_epsilon_hat). It matters where gradients are small.",
    rule="Write 1e-8 in both, scaled as there where gradients come near it.",
    wrong=0.64,
    right=2.2e-16,
)
def adam_default_epsilon() -> tuple[float, float]:
    """Adam as called without arguments, 20 steps of gradients of about 1e-6."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.Adam([w], 0.125, betas=(0.875, 1 - 2**-10))
    naive, faithful = (keras.optimizers.Adam(0.125, 0.875, 1 - 2**-10) for _ in range(2))
    for step, gradient in enumerate(np.random.default_rng(0).normal(scale=1e-6, size=(20, 8)), start=1):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.epsilon = 1e-8 * (1 - (1 - 2**-10) ** step) ** 0.5
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="weight_decay of Adam is a gradient in torch and AdamW in Keras",
    torch="wd * w is added to the gradient and is normalised with it.",
    keras="w -= lr * wd * w before the step, which torch calls AdamW.",
    rule="AdamW in both (they are equal), or an L2 regulariser of wd / 2 in Keras.",
    wrong=0.086,
    right=4.4e-16,
    thread="https://github.com/pytorch/pytorch/issues/38767",
)
def adam_weight_decay() -> tuple[float, float]:
    """Adam (not AdamW) with weight decay, 20 steps."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.ones(8, dtype=torch.float64), [keras.Variable(np.ones(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.Adam([w], 0.125, betas=(0.875, 1 - 2**-10), eps=0, weight_decay=0.125)
    naive = keras.optimizers.Adam(0.125, 0.875, 1 - 2**-10, epsilon=0, weight_decay=0.125)
    faithful = keras.optimizers.Adam(0.125, 0.875, 1 - 2**-10, epsilon=0)
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient + 0.125 * b], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="AdamW decays by 0.01 or by 0.004 where nothing is said",
    torch="weight_decay = 0.01.",
    keras="weight_decay = 0.004.",
    rule="Always write it.",
    wrong=0.025,
    right=9.3e-10,
)
def adamw_default_decay() -> tuple[float, float]:
    """AdamW as called without a weight decay, 20 steps."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.ones(8, dtype=torch.float64), [keras.Variable(np.ones(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.AdamW([w], 0.125, betas=(0.875, 1 - 2**-10), eps=0)
    naive = keras.optimizers.AdamW(0.125, beta_1=0.875, beta_2=1 - 2**-10, epsilon=0)
    faithful = keras.optimizers.AdamW(0.125, 0.01, 0.875, 1 - 2**-10, epsilon=0)
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="Keras rounds momentum, betas and weight decay to float32",
    torch="They are Python floats, and the bias corrections are computed in float64.",
    keras="They become float32 before they are cast to the weights' type. 1 - 0.999 is off by 1.3e-5 by then, so the "
    "first steps of Adam are off by 6e-6, in float64 as in float32.",
    rule="For tests take numbers of float32, such as 0.875 and 1 - 2**-10; expect 1e-5 otherwise.",
    wrong=8.4e-06,
    right=2.2e-16,
    measure="max |a - b| in float64",
)
def optimiser_constants_in_float32() -> tuple[float, float]:
    """Adam in float64 with its usual betas, and with betas that are numbers of float32; 20 steps."""
    import keras
    import numpy as np
    import torch

    def difference(beta_1: float, beta_2: float) -> float:
        w, k = torch.zeros(8, dtype=torch.float64), keras.Variable(np.zeros(8), dtype="float64")
        reference = torch.optim.Adam([w], 0.125, betas=(beta_1, beta_2), eps=0)
        twin = keras.optimizers.Adam(0.125, beta_1, beta_2, epsilon=0)
        for gradient in np.random.default_rng(0).normal(size=(20, 8)):
            w.grad = torch.tensor(gradient)
            reference.step()
            twin.apply([gradient], [k])
        return float(np.abs(w.numpy() - k).max())

    return difference(0.9, 0.999), difference(0.875, 1 - 2**-10)
