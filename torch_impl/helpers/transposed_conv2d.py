"""A transposed convolution with pads, output padding and groups is PyTorch's own."""

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
