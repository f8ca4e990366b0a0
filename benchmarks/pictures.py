"""The photographs of the docs: a network's page in a browser, and boxes that a detector found, in docs/pictures.

    python -m benchmarks.pictures build/site        # page.png, of the site's page of ResNet-50, by headless Chromium
    python -m benchmarks.pictures --boxes FILE      # detection.jpg, of YOLOv4-tiny with these weights of Darknet's

Browsers draw letters each in their own way, so that no test holds the files: make them anew where the page has changed.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from .site import CHROMIUM

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
PAGE, SIZE = "networks/resnet50.html", {"width": 1400, "height": 700}
LINE, TOP = "#L23", "#t-Bottleneck"
"""The line that is chosen, and what stands at the top, below the heads of the columns."""
COLOURS, QUALITY = 96, 82


def page(site: Path) -> Path:
    """The code of a network's page, with a line chosen, in few colours."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        view = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        view.goto((site.resolve() / PAGE).as_uri())
        view.locator(LINE).click()
        view.locator(TOP).evaluate("one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 45)")
        view.wait_for_timeout(300)
        shot = view.screenshot()
        browser.close()
    made = FOLDER / "page.png"
    with Image.open(io.BytesIO(shot)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(made, optimize=True)
    return made


def boxes(weights: Path) -> Path:
    """What both frameworks find on a photograph of scikit-image (NASA's, in the public domain)."""
    from skimage import data

    made = FOLDER / "detection.jpg"
    with tempfile.TemporaryDirectory() as place:
        photo, drawn = Path(place, "astronaut.png"), Path(place, "out.png")
        Image.fromarray(data.astronaut()).save(photo)
        words = [str(photo), "--network", "yolov4_tiny", "--weights", str(weights), "--framework", "both"]
        subprocess.run([sys.executable, "-m", "diptych", "detect", *words, "-o", str(drawn)], check=True)
        with Image.open(drawn) as image:
            image.convert("RGB").save(made, quality=QUALITY, optimize=True)
    return made


def main() -> None:
    """Make what is asked for, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path, nargs="?")
    parser.add_argument("--boxes", type=Path, metavar="FILE")
    words = parser.parse_args()
    for made in ([page(words.site)] if words.site else []) + ([boxes(words.boxes)] if words.boxes else []):
        print(f"{made}: {made.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
