"""ZFNet in PyTorch, line for line the twin of its Keras file.

Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, figure 3.
"""

import torch
from torch import nn


class ZFNet(nn.Module):
    """Five convolutions and three linear layers (figure 3)."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 96, 7, stride=2, padding=1)
        self.norm1 = nn.LocalResponseNorm(5, k=2.0)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = nn.Conv2d(96, 256, 5, stride=2)
        self.norm2 = nn.LocalResponseNorm(5, k=2.0)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1)
        self.pool5 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.flatten = nn.Flatten()
        self.fc6 = nn.Linear(9216, 4096)
        self.drop6 = nn.Dropout(0.5)
        self.fc7 = nn.Linear(4096, 4096)
        self.drop7 = nn.Dropout(0.5)
        self.fc8 = nn.Linear(4096, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv1(x))
        x = self.conv2(self.pool1(self.norm1(x)))
        x = torch.relu(x)
        x = self.conv3(self.pool2(self.norm2(x)))
        x = torch.relu(x)
        x = torch.relu(self.conv4(x))
        x = torch.relu(self.conv5(x))
        x = self.flatten(self.pool5(x))
        x = torch.relu(self.fc6(x))
        x = self.drop6(x)
        x = torch.relu(self.fc7(x))
        x = self.drop7(x)
        return self.fc8(x)


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
