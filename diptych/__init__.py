"""The same convolutional network, natively in PyTorch and in TensorFlow, with proof."""
