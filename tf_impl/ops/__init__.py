"""The Keras form of each op, one file of the op's name each."""

from __future__ import annotations

from ...common.twins import Twins

lower, lower_symbolic = Twins(__name__).lower, Twins(__name__).lower_symbolic
