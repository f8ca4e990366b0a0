"""Training in Keras and TensorFlow: the twins of `common.training`."""
