"""The Gaussian error linear unit that rounds its constant is Keras's own."""

# GELURounded of the PyTorch twin is layers.Activation("gelu").
# TensorFlow makes a float32 number of the square root of 1/2 before
# it makes a float64 number of it, so that nn.GELU is 1e-9 to 1e-8
# away in float64. In float32, which most models are trained in, the
# two are the same function.
