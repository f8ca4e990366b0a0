"""Where PyTorch and TensorFlow or Keras differ: one entry per difference, each with code that shows it.

Every other file here that has a TRAPS is a section or part of one; `catalogue.py` reads them all.
"""
