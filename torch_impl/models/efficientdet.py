"""EfficientDet-D0 in PyTorch, line for line the twin of its Keras file.

Tan, Pang & Le 2020, EfficientDet: Scalable and Efficient Object Detection, table 1.
"""

import torch
from torch import nn


class SeparableConvBias(nn.Module):
    """Depthwise convolution, then 1x1 with a bias."""

    def __init__(self, in_channels, channels, kernel=3):
        super().__init__()
        self.conv_dw = nn.Conv2d(in_channels, in_channels, kernel, padding=kernel // 2, groups=in_channels, bias=False)
        self.conv_pw = nn.Conv2d(in_channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv_pw(self.conv_dw(x))


class LevelHead(nn.Module):
    """The raw map of one level: separable convolutions, each normalised as this level needs, and one to `outputs`."""

    def __init__(self, in_channels, outputs):
        super().__init__()
        self.conv_rep = nn.ModuleList([SeparableConvBias(in_channels, in_channels) for _ in range(3)])
        self.bn_rep = nn.ModuleList()
        self.bn_rep.append(nn.ModuleList([nn.BatchNorm2d(in_channels, eps=0.001, momentum=0.01) for _ in range(5)]))
        self.bn_rep.append(nn.ModuleList([nn.BatchNorm2d(in_channels, eps=0.001, momentum=0.01) for _ in range(5)]))
        self.bn_rep.append(nn.ModuleList([nn.BatchNorm2d(in_channels, eps=0.001, momentum=0.01) for _ in range(5)]))
        self.predict = SeparableConvBias(in_channels, outputs)
        # Keras's twin says that it is built: the parts of later calls are built in those.

    def forward(self, x: torch.Tensor, level: int) -> torch.Tensor:
        x = self.conv_rep[0](x)
        x = nn.functional.silu(self.bn_rep[0][level](x))
        x = self.conv_rep[1](x)
        x = nn.functional.silu(self.bn_rep[1][level](x))
        x = self.conv_rep[2](x)
        x = nn.functional.silu(self.bn_rep[2][level](x))
        return self.predict(x)


class FusedBelowOf1(nn.Module):
    """The maps of a level and that of the level below in a weighted sum, then a separable convolution."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.max_pool = MaxPool2dSame(3, 2)
        self.edge_weights = nn.Parameter(torch.ones(2))
        self.conv = SeparableConvBias(in_channels[0], width)
        self.bn = nn.BatchNorm2d(width, eps=0.001, momentum=0.01)

    def forward(self, xs: list[torch.Tensor], below: torch.Tensor) -> torch.Tensor:
        below = self.max_pool(below)
        x = nn.functional.silu(fast_weighted_sum(self.edge_weights, xs[0], below, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class FusedBelow(nn.Module):
    """The maps of a level and that of the level below in a weighted sum, then a separable convolution."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.max_pool = MaxPool2dSame(3, 2)
        self.edge_weights = nn.Parameter(torch.ones(3))
        self.conv = SeparableConvBias(in_channels[0], width)
        self.bn = nn.BatchNorm2d(width, eps=0.001, momentum=0.01)

    def forward(self, xs: list[torch.Tensor], below: torch.Tensor) -> torch.Tensor:
        below = self.max_pool(below)
        x = nn.functional.silu(fast_weighted_sum(self.edge_weights, xs[0], xs[1], below, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class FusedAbove(nn.Module):
    """A map and that of the level above in a weighted sum, then a separable convolution."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.edge_weights = nn.Parameter(torch.ones(2))
        self.conv = SeparableConvBias(in_channels, width)
        self.bn = nn.BatchNorm2d(width, eps=0.001, momentum=0.01)

    def forward(self, x: torch.Tensor, above: torch.Tensor) -> torch.Tensor:
        above = nn.functional.interpolate(above, size=x.shape[2:], mode="nearest")
        x = nn.functional.silu(fast_weighted_sum(self.edge_weights, x, above, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class Bifpn(nn.Module):
    """Two maps or more of halving size, the largest first, to as many of these sizes and `width` channels."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.fnode = nn.ModuleList()
        self.fnode.append(FusedAbove(in_channels[3], width))
        self.fnode.append(FusedAbove(in_channels[2], width))
        self.fnode.append(FusedAbove(in_channels[1], width))
        self.fnode.append(FusedAbove(in_channels[0], width))
        self.fnode.append(FusedBelow((in_channels[1], width), width))
        self.fnode.append(FusedBelow((in_channels[2], width), width))
        self.fnode.append(FusedBelow((in_channels[3], width), width))
        self.fnode.append(FusedBelowOf1((in_channels[4],), width))

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        x = self.fnode[0](xs[3], xs[4])
        y = self.fnode[1](xs[2], x)
        z = self.fnode[2](xs[1], y)
        u = self.fnode[3](xs[0], z)
        z = self.fnode[4]([xs[1], z], u)
        y = self.fnode[5]([xs[2], y], z)
        x = self.fnode[6]([xs[3], x], y)
        v = self.fnode[7]([xs[4]], x)
        return [u, z, y, x, v]


class LinearBn(nn.Module):
    """A 1x1 convolution with a bias, and batch normalisation, as the authors have both."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, 1)
        self.bn = nn.BatchNorm2d(width, eps=0.001, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(x))


class FusedBelowLateral(nn.Module):
    """The maps of a level and that of the level below in a weighted sum, then a separable convolution."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.lateral = LinearBn(in_channels[0], width)
        self.max_pool = MaxPool2dSame(3, 2)
        self.edge_weights = nn.Parameter(torch.ones(3))
        self.conv = SeparableConvBias(width, width)
        self.bn = nn.BatchNorm2d(width, eps=0.001, momentum=0.01)

    def forward(self, xs: list[torch.Tensor], below: torch.Tensor) -> torch.Tensor:
        x = self.lateral(xs[0])
        below = self.max_pool(below)
        x = nn.functional.silu(fast_weighted_sum(self.edge_weights, x, xs[1], below, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class FusedAboveLateral(nn.Module):
    """A map and that of the level above in a weighted sum, then a separable convolution."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.lateral = LinearBn(in_channels, width)
        self.edge_weights = nn.Parameter(torch.ones(2))
        self.conv = SeparableConvBias(width, width)
        self.bn = nn.BatchNorm2d(width, eps=0.001, momentum=0.01)

    def forward(self, x: torch.Tensor, above: torch.Tensor) -> torch.Tensor:
        x = self.lateral(x)
        above = nn.functional.interpolate(above, size=x.shape[2:], mode="nearest")
        x = nn.functional.silu(fast_weighted_sum(self.edge_weights, x, above, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class BifpnConvKernel1(nn.Module):
    """Two maps or more of halving size, the largest first, to as many of these sizes and `width` channels."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.fnode = nn.ModuleList()
        self.fnode.append(FusedAbove(in_channels[3], width))
        self.fnode.append(FusedAboveLateral(in_channels[2], width))
        self.fnode.append(FusedAboveLateral(in_channels[1], width))
        self.fnode.append(FusedAboveLateral(in_channels[0], width))
        self.fnode.append(FusedBelowLateral((in_channels[1], width), width))
        self.fnode.append(FusedBelowLateral((in_channels[2], width), width))
        self.fnode.append(FusedBelow((in_channels[3], width), width))
        self.fnode.append(FusedBelowOf1((in_channels[4],), width))

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        x = self.fnode[0](xs[3], xs[4])
        y = self.fnode[1](xs[2], x)
        z = self.fnode[2](xs[1], y)
        u = self.fnode[3](xs[0], z)
        z = self.fnode[4]([xs[1], z], u)
        y = self.fnode[5]([xs[2], y], z)
        x = self.fnode[6]([xs[3], x], y)
        v = self.fnode[7]([xs[4]], x)
        return [u, z, y, x, v]


class Pyramid(nn.Module):
    """Levels 6 and 7, which are pooled, and cells of BiFPN over all five."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.resample = LinearBn(in_channels[2], width)
        self.max_pool = MaxPool2dSame(3, 2)
        self.max_pool_1 = MaxPool2dSame(3, 2)
        self.cell = nn.ModuleList()
        self.cell.append(BifpnConvKernel1((in_channels[0], in_channels[1], in_channels[2], width, width), width))
        self.cell.append(Bifpn((width, width, width, width, width), width))
        self.cell.append(Bifpn((width, width, width, width, width), width))

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        x = self.resample(xs[2])
        x = self.max_pool(x)
        y = self.max_pool_1(x)
        x, y, z, u, v = self.cell[0]([xs[0], xs[1], xs[2], x, y])
        x, y, z, u, v = self.cell[1]([x, y, z, u, v])
        return self.cell[2]([x, y, z, u, v])


class ConvNormLinear(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            Conv2dSame(in_channels, channels, kernel, stride=stride, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001),
        ]
        super().__init__(*steps)


class SqueezeExcite(nn.Module):
    """Weigh the channels of a map (C, H, W) by a gate from their means, through `squeeze` channels."""

    def __init__(self, in_channels, squeeze):
        super().__init__()
        self.adaptive_avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(in_channels, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, in_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = nn.functional.silu(self.fc1(self.adaptive_avg_pool(x)))
        y = torch.sigmoid(self.fc2(y))
        return x * y


class ConvNormDepthwise(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNorm: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            Conv2dSame(in_channels, channels, kernel, stride=stride, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001),
            nn.SiLU(),
        ]
        super().__init__(*steps)


class ConvNorm(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            Conv2dSame(in_channels, channels, kernel, stride=stride, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001),
            nn.SiLU(),
        ]
        super().__init__(*steps)


class InvertedResidualNoShortcut(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNorm(in_channels, width, 1),
            ConvNormDepthwise(width, width, kernel, stride=stride, groups=width),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class InvertedResidual(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNorm(in_channels, width, 1),
            ConvNormDepthwise(width, width, kernel, stride=stride, groups=width),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcutNoExpansion(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormDepthwise(in_channels, width, kernel, stride=stride, groups=width),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class Features(nn.Module):
    """EfficientNet without its top; the maps of 1/8, 1/16 and 1/32 of the image."""

    def __init__(self, in_channels):
        super().__init__()
        self.features = nn.ModuleList()
        self.features.append(ConvNorm(in_channels, 32, 3, stride=2))
        self.features.append(nn.Sequential(InvertedResidualNoShortcutNoExpansion(32, 32, 16, squeeze=8)))
        features_2 = [
            InvertedResidualNoShortcut(16, 96, 24, stride=2, squeeze=4),
            InvertedResidual(24, 144, 24, squeeze=6),
        ]
        features_2 = nn.Sequential(*features_2)
        self.features.append(features_2)
        features_3 = [
            InvertedResidualNoShortcut(24, 144, 40, kernel=5, stride=2, squeeze=6),
            InvertedResidual(40, 240, 40, kernel=5, squeeze=10),
        ]
        features_3 = nn.Sequential(*features_3)
        self.features.append(features_3)
        features_4 = [
            InvertedResidualNoShortcut(40, 240, 80, stride=2, squeeze=10),
            *[InvertedResidual(80, 480, 80, squeeze=20) for _ in range(2)],
        ]
        features_4 = nn.Sequential(*features_4)
        self.features.append(features_4)
        features_5 = [
            InvertedResidualNoShortcut(80, 480, 112, kernel=5, squeeze=20),
            *[InvertedResidual(112, 672, 112, kernel=5, squeeze=28) for _ in range(2)],
        ]
        features_5 = nn.Sequential(*features_5)
        self.features.append(features_5)
        features_6 = [
            InvertedResidualNoShortcut(112, 672, 192, kernel=5, stride=2, squeeze=28),
            *[InvertedResidual(192, 1152, 192, kernel=5, squeeze=48) for _ in range(3)],
        ]
        features_6 = nn.Sequential(*features_6)
        self.features.append(features_6)
        self.features.append(nn.Sequential(InvertedResidualNoShortcut(192, 1152, 320, squeeze=48)))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.features[0](x)
        x = self.features[1](x)
        x = self.features[2](x)
        x = self.features[3](x)
        y = self.features[4](x)
        y = self.features[5](y)
        z = self.features[6](y)
        z = self.features[7](z)
        return [x, y, z]


class EfficientDetD0(nn.Module):
    """EfficientNet, BiFPN, and the same two heads on each level."""

    def __init__(self, in_channels=3, num_classes=90):
        super().__init__()
        self.backbone = Features(in_channels)
        self.fpn = Pyramid((40, 112, 320), 64)
        self.class_net = LevelHead(64, 9 * num_classes)
        self.box_net = LevelHead(64, 36)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x, y, z = self.backbone(x)
        x, y, z, u, v = self.fpn([x, y, z])
        class_p3 = self.class_net(x, level=0)
        class_p4 = self.class_net(y, level=1)
        class_p5 = self.class_net(z, level=2)
        class_p6 = self.class_net(u, level=3)
        class_p7 = self.class_net(v, level=4)
        box_p3 = self.box_net(x, level=0)
        box_p4 = self.box_net(y, level=1)
        box_p5 = self.box_net(z, level=2)
        box_p6 = self.box_net(u, level=3)
        box_p7 = self.box_net(v, level=4)
        return {
            "class_p3": class_p3,
            "class_p4": class_p4,
            "class_p5": class_p5,
            "class_p6": class_p6,
            "class_p7": class_p7,
            "box_p3": box_p3,
            "box_p4": box_p4,
            "box_p5": box_p5,
            "box_p6": box_p6,
            "box_p7": box_p7,
        }


class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (kh, kw), (dh, dw), (sh, sw) = self.kernel_size, self.dilation, self.stride
        return super().forward(same_pad(x, ((kh - 1) * dh + 1, (kw - 1) * dw + 1), (sh, sw)))


def fast_weighted_sum(weights: torch.Tensor, *maps: torch.Tensor, eps: float) -> torch.Tensor:
    """The sum of maps, each times the share of its weight, of which none counts as less than zero."""
    weights = torch.relu(weights)[..., None, None, None]
    total = weights.sum(-4) + eps
    return sum(x * weight / total for x, weight in zip(maps, weights.unbind(-4), strict=True))


class MaxPool2dSame(nn.MaxPool2d):
    """Max pooling with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = nn.modules.utils._pair(self.kernel_size), nn.modules.utils._pair(self.stride)
        return super().forward(same_pad(x, kernel, stride, float("-inf")))


def nearest_resize_like(x: torch.Tensor, like: torch.Tensor, half_pixel: bool) -> torch.Tensor:
    """Nearest resizing in whole numbers, for sizes at which torch's own rounded coordinates miss by a pixel."""
    for axis in (2, 3):
        m, n = x.shape[axis], like.shape[axis]
        i = torch.arange(n, device=x.device)
        x = x.index_select(axis, (2 * i + 1) * m // (2 * n) if half_pixel else i * m // n)
    return x


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.


def same_pad(x, extent, stride, value=0.0):
    """Pad a batch as TensorFlow's SAME does: by what its size needs, and the odd pad last."""
    pads = []
    for axis in (1, 0):
        size = x.shape[2 + axis]
        total = max((-(-size // stride[axis]) - 1) * stride[axis] + extent[axis] - size, 0)
        pads += [total // 2, total - total // 2]
    return nn.functional.pad(x, pads, value=value)
