"""The hard sigmoid is Keras's own."""

# HardSigmoid of the PyTorch twin is layers.Activation("hard_sigmoid"),
# relu6(x + 3) / 6. nn.Hardsigmoid is the same forward; its gradient is
# a sixth in float32, 3e-8 off, whatever the dtype. Keras 2 had another
# function of this name, clip(0.2 * x + 0.5): see `diptych traps
# hard_sigmoid_of_keras_2`.
