"""The versions of what is installed."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterable

END = ".dist-info"


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Package -> version as installed; without those that are not."""
    found = ((name, _version(name)) for name in packages)
    return {name: version for name, version in found if version is not None}


@functools.cache
def _version(name: str) -> str | None:
    """The version of a package, by the name of the folder that its installer made; None where there is none.

    importlib.metadata reads a mail's headers for each package, and its import takes a third of NumPy's: it is asked
    only where the name of a folder does not say.
    """
    for folder in dict.fromkeys(map(str, sys.path)):
        known = _known(folder)
        if known is None or name in known:
            return (known or {}).get(name) or _asked(name)
    return None


@functools.cache
def _known(folder: str) -> dict[str, str | None] | None:
    """Package -> version of those installed in a folder, None for one that is not told; None of no plain folder."""
    try:
        entries = os.listdir(folder or ".")
    except FileNotFoundError:
        return {}
    except OSError:
        return None  # a zip, for one
    found: dict[str, str | None] = {}
    for entry in entries:
        stem, end = os.path.splitext(entry)
        name, dash, version = stem.partition("-")
        name = re.sub(r"[-_.]+", "-", name).lower()
        if end in (END, ".egg-info", ".egg-link"):
            told = end == END and dash and "_" not in version and name not in found
            found[name] = version if told else None
    return found


def _asked(name: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
