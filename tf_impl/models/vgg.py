"""VGG-16 (column D) in Keras, line for line the twin of its PyTorch file.

Simonyan & Zisserman 2014, Very Deep Convolutional Networks for Large-Scale Image Recognition, table 1.
"""

import keras
from keras import Sequential, layers, ops


class VGG16ColumnD(keras.Model):
    """VGG as a column of table 1, with or without batch normalisation and the two hidden fully connected layers."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            layers.Conv2D(64, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(64, 3, padding="same"),
            layers.ReLU(),
            layers.MaxPooling2D(2, 2),
            layers.Conv2D(128, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(128, 3, padding="same"),
            layers.ReLU(),
            layers.MaxPooling2D(2, 2),
            layers.Conv2D(256, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(256, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(256, 3, padding="same"),
            layers.ReLU(),
            layers.MaxPooling2D(2, 2),
            layers.Conv2D(512, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(512, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(512, 3, padding="same"),
            layers.ReLU(),
            layers.MaxPooling2D(2, 2),
            layers.Conv2D(512, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(512, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2D(512, 3, padding="same"),
            layers.ReLU(),
            layers.MaxPooling2D(2, 2),
        ]
        self.features = Sequential(features)
        self.avgpool = layers.AdaptiveAveragePooling2D(7)
        self.flatten = layers.Flatten()
        classifier = [
            layers.Dense(4096),
            layers.ReLU(),
            layers.Dropout(0.5),
            layers.Dense(4096),
            layers.ReLU(),
            layers.Dropout(0.5),
            layers.Dense(num_classes),
        ]
        self.classifier = Sequential(classifier)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.features(x)
        x = self.flatten(self.avgpool(x))
        return self.classifier(x)
