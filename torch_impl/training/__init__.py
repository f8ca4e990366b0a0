"""Training in PyTorch: the twins of `common.training`."""
