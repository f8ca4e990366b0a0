"""Bilinear resizing is PyTorch's own."""

# BilinearResize of the Keras twin is nn.Upsample with mode="bilinear".
#
# Pixel i of n reads the m pixels at (i + 0.5) * m / n - 0.5, held between the first and the last, or with
# align_corners=True at i * (m - 1) / (n - 1), and mixes the two beside that place. TensorFlow knows the first rule
# only, and computes it in float32 whatever the dtype, so the twin writes both out, one axis after the other.
#
#
#
#
#
#
#
#
#
#
#
#
