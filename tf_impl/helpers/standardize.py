"""Standardisation by a fixed mean and variance is Keras's own."""

# Standardize of the PyTorch twin is layers.Normalization, whose weights `mean` and `variance`
# hold the same numbers; a standard deviation is at least 1e-7 in both. Keras means
# `adapt(images)` to measure them, and keeps a third weight, `count`, which it never reads.
#
# The layer computes with copies of its weights. `adapt` and loading a file refresh them, but
# `set_weights` of a model, and assigning to a weight, do not: from then on the layer goes on
# with the old numbers, until its `finalize_state()` is called.
#
# Nothing here is trained in either framework, and training changes nothing of what it does:
# that is what tells it from batch normalisation.
