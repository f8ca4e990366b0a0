"""Transfer in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Backbone(nn.Module):
    def __init__(self, in_channels):
        super().__init__()
        self.stem = Conv2dPadded(in_channels, 8, 3, stride=2, pads=(0, 1, 0, 1))
        self.stem_bn = BatchNorm2dUnscaled(8, eps=0.001, momentum=0.01)
        self.dw = nn.Conv2d(8, 16, 3, padding=1, groups=8)
        self.pw = nn.Conv2d(16, 8, 1)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Conv2d(8, 8, 1)
        self.gate_hard_sigmoid = HardSigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu6(self.stem_bn(self.stem(x)))
        y = nn.functional.silu(self.pw(self.dw(x)))
        z = self.gate_hard_sigmoid(self.gate(self.squeeze(y)))
        return x + y * z


class Transfer(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.rescaling = Rescale(0.007843137718737125, offset=-1.0)
        self.backbone = Backbone(in_channels)
        self.dropout = nn.Dropout(0.2)
        self.classes = nn.Linear(8, 4)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.rescaling(x)
        x = self.backbone(x)
        x = self.dropout(torch.mean(x, (2, 3)))
        return nn.functional.softmax(self.classes(x), 1)


class BatchNorm2dUnscaled(nn.BatchNorm2d):
    """Batch normalisation with a bias but no weight, as TensorFlow's Inception models have it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.register_parameter("weight", None)


class Conv2dPadded(nn.Conv2d):
    """A convolution after zero padding by (left, right, top, bottom), which may be uneven."""

    def __init__(self, *args, pads, **kwargs):
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, self.pads))


class HardSigmoid(nn.Module):
    """relu6(x + 3) / 6; PyTorch's own rounds its gradient to float32."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.relu6(x + 3) / 6


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.


class Rescale(nn.Module):
    """x * factor + offset."""

    def __init__(self, factor, offset=0.0):
        super().__init__()
        self.factor = factor
        self.offset = offset

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + self.offset
