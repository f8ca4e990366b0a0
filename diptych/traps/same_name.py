"""Section Same name, different network: what two libraries mean by one name."""

from __future__ import annotations

from ..common.ops.batch_norm import BatchNorm
from ..common.spec import Node
from .trap import of, trap

SECTION = "Same name, different network"


def _epsilon_of_keras_applications(node: Node) -> bool:
    return isinstance(node.op, BatchNorm) and abs(node.op.eps - 1.001e-5) < 1e-12


@trap(
    section=SECTION,
    title="ResNet-50 has its stride in the 1 x 1 or in the 3 x 3 convolution",
    torch="torchvision's resnet50, 101 and 152 stride in the 3 x 3 convolution of a bottleneck (called v1.5).",
    keras="keras.applications' ResNet50, 101 and 152 stride in the first 1 x 1 convolution, as the paper has it (v1).",
    rule="A spec says which variant it is and whose; the weights of one do not serve the other, though all shapes fit.",
    wrong=31.0,
    right=5.3e-15,
    thread="https://github.com/pytorch/vision/issues/1266",
)
def resnet_stride() -> tuple[float, float]:
    """The first two convolutions of a bottleneck, 1 x 1 and 3 x 3, with the stride in the second or in the first."""
    import numpy as np
    import torch
    from keras import ops

    rng = np.random.default_rng(0)
    x, one, three = rng.normal(size=(1, 8, 8, 4)), rng.normal(size=(1, 1, 4, 4)), rng.normal(size=(3, 3, 4, 4))
    image, first, second = (torch.tensor(a) for a in (x.transpose(0, 3, 1, 2), one.T, three.transpose(3, 2, 0, 1)))
    y = torch.nn.functional.conv2d(torch.nn.functional.conv2d(image, first.mT).relu(), second, stride=2, padding=1)
    reference, results = y.permute(0, 2, 3, 1).numpy(), []
    for strides in ((2, 1), (1, 2)):
        middle = ops.pad(ops.relu(ops.conv(x, one, strides[0])), ((0, 0), (1, 1), (1, 1), (0, 0)))
        results.append(float(np.abs(reference - ops.conv(middle, three, strides[1])).max()))
    return results[0], results[1]


@trap(
    section=SECTION,
    title="The convolutions of keras.applications' ResNets have biases",
    torch="torchvision's have none, as batch normalisation follows.",
    keras="keras.applications' have one each, which the moving mean was measured with.",
    rule="Keep the bias, or subtract it from the moving mean; leaving it out changes the result.",
    wrong=0.75,
    right=2.2e-16,
    thread="https://github.com/keras-team/keras-applications/issues/159",
)
def resnet_bias() -> tuple[float, float]:
    """A 1 x 1 convolution with bias and its batch normalisation, brought over to a convolution without bias."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, kernel, bias, mean = rng.normal(size=(6, 4)), rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3)
    variance = rng.uniform(0.5, 2, size=3)
    norm = keras.layers.BatchNormalization(epsilon=1e-5, scale=False, center=False, dtype="float64")
    norm.build((None, 3))
    norm.set_weights([mean, variance])
    reference, y = norm(x @ kernel + bias), torch.tensor(x @ kernel)
    naive, faithful = (
        torch.nn.functional.batch_norm(y, torch.tensor(m), torch.tensor(variance)) for m in (mean, mean - bias)
    )
    return float(np.abs(reference - naive.numpy()).max()), float(np.abs(reference - faithful.numpy()).max())


@trap(
    section=SECTION,
    title="keras.applications' ResNet and DenseNet have the epsilon 1.001e-5",
    torch="torchvision's batch normalisations have 1e-5.",
    keras="keras.applications' ResNet and DenseNet have 1.001e-5, MobileNet and Inception 1e-3.",
    rule="Carry it as it is. The error hides in the noise of float32; float64 shows it.",
    wrong=2.3e-07,
    right=8.9e-16,
    meets=_epsilon_of_keras_applications,
    measure="max |a - b| in float64",
)
def epsilon_of_keras_applications() -> tuple[float, float]:
    """A batch normalisation with epsilon 1e-5, and with the 1.001e-5 of keras.applications."""
    import keras
    import numpy as np
    import torch

    rng = np.random.default_rng(0)
    x, mean, variance = rng.normal(size=(100, 8)), rng.normal(size=8), rng.uniform(0.1, 2, size=8)
    x_t, mean_t, variance_t = map(torch.tensor, (x, mean, variance))
    reference = torch.nn.functional.batch_norm(x_t, mean_t, variance_t, eps=1.001e-5).numpy()
    naive, faithful = ((x - mean) / keras.ops.sqrt(variance + eps) for eps in (1e-5, 1.001e-5))
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="torchvision's GoogLeNet and Inception v3 undo ImageNet's normalisation",
    torch="With pretrained weights transform_input=True turns (p - mean) / std into (p - 0.5) / 0.5 inside the "
    "network.",
    keras="A Keras Inception v3 has no such step and expects p / 127.5 - 1 (p of 0 ... 255).",
    rule="Feed p / 127.5 - 1 to the network without the step, in both.",
    wrong=1.6,
    right=1.1e-16,
    thread="https://github.com/pytorch/vision/issues/4136",
)
def inception_transforms_its_input() -> tuple[float, float]:
    """What reaches the first convolution of torchvision's GoogLeNet and Inception v3, and of a Keras one."""
    import keras
    import numpy as np
    import torch

    pixels = np.random.default_rng(0).integers(256, size=(1, 4, 5, 3)).astype(float)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    naive = (pixels / 255 - mean) / std
    reference = (torch.tensor(naive) * torch.tensor(std / 0.5) + torch.tensor((mean - 0.5) / 0.5)).numpy()
    faithful = keras.applications.inception_v3.preprocess_input(pixels.copy())
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="Keras' EfficientNets contain their preprocessing",
    torch="torchvision's and timm's expect (p / 255 - mean) / std.",
    keras="keras.applications' begin with Rescaling and Normalization and expect p itself, 0 ... 255; their "
    "preprocess_input does nothing.",
    rule="Feed pixels to Keras and the normalised image to torch, or cut the first layers off.",
    wrong=4.4,
    right=4.8e-07,
    thread="https://tensorflow.org/versions/r2.15/api_docs/python/tf/keras/applications/efficientnet/preprocess_input",
)
def efficientnet_rescales_its_input() -> tuple[float, float]:
    """What reaches the first convolution of a Keras EfficientNet fed as torchvision's is, and fed with pixels."""
    import keras
    import numpy as np
    import torch

    pixels = np.random.default_rng(0).integers(256, size=(1, 4, 5, 3)).astype("float32")
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    reference = ((torch.tensor(pixels) / 255 - torch.tensor(mean)) / torch.tensor(std)).float().numpy()
    inside = keras.layers.Normalization(mean=mean, variance=std**2)
    naive, faithful = (inside(keras.layers.Rescaling(1 / 255)(x)) for x in (reference, pixels))
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="torchvision's AlexNet is another one",
    torch="It is the single column of the 'one weird trick' paper: 64, 192, 384, 256 and 256 channels, no groups.",
    keras="Code after the 2012 paper, in any framework, has 96, 256, 384, 384 and 256 channels, three layers in two "
    "groups.",
    rule="alexnet_original and alexnet_torchvision are two networks; a name alone says too little.",
    wrong=135616.0,
    right=0.0,
    measure="difference of the trainable numbers of the convolutions",
)
def alexnet_columns() -> tuple[float, float]:
    """Trainable numbers of the five convolutions of torchvision's AlexNet and of the paper's two columns."""
    import keras
    import torch

    def count(*rows: tuple[int, ...]) -> int:
        layers = [keras.layers.Conv2D(width, kernel, groups=groups) for _, width, kernel, groups in rows]
        for layer, row in zip(layers, rows, strict=True):
            layer.build((None, None, None, row[0]))
        return sum(layer.count_params() for layer in layers)

    single = (3, 64, 11), (64, 192, 5), (192, 384, 3), (384, 256, 3), (256, 256, 3)
    modules = [torch.nn.Conv2d(*row, device="meta") for row in single]
    reference = sum(p.numel() for module in modules for p in module.parameters())
    columns = (3, 96, 11, 1), (96, 256, 5, 2), (256, 384, 3, 1), (384, 384, 3, 2), (384, 256, 3, 2)
    return float(abs(reference - count(*columns))), float(abs(reference - count(*((*row, 1) for row in single))))


@trap(
    section=SECTION,
    title="torchvision leaves local response normalisation out of AlexNet and GoogLeNet",
    torch="torchvision's AlexNet has none and its GoogLeNet batch normalisation instead. The AlexNet paper's is "
    "nn.LocalResponseNorm(5, alpha=5e-4, k=2), as torch divides alpha by 5.",
    keras="tf.nn.local_response_normalization(depth_radius=2, bias=2, alpha=1e-4, beta=0.75) is the paper's.",
    rule="See which AlexNet, GoogLeNet or VGG-A the weights belong to.",
    wrong=20.0,
    right=3.8e-06,
    meets=of("local_response_norm"),
)
def lrn_left_out() -> tuple[float, float]:
    """A map of the paper's AlexNet after its local response normalisation, which torchvision's leaves out."""
    import numpy as np
    import tensorflow as tf
    import torch

    x = np.random.default_rng(0).uniform(0, 40, size=(1, 5, 6, 16)).astype("float32")
    lrn = torch.nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    reference = lrn(torch.tensor(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    faithful = tf.nn.local_response_normalization(x, depth_radius=2, bias=2, alpha=1e-4, beta=0.75)
    return float(np.abs(reference - x).max()), float(np.abs(reference - faithful).max())
