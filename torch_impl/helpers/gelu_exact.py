"""Gaussian error linear units are PyTorch's own."""

# gelu_exact of the Keras twin is nn.GELU: x * Phi(x). Keras's own rounds its
# constants to float32, and ops.gelu is the tanh approximation unless told
# otherwise.
