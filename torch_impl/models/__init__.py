"""The emitted PyTorch source of one network of each family: standalone files, written by `diptych source`."""
