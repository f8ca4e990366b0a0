"""A report as one page of HTML, which loads nothing: what was found, where, and how far apart all layers are."""

from .render import page

__all__ = ["page"]
