"""The units that papers are known for, one file each: for the zoo, and for networks of one's own.

What sources do differently (epsilon, momentum, SAME, the place of a stride) is a `Style` or a `Variant` that a shared
block takes, not a copy of the network. Arguments that are no plain data leave no mark in the trace but the ops they
make.
"""
