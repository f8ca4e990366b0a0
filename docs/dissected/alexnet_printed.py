import keras
from keras import layers


def alexnet():
    model = keras.Sequential()
    model.add(keras.Input((64, 64, 1)))
    model.add(layers.Conv2D(16, 11, strides=4, padding="same", activation="relu"))
    model.add(layers.MaxPooling2D(3, strides=2))
    model.add(layers.Conv2D(48, 5, padding="same", activation="relu"))
    model.add(layers.MaxPooling2D(3, strides=2))
    model.add(layers.Conv2D(96, 3, padding="same"))
    model.add(layers.Conv2D(64, 3, padding="same", activation="relu"))
    model.add(layers.Conv2D(64, 3, padding="same", activation="relu"))
    model.add(layers.MaxPooling2D(3, strides=2))
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(256, activation="relu"))
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(256, activation="relu"))
    model.add(layers.Dense(1000))
    return model
