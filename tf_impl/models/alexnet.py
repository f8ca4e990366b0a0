"""AlexNet (2012) in Keras, line for line the twin of its PyTorch file.

Krizhevsky et al. 2012, ImageNet Classification with Deep Convolutional Neural Networks, figure 2 and section 3.5.
"""

import keras
from keras import layers, ops


class AlexNet2012(keras.Model):
    """Five convolutions and three linear layers (figure 2)."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = layers.Conv2D(96, 11, strides=4)
        self.norm1 = LocalResponseNorm(5, alpha=0.0005, k=2.0)
        self.pool1 = layers.MaxPooling2D(3, 2)
        self.conv2 = layers.Conv2D(256, 5, padding="same", groups=2)
        self.norm2 = LocalResponseNorm(5, alpha=0.0005, k=2.0)
        self.pool2 = layers.MaxPooling2D(3, 2)
        self.conv3 = layers.Conv2D(384, 3, padding="same")
        self.conv4 = layers.Conv2D(384, 3, padding="same", groups=2)
        self.conv5 = layers.Conv2D(256, 3, padding="same", groups=2)
        self.pool5 = layers.MaxPooling2D(3, 2)
        self.flatten = layers.Flatten()
        self.fc6 = layers.Dense(4096)
        self.drop6 = layers.Dropout(0.5)
        self.fc7 = layers.Dense(4096)
        self.drop7 = layers.Dropout(0.5)
        self.fc8 = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu(self.conv1(x))
        x = self.conv2(self.pool1(self.norm1(x)))
        x = ops.relu(x)
        x = self.conv3(self.pool2(self.norm2(x)))
        x = ops.relu(x)
        x = ops.relu(self.conv4(x))
        x = ops.relu(self.conv5(x))
        x = self.flatten(self.pool5(x))
        x = ops.relu(self.fc6(x))
        x = self.drop6(x)
        x = ops.relu(self.fc7(x))
        x = self.drop7(x)
        return self.fc8(x)


class LocalResponseNorm(layers.Layer):
    """x / (k + alpha / size * sum of x ** 2) ** beta over the channels c - size // 2 ... c + (size - 1) // 2."""

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        around = ((0, 0), (0, 0), (0, 0), (self.size // 2, (self.size - 1) // 2))
        squares = ops.pad(ops.square(x), around)
        total = sum(squares[..., i : i + x.shape[-1]] for i in range(self.size))
        return x / ops.power(self.k + self.alpha / self.size * total, self.beta)
