"""Transfer in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Backbone(layers.Layer):
    def __init__(self):
        super().__init__()
        self.stem = padded(((0, 1), (0, 1)), layers.Conv2D(8, 3, strides=2))
        self.stem_bn = layers.BatchNormalization(scale=False)
        self.dw = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")
        self.pw = layers.Conv2D(8, 1)
        self.squeeze = layers.GlobalAveragePooling2D(keepdims=True)
        self.gate = layers.Conv2D(8, 1)
        self.gate_hard_sigmoid = layers.Activation("hard_sigmoid")

    def call(self, x):
        x = ops.relu6(self.stem_bn(self.stem(x)))
        y = ops.silu(self.pw(self.dw(x)))
        z = self.gate_hard_sigmoid(self.gate(self.squeeze(y)))
        return x + y * z


class Transfer(keras.Model):
    def __init__(self):
        super().__init__()
        self.rescaling = Rescale(0.007843137718737125, offset=-1.0)
        self.backbone = Backbone()
        self.dropout = layers.Dropout(0.2)
        self.classes = layers.Dense(4)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.rescaling(x)
        x = self.backbone(x)
        x = self.dropout(ops.mean(x, (1, 2)))
        return ops.softmax(self.classes(x))


# BatchNorm2dUnscaled of the PyTorch twin is layers.BatchNormalization with scale=False.
#
# nn.BatchNorm2d has a weight and a bias, or neither. Before a ReLU the weight is
# redundant, since the next layer can take it over, so TensorFlow's Inception models
# leave it out: their checkpoints have beta, moving_mean and moving_variance, but no
# gamma.


# Conv2dPadded of the PyTorch twin is layers.ZeroPadding2D and a convolution without
# padding, one after the other.
#
# Uneven zeros, such as ((0, 1), (0, 1)) for rows and columns, are what SAME means for
# a kernel of 3 at stride 2 on an even size. Written out as numbers they stay the same
# at an odd size, where SAME would ask for ((1, 1), (1, 1)). PyTorch writes pads as
# (left, right, top, bottom), the last axis first, where Keras writes ((top, bottom),
# (left, right)); the `padding` of nn.Conv2d takes one number for both ends of an
# axis.


# HardSigmoid of the PyTorch twin is layers.Activation("hard_sigmoid"),
# relu6(x + 3) / 6. nn.Hardsigmoid is the same forward; its gradient is
# a sixth in float32, 3e-8 off, whatever the dtype. Keras 2 had another
# function of this name, clip(0.2 * x + 0.5): see `diptych traps
# hard_sigmoid_of_keras_2`.


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])


class Rescale(layers.Layer):
    """x * factor + offset."""

    def __init__(self, factor, offset=0.0):
        super().__init__()
        self.factor = factor
        self.offset = offset

    def call(self, x):
        return x * self.factor + self.offset
