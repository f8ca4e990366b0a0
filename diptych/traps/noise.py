"""How big a bug is compared with the noise of float32, in small networks of random weights."""

from __future__ import annotations

from .precision import SECTION
from .trap import trap


@trap(
    section=SECTION,
    title="A wrong epsilon is far above the noise of float32",
    torch="Batch normalisation's epsilon is 1e-5 by default.",
    keras="It is 1e-3 by default. Each layer of a network adds its part of the error.",
    rule="Judge the error relative to the largest output; a tolerance of 1e-5 tells this bug from the noise.",
    wrong=0.0022,
    right=3.7e-07,
    measure="largest error relative to the largest output: of the bug, and of float32",
)
def epsilon_against_noise() -> tuple[float, float]:
    """Four convolutions with batch normalisation: Keras' default epsilon in float64, and the right one in float32."""
    import torch
    from torch.nn.functional import batch_norm, conv2d

    draw = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 64, 64, dtype=torch.float64, generator=draw)
    truth, bug, single = x, x, x.float()
    for channels in (3, 16, 16, 16):
        weight = torch.randn(16, channels, 3, 3, dtype=torch.float64, generator=draw) / (5 * channels) ** 0.5
        mean, variance = torch.rand(2, 16, dtype=torch.float64, generator=draw) + torch.tensor([[-0.5], [0.5]])
        truth = batch_norm(conv2d(truth, weight, None, 2, 1), mean, variance, eps=1e-5).relu()
        bug = batch_norm(conv2d(bug, weight, None, 2, 1), mean, variance, eps=1e-3).relu()
        single = batch_norm(conv2d(single, weight.float(), None, 2, 1), mean.float(), variance.float(), eps=1e-5).relu()
    wrong, right = (float((y - truth).abs().max() / truth.abs().max()) for y in (bug, single.double()))
    return wrong, right


@trap(
    section=SECTION,
    title="A shifted window is further above the noise still",
    torch="padding=1 pads (1, 1) at stride 2.",
    keras="padding='same' pads (0, 1) at stride 2 on even sizes.",
    rule="Judge the error relative to the largest output; a tolerance of 1e-5 tells this bug from the noise.",
    wrong=1.0,
    right=3.7e-07,
    measure="largest error relative to the largest output: of the bug, and of float32",
)
def same_padding_against_noise() -> tuple[float, float]:
    """Four convolutions of stride 2: the pads of SAME, (0, 1), in float64, and the right ones, (1, 1), in float32."""
    import torch
    from torch.nn.functional import batch_norm, conv2d, pad

    draw = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 64, 64, dtype=torch.float64, generator=draw)
    truth, bug, single = x, x, x.float()
    for channels in (3, 16, 16, 16):
        weight = torch.randn(16, channels, 3, 3, dtype=torch.float64, generator=draw) / (5 * channels) ** 0.5
        mean, variance = torch.rand(2, 16, dtype=torch.float64, generator=draw) + torch.tensor([[-0.5], [0.5]])
        truth = batch_norm(conv2d(truth, weight, None, 2, 1), mean, variance).relu()
        bug = batch_norm(conv2d(pad(bug, (0, 1, 0, 1)), weight, None, 2), mean, variance).relu()
        single = batch_norm(conv2d(single, weight.float(), None, 2, 1), mean.float(), variance.float()).relu()
    wrong, right = (float((y - truth).abs().max() / truth.abs().max()) for y in (bug, single.double()))
    return wrong, right


@trap(
    section=SECTION,
    title="Some bugs lie below the noise of float32",
    torch="torchvision's epsilon is 1e-5.",
    keras="keras.applications' ResNet and DenseNet have 1.001e-5, which changes less than float32 rounds.",
    rule="Only a comparison in float64 finds these: there both frameworks agree to about 1e-15.",
    wrong=2.2e-08,
    right=7.2e-16,
    measure="largest error relative to the largest output: of the bug, and between the frameworks, in float64",
)
def bug_below_the_noise() -> tuple[float, float]:
    """The epsilon 1.001e-5 for 1e-5: seen in float64, against what the two frameworks differ by in float64."""
    import torch
    from keras import ops
    from torch.nn.functional import batch_norm, conv2d

    draw = torch.Generator().manual_seed(0)
    truth = bug = torch.randn(2, 3, 64, 64, dtype=torch.float64, generator=draw)
    twin = truth.permute(0, 2, 3, 1).numpy()
    for channels in (3, 16, 16, 16):
        weight = torch.randn(16, channels, 3, 3, dtype=torch.float64, generator=draw) / (5 * channels) ** 0.5
        mean, variance = torch.rand(2, 16, dtype=torch.float64, generator=draw) + torch.tensor([[-0.5], [0.5]])
        truth = batch_norm(conv2d(truth, weight, None, 2, 1), mean, variance, eps=1e-5).relu()
        bug = batch_norm(conv2d(bug, weight, None, 2, 1), mean, variance, eps=1.001e-5).relu()
        twin = ops.conv(ops.pad(twin, ((0, 0), (1, 1), (1, 1), (0, 0))), weight.permute(2, 3, 1, 0).numpy(), 2)
        twin = ops.relu((twin - mean.numpy()) / ops.sqrt(variance.numpy() + 1e-5))
    wrong = float((bug - truth).abs().max() / truth.max())
    return wrong, float(abs(truth.permute(0, 2, 3, 1).numpy() - ops.convert_to_numpy(twin)).max() / truth.max())


@trap(
    section=SECTION,
    title="An absolute tolerance means nothing across networks",
    torch="torch.testing.assert_close and numpy's allclose take an absolute tolerance beside the relative one.",
    keras="So do TensorFlow's test cases. The noise of float32 grows with the outputs, which span many powers of ten.",
    rule="Divide the largest error by the largest output.",
    wrong=930000.0,
    right=0.93,
    measure="how many times noisier one network is than the other: absolute, and relative",
    note="The second number is a ratio of two noises, so near one is what it should be.",
)
def absolute_tolerance() -> tuple[float, float]:
    """The float32 noise of two networks, one of large and one of small weights, absolute and relative."""
    import torch

    def noise(gain: float) -> tuple[float, float]:
        draw = torch.Generator().manual_seed(0)
        truth = torch.randn(2, 16, 32, 32, dtype=torch.float64, generator=draw)
        single = truth.float()
        for _ in range(6):
            weight = gain / 12 * torch.randn(16, 16, 3, 3, dtype=torch.float64, generator=draw)
            truth = torch.nn.functional.conv2d(truth, weight).relu()
            single = torch.nn.functional.conv2d(single, weight.float()).relu()
        error = float((single - truth).abs().max())
        return error, error / float(truth.max())

    (small, small_relative), (large, large_relative) = noise(0.3), noise(3.0)
    return large / small, large_relative / small_relative
