import keras
from keras import layers

PLAN = [16, "M", 32, "M", 64, 64, "M", 128, 128, "M", 128, 128, "M"]


class VGG11(keras.Model):
    def __init__(self):
        super().__init__()
        self.features = keras.Sequential()
        for width in PLAN:
            if width == "M":
                self.features.add(layers.MaxPooling2D(2))
            else:
                self.features.add(layers.Conv2D(width, 3, padding="same", activation="relu"))
                self.features.add(layers.BatchNormalization(epsilon=1e-5, momentum=0.9))

    def call(self, x):
        classifier = keras.Sequential([
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(256),
            layers.Dropout(0.5),
            layers.Dense(10),
        ])
        return classifier(self.features(x))


def vgg11():
    model = VGG11()
    model(keras.ops.zeros((1, 32, 32, 1)))
    return model
