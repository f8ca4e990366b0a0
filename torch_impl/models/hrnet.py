"""HRNet-W32 (classifier) in PyTorch, line for line the twin of its Keras file.

Wang et al. 2019, Deep High-Resolution Representation Learning for Visual Recognition, figures 2 and 3.
"""

import torch
from torch import nn


class HeadConv(nn.Sequential):
    """Convolution with a bias, batch normalisation, ReLU."""

    def __init__(self, in_channels, channels, kernel, stride=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        ]
        super().__init__(*steps)


class Shortcut(nn.Sequential):
    """Projection shortcut (He et al. 2015, section 3.3, option B)."""

    def __init__(self, in_channels, channels, stride):
        steps = [
            nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False),
            nn.BatchNorm2d(channels),
        ]
        super().__init__(*steps)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = Shortcut(in_channels, 4 * width, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return torch.relu(y + x)


class ConvNorm(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
        ]
        super().__init__(*steps)


class Down(nn.Sequential):
    """To a branch some steps further down, each a 3x3 of stride 2; the last widens."""

    def __init__(self, in_channels):
        steps = [
            ConvNorm(in_channels, 2 * in_channels, 3, stride=2),
        ]
        super().__init__(*steps)


class ConvNormRelu(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        ]
        super().__init__(*steps)


class DownSteps2(nn.Sequential):
    """To a branch some steps further down, each a 3x3 of stride 2; the last widens."""

    def __init__(self, in_channels):
        steps = [
            ConvNormRelu(in_channels, in_channels, 3, stride=2),
            ConvNorm(in_channels, 4 * in_channels, 3, stride=2),
        ]
        super().__init__(*steps)


class DownSteps3(nn.Sequential):
    """To a branch some steps further down, each a 3x3 of stride 2; the last widens."""

    def __init__(self, in_channels):
        steps = [
            *[ConvNormRelu(in_channels, in_channels, 3, stride=2) for _ in range(2)],
            ConvNorm(in_channels, 8 * in_channels, 3, stride=2),
        ]
        super().__init__(*steps)


class Up(nn.Sequential):
    """To a branch of `scale` times the resolution and as much fewer channels: 1x1, then nearest."""

    def __init__(self, in_channels, scale):
        steps = [
            nn.Conv2d(in_channels, in_channels // scale, 1, bias=False),
            nn.BatchNorm2d(in_channels // scale),
            nn.Upsample(scale_factor=scale),
        ]
        super().__init__(*steps)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2015, figure 5, left)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(y)) + x
        return torch.relu(x)


class HighResolutionModuleOf4(nn.Module):
    """Units on each branch, then the exchange between all of them."""

    def __init__(self, in_channels):
        super().__init__()
        self.branches = nn.ModuleList()
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[0], in_channels[0]) for _ in range(4)]))
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[1], in_channels[1]) for _ in range(4)]))
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[2], in_channels[2]) for _ in range(4)]))
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[3], in_channels[3]) for _ in range(4)]))
        self.fuse_layers = nn.ModuleList()
        fuse_layers_0 = nn.ModuleList([None, Up(in_channels[1], 2), Up(in_channels[2], 4), Up(in_channels[3], 8)])
        self.fuse_layers.append(fuse_layers_0)
        fuse_layers_1 = nn.ModuleList([Down(in_channels[0]), None, Up(in_channels[2], 2), Up(in_channels[3], 4)])
        self.fuse_layers.append(fuse_layers_1)
        fuse_layers_2 = nn.ModuleList()
        fuse_layers_2.append(DownSteps2(in_channels[0]))
        fuse_layers_2.append(Down(in_channels[1]))
        fuse_layers_2.append(None)
        fuse_layers_2.append(Up(in_channels[3], 2))
        self.fuse_layers.append(fuse_layers_2)
        fuse_layers_3 = nn.ModuleList()
        fuse_layers_3.append(DownSteps3(in_channels[0]))
        fuse_layers_3.append(DownSteps2(in_channels[1]))
        fuse_layers_3.append(Down(in_channels[2]))
        self.fuse_layers.append(fuse_layers_3)

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        x = self.branches[0](xs[0])
        y = self.branches[1](xs[1])
        z = self.branches[2](xs[2])
        u = self.branches[3](xs[3])
        v = self.fuse_layers[0][1](y)
        w = self.fuse_layers[0][2](z)
        a = self.fuse_layers[0][3](u)
        a = x + v + w + a
        a = torch.relu(a)
        v = self.fuse_layers[1][0](x)
        w = self.fuse_layers[1][2](z)
        b = self.fuse_layers[1][3](u)
        b = v + y + w + b
        b = torch.relu(b)
        v = self.fuse_layers[2][0](x)
        w = self.fuse_layers[2][1](y)
        c = self.fuse_layers[2][3](u)
        c = v + w + z + c
        c = torch.relu(c)
        x = self.fuse_layers[3][0](x)
        y = self.fuse_layers[3][1](y)
        z = self.fuse_layers[3][2](z)
        u = x + y + z + u
        u = torch.relu(u)
        return [a, b, c, u]


class HighResolutionModule(nn.Module):
    """Units on each branch, then the exchange between all of them."""

    def __init__(self, in_channels):
        super().__init__()
        self.branches = nn.ModuleList()
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[0], in_channels[0]) for _ in range(4)]))
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[1], in_channels[1]) for _ in range(4)]))
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[2], in_channels[2]) for _ in range(4)]))
        self.fuse_layers = nn.ModuleList()
        self.fuse_layers.append(nn.ModuleList([None, Up(in_channels[1], 2), Up(in_channels[2], 4)]))
        self.fuse_layers.append(nn.ModuleList([Down(in_channels[0]), None, Up(in_channels[2], 2)]))
        self.fuse_layers.append(nn.ModuleList([DownSteps2(in_channels[0]), Down(in_channels[1])]))

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        x = self.branches[0](xs[0])
        y = self.branches[1](xs[1])
        z = self.branches[2](xs[2])
        u = self.fuse_layers[0][1](y)
        v = self.fuse_layers[0][2](z)
        u = torch.relu(x + u + v)
        v = self.fuse_layers[1][0](x)
        w = self.fuse_layers[1][2](z)
        v = torch.relu(v + y + w)
        x = self.fuse_layers[2][0](x)
        y = self.fuse_layers[2][1](y)
        x = torch.relu(x + y + z)
        return [u, v, x]


class HighResolutionModuleOf2(nn.Module):
    """Units on each branch, then the exchange between all of them."""

    def __init__(self, in_channels):
        super().__init__()
        self.branches = nn.ModuleList()
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[0], in_channels[0]) for _ in range(4)]))
        self.branches.append(nn.Sequential(*[BasicBlock(in_channels[1], in_channels[1]) for _ in range(4)]))
        self.fuse_layers = nn.ModuleList()
        self.fuse_layers.append(nn.ModuleList([None, Up(in_channels[1], 2)]))
        self.fuse_layers.append(nn.ModuleList([Down(in_channels[0])]))

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        x = self.branches[0](xs[0])
        y = self.branches[1](xs[1])
        z = self.fuse_layers[0][1](y)
        z = torch.relu(x + z)
        x = self.fuse_layers[1][0](x)
        x = torch.relu(x + y)
        return [z, x]


class BottleneckNoProjection(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        x = self.bn3(self.conv3(y)) + x
        return torch.relu(x)


class HRNetW32Classifier(nn.Module):
    """HRNet with the authors' head for images: the branches widened, and summed from the highest down."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = nn.Conv2d(64, 64, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), *[BottleneckNoProjection(256, 64) for _ in range(3)])
        self.transition1 = nn.ModuleList()
        self.transition1.append(ConvNormRelu(256, 32, 3))
        self.transition1.append(nn.Sequential(ConvNormRelu(256, 64, 3, stride=2)))
        self.stage2 = nn.ModuleList([HighResolutionModuleOf2((32, 64))])
        self.transition2 = nn.ModuleList([None, None, nn.Sequential(ConvNormRelu(64, 128, 3, stride=2))])
        self.stage3 = nn.ModuleList([HighResolutionModule((32, 64, 128)) for _ in range(4)])
        self.transition3 = nn.ModuleList([None, None, None, nn.Sequential(ConvNormRelu(128, 256, 3, stride=2))])
        self.stage4 = nn.ModuleList([HighResolutionModuleOf4((32, 64, 128, 256)) for _ in range(3)])
        self.incre_modules = nn.ModuleList()
        self.incre_modules.append(nn.Sequential(Bottleneck(32, 32)))
        self.incre_modules.append(nn.Sequential(Bottleneck(64, 64)))
        self.incre_modules.append(nn.Sequential(Bottleneck(128, 128)))
        self.incre_modules.append(nn.Sequential(Bottleneck(256, 256)))
        self.downsamp_modules = nn.ModuleList()
        self.downsamp_modules.append(HeadConv(128, 256, 3, stride=2))
        self.downsamp_modules.append(HeadConv(256, 512, 3, stride=2))
        self.downsamp_modules.append(HeadConv(512, 1024, 3, stride=2))
        self.final_layer = HeadConv(1024, 2048, 1)
        self.classifier = nn.Linear(2048, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        x = self.layer1(x)
        y = self.transition1[1](x)
        x = self.transition1[0](x)
        x, y = self.stage2[0]([x, y])
        z = self.transition2[2](y)
        x, y, z = self.stage3[0]([x, y, z])
        x, y, z = self.stage3[1]([x, y, z])
        x, y, z = self.stage3[2]([x, y, z])
        x, y, z = self.stage3[3]([x, y, z])
        u = self.transition3[3](z)
        x, y, z, u = self.stage4[0]([x, y, z, u])
        x, y, z, u = self.stage4[1]([x, y, z, u])
        x, y, z, u = self.stage4[2]([x, y, z, u])
        x = self.incre_modules[0](x)
        y = self.incre_modules[1](y)
        z = self.incre_modules[2](z)
        u = self.incre_modules[3](u)
        x = self.downsamp_modules[0](x)
        y = y + x
        y = self.downsamp_modules[1](y)
        z = z + y
        z = self.downsamp_modules[2](z)
        u = u + z
        u = self.final_layer(u)
        return self.classifier(torch.mean(u, (2, 3)))


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
