"""Bilinear resizing is PyTorch's own."""

# BilinearResize of the Keras twin is nn.Upsample with mode="bilinear".
#
# Pixel i of n reads the m pixels of a row at the place
#
#     (i + 0.5) * m / n - 0.5            held between 0 and m - 1
#     i * (m - 1) / (n - 1)              with align_corners=True
#
# and mixes the pixel before that place with the one after it, by how near it is to
# either. From 2 pixels to 4 these places are
#
#     0   0.25   0.75   1
#     0   0.33   0.67   1                with align_corners=True
#
# TensorFlow knows the first rule only, and computes it in float32 whatever the
# dtype, which is 2.5e-7 off in float64. So the twin writes both rules out, for the
# rows first and for the columns after them; the order makes no difference but for
# rounding.
