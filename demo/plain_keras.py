"""A Keras process that knows nothing of diptych: python plain_keras.py MODEL.keras IMAGES.npy ANSWERS.npy."""

import sys

sys.modules["diptych"] = None  # type: ignore[assignment]  # from here on `import diptych` is an ImportError

import keras  # noqa: E402
import numpy as np  # noqa: E402

model_file, images_file, answers_file = sys.argv[1:]
model = keras.models.load_model(model_file)
np.save(answers_file, model.predict(np.load(images_file), verbose=0))
