"""Average pooling with SAME padding is Keras's own, where the padding does not count."""

# AvgPool2dSame of the PyTorch twin is layers.AveragePooling2D with padding="same".
#
# Each mean is taken over those places of its window that lie inside the image: at a corner,
# a window of 3 x 3 divides by 4. nn.AvgPool2d divides by 9 there unless
# count_include_pad=False. The twin takes the mean with zeros around the image, and divides
# it by the same mean of an image of ones, which is the share of the window that lies
# inside.
#
# Where the zeros count, as PyTorch code that pads for TensorFlow's weights may have it, the
# twin does not divide. Keras then has layers.ZeroPadding2D, by as much as this size needs,
# before layers.AveragePooling2D, which pads nothing.
