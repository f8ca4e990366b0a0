"""Approximate Gaussian error linear units are PyTorch's own."""

# gelu_tanh of the Keras twin is nn.GELU(approximate="tanh"), with
# 0.797... = sqrt(2 / pi). Keras's own rounds its constants to
# float32.
