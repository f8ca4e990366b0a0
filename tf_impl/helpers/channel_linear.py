"""A fully connected layer over the channels of a map is Keras's own."""

# ChannelLinear of the PyTorch twin is layers.Dense, which takes the
# last axis of whatever it is given: the channels, here. nn.Linear
# takes the last axis too, where PyTorch has the columns. A
# convolution of kernel 1 is the same function; its weight has two
# more axes.
