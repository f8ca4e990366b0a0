"""BN-Inception (pytorchcv) in PyTorch, line for line the twin of its Keras file.

Ioffe & Szegedy 2015, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift,
figure 5.
"""

import torch
from torch import nn


class ConvBn(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, in_channels, channels, kernel, stride=1, pad=(0, 0)):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=pad)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


class InceptionMaxPool(nn.Module):
    """Inception module with two 3x3 in place of the 5x5."""

    def __init__(self, in_channels, n1x1, n3x3_reduce, n3x3, double_reduce, double, n_pool):
        super().__init__()
        self.conv1x1 = ConvBn(in_channels, n1x1, (1, 1))
        self.reduce3x3 = ConvBn(in_channels, n3x3_reduce, (1, 1))
        self.conv3x3 = ConvBn(n3x3_reduce, n3x3, (3, 3), pad=(1, 1))
        self.reduce_double = ConvBn(in_channels, double_reduce, (1, 1))
        self.double1 = ConvBn(double_reduce, double, (3, 3), pad=(1, 1))
        self.double2 = ConvBn(double, double, (3, 3), pad=(1, 1))
        self.pool = nn.MaxPool2d(3, 1, padding=1)
        self.pool_proj = ConvBn(in_channels, n_pool, (1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv1x1 = self.conv1x1(x)
        conv3x3 = self.reduce3x3(x)
        conv3x3 = self.conv3x3(conv3x3)
        double2 = self.reduce_double(x)
        double2 = self.double1(double2)
        double2 = self.double2(double2)
        pool_proj = self.pool(x)
        pool_proj = self.pool_proj(pool_proj)
        return torch.cat((conv1x1, conv3x3, double2, pool_proj), 1)


class Inception(nn.Module):
    """Inception module with two 3x3 in place of the 5x5."""

    def __init__(self, in_channels, n1x1, n3x3_reduce, n3x3, double_reduce, double, n_pool):
        super().__init__()
        self.conv1x1 = ConvBn(in_channels, n1x1, (1, 1))
        self.reduce3x3 = ConvBn(in_channels, n3x3_reduce, (1, 1))
        self.conv3x3 = ConvBn(n3x3_reduce, n3x3, (3, 3), pad=(1, 1))
        self.reduce_double = ConvBn(in_channels, double_reduce, (1, 1))
        self.double1 = ConvBn(double_reduce, double, (3, 3), pad=(1, 1))
        self.double2 = ConvBn(double, double, (3, 3), pad=(1, 1))
        self.pool = nn.AvgPool2d(3, 1, padding=1)
        self.pool_proj = ConvBn(in_channels, n_pool, (1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv1x1 = self.conv1x1(x)
        conv3x3 = self.reduce3x3(x)
        conv3x3 = self.conv3x3(conv3x3)
        double2 = self.reduce_double(x)
        double2 = self.double1(double2)
        double2 = self.double2(double2)
        pool_proj = self.pool(x)
        pool_proj = self.pool_proj(pool_proj)
        return torch.cat((conv1x1, conv3x3, double2, pool_proj), 1)


class Reduction(nn.Module):
    """Inception module that halves the map and passes on all channels of its pool."""

    def __init__(self, in_channels, n3x3_reduce, n3x3, double_reduce, double):
        super().__init__()
        self.reduce3x3 = ConvBn(in_channels, n3x3_reduce, (1, 1))
        self.conv3x3 = ConvBn(n3x3_reduce, n3x3, (3, 3), stride=2, pad=(1, 1))
        self.reduce_double = ConvBn(in_channels, double_reduce, (1, 1))
        self.double1 = ConvBn(double_reduce, double, (3, 3), pad=(1, 1))
        self.double2 = ConvBn(double, double, (3, 3), stride=2, pad=(1, 1))
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv3x3 = self.reduce3x3(x)
        conv3x3 = self.conv3x3(conv3x3)
        double2 = self.reduce_double(x)
        double2 = self.double1(double2)
        double2 = self.double2(double2)
        return torch.cat((conv3x3, double2, self.pool(x)), 1)


class BNInceptionPytorchcv(nn.Module):
    """BN-Inception in one of its forms."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = ConvBn(in_channels, 64, (7, 7), stride=2, pad=(3, 3))
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2_reduce = ConvBn(64, 64, (1, 1))
        self.conv2 = ConvBn(64, 192, (3, 3), pad=(1, 1))
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception_3a = Inception(192, 64, 64, 64, 64, 96, 32)
        self.inception_3b = Inception(256, 64, 64, 96, 64, 96, 64)
        self.inception_3c = Reduction(320, 128, 160, 64, 96)
        self.inception_4a = Inception(576, 224, 64, 96, 96, 128, 128)
        self.inception_4b = Inception(576, 192, 96, 128, 96, 128, 128)
        self.inception_4c = Inception(576, 160, 128, 160, 128, 160, 128)
        self.inception_4d = Inception(608, 96, 128, 192, 160, 192, 128)
        self.inception_4e = Reduction(608, 128, 192, 192, 256)
        self.inception_5a = Inception(1056, 352, 192, 320, 160, 224, 128)
        self.inception_5b = InceptionMaxPool(1024, 352, 192, 320, 192, 224, 128)
        self.classifier = nn.Linear(1024, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        x = self.pool1(x)
        x = self.conv2_reduce(x)
        x = self.conv2(x)
        x = self.pool2(x)
        x = self.inception_3a(x)
        x = self.inception_3b(x)
        x = self.inception_3c(x)
        x = self.inception_4a(x)
        x = self.inception_4b(x)
        x = self.inception_4c(x)
        x = self.inception_4d(x)
        x = self.inception_4e(x)
        x = self.inception_5a(x)
        x = self.inception_5b(x)
        return self.classifier(torch.mean(x, (2, 3)))


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
