"""Darknet's two files: `.weights`, numbers without names, and `.cfg`, the sections that say in which order they stand.

`cfg` reads the text, `sections` and `units` make the same graph of it and of a network of ours, `match` compares the
two, `order` and `floats` cut the numbers, `writing` writes the text. Sections are counted from 0 behind [net], as
Darknet counts them.
"""

from .match import Configured as Configured
from .match import read_cfg as read_cfg
from .writing import cfg_text as cfg_text
