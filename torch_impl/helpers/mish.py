"""Mish is PyTorch's own."""

# `mish` of the Keras twin is nn.functional.mish: x * tanh(softplus(x)). The
# keras.activations.mish needs numbers, and fails where a model is built for a
# shape alone.
