"""Unet in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Unet(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.down1_conv0 = nn.Conv2d(in_channels, 6, 3, padding=1, bias=False)
        self.down1_bn0 = nn.BatchNorm2d(6, eps=0.001, momentum=0.01)
        self.down1_conv1 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.down1_bn1 = nn.BatchNorm2d(6, eps=0.001, momentum=0.01)
        self.max_pooling2d = nn.MaxPool2d(2, 2)
        self.down2_conv0 = nn.Conv2d(6, 8, 3, padding=1, bias=False)
        self.down2_bn0 = nn.BatchNorm2d(8, eps=0.001, momentum=0.01)
        self.down2_conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.down2_bn1 = nn.BatchNorm2d(8, eps=0.001, momentum=0.01)
        self.max_pooling2d_1 = nn.MaxPool2d(2, 2)
        self.bottom_conv0 = nn.Conv2d(8, 10, 3, padding=1, bias=False)
        self.bottom_bn0 = nn.BatchNorm2d(10, eps=0.001, momentum=0.01)
        self.bottom_conv1 = nn.Conv2d(10, 10, 3, padding=1, bias=False)
        self.bottom_bn1 = nn.BatchNorm2d(10, eps=0.001, momentum=0.01)
        self.up_sampling2d = nn.Upsample(scale_factor=2)
        self.up2_conv0 = nn.Conv2d(18, 8, 3, padding=1, bias=False)
        self.up2_bn0 = nn.BatchNorm2d(8, eps=0.001, momentum=0.01)
        self.up2_conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.up2_bn1 = nn.BatchNorm2d(8, eps=0.001, momentum=0.01)
        self.up1_transposed = nn.ConvTranspose2d(8, 6, 3, stride=2)
        self.up1_transposed_crop = nn.ZeroPad2d((0, -1, 0, -1))
        self.up1_conv0 = nn.Conv2d(12, 6, 3, padding=1, bias=False)
        self.up1_bn0 = nn.BatchNorm2d(6, eps=0.001, momentum=0.01)
        self.up1_conv1 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.up1_bn1 = nn.BatchNorm2d(6, eps=0.001, momentum=0.01)
        self.mask = nn.Conv2d(6, 2, 1)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        down1_bn1 = torch.relu(self.down1_bn0(self.down1_conv0(x)))
        down1_bn1 = torch.relu(self.down1_bn1(self.down1_conv1(down1_bn1)))
        down2_bn1 = self.down2_bn0(self.down2_conv0(self.max_pooling2d(down1_bn1)))
        down2_bn1 = torch.relu(down2_bn1)
        down2_bn1 = torch.relu(self.down2_bn1(self.down2_conv1(down2_bn1)))
        bottom_bn1 = self.bottom_bn0(self.bottom_conv0(self.max_pooling2d_1(down2_bn1)))
        bottom_bn1 = torch.relu(bottom_bn1)
        bottom_bn1 = torch.relu(self.bottom_bn1(self.bottom_conv1(bottom_bn1)))
        up1_transposed = self.up2_conv0(torch.cat((self.up_sampling2d(bottom_bn1), down2_bn1), 1))
        up1_transposed = torch.relu(self.up2_bn0(up1_transposed))
        up1_transposed = torch.relu(self.up2_bn1(self.up2_conv1(up1_transposed)))
        down1_bn1 = torch.cat((down1_bn1, self.up1_transposed_crop(self.up1_transposed(up1_transposed))), 1)
        x = torch.relu(self.up1_bn0(self.up1_conv0(down1_bn1)))
        x = torch.relu(self.up1_bn1(self.up1_conv1(x)))
        return torch.sigmoid(self.mask(x))


# TransposedConv2D of the Keras twin is nn.ConvTranspose2d. With a stride s, place i of the input is multiplied by the
# kernel and added to places s * i ... s * i + kernel - 1 of the output, which is (n - 1) * s + kernel long; `padding`
# cuts as much off at either end, and `output_padding` gives some of that back at the end, or zeros where nothing was
# cut off. Four numbers a b c d, a kernel of ones of length 3 and a stride of 2:
#
#     whole                              a  a  a+b  b  b+c  c  c+d  d  d
#     padding=1                             a  a+b  b  b+c  c  c+d  d
#     padding=1, output_padding=1           a  a+b  b  b+c  c  c+d  d  d
#
# The last of these is twice as long as the input, and so is layers.Conv2DTranspose with padding="same"; but that cuts
# off at the end alone, so that it is one place further on:
#
#     padding="same"                     a  a  a+b  b  b+c  c  c+d  d
#
# Shapes cannot tell them apart. With padding="valid" Keras cuts nothing off, and where the kernel is shorter than the
# stride it has zeros at the end; so the twin pads and cuts by itself.
#
# Keras knows no groups: the twin has zeros in the kernel wherever it would lead from one group to another. With two
# groups and four channels on either side, 1 where there are weights:
#
#                 to    0  1  2  3
#     from 0            1  1  0  0
#     from 1            1  1  0  0
#     from 2            0  0  1  1
#     from 3            0  0  1  1
#
# In PyTorch these zeros are not kept: the weight has the numbers from each channel to the outputs of its own group.
# The kernel is (in, out / groups, height, width) here, and (height, width, out / groups, in) there.
#
# The bias is added at the end in both, to the zeros of the output padding too.
#
#
