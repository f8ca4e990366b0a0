"""YOLOX-S in PyTorch, line for line the twin of its Keras file.

Ge et al. 2021, YOLOX: Exceeding YOLO Series in 2021, figure 2 and table 3.
"""

import torch
from torch import nn


class ConvBnAct(nn.Module):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=0.001, momentum=0.03)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.silu(self.bn(self.conv(x)))


class DecoupledHead(nn.Module):
    """The maps of all levels to (5 + num_classes, H, W) each; no level has the weights of another."""

    def __init__(self, in_channels, width, num_classes):
        super().__init__()
        self.stems = nn.ModuleList()
        self.stems.append(ConvBnAct(in_channels[0], width, 1))
        self.stems.append(ConvBnAct(in_channels[1], width, 1))
        self.stems.append(ConvBnAct(in_channels[2], width, 1))
        self.cls_convs = nn.ModuleList()
        self.cls_convs.append(nn.Sequential(*[ConvBnAct(width, width, 3) for _ in range(2)]))
        self.cls_convs.append(nn.Sequential(*[ConvBnAct(width, width, 3) for _ in range(2)]))
        self.cls_convs.append(nn.Sequential(*[ConvBnAct(width, width, 3) for _ in range(2)]))
        self.reg_convs = nn.ModuleList()
        self.reg_convs.append(nn.Sequential(*[ConvBnAct(width, width, 3) for _ in range(2)]))
        self.reg_convs.append(nn.Sequential(*[ConvBnAct(width, width, 3) for _ in range(2)]))
        self.reg_convs.append(nn.Sequential(*[ConvBnAct(width, width, 3) for _ in range(2)]))
        self.reg_preds = nn.ModuleList()
        self.reg_preds.append(nn.Conv2d(width, 4, 1))
        self.reg_preds.append(nn.Conv2d(width, 4, 1))
        self.reg_preds.append(nn.Conv2d(width, 4, 1))
        self.obj_preds = nn.ModuleList()
        self.obj_preds.append(nn.Conv2d(width, 1, 1))
        self.obj_preds.append(nn.Conv2d(width, 1, 1))
        self.obj_preds.append(nn.Conv2d(width, 1, 1))
        self.cls_preds = nn.ModuleList()
        self.cls_preds.append(nn.Conv2d(width, num_classes, 1))
        self.cls_preds.append(nn.Conv2d(width, num_classes, 1))
        self.cls_preds.append(nn.Conv2d(width, num_classes, 1))

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        x = self.stems[0](xs[0])
        cls_preds = self.cls_convs[0](x)
        x = self.reg_convs[0](x)
        reg_preds_0 = self.reg_preds[0](x)
        obj_preds_0 = self.obj_preds[0](x)
        reg_preds_0 = torch.cat((reg_preds_0, obj_preds_0, self.cls_preds[0](cls_preds)), 1)
        x = self.stems[1](xs[1])
        cls_preds = self.cls_convs[1](x)
        x = self.reg_convs[1](x)
        reg_preds_1 = self.reg_preds[1](x)
        obj_preds_1 = self.obj_preds[1](x)
        reg_preds_1 = torch.cat((reg_preds_1, obj_preds_1, self.cls_preds[1](cls_preds)), 1)
        x = self.stems[2](xs[2])
        cls_preds = self.cls_convs[2](x)
        x = self.reg_convs[2](x)
        reg_preds_2 = self.reg_preds[2](x)
        obj_preds_2 = self.obj_preds[2](x)
        reg_preds_2 = torch.cat((reg_preds_2, obj_preds_2, self.cls_preds[2](cls_preds)), 1)
        return [reg_preds_0, reg_preds_1, reg_preds_2]


class CspBottleneckNoShortcut(nn.Module):
    """1x1, 3x3 and, where it is asked for, a sum without an activation; the width stays."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, in_channels, 1)
        self.conv2 = ConvBnAct(in_channels, in_channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        return self.conv2(x)


class C3(nn.Module):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels // 2, 1)
        self.m = nn.Sequential(CspBottleneckNoShortcut(channels // 2))
        self.conv2 = ConvBnAct(in_channels, channels // 2, 1)
        self.conv3 = ConvBnAct(2 * (channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = torch.cat((m, conv2), 1)
        return self.conv3(m)


class Spp(nn.Module):
    """The map and its maxima over windows of these odd sizes, side by side at one resolution."""

    def __init__(self, kernels=(5, 9, 13)):
        super().__init__()
        self.pool5 = nn.MaxPool2d(kernels[0], 1, padding=kernels[0] // 2)
        self.pool9 = nn.MaxPool2d(kernels[1], 1, padding=kernels[1] // 2)
        self.pool13 = nn.MaxPool2d(kernels[2], 1, padding=kernels[2] // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pool5 = self.pool5(x)
        pool9 = self.pool9(x)
        return torch.cat((x, pool5, pool9, self.pool13(x)), 1)


class SppBottleneck(nn.Module):
    """A 1x1 convolution to half of the channels, pyramid pooling, and another 1x1 convolution."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, in_channels // 2, 1)
        self.pool = Spp()
        self.conv2 = ConvBnAct(4 * (in_channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        x = self.pool(x)
        return self.conv2(x)


class CspBottleneck(nn.Module):
    """1x1, 3x3 and, where it is asked for, a sum without an activation; the width stays."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, in_channels, 1)
        self.conv2 = ConvBnAct(in_channels, in_channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv1(x)
        y = self.conv2(y)
        return x + y


class C3Depth3(nn.Module):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels // 2, 1)
        self.m = nn.Sequential(*[CspBottleneck(channels // 2) for _ in range(3)])
        self.conv2 = ConvBnAct(in_channels, channels // 2, 1)
        self.conv3 = ConvBnAct(2 * (channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = torch.cat((m, conv2), 1)
        return self.conv3(m)


class C3Shortcut(nn.Module):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels // 2, 1)
        self.m = nn.Sequential(CspBottleneck(channels // 2))
        self.conv2 = ConvBnAct(in_channels, channels // 2, 1)
        self.conv3 = ConvBnAct(2 * (channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = torch.cat((m, conv2), 1)
        return self.conv3(m)


class Focus(nn.Module):
    """A map of even height and width (C, H, W) to (channels, H / 2, W / 2)."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.space_to_depth = FocusSlices()
        self.conv = ConvBnAct(4 * in_channels, channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.space_to_depth(x)
        return self.conv(x)


class CspDarknet(nn.Module):
    """The maps of 1/8, 1/16, 1/32 of the image, with 4, 8 and 16 times the channels of the stem."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.stem = Focus(in_channels, width)
        dark2 = [
            ConvBnAct(width, 2 * width, 3, stride=2),
            C3Shortcut(2 * width, 2 * width),
        ]
        self.dark2 = nn.Sequential(*dark2)
        dark3 = [
            ConvBnAct(2 * width, 4 * width, 3, stride=2),
            C3Depth3(4 * width, 4 * width),
        ]
        self.dark3 = nn.Sequential(*dark3)
        dark4 = [
            ConvBnAct(4 * width, 8 * width, 3, stride=2),
            C3Depth3(8 * width, 8 * width),
        ]
        self.dark4 = nn.Sequential(*dark4)
        dark5 = [
            ConvBnAct(8 * width, 16 * width, 3, stride=2),
            SppBottleneck(16 * width, 16 * width),
            C3(16 * width, 16 * width),
        ]
        self.dark5 = nn.Sequential(*dark5)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.stem(x)
        x = self.dark2(x)
        x = self.dark3(x)
        y = self.dark4(x)
        z = self.dark5(y)
        return [x, y, z]


class YoloPafpn(nn.Module):
    """CSPDarknet and path aggregation."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.backbone = CspDarknet(in_channels, width)
        self.lateral_conv0 = ConvBnAct(16 * width, 8 * width, 1)
        self.resize = nn.Upsample(scale_factor=2)
        self.C3_p4 = C3(16 * width, 8 * width)
        self.reduce_conv1 = ConvBnAct(8 * width, 4 * width, 1)
        self.resize_1 = nn.Upsample(scale_factor=2)
        self.C3_p3 = C3(8 * width, 4 * width)
        self.bu_conv2 = ConvBnAct(4 * width, 4 * width, 3, stride=2)
        self.C3_n3 = C3(8 * width, 8 * width)
        self.bu_conv1 = ConvBnAct(8 * width, 8 * width, 3, stride=2)
        self.C3_n4 = C3(16 * width, 16 * width)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x, y, lateral_conv0 = self.backbone(x)
        lateral_conv0 = self.lateral_conv0(lateral_conv0)
        reduce_conv1 = torch.cat((self.resize(lateral_conv0), y), 1)
        reduce_conv1 = self.C3_p4(reduce_conv1)
        reduce_conv1 = self.reduce_conv1(reduce_conv1)
        bu_conv2 = torch.cat((self.resize_1(reduce_conv1), x), 1)
        bu_conv2 = self.C3_p3(bu_conv2)
        x = self.bu_conv2(bu_conv2)
        bu_conv1 = torch.cat((x, reduce_conv1), 1)
        bu_conv1 = self.C3_n3(bu_conv1)
        x = self.bu_conv1(bu_conv1)
        x = torch.cat((x, lateral_conv0), 1)
        x = self.C3_n4(x)
        return [bu_conv2, bu_conv1, x]


class YOLOXS(nn.Module):
    """CSPDarknet, path aggregation, and a decoupled head on each level."""

    def __init__(self, in_channels=3, num_classes=80):
        super().__init__()
        self.backbone = YoloPafpn(in_channels, 32)
        self.head = DecoupledHead((128, 256, 512), 128, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x, y, z = self.backbone(x)
        s8, s16, s32 = self.head([x, y, z])
        return {"s8": s8, "s16": s16, "s32": s32}


class FocusSlices(nn.Module):
    """Squares of 2 x 2 numbers as channels, column by column, as in the stem of YOLOv5."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]), 1)


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
