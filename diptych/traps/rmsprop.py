"""Section Optimisers, third part: RMSprop and Adagrad under the same gradients."""

from __future__ import annotations

from .optimisers import SECTION
from .trap import trap


@trap(
    section=SECTION,
    title="RMSprop's epsilon is outside or inside the root",
    torch="g / (sqrt(v) + eps), with eps 1e-8.",
    keras="g / sqrt(v + eps), with eps 1e-7: it acts as an epsilon of sqrt(1e-7) = 3e-4 outside would.",
    rule="Write the step of the other side by hand; no value of epsilon makes the two equal.",
    wrong=0.13,
    right=8.9e-16,
    thread="https://github.com/pytorch/pytorch/issues/23796",
)
def rmsprop_epsilon() -> tuple[float, float]:
    """RMSprop with an epsilon of 1e-3, 20 steps."""
    import keras
    import numpy as np
    import torch

    w, a = torch.zeros(8, dtype=torch.float64), keras.Variable(np.zeros(8), dtype="float64")
    b, square = np.zeros(8), np.zeros(8)
    reference = torch.optim.RMSprop([w], 0.125, alpha=0.9, eps=1e-3)
    naive = keras.optimizers.RMSprop(0.125, rho=0.9, epsilon=1e-3)
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        square = 0.9 * square + 0.1 * gradient**2
        b -= 0.125 * gradient / (square**0.5 + 1e-3)
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="RMSprop remembers for 100 steps or for 10",
    torch="The running mean of squares has alpha = 0.99.",
    keras="It has rho = 0.9.",
    rule="Always write it.",
    wrong=2.7,
    right=8.9e-16,
)
def rmsprop_default_decay() -> tuple[float, float]:
    """RMSprop as called without a decay of the mean square, 20 steps."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.RMSprop([w], 0.125, eps=0)
    naive, faithful = keras.optimizers.RMSprop(0.125, epsilon=0), keras.optimizers.RMSprop(0.125, rho=0.99, epsilon=0)
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="RMSprop's momentum keeps the learning rate of its past in Keras",
    torch="The buffer sums scaled gradients, and the step is lr times the buffer: a new rate acts on the whole of it.",
    keras="The buffer sums lr times scaled gradients: what is in it keeps the old rate.",
    rule="When the rate changes by a factor, multiply Keras' momentum buffers by it.",
    wrong=4.1,
    right=1.3e-15,
)
def rmsprop_momentum_after_a_drop() -> tuple[float, float]:
    """RMSprop with momentum, 20 steps, the learning rate cut to an eighth half way."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = torch.optim.RMSprop([w], lr=0.125, alpha=0.9, momentum=0.9, eps=0)
    naive, faithful = (keras.optimizers.RMSprop(0.125, rho=0.9, momentum=0.9, epsilon=0) for _ in range(2))
    for step, gradient in enumerate(np.random.default_rng(0).normal(size=(20, 8))):
        if step == 10:
            reference.param_groups[0]["lr"] = naive.learning_rate = faithful.learning_rate = 0.125 / 8
            faithful._momentums[0].assign(faithful._momentums[0] / 8)
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="TensorFlow 1's RMSProp starts its mean square at one",
    torch="square_avg starts at zero, so that the first steps are long.",
    keras="tf.compat.v1.train.RMSPropOptimizer, with which slim trained, starts it at one (and has epsilon inside the "
    "root and the learning rate inside the momentum).",
    rule="For a recipe of that time, set square_avg to ones before the first step, as timm's RMSpropTF does.",
    wrong=0.57,
    right=1.1e-16,
)
def rmsprop_of_tensorflow_1() -> tuple[float, float]:
    """The RMSProp of TensorFlow 1 and slim against torch's, with an epsilon too small to matter, 20 steps."""
    import numpy as np
    import tensorflow as tf
    import torch

    k, (a, b) = tf.Variable(np.zeros(8)), (torch.zeros(8, dtype=torch.float64) for _ in range(2))
    reference = tf.compat.v1.train.RMSPropOptimizer(0.125, decay=0.875, epsilon=1e-30)
    naive, faithful = (torch.optim.RMSprop([w], lr=0.125, alpha=0.875, eps=1e-30) for w in (a, b))
    faithful.state[b] = {"step": torch.tensor(0.0), "square_avg": torch.ones_like(b)}
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        a.grad = b.grad = torch.tensor(gradient)
        reference.apply_gradients([(tf.constant(gradient), k)])
        naive.step()
        faithful.step()
    return float(np.abs(k.numpy() - a.numpy()).max()), float(np.abs(k.numpy() - b.numpy()).max())


@trap(
    section=SECTION,
    title="Keras' RMSprop is not TensorFlow 1's either",
    torch="square_avg starts at zero.",
    keras="Keras 3 starts at zero too, where tf.compat.v1.train.RMSPropOptimizer starts at one; the rest is equal.",
    rule="Build the optimiser and assign ones to its velocities before the first step.",
    wrong=0.49,
    right=1.1e-16,
)
def rmsprop_of_keras_starts_at_zero() -> tuple[float, float]:
    """The RMSProp of TensorFlow 1 and slim against Keras 3's, 20 steps."""
    import keras
    import numpy as np
    import tensorflow as tf

    w, (a, b) = tf.Variable(np.zeros(8)), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference = tf.compat.v1.train.RMSPropOptimizer(0.125, decay=0.875, epsilon=2**-10)
    naive, faithful = (keras.optimizers.RMSprop(0.125, rho=0.875, epsilon=2**-10) for _ in range(2))
    faithful.build([b])
    faithful._velocities[0].assign(np.ones(8))
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        reference.apply_gradients([(tf.constant(gradient), w)])
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())


@trap(
    section=SECTION,
    title="Adagrad's accumulator starts at 0 or at 0.1",
    torch="It starts at 0; eps = 1e-10 stands outside the root.",
    keras="It starts at 0.1; epsilon = 1e-7 stands inside the root.",
    rule="initial_accumulator_value=0 and an epsilon of 1e-20, the square of torch's; the remainder is below 1e-9.",
    wrong=0.12,
    right=1.6e-10,
)
def adagrad_start() -> tuple[float, float]:
    """Adagrad as called without a start value of the accumulator, 20 steps."""
    import keras
    import numpy as np
    import torch

    w, (a, b) = torch.zeros(8, dtype=torch.float64), [keras.Variable(np.zeros(8), dtype="float64") for _ in range(2)]
    reference, naive = torch.optim.Adagrad([w], lr=0.125), keras.optimizers.Adagrad(0.125)
    faithful = keras.optimizers.Adagrad(0.125, initial_accumulator_value=0.0, epsilon=1e-20)
    for gradient in np.random.default_rng(0).normal(size=(20, 8)):
        w.grad = torch.tensor(gradient)
        reference.step()
        naive.apply([gradient], [a])
        faithful.apply([gradient], [b])
    return float(np.abs(w.numpy() - a).max()), float(np.abs(w.numpy() - b).max())
