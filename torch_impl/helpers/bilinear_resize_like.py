"""Bilinear resizing to the size of another map is PyTorch's own."""

# `bilinear_resize_like` of the Keras twin is nn.functional.interpolate with
# mode="bilinear" and the size of the other map: pixel i of n reads the m
# pixels of a row at the place
#
#     (i + 0.5) * m / n - 0.5            held between 0 and m - 1
#     i * (m - 1) / (n - 1)              with align_corners=True
#
# and mixes the pixel before that place with the one after it. TensorFlow
# knows the first rule only, and computes it in float32 whatever the dtype.
# So the twin writes both rules out, for the rows first and for the columns
# after them.
