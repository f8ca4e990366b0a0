"""Gated in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Gate(layers.Layer):
    """Squeeze and excitation, by linear layers or by convolutions."""

    def __init__(self):
        super().__init__()
        self.pool = layers.GlobalAveragePooling2D(keepdims=True)
        fc = [
            layers.Dense(2),
            layers.ReLU(),
            layers.Dense(6),
            layers.Activation("sigmoid"),
        ]
        self.fc = Sequential(fc)

    def call(self, x):
        y = self.pool(x)
        y = self.fc(y)
        return x * y


class Gated(keras.Model):
    def __init__(self):
        super().__init__()
        self.stem = padded(1, layers.Conv2D(6, 3, strides=2))
        self.gates = Sequential([Gate() for _ in range(2)])
        self.head = layers.Dense(5)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = leaky_relu(self.stem(x), 0.2)
        x = self.gates(x)
        return self.head(ops.mean(x, (1, 2)))


# ChannelLinear of the PyTorch twin is layers.Dense, which takes the
# last axis of whatever it is given: the channels, here. nn.Linear
# takes the last axis too, where PyTorch has the columns. A
# convolution of kernel 1 is the same function; its weight has two
# more axes.


def leaky_relu(x, slope):
    """Negative numbers times the slope; Keras's own rounds the slope to float32."""
    return ops.relu(x) - slope * ops.relu(-x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
