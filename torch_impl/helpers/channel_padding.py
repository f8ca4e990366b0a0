"""Padding channels with zeros is PyTorch's own."""

# ChannelPadding of the Keras twin is nn.ZeroPad3d, which pads the
# last three axes of whatever it is given: of a map (N, C, H, W) the
# width, the height and, with its last two numbers, the channels.
#
#     nn.ZeroPad3d((0, 0, 0, 0, 8, 8))    ChannelPadding(8, 8)
#
# A shortcut without weights goes on so into a wider map: "option A" of
# the first residual networks. Every second row and column is taken
# before, as in x[:, :, ::2, ::2]. Local response normalisation pads
# the squares so: with zeros before the first channel and after the
# last, as many as half of its window.
