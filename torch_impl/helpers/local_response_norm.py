"""Local response normalisation is PyTorch's own."""

# LocalResponseNorm of the Keras twin is nn.LocalResponseNorm:
#
#     y[c] = x[c] / (k + alpha / size * sum of x[i] ** 2) ** beta
#
# over the `size` channels i = c - size // 2 ... c + (size - 1) // 2, as far as they
# exist.
#
# TensorFlow has tf.nn.local_response_normalization, which leaves out the division of
# alpha by the size, takes a radius instead of a size, so that an even size cannot be
# said, and does not compute in float64. Its defaults are others as well: radius 5, bias
# 1, alpha 1, beta 0.5. Krizhevsky et al. 2012 print alpha without the division, so that
# their 1e-4 is 5e-4 here at a size of 5; Caffe, like PyTorch, divides.
