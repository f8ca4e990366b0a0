"""Section Losses: smoothing, clipping, class weights, and names for the same curve."""

from __future__ import annotations

from .trap import of, trap

SECTION = "Losses"


@trap(
    section=SECTION,
    title="Keras smooths one-hot labels only",
    torch="F.cross_entropy(label_smoothing=a) takes class numbers: the target is 1 - a, plus a / classes everywhere.",
    keras="CategoricalCrossentropy(label_smoothing=a) is the same on one-hot labels; SparseCategoricalCrossentropy of "
    "Keras 3.15 has no such argument, though a later one was asked to have it.",
    rule="Turn class numbers into one-hot rows and take CategoricalCrossentropy.",
    wrong=0.002,
    right=2.2e-16,
    thread="https://github.com/keras-team/keras/issues/23487",
)
def label_smoothing() -> tuple[float, float]:
    """Cross entropy with label smoothing 0.1: from class numbers in torch, from either in Keras."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(16, 5)), rng.integers(5, size=16)
    reference = torch.nn.CrossEntropyLoss(label_smoothing=0.1)(torch.tensor(logits), torch.tensor(labels)).item()
    naive = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    faithful = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, dtype="float64")
    return abs(reference - float(naive(labels, logits))), abs(reference - float(faithful(np.eye(5)[labels], logits)))


@trap(
    section=SECTION,
    title="Only Keras smooths binary labels",
    torch="BCEWithLogitsLoss has no label smoothing.",
    keras="BinaryCrossentropy(label_smoothing=a) replaces the label y by y (1 - a) + a / 2.",
    rule="Smooth the labels by that formula before they reach torch.",
    wrong=0.0012,
    right=1.1e-16,
)
def binary_label_smoothing() -> tuple[float, float]:
    """Binary cross entropy with label smoothing 0.2, which only Keras has as an argument."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(16, 1)), rng.integers(2, size=(16, 1)).astype(float)
    loss = torch.nn.BCEWithLogitsLoss()
    naive = loss(torch.tensor(logits), torch.tensor(labels)).item()
    faithful = loss(torch.tensor(logits), torch.tensor(labels * (1 - 0.2) + 0.2 / 2)).item()
    reference = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2, dtype="float64")(labels, logits)
    return abs(float(reference) - naive), abs(float(reference) - faithful)


@trap(
    section=SECTION,
    title="A loss of probabilities stops growing at 16",
    torch="F.cross_entropy takes logits and is exact however wrong the network is.",
    keras="Losses take probabilities by default and clip them to 1e-7 ... 1 - 1e-7, so that an image costs at most "
    "16.1 and has no gradient beyond. TensorFlow's backend escapes this where it still finds the logits after a "
    "softmax.",
    rule="Logits out of the network, from_logits=True in the loss.",
    wrong=29.0,
    right=7.1e-15,
    meets=of("softmax"),
)
def clipped_probabilities() -> tuple[float, float]:
    """Cross entropy of confident mistakes, of probabilities and of logits."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    logits, labels = rng.normal(scale=40, size=(16, 5)), rng.integers(5, size=16)
    reference = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item()
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    naive = keras.losses.SparseCategoricalCrossentropy(dtype="float64")(labels, probabilities)
    faithful = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")(labels, logits)
    return abs(reference - float(naive)), abs(reference - float(faithful))


@trap(
    section=SECTION,
    title="A weighted mean divides by the weights or by the batch",
    torch="F.cross_entropy(weight=w) divides the weighted sum by the sum of the weights of the labels.",
    keras="sample_weight and class_weight multiply, and the sum is divided by the batch size.",
    rule="Multiply Keras' loss by batch size / sum of weights, or sum in torch and divide by the batch size.",
    wrong=9.6,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/61309",
)
def class_weights() -> tuple[float, float]:
    """Cross entropy with a weight per class."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    logits, labels, weights = rng.normal(size=(16, 5)), rng.integers(5, size=16), np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    reference = torch.nn.CrossEntropyLoss(torch.tensor(weights))(torch.tensor(logits), torch.tensor(labels)).item()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    naive = float(loss(labels, logits, sample_weight=weights[labels]))
    faithful = naive * len(labels) / weights[labels].sum()
    return abs(reference - naive), float(abs(reference - faithful))


@trap(
    section=SECTION,
    title="Smooth L1 is Huber divided by its threshold",
    torch="F.smooth_l1_loss(beta) is d**2 / (2 beta) below beta and |d| - beta / 2 above.",
    keras="Huber(delta) is d**2 / 2 below delta and delta |d| - delta**2 / 2 above.",
    rule="Divide Huber by delta, or take F.huber_loss in torch; at 1 they are equal.",
    wrong=0.83,
    right=2.2e-16,
)
def smooth_l1_and_huber() -> tuple[float, float]:
    """Smooth L1 with beta 0.25 against Huber with delta 0.25."""
    import keras
    import numpy as np
    import torch

    y, x = np.random.default_rng(0).normal(size=(2, 16, 4))
    reference = torch.nn.functional.smooth_l1_loss(torch.tensor(x), torch.tensor(y), beta=0.25).item()
    naive = float(keras.losses.Huber(delta=0.25, dtype="float64")(y, x))
    faithful = naive / 0.25
    return abs(reference - naive), abs(reference - faithful)
