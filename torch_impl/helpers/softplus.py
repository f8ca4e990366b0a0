"""Softplus is PyTorch's own."""

# softplus of the Keras twin is nn.Softplus: above the threshold, 20, it hands
# numbers on as they are, which is 2e-9 off. Keras's own knows neither a
# threshold nor a beta.
