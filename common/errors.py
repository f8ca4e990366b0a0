"""The errors that diptych raises: each says where, what was got, what was expected and what to do."""

from .text import printable


class DiptychError(Exception):
    """A mistake in what diptych was given: a name, a file, an array, an option. The CLI answers with exit code 2.

    Its text is one line that is safe to print, whatever the names and paths in it, of 2,000 characters at most.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


class SpecError(DiptychError):
    """A network definition that has no meaning: a shape that does not fit, a name used twice, an op that is unknown."""


class WeightsError(DiptychError):
    """Weights that do not fit a network: missing, extra, wrong-shaped or not finite."""


class Unidentified(WeightsError):
    """A file of weights that are those of no registered network, or of several."""


class FileError(DiptychError):
    """A file that cannot be read as weights, or a destination that cannot be written."""


class NotInstalled(DiptychError):
    """A package that is needed and not there, so that nothing can be told."""
