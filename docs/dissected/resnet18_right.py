import keras
from keras import layers


def conv(x, width, size, stride=1):
    if stride > 1:
        x = layers.ZeroPadding2D(size // 2)(x)
    padding = "valid" if stride > 1 else "same"
    return layers.Conv2D(width, size, strides=stride, padding=padding, use_bias=False)(x)


def norm(x):
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)


def block(x, width, stride=1):
    y = layers.ReLU()(norm(conv(x, width, 3, stride)))
    y = norm(conv(y, width, 3))
    if stride > 1:
        x = norm(conv(x, width, 1, stride))
    return layers.ReLU()(layers.Add()([y, x]))


def resnet18():
    image = keras.Input((32, 32, 1))
    x = layers.ReLU()(norm(conv(image, 64, 7, 2)))
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for width, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        x = block(x, width, stride)
        x = block(x, width)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(x))
