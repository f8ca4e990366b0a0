"""The maximum of each channel is a layer of Keras."""

# GlobalMaxPool2d of the PyTorch twin is layers.GlobalMaxPooling2D:
# the maximum over height and width, as a vector.
# nn.AdaptiveMaxPool2d(1) keeps them as two axes of length 1, and
# gives all of the gradient to the first of several maxima.
#
