"""Thresholds are PyTorch's own."""

# `threshold` of the Keras twin is nn.Threshold: x where it is above, else another
# number. Keras's layers.ReLU(threshold=...) has zeros in its place, and rounds the
# threshold to float32.
