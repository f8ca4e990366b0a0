"""Channels as squares of a map are PyTorch's own."""

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
