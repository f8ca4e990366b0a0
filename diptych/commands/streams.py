"""The three standard streams, fit for any text, and for being closed, full or cut off."""

from __future__ import annotations

import os
import select
import sys

from ..common.errors import FileError
from ..common.language import message
from ..common.text import printable

NAMES = ("stdin", "stdout", "stderr")


class Unread(BrokenPipeError):
    """Nobody reads what is printed."""


def prepare() -> None:
    """Give every closed stream /dev/null, before a file gets its number, and let none stumble over a character."""
    for number, name in enumerate(NAMES):
        try:
            os.fstat(number)
        except OSError:
            silence(number)
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False, encoding="utf-8"))  # noqa: SIM115
        elif number and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    _keep_keras_home()


def _keep_keras_home() -> None:
    """Keep Keras from making a folder named ~ where one stands: without a home it finds none to replace that by."""
    if os.path.expanduser("~") == "~":
        os.environ.setdefault("KERAS_HOME", os.devnull)


def silence(number: int) -> None:
    """Turn a descriptor to /dev/null, so that Python's own last flush has nothing to stumble over."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)


def is_cut_off() -> bool:
    """Whether stdout is a pipe that nobody reads any more, whoever noticed."""
    try:
        asked = select.poll()
        asked.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in asked.poll(0))
    except (AttributeError, OSError, ValueError):
        return False


def write(text: str) -> None:
    """Print a text as it stands; raises FileError where stdout is full, Unread where nobody takes it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        silence(1)
        if isinstance(error, BrokenPipeError):
            raise Unread from None
        raise FileError(message("cannot write to standard output: {why}", why=error.strerror or error)) from None


def say(*lines: str) -> None:
    """Print lines on stdout, each without characters that steer a terminal; raises FileError as `write` does."""
    write("".join(f"{printable(line)}\n" for line in lines))


def complain(*lines: str) -> None:
    """Print such lines on stderr; where that is full or closed there is nobody to tell."""
    try:
        sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
        sys.stderr.flush()
    except (OSError, ValueError):
        silence(2)
