"""`diptych/locale/zh/LC_MESSAGES/diptych.mo`: all .po files beside it as one, which the program reads."""

from __future__ import annotations

from translation import compiled

from writers import ROOT, Written

PATH = ROOT / "diptych" / "locale" / "zh" / "LC_MESSAGES" / "diptych.mo"


def written() -> Written:
    """The one file."""
    return Written({PATH: compiled()})
