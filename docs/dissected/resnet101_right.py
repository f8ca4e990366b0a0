import keras
from keras import layers


def conv(x, width, size, stride=1):
    if stride > 1:
        x = layers.ZeroPadding2D(size // 2)(x)
    padding = "valid" if stride > 1 else "same"
    x = layers.Conv2D(width, size, strides=stride, padding=padding, use_bias=False)(x)
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)


def bottleneck(x, width, stride=1):
    y = layers.ReLU()(conv(x, width, 1))
    y = layers.ReLU()(conv(y, width, 3, stride))
    y = conv(y, 4 * width, 1)
    if x.shape[-1] != 4 * width:
        x = conv(x, 4 * width, 1, stride)
    return layers.ReLU()(layers.Add()([y, x]))


def resnet101():
    image = keras.Input((32, 32, 1))
    x = layers.ReLU()(conv(image, 16, 3))
    x = layers.MaxPooling2D(2)(x)
    for width, depth in zip((8, 16, 32, 64), (3, 4, 23, 3)):
        for place in range(depth):
            x = bottleneck(x, width, stride=2 if place == 0 and width > 8 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(x))
