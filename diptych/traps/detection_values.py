"""Section Detection, second part: numbers, gradients and not-a-number in the boxes and their suppression."""

from __future__ import annotations

from .trap import trap

SECTION = "Detection"


@trap(
    section=SECTION,
    title="The gradient of a maximum of two equal numbers",
    torch="torch.maximum gives one half to each of two equal numbers.",
    keras="tf.maximum gives all to its first argument. Boxes that share an edge, such as a box and its target, meet it "
    "in every loss of the IoU family.",
    rule="where(a > b, a, b) in both.",
    wrong=0.5,
    right=0.0,
    measure="max |a - b| of the gradients",
)
def maximum_of_equals() -> tuple[float, float]:
    """The gradients of a maximum, by the functions and by `where`, at five equal pairs."""
    import numpy as np
    import tensorflow as tf
    import torch

    x, y = torch.arange(5.0, requires_grad=True), torch.arange(5.0)
    a, b = tf.Variable(np.arange(5.0, dtype="float32")), tf.range(5.0)
    with tf.GradientTape(persistent=True) as tape:
        naive, faithful = tf.reduce_sum(tf.maximum(a, b)), tf.reduce_sum(tf.where(a > b, a, b))
    (first,) = torch.autograd.grad(torch.maximum(x, y).sum(), x)
    (second,) = torch.autograd.grad(torch.where(x > y, x, y).sum(), x)
    wrong = np.abs(first.numpy() - tape.gradient(naive, a)).max()
    return float(wrong), float(np.abs(second.numpy() - tape.gradient(faithful, a)).max())


@trap(
    section=SECTION,
    title="The gradient of the largest of several equal numbers",
    torch="x.max(dim) gives it to one of them; x.amax(dim) shares it.",
    keras="tf.reduce_max shares it among all.",
    rule="amax in torch where reduce_max stands in TensorFlow.",
    wrong=0.75,
    right=0.0,
    thread="https://docs.pytorch.org/docs/stable/generated/torch.amax.html",
    measure="max |a - b| of the gradients",
)
def largest_of_equals() -> tuple[float, float]:
    """The gradient of the maximum of four ones."""
    import numpy as np
    import tensorflow as tf
    import torch

    x, a = torch.ones(1, 4, requires_grad=True), tf.Variable(tf.ones((1, 4)))
    with tf.GradientTape() as tape:
        largest = tf.reduce_max(a, 1)
    reference = tape.gradient(largest, a).numpy()
    (naive,) = torch.autograd.grad(x.max(1).values.sum(), x)
    (faithful,) = torch.autograd.grad(x.amax(1).sum(), x)
    return float(np.abs(reference - naive.numpy()).max()), float(np.abs(reference - faithful.numpy()).max())


@trap(
    section=SECTION,
    title="where does not shield the gradient",
    torch="The gradient of where(x > 0, sqrt(x), 0) at 0 is NaN: 0 times infinity.",
    keras="It is 0: TensorFlow's gradient of a square root is made safe there, that of a logarithm is not.",
    rule="Make the argument safe before the function: sqrt(where(x > 0, x, 1)).",
    wrong=1.0,
    right=0.0,
    thread="https://github.com/pytorch/pytorch/issues/68425",
    measure="entries where one gradient is NaN and the other is not",
)
def where_lets_nan_through() -> tuple[float, float]:
    """The gradient of a guarded square root at 0 and at 4."""
    import numpy as np
    import tensorflow as tf
    import torch

    x, a = torch.tensor([0.0, 4.0], requires_grad=True), tf.Variable([0.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        bare = tf.where(a > 0, tf.sqrt(a), 0.0)
        safe = tf.where(a > 0, tf.sqrt(tf.where(a > 0, a, 1.0)), 0.0)
    (naive,) = torch.autograd.grad(torch.where(x > 0, x.sqrt(), 0).sum(), x)
    (faithful,) = torch.autograd.grad(torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0).sum(), x)
    wrong = np.isnan(naive.numpy()) ^ np.isnan(tape.gradient(bare, a))
    return float(wrong.sum()), float((np.isnan(faithful.numpy()) ^ np.isnan(tape.gradient(safe, a))).sum())


@trap(
    section=SECTION,
    title="Not-a-number among the scores",
    torch="torch.argmax takes NaN for the largest number.",
    keras="tf.argmax passes it over.",
    rule="Filter by score > threshold first: NaN never is.",
    wrong=1.0,
    right=0.0,
    measure="boxes whose best class is another",
)
def nan_among_scores() -> tuple[float, float]:
    """The best class of a box with four scores, one of which is NaN."""
    import numpy as np
    import tensorflow as tf
    import torch

    scores = np.array([[0.3, np.nan, 0.9, 0.1]], "float32")
    clean = np.where(scores > 0, scores, np.float32(-np.inf))
    bare = tf.argmax(scores, 1).numpy() != torch.tensor(scores).argmax(1).numpy()
    safe = tf.argmax(clean, 1).numpy() != torch.tensor(clean).argmax(1).numpy()
    return float(bare.sum()), float(safe.sum())


@trap(
    section=SECTION,
    title="One suppression for all classes by an offset",
    torch="Boxes moved by class x 4096 or 7680 pixels never overlap across classes, so that one call serves all.",
    keras="Nothing does so by itself; code carried over from torch does.",
    rule="Compare within a class, or shift float64 boxes: in float32 the shift eats the fraction of a pixel.",
    wrong=0.06,
    right=9.6e-07,
    measure="largest change of a side, in pixels",
)
def classes_by_offset() -> tuple[float, float]:
    """The sides of 100 boxes of class 79 after the shift, which overlaps are made of, in float32 and in float64."""
    import numpy as np

    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 20, size=(100, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 30, size=(100, 2))], 1).astype("float32")
    naive, wide = boxes + np.float32(79 * 7680), boxes.astype("float64") + 79 * 7680
    sides = boxes[:, 2:] - boxes[:, :2]
    wrong, right = (np.abs(shifted[:, 2:] - shifted[:, :2] - sides).max() for shifted in (naive, wide))
    return float(wrong), float(right)


@trap(
    section=SECTION,
    title="A class of -1 as one hot",
    torch="functional.one_hot(-1) is an error.",
    keras="tf.one_hot(-1) is a row of zeros.",
    rule="Take class 0 in its place, and mask the row.",
    wrong=1.0,
    right=0.0,
    measure="calls that one framework refuses",
)
def one_hot_of_no_class() -> tuple[float, float]:
    """The padded classes 2, -1 as one hot, bare and masked."""
    import numpy as np
    import tensorflow as tf
    import torch

    classes = np.array([2, -1])
    reference = tf.one_hot(classes, 3).numpy()
    try:
        torch.nn.functional.one_hot(torch.tensor(classes), 3)
        refused = 0.0
    except RuntimeError:
        refused = 1.0
    found = torch.nn.functional.one_hot(torch.tensor(classes).clamp(min=0), 3) * torch.tensor(classes >= 0)[:, None]
    return refused, float(np.abs(reference - found.numpy()).max())


@trap(
    section=SECTION,
    title="roi_align and crop_and_resize are no twins",
    torch="torchvision.ops.roi_align averages samples inside each bin.",
    keras="tf.image.crop_and_resize takes one sample a bin, the first and the last at the corners of the box.",
    rule="Sample at the centres of bins by hand in one of them.",
    wrong=13.5,
    right=0.0,
    thread="https://docs.pytorch.org/vision/stable/generated/torchvision.ops.roi_align.html",
)
def crops_at_corners() -> tuple[float, float]:
    """A map of 8 x 8 that counts up by 1 and by 8, cut into 2 x 2."""
    import numpy as np
    import tensorflow as tf
    import torch

    ramp = np.arange(64, dtype="float32").reshape(8, 8)
    crop = tf.image.crop_and_resize(ramp[None, :, :, None], [[0, 0, 1, 1]], [0], [2, 2])[0, :, :, 0].numpy()
    bins = torch.nn.functional.adaptive_avg_pool2d(torch.tensor(ramp)[None, None], 2)[0, 0].numpy()
    means = tf.reduce_mean(tf.reshape(ramp, (2, 4, 2, 4)), (1, 3)).numpy()
    return float(np.abs(crop - bins).max()), float(np.abs(means - bins).max())


@trap(
    section=SECTION,
    title="Darknet's batch normalisation comes in three forms",
    torch="A torch layer divides by sqrt(variance + epsilon), as Darknet does today.",
    keras="So does Keras. The first Darknet divided by sqrt(variance) + 1e-6, and OpenCV by sqrt(variance + 1e-6).",
    rule="Say which one the weights were trained for, and map the variance: (sqrt(v) + 1e-6)^2 - 1e-5.",
    wrong=0.0049,
    right=0.0,
    measure="largest relative difference",
)
def three_forms_of_darknet() -> tuple[float, float]:
    """Ones normalised with variances from 0.001 to 1: Darknet's form of 2018 against a layer of torch.

    The faithful layer gets the variance that makes its form the first one.
    """
    import numpy as np
    import torch

    variance = np.linspace(0.001, 1, 50)
    reference = 1 / (np.sqrt(variance) + 1e-6)
    ones, zeros = torch.ones(1, 50, dtype=torch.float64), torch.zeros(50, dtype=torch.float64)
    naive = torch.nn.functional.batch_norm(ones, zeros, torch.tensor(variance), eps=1e-5)[0].numpy()
    mapped = (np.sqrt(variance) + 1e-6) ** 2 - 1e-5
    faithful = torch.nn.functional.batch_norm(ones, zeros, torch.tensor(mapped), eps=1e-5)[0].numpy()
    return float(np.abs(naive / reference - 1).max()), float(np.abs(faithful / reference - 1).max())
