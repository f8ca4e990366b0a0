"""Mish is PyTorch's own."""

# mish of the Keras twin is nn.functional.mish: x * tanh(softplus(x)). Keras's
# own needs numbers, and fails where a model is built for a shape.
