"""Keras models as people write them."""

from __future__ import annotations

import keras
from keras import layers


def cnn(size: tuple[int, int] | None = None) -> keras.Model:
    """A chain with a flatten before its head, at one size; without a size, one with a global pool."""
    height, width = size or (None, None)
    return keras.Sequential(
        [
            keras.Input((height, width, 3)),
            layers.Rescaling(1 / 255, offset=-0.3),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(12, 3, strides=2, padding="same", activation="swish"),
            layers.BatchNormalization(epsilon=1e-5),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Flatten() if size else layers.GlobalMaxPooling2D(),
            layers.Dropout(0.5),
            layers.Dense(16, activation="elu"),
            layers.Dense(5, activation="softmax"),
        ],
        name="cnn",
    )


def unet(mode: str = "nearest") -> keras.Model:
    """A U-Net, by functions, for images of any size that both poolings divide."""

    def block(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
        for place in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv{place}")(x)
            x = layers.BatchNormalization(name=f"{name}_bn{place}")(x)
            x = layers.Activation("relu", name=f"{name}_relu{place}")(x)
        return x

    image = keras.Input((None, None, 3), name="image")
    first = block(image, 6, "down1")
    second = block(layers.MaxPooling2D(2)(first), 8, "down2")
    bottom = block(layers.MaxPooling2D(2)(second), 10, "bottom")
    up = layers.UpSampling2D(2, interpolation=mode)(bottom)
    up = block(layers.Concatenate()([up, second]), 8, "up2")
    up = layers.Conv2DTranspose(6, 3, strides=2, padding="same", name="up1_transposed")(up)
    up = block(layers.Concatenate()([first, up]), 6, "up1")
    return keras.Model(image, layers.Conv2D(2, 1, activation="sigmoid", name="mask")(up), name="unet")


def backbone(name: str = "backbone") -> keras.Model:
    """A small residual network without its head."""
    image = keras.Input((None, None, 3))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="pad")(image)
    x = layers.Conv2D(8, 3, strides=2, name="stem")(x)
    x = layers.BatchNormalization(name="stem_bn", scale=False)(x)
    x = layers.ReLU(6.0, name="stem_relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="dw")(x)
    y = layers.Conv2D(8, 1, name="pw", activation="swish")(y)
    gate = layers.GlobalAveragePooling2D(name="squeeze")(y)
    gate = layers.Reshape((1, 1, 8), name="as_map")(gate)
    gate = layers.Conv2D(8, 1, activation="hard_sigmoid", name="gate")(gate)
    y = layers.Multiply(name="gated")([y, gate])
    return keras.Model(image, layers.Add(name="sum")([x, y]), name=name)


def transfer() -> keras.Model:
    """A file of transfer learning: augmentation, scaling, a frozen model, a head."""
    image = keras.Input((None, None, 3))
    augment = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomContrast(0.1)], name="augment")
    x = layers.Rescaling(1 / 127.5, offset=-1)(augment(image))
    inner = backbone()
    inner.trainable = False
    x = inner(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(image, layers.Dense(4, activation="softmax", name="classes")(x), name="transfer")


def functions() -> keras.Model:
    """Functions between layers, numbers, a normalisation by constants, several outputs, and a layer called twice."""
    image = keras.Input((None, None, 3))
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 0.6, 1.7])(image)
    shared = layers.Conv2D(6, 3, padding="same", name="shared")
    x = layers.Conv2D(6, 1, name="first")(x)
    x = keras.ops.relu(shared(x)) * 0.7 + 0.1
    x = keras.ops.silu(shared(x)) - x / 3
    x = layers.PReLU(shared_axes=[1, 2], name="prelu")(1.0 - x)
    x = layers.GroupNormalization(3, name="groups")(x)
    x = layers.LayerNormalization(name="norm")(x)
    x = layers.Dense(8, activation="tanh", name="dense")(x)
    x = layers.Average()([x, layers.AveragePooling2D(3, 1, padding="same")(x)])
    x = layers.Cropping2D(((1, 0), (2, 1)))(x)
    vector = keras.ops.mean(x, axis=(1, 2))
    shuffled = layers.Concatenate()([layers.Subtract()([x, -x]), x])
    other = layers.Dense(3, activation="leaky_relu", name="other")(vector)
    last = layers.Conv2D(2, 3, dilation_rate=2, activation="softplus", name="last")(shuffled)
    return keras.Model(image, [last, other], name="functions")


def twice() -> keras.Model:
    """One model that is called on two values."""
    image = keras.Input((None, None, 3))
    trunk = keras.Sequential([layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()], name="trunk")
    one, two = trunk(image), trunk(layers.Rescaling(-0.5)(image))
    return keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.Add()([one, two]))))


def shuffling() -> keras.Model:
    """Channels shuffled by views, as ports of ShuffleNet do it, at one size."""
    image = keras.Input((8, 10, 3))
    x = layers.Conv2D(6, 1, groups=3, name="conv")(image)
    x = layers.Permute((1, 2, 4, 3))(layers.Reshape((8, 10, 2, 3))(x))
    x = layers.Conv2D(4, 3, groups=2, name="grouped")(layers.Reshape((8, 10, 6))(x))
    return keras.Model(image, layers.Dense(3, name="head")(layers.Reshape((-1,))(x)))


class Subclassed(keras.Model):  # type: ignore[misc]
    """A model as a class."""

    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.conv = layers.Conv2D(6, 3, activation="relu")
        self.norm = layers.BatchNormalization()
        self.head = layers.Dense(3)

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        x = self.norm(self.conv(x), training=training)
        for _ in range(2):
            x = x + keras.ops.relu(x)
        return self.head(keras.ops.mean(x, axis=[1, 2]))


class Unsure(keras.Model):  # type: ignore[misc]
    """A model as a class whose dropout is on in evaluation."""

    def __init__(self) -> None:
        super().__init__(name="unsure")
        self.conv, self.drop = layers.Conv2D(6, 3), layers.Dropout(0.5, name="drop")

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return self.drop(self.conv(x), training=True)
