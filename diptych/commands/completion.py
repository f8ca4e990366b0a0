"""What the shell completes: names of networks, families and traps, from lists that are read without any of them.

`diptych --install-completion` writes the shell's own file. Where nothing is known the shell completes names of files.
"""

from __future__ import annotations

from ..common.listed import canonical, known_networks
from ..traps.known import known


def networks(incomplete: str) -> list[str]:
    """The networks, and the aliases where no network begins so; dashes count as underscores."""
    known, _ = known_networks()
    begun = incomplete.lower().replace("-", "_")
    aliases = [alias for item in known.values() for alias in item.aliases]
    return [name for name in known if name.startswith(begun)] or [name for name in aliases if name.startswith(begun)]


def families(incomplete: str) -> list[str]:
    """The families."""
    return [name for name in canonical() if name.startswith(incomplete.lower())]


def traps(incomplete: str) -> list[str]:
    """The ids of traps, and the networks whose traps are shown."""
    return [name for name in known() if name.startswith(incomplete)] + networks(incomplete)
