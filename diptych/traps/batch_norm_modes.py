"""Batch normalisation: frozen, with too little data, in half precision, and the order of its weights."""

from __future__ import annotations

from ..common.ops.batch_norm import BatchNorm
from .trap import of, trap

SECTION = "Normalisation"


@trap(
    section=SECTION,
    title="Freezing batch normalisation",
    torch="requires_grad_(False) stops the gradients; in training mode the layer still normalises by the batch and "
    "updates its statistics.",
    keras="trainable = False puts the layer into inference mode, even when it is called with training=True.",
    rule="Freeze a torch layer with eval() as well.",
    wrong=3.2,
    right=0.0,
    thread="https://github.com/keras-team/keras/pull/9965",
    meets=of("batch_norm"),
)
def frozen_batch_norm() -> tuple[float, float]:
    """Frozen weights, training mode: torch still normalises by the batch, Keras by the moving statistics."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(2, 4, 5, 6)).astype("float32") + 3
    frozen = keras.layers.BatchNormalization(epsilon=1e-5)
    frozen.trainable = False
    y = np.einsum("nhwc->nchw", frozen(np.einsum("nchw->nhwc", x), training=True))
    still_training = torch.nn.BatchNorm2d(4).requires_grad_(False).train()
    evaluating = torch.nn.BatchNorm2d(4).requires_grad_(False).eval()
    wrong, right = (np.abs(y - module(torch.tensor(x)).numpy()).max() for module in (still_training, evaluating))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="One value per channel in training",
    torch="Raises ValueError.",
    keras="Normalises it to 0 and returns beta.",
    rule="Drop a last batch of one image, or freeze the layer.",
    wrong=1.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/4534",
    meets=lambda node: isinstance(node.op, BatchNorm) and node.shape[1:] == (1, 1),
    measure="1 where torch raises and Keras returns beta; max |a - b| in evaluation",
)
def batch_norm_of_one_value() -> tuple[float, float]:
    """One image of 1 x 1 pixel in training: torch raises, Keras returns beta; in evaluation they agree."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=(1, 4, 1, 1)).astype("float32")
    layer, module, wrong = keras.layers.BatchNormalization(epsilon=1e-5), torch.nn.BatchNorm2d(4), 0.0
    image = np.einsum("nchw->nhwc", x)
    y = module.eval()(torch.tensor(x)).detach().numpy()
    right = np.abs(np.einsum("nhwc->nchw", layer(image, training=False)) - y).max()
    try:
        module.train()(torch.tensor(x))
    except ValueError:
        wrong = float(np.array_equal(layer(image, training=True)[0, 0, 0], layer.beta.numpy()))
    return wrong, float(right)


@trap(
    section=SECTION,
    title="Moments of float16 data",
    torch="BatchNorm2d of float16 data takes the moments in float32.",
    keras="BatchNormalization computes in float32 and casts its output; keras.ops.moments clips to 65504.",
    rule="Use the layer; moments by hand need float32 data.",
    wrong=1.9,
    right=0.002,
    measure="max |a - b|: keras.ops.moments by hand, the layer",
    note="Right is the rounding of a float16 output, which has 11 bits.",
)
def float16_batch_norm() -> tuple[float, float]:
    """The variance of numbers around 400 is no float16: keras.ops.moments clips it, the layer computes in float32."""
    import keras
    import numpy as np
    import torch

    x = (400 * np.random.default_rng(0).normal(size=(2, 4, 6, 8))).astype("float16")
    truth = torch.nn.BatchNorm2d(4).half()(torch.tensor(x)).detach().float().numpy()
    image = np.einsum("nchw->nhwc", x)
    mean, variance = (np.array(m, "float32") for m in keras.ops.moments(image, (0, 1, 2)))
    naive = (image.astype("float32") - mean) / np.sqrt(variance + 1e-5)
    faithful = keras.layers.BatchNormalization(epsilon=1e-5, dtype="float16")(image, training=True)
    wrong, right = (np.abs(np.einsum("nhwc->nchw", np.array(y, "float32")) - truth).max() for y in (naive, faithful))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="The order of a batch norm's weights",
    torch="weight, bias, running_mean, running_var, num_batches_tracked.",
    keras="gamma, beta, moving_mean, moving_variance; no gamma with scale=False (keras.applications' Inception).",
    rule="Match by name: all arrays have the same shape, so that a copy by position succeeds.",
    wrong=3.0,
    right=0.0,
    thread="https://github.com/tensorflow/tfjs-converter/pull/178",
    meets=lambda node: isinstance(node.op, BatchNorm) and not node.op.scale,
    measure="arrays in a wrong place: by position, by name",
)
def batch_norm_without_scale() -> tuple[float, float]:
    """With scale=False Keras has three arrays, torch five entries: zipped by position, each goes to its neighbour."""
    import keras
    import torch

    names = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    layer = keras.layers.BatchNormalization(scale=False)
    layer.build((None, None, None, 4))
    entries, weights = list(torch.nn.BatchNorm2d(4).state_dict()), [w.path.split("/")[-1] for w in layer.weights]
    wrong = sum(entry != names[weight] for entry, weight in zip(entries, weights, strict=False))
    right = sum(entry != names[weight] for entry, weight in zip(entries[1:4], weights, strict=True))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="One normalisation that is called twice",
    torch="The calls run as they are written, and each takes its share of the averages that the calls before it left.",
    keras="A functional model runs the nodes of its graph by their distance from the outputs, and those of one "
    "distance in reverse order; a subclassed model runs the calls as they are written.",
    rule="One normalisation for each level; or a subclassed model where the calls share one.",
    wrong=0.031,
    right=0.0,
    meets=lambda node: isinstance(node.op, BatchNorm) and bool(node.owner),
    measure="moving mean after one step in training mode, max |a - b|",
)
def shared_normalisation_runs_in_reverse() -> tuple[float, float]:
    """Two maps, one normalisation, momentum 0.9: the moving mean after a step depends on which call was the last."""
    import keras
    import numpy as np
    import torch

    first, second = np.random.default_rng(0).normal(size=(2, 2, 5, 6, 4)) + np.array([1, 4])[:, None, None, None, None]
    module, layers = torch.nn.BatchNorm2d(4).double(), [keras.layers.BatchNormalization(dtype="float64") for _ in "ab"]
    for x in (first, second):
        module(torch.tensor(x).permute(0, 3, 1, 2))
    for layer in layers:
        layer.momentum = 0.9
    inputs = [keras.Input(x.shape[1:], dtype="float64") for x in (first, second)]
    keras.Model(inputs, [layers[0](x) for x in inputs])([first, second], training=True)
    for x in (first, second):
        layers[1](x, training=True)
    means = [np.array(layer.moving_mean) for layer in layers]
    running = module.state_dict()["running_mean"].numpy()
    wrong, right = (np.abs(mean - running).max() for mean in means)
    return float(wrong), float(right)
