"""Squares of a map as channels are PyTorch's own."""

# PixelUnshuffle of the Keras twin is nn.PixelUnshuffle: the b * b
# numbers of a square of one channel become b * b channels side by
# side.
#
# tf.nn.space_to_depth has another order: there the numbers of all
# channels at one place of the square stand side by side. The shapes
# are the same.
#
#     a b
#     c d    becomes    a b c d, and for two channels a b c d A B C D; space_to_depth has a A b B c C d D
#
#
