"""A convolution with SAME padding is Keras's own."""

# Conv2dSame of the PyTorch twin is layers.Conv2D, or layers.DepthwiseConv2D, with padding="same". A window of kernel k
# and dilation d extends over (k - 1) * d + 1 rows.
#
# At stride 1 and an odd extent SAME puts (extent - 1) / 2 zeros on every side, as PyTorch's `padding` would do; at
# stride 2 an even size makes the difference: a kernel of 3 gets no zero above and one below, a kernel of 7 gets two
# above and three below.
