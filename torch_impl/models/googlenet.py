"""GoogLeNet (Caffe) in PyTorch, line for line the twin of its Keras file.

Szegedy et al. 2014, Going Deeper with Convolutions, table 1.
"""

import torch
from torch import nn


class Inception(nn.Module):
    """Inception module with dimension reductions (figure 2b)."""

    def __init__(self, in_channels, n1x1, n3x3_reduce, n3x3, n5x5_reduce, n5x5, n_pool):
        super().__init__()
        self.conv1x1 = nn.Conv2d(in_channels, n1x1, 1)
        self.reduce3x3 = nn.Conv2d(in_channels, n3x3_reduce, 1)
        self.conv3x3 = nn.Conv2d(n3x3_reduce, n3x3, 3, padding=1)
        self.reduce5x5 = nn.Conv2d(in_channels, n5x5_reduce, 1)
        self.conv5x5 = nn.Conv2d(n5x5_reduce, n5x5, 5, padding=2)
        self.pool = nn.MaxPool2d(3, 1, padding=1)
        self.pool_proj = nn.Conv2d(in_channels, n_pool, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv1x1 = torch.relu(self.conv1x1(x))
        conv3x3 = torch.relu(self.reduce3x3(x))
        conv3x3 = torch.relu(self.conv3x3(conv3x3))
        conv5x5 = torch.relu(self.reduce5x5(x))
        conv5x5 = torch.relu(self.conv5x5(conv5x5))
        pool_proj = torch.relu(self.pool_proj(self.pool(x)))
        return torch.cat((conv1x1, conv3x3, conv5x5, pool_proj), 1)


class GoogLeNetCaffe(nn.Module):
    """GoogLeNet as in Caffe's model zoo."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.norm1 = nn.LocalResponseNorm(5)
        self.conv2_reduce = nn.Conv2d(64, 64, 1)
        self.conv2 = nn.Conv2d(64, 192, 3, padding=1)
        self.norm2 = nn.LocalResponseNorm(5)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception_3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception_3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.pool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception_4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception_4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception_4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception_4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception_4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.pool4 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception_5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception_5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.dropout = nn.Dropout(0.4)
        self.classifier = nn.Linear(1024, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv1(x))
        x = self.conv2_reduce(self.norm1(self.pool1(x)))
        x = torch.relu(x)
        x = torch.relu(self.conv2(x))
        x = self.pool2(self.norm2(x))
        x = self.inception_3a(x)
        x = self.inception_3b(x)
        x = self.pool3(x)
        x = self.inception_4a(x)
        x = self.inception_4b(x)
        x = self.inception_4c(x)
        x = self.inception_4d(x)
        x = self.inception_4e(x)
        x = self.pool4(x)
        x = self.inception_5a(x)
        x = self.inception_5b(x)
        x = self.dropout(torch.mean(x, (2, 3)))
        return self.classifier(x)


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# LocalResponseNorm of the Keras twin is nn.LocalResponseNorm:
#
#     y[c] = x[c] / (k + alpha / size * sum of x[i] ** 2) ** beta
#
# over the `size` channels i = c - size // 2 ... c + (size - 1) // 2, as far as they
# exist.
#
# TensorFlow has tf.nn.local_response_normalization, which leaves out the division of
# alpha by the size, takes a radius instead of a size, so that an even size cannot be
# said, and does not compute in float64. Its defaults are others as well: radius 5, bias
# 1, alpha 1, beta 0.5. Krizhevsky et al. 2012 print alpha without the division, so that
# their 1e-4 is 5e-4 here at a size of 5; Caffe, like PyTorch, divides.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
