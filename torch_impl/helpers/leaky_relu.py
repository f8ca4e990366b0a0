"""Leaky rectified linear units are PyTorch's own."""

# leaky_relu of the Keras twin is nn.LeakyReLU: slope * x below zero. Keras's
# own rounds the slope to float32, and its default is 0.3 where PyTorch's is
# 0.01.
