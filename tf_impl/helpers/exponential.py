"""Keras has the exponential as an activation."""

# `Exponential` of the PyTorch twin is layers.Activation("exponential"): exp(x).
# PyTorch has no layer of it, and a chain needs one.
#
# In a function both call what the frameworks have: torch.exp and ops.exp.
#
