"""The beginning of a file, by which its content is recognised."""

HEAD = 264
"""Its bytes."""
