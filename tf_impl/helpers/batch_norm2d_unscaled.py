"""Batch normalisation without a weight is Keras's own."""

# BatchNorm2dUnscaled of the PyTorch twin is layers.BatchNormalization with scale=False.
#
# nn.BatchNorm2d has a weight and a bias, or neither. Before a ReLU the weight is
# redundant, since the next layer can take it over, so TensorFlow's Inception models
# leave it out: their checkpoints have beta, moving_mean and moving_variance, but no
# gamma.
