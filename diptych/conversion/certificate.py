"""The report of a conversion as a page of HTML that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..common.text import printable

TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ result.path }}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
td, li { overflow-wrap: anywhere; }
th { font-weight: 600; }
code, .sha256 td { font-family: ui-monospace, monospace; font-size: .85em; }
strong, .number { white-space: nowrap; }
.proof { border-left: .3rem solid #2a7; padding: .5rem 1rem; }
.none { border-left-color: #b80; }
</style>
<h1>{{ source.path }} → {{ result.path }}</h1>
{% if measured %}
<p class="proof">{{ measured }}.</p>
{% elif proof %}
<p class="proof">The network with the source's weights in {{ proof.source }} and with the result's in
{{ proof.result }} gave the same output{{ "s" if proof.outputs > 1 }} in {{ proof.precision }} on
random images of {{ proof.size[0] }}x{{ proof.size[1] }}: largest relative difference
<strong>{{ "%.1e" | format(proof.difference) }}</strong>, tolerance
<span class="number">{{ "%.0e" | format(proof.tolerance) }}</span>.
{% if proof.rounding is not none %}Rounding the rewritten weights to the file's dtype adds
<span class="number">{{ "%.1e" | format(proof.rounding) }}</span>.{% endif %}</p>
{% else %}
<p class="proof none">The two were not run against each other; {{ matched }} weights were read back bitwise equal.</p>
{% endif %}
<table>
<tr><th></th><th>source</th><th>result</th></tr>
{% for key in ("network", "options", "format", "names", "sha256") %}
<tr class="{{ key }}"><th>{{ key }}</th><td>{{ source[key] | shown }}</td><td>{{ result[key] | shown }}</td></tr>
{% endfor %}
</table>
{% if emitted %}<p>Its source for {{ emitted.framework }}: {{ emitted.path }}, the class
<code>{{ emitted.class }}</code></p>{% endif %}
{% if measured %}<h2>What was compared</h2>
<table>
<tr><th>what</th><th>with</th><th>at</th><th>difference</th></tr>
{% for one in proof.compared %}
<tr><td>{{ one.one }}</td><td>{{ one.other }}</td><td>{{ one.size[0] }}x{{ one.size[1] }}</td>
<td class="number">{{ "%.1e" | format(one.difference) }}</td></tr>
{% endfor %}
</table>{% endif %}
{% if not_compared %}<h2>Not compared</h2><ul>{% for part in not_compared %}<li>{{ part }}</li>{% endfor %}</ul>
{% endif %}
{% if notes %}<h2>Notes</h2><ul>{% for note in notes %}<li>{{ note }}</li>{% endfor %}</ul>{% endif %}
<h2>{{ mapping | length }} weights by name</h2>
<table>
<tr><th>in the source</th><th>in diptych</th><th>in the result</th></tr>
{% for before, ours, after in mapping %}
<tr><td><code>{{ before }}</code></td><td><code>{{ ours }}</code></td><td><code>{{ after }}</code></td></tr>
{% endfor %}
</table>
<h2>Versions</h2>
<p>{% for name, version in versions.items() %}{{ name }} {{ version }}{{ ", " if not loop.last }}{% endfor %}</p>
</html>
"""


def page(report: Mapping[str, Any]) -> str:
    """The page of a report as `conversion` writes it beside the result."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_visible)
    environment.filters["shown"] = _text
    return environment.from_string(TEMPLATE).render(**report)


def _visible(value: Any) -> Any:
    """A text whose control characters and marks of direction are seen; the template itself passes as it is."""
    return printable(value) if type(value) is str and not value.isprintable() else value


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items()) or "as registered"
    return str(value)
