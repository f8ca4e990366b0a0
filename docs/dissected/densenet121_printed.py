import keras
from keras import layers


def norm_relu_conv(x, width, size):
    x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)
    x = layers.ReLU()(x)
    return layers.Conv2D(width, size, padding="same", use_bias=False)(x)


def layer(x, growth):
    y = norm_relu_conv(x, 4 * growth, 1)
    y = norm_relu_conv(y, growth, 3)
    return layers.Concatenate()([y, x])


def transition(x):
    x = norm_relu_conv(x, x.shape[-1] // 2, 1)
    return layers.MaxPooling2D(2)(x)


def densenet121(growth=8):
    image = keras.Input((32, 32, 1))
    x = layers.Conv2D(2 * growth, 3, padding="same", use_bias=False)(image)
    x = layers.MaxPooling2D(2)(x)
    for place, depth in enumerate((6, 12, 24, 16)):
        if place > 0:
            x = transition(x)
            growth *= 2
        for _ in range(depth):
            x = layer(x, growth)
    x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(x))
