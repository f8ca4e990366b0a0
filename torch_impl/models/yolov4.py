"""YOLOv4 in PyTorch, line for line the twin of its Keras file.

Bochkovskiy et al. 2020, YOLOv4: Optimal Speed and Accuracy of Object Detection, section 3.4.
"""

import torch
from torch import nn


class ConvBnActLeakyRelu(nn.Module):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.leaky_relu(self.bn(self.conv(x)), 0.1)


class YoloHead(nn.Module):
    """A 3x3 convolution to `channels`, and a 1x1 with a bias: the raw map of one level."""

    def __init__(self, in_channels, channels, outputs):
        super().__init__()
        self.conv1 = ConvBnActLeakyRelu(in_channels, channels, 3)
        self.conv2 = nn.Conv2d(channels, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        return self.conv2(x)


class ConvSet(nn.Sequential):
    """Five convolutions by turns, 1x1 to `width` and 3x3 to twice as many."""

    def __init__(self, in_channels, width):
        steps = [
            ConvBnActLeakyRelu(in_channels, width, 1),
            ConvBnActLeakyRelu(width, 2 * width, 3),
            ConvBnActLeakyRelu(2 * width, width, 1),
            ConvBnActLeakyRelu(width, 2 * width, 3),
            ConvBnActLeakyRelu(2 * width, width, 1),
        ]
        super().__init__(*steps)


class BottomUp(nn.Module):
    """A fine map in 3x3 `channels` at half its size, then the coarse map of that size beside it."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv_down = ConvBnActLeakyRelu(in_channels, channels, 3, stride=2)

    def forward(self, x: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        return torch.cat((x, coarse), 1)


class TopDown(nn.Module):
    """A coarse map in 1x1 `channels` at twice its size, then the tapped map of that size beside it."""

    def __init__(self, in_channels, tap_channels, channels):
        super().__init__()
        self.conv_up = ConvBnActLeakyRelu(in_channels, channels, 1)
        self.resize = nn.Upsample(scale_factor=2)
        self.conv_lateral = ConvBnActLeakyRelu(tap_channels, channels, 1)

    def forward(self, x: torch.Tensor, tap: torch.Tensor) -> torch.Tensor:
        conv_up = self.conv_up(x)
        conv_up = self.resize(conv_up)
        conv_lateral = self.conv_lateral(tap)
        return torch.cat((conv_lateral, conv_up), 1)


class Spp(nn.Module):
    """The map and its maxima over windows of these odd sizes, side by side at one resolution."""

    def __init__(self, kernels=(5, 9, 13)):
        super().__init__()
        self.pool13 = nn.MaxPool2d(kernels[0], 1, padding=kernels[0] // 2)
        self.pool9 = nn.MaxPool2d(kernels[1], 1, padding=kernels[1] // 2)
        self.pool5 = nn.MaxPool2d(kernels[2], 1, padding=kernels[2] // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pool13 = self.pool13(x)
        pool9 = self.pool9(x)
        return torch.cat((pool13, pool9, self.pool5(x), x), 1)


class SppSet(nn.Sequential):
    """The set of the coarsest level in YOLOv3-SPP and YOLOv4: pools in its middle, and a 1x1 to narrow them."""

    def __init__(self, in_channels, width):
        steps = [
            ConvBnActLeakyRelu(in_channels, width, 1),
            ConvBnActLeakyRelu(width, 2 * width, 3),
            ConvBnActLeakyRelu(2 * width, width, 1),
            Spp(kernels=(13, 9, 5)),
            ConvBnActLeakyRelu(4 * width, width, 1),
            ConvBnActLeakyRelu(width, 2 * width, 3),
            ConvBnActLeakyRelu(2 * width, width, 1),
        ]
        super().__init__(*steps)


class ConvBnAct(nn.Module):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.mish(self.bn(self.conv(x)))


class DarkResidual(nn.Module):
    """1x1 convolution to `width` channels, 3x3 back to those of the input, and a shortcut."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, width, 1)
        self.conv2 = ConvBnAct(width, in_channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv1(x)
        y = self.conv2(y)
        return x + y


class CspDarkDepth4(nn.Module):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, in_channels, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(channels, width, 1)
        self.conv_part2 = ConvBnAct(channels, width, 1)
        self.blocks = nn.Sequential(*[DarkResidual(width, inner) for _ in range(4)])
        self.conv_transition_b = ConvBnAct(width, width, 1)
        self.conv_transition = ConvBnAct(2 * width, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = torch.cat((conv_transition_b, conv_part1), 1)
        return self.conv_transition(conv_transition_b)


class CspDark(nn.Module):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, in_channels, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(channels, width, 1)
        self.conv_part2 = ConvBnAct(channels, width, 1)
        self.blocks = nn.Sequential(*[DarkResidual(width, inner) for _ in range(8)])
        self.conv_transition_b = ConvBnAct(width, width, 1)
        self.conv_transition = ConvBnAct(2 * width, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = torch.cat((conv_transition_b, conv_part1), 1)
        return self.conv_transition(conv_transition_b)


class CspDarkDepth2(nn.Module):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, in_channels, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(channels, width, 1)
        self.conv_part2 = ConvBnAct(channels, width, 1)
        self.blocks = nn.Sequential(*[DarkResidual(width, inner) for _ in range(2)])
        self.conv_transition_b = ConvBnAct(width, width, 1)
        self.conv_transition = ConvBnAct(2 * width, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = torch.cat((conv_transition_b, conv_part1), 1)
        return self.conv_transition(conv_transition_b)


class CspDarkDepth1(nn.Module):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, in_channels, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(channels, width, 1)
        self.conv_part2 = ConvBnAct(channels, width, 1)
        self.blocks = nn.Sequential(DarkResidual(width, inner))
        self.conv_transition_b = ConvBnAct(width, width, 1)
        self.conv_transition = ConvBnAct(2 * width, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = torch.cat((conv_transition_b, conv_part1), 1)
        return self.conv_transition(conv_transition_b)


class CspDarknet53(nn.Module):
    """CSPDarknet-53 without its head: the maps at strides 8, 16 and 32."""

    def __init__(self, in_channels):
        super().__init__()
        self.stem = ConvBnAct(in_channels, 32, 3)
        self.stages = nn.ModuleList()
        self.stages.append(CspDarkDepth1(32, 64, 64, 32))
        self.stages.append(CspDarkDepth2(64, 128, 64, 64))
        self.stages.append(CspDark(128, 256, 128, 128))
        self.stages.append(CspDark(256, 512, 256, 256))
        self.stages.append(CspDarkDepth4(512, 1024, 512, 512))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.stem(x)
        x = self.stages[0](x)
        x = self.stages[1](x)
        x = self.stages[2](x)
        y = self.stages[3](x)
        z = self.stages[4](y)
        return [x, y, z]


class YOLOv4(nn.Module):
    """CSPDarknet-53, pools of three sizes, a path from the top down, another from the bottom up, and three maps."""

    def __init__(self, in_channels=3, num_classes=80):
        super().__init__()
        self.backbone = CspDarknet53(in_channels)
        self.set_p5 = SppSet(1024, 512)
        self.join_p4 = TopDown(512, 512, 256)
        self.set_p4 = ConvSet(512, 256)
        self.join_p3 = TopDown(256, 256, 128)
        self.set_p3 = ConvSet(256, 128)
        self.head_s8 = YoloHead(128, 256, 3 * num_classes + 15)
        self.join_n4 = BottomUp(128, 256)
        self.set_n4 = ConvSet(512, 256)
        self.head_s16 = YoloHead(256, 512, 3 * num_classes + 15)
        self.join_n5 = BottomUp(256, 512)
        self.set_n5 = ConvSet(1024, 512)
        self.head_s32 = YoloHead(512, 1024, 3 * num_classes + 15)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x, y, z = self.backbone(x)
        z = self.set_p5(z)
        y = self.join_p4(z, y)
        y = self.set_p4(y)
        x = self.join_p3(y, x)
        x = self.set_p3(x)
        s8 = self.head_s8(x)
        x = self.join_n4(x, y)
        x = self.set_n4(x)
        s16 = self.head_s16(x)
        x = self.join_n5(x, z)
        x = self.set_n5(x)
        s32 = self.head_s32(x)
        return {"s8": s8, "s16": s16, "s32": s32}


# leaky_relu of the Keras twin is nn.LeakyReLU: slope * x below zero. Keras's
# own rounds the slope to float32, and its default is 0.3 where PyTorch's is
# 0.01.


# `mish` of the Keras twin is nn.functional.mish: x * tanh(softplus(x)). The
# keras.activations.mish needs numbers, and fails where a model is built for a
# shape alone.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
