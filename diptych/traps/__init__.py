"""Where PyTorch and TensorFlow or Keras differ: one entry per difference, each with code that shows it.

A file here is a section or a part of one. Each function under `@trap(...)` in it is an entry, found by `catalogue.py`.
"""
