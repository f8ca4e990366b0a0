"""Keras models in memory as Nets: by their configs and arrays, as files are read."""
