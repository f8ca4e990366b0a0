"""The networks, one family and paper per file, each with its table as a literal.

Every form of a network (`resnet50`, `resnet50.keras`) has the same weight names where the layer exists in both, so
that weights move from one form to another by name. The names are those of the public PyTorch reference; what other
libraries call them stands in `common/dialects`.
"""
