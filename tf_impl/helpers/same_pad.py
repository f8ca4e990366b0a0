"""SAME padding is Keras's own."""

# SAME padding is built into Keras, and its PyTorch twin writes it out here: n rows under a stride become ceil(n /
# stride), and what the last window of `extent` rows lacks is added,
#
#     total = max((ceil(n / stride) - 1) * stride + extent - n, 0)
#
# half of it above and half below, the odd one below; columns likewise. The `padding` of PyTorch's layers is the same at
# both ends, so that wherever `total` is odd its windows would stand one pixel off. What is added counts as zero in a
# convolution, and not at all in a pool.
