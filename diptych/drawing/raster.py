"""SVG text as PNG bytes."""

from __future__ import annotations

from ..common.errors import DiptychError

PIXELS = 1654
"""The width of an image: A4 at 200 dots per inch."""
PROBE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><text y="15">m</text></svg>'


def rasterise(text: str) -> bytes:
    """The PNG of an SVG that has its own colours; raises DiptychError without resvg_py or without a font."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise DiptychError(f"a .png needs resvg_py: pip install 'diptych[draw]' ({error}); a .svg does not") from None
    if svg_to_bytes(svg_string=PROBE) == svg_to_bytes(svg_string=PROBE, skip_system_fonts=True):
        raise DiptychError("a .png needs a sans-serif font, and none is installed here; install one, or write a .svg")
    return bytes(svg_to_bytes(svg_string=text, width=PIXELS, background="white"))
