"""Batch normalisation without a weight."""

from torch import nn


class BatchNorm2dUnscaled(nn.BatchNorm2d):
    """Batch normalisation with a bias but no weight, as TensorFlow's Inception models have it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.register_parameter("weight", None)
