"""Mish is PyTorch's own."""

# mish of the Keras twin is nn.functional.mish: x * tanh(softplus(x)). Keras's
# own, keras.activations.mish, needs numbers: it fails on a keras.Input, which
# has a shape alone.
