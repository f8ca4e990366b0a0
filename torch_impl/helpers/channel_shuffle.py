"""Channel shuffle is PyTorch's own."""

# ChannelShuffle of the Keras twin is nn.ChannelShuffle.
#
# With g groups of m channels, channel i of group j moves from place
# j * m + i to place i * g + j, so that the next grouped convolution
# reads every group. The twin writes it as a table of g rows and m
# columns that is read by columns: the channels are the last axis
# there, and the second one here.
#
#     0 1 2
#     3 4 5    becomes    0 3 1 4 2 5
#
