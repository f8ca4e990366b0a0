"""Generator in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        main = [
            nn.ConvTranspose2d(in_channels, 8, 4, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 8, 4, stride=2, padding=1, bias=False),
            nn.GroupNorm(8, 8),
            nn.ELU(1.0),
            nn.ReflectionPad2d((1, 1, 1, 1)),
            nn.Conv2d(8, 8, 3),
            nn.PixelShuffle(2),
            nn.Tanh(),
        ]
        self.main = nn.Sequential(*main)
        self.crop = nn.ZeroPad2d((-3, 0, -1, -2))
        self.resize = nn.Upsample(scale_factor=2, mode="bicubic", align_corners=False)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.main(x)
        return self.resize(self.crop(x))


# BicubicResize of the Keras twin is nn.Upsample with mode="bicubic", and bicubic_resize_like is
# nn.functional.interpolate with the size of the other map. Pixel i of n reads the m pixels of a row at the place
#
#     (i + 0.5) * m / n - 0.5
#     i * (m - 1) / (n - 1)              with align_corners=True
#
# and mixes two pixels before that place with two after it. The weight of a pixel depends on how far away it is:
#
#     (a + 2) d^3 - (a + 3) d^2 + 1             up to 1
#     a d^3 - 5 a d^2 + 8 a d - 4 a             from 1 to 2
#
# with a = -0.75, as OpenCV has it. TensorFlow and Keras have a = -0.5, and at the edge they leave out pixels that do
# not exist, where PyTorch repeats the last one. Half way between two pixels the weights are
#
#     -0.09375   0.59375   0.59375   -0.09375          with a = -0.75
#     -0.0625    0.5625    0.5625    -0.0625           with a = -0.5
#
# The cubic of Keys (1981) is exact for parabolas with a = -0.5 alone; a = -0.75 makes edges sharper, and rings more.
#
# So the twin writes the weights out, as a matrix of n rows of m numbers for each axis, of which at most four in a row
# are not zero, and multiplies the map by both. Where a row would read a pixel before the first or after the last, the
# weight is added to that of the edge. The rows come first and the columns after them; the order makes no difference
# but for rounding.
#
# The sum of the weights is 1 wherever the place is: a map of one colour stays as it is. Weights below zero can take
# a pixel beyond the darkest and the brightest of those around it.
#
# No number here is trained, and none depends on the image: the matrices follow from the two sizes and the rule.
#
#


# OwnPadding2D of the Keras twin is nn.ReflectionPad2d, nn.ReplicationPad2d or nn.CircularPad2d. A row a b c with pads
# of 2 becomes
#
#     nn.ReflectionPad2d      c b a b c b a
#     nn.ReplicationPad2d     a a a b c c c
#     nn.CircularPad2d        b c a b c a b
#
# The "symmetric" of ops.pad repeats the edge too, b a a b c c b, which PyTorch has no layer for, and its "reflect" is
# that of PyTorch; the other two it does not have in TensorFlow. So the twin writes down which number stands at each
# place of the padded row, and takes these, for the rows first and for the columns after them. PyTorch writes pads as
# (left, right, top, bottom), the twin as (top, bottom, left, right).
#
#
#
#
#
#


# PixelShuffle of the Keras twin is nn.PixelShuffle: b * b channels
# that stand side by side become squares of b * b numbers.
#
# tf.nn.depth_to_space has another order: it takes the numbers of a
# square from channels that stand C apart, of C that come out. The
# shapes are the same.
#
#     a b c d    becomes    a b
#                           c d
#
#


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
