"""Templates of Jinja2 that speak the language of the moment, and the texts of the scripts beside them."""

from __future__ import annotations

import json
import re
from typing import Any

from ..common import citing
from ..common.language import gettext, ngettext, spoken

MARKED = re.compile(r'\b_\(\s*"((?:[^"\\]|\\.)*)"')
"""A text of a script: `_("...")`, with double quotes."""


def environment(**options: Any) -> Any:
    """An environment with `_`, `ngettext`, `{% trans %}` and the filters `translated`, `cited`, `expected` and `paper`.

    The first three take texts of the template, which are HTML; filters take values, which are escaped like others.
    """
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, extensions=["jinja2.ext.i18n"], **options
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {"translated": gettext, "cited": citing.cited, "expected": citing.expected}
    made.filters["paper"] = citing.paper_of
    made.globals["spoken"] = spoken
    return made


def script_words(*scripts: str) -> dict[str, str]:
    """The texts of scripts that another language than English has, by the text; none in English."""
    found = {json.loads(f'"{text}"') for script in scripts for text in MARKED.findall(script)}
    return {text: gettext(text) for text in sorted(found) if gettext(text) != text}
