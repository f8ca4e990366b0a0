"""Pictures as arrays (H, W, 3) of uint8, RGB: files, PIL images and arrays, of any mode that a photograph has.

* A picture is turned as its EXIF orientation says; of an animation it is the first frame.
* Transparency is dropped, as torchvision, OpenCV and Darknet drop it: a pixel has the colour that is stored under it.
* 16 bits become 8 by division by 257, so that white stays white; Pillow's own conversion would clip.
* Grey becomes three equal channels; CMYK, palettes and YCbCr are converted by Pillow, without a colour profile.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.errors import DiptychError, FileError, NotInstalled
from ..common.language import message
from ..common.text import NAME, printable
from ..files.border import STRANGE
from ..files.kinds import check_regular

Pixels = NDArray[Any]
"""A picture, (H, W, 3) of uint8."""
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".pnm", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What Pillow reads by itself: other formats start other programs, or are no photographs."""
PIXELS = 1 << 26
"""Pixels of a picture at most: 8192 x 8192, or 3,355 rows of 20,000; 200 MB in memory, a few times that at work."""
_SIXTEEN = ("I;16", "I;16B", "I;16L", "I;16N")


def pillow() -> Any:
    """The module PIL.Image; raises NotInstalled, with the extra that has it, where it is missing."""
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise NotInstalled(message("reading and drawing images needs Pillow: pip install 'diptych[detect]'")) from None
    return Image


def files(sources: Iterable[str | Path]) -> list[Path]:
    """The paths, with every folder replaced by the images in it, by name; raises FileError for a folder without any."""
    found = list[Path]()
    for source in map(Path, sources):
        if not source.is_dir():
            found.append(source)
            continue
        inside = [path for path in sorted(source.iterdir()) if path.suffix.lower() in SUFFIXES and not path.is_dir()]
        if not inside:
            raise FileError(f"{source} has no image in it; the suffixes are {', '.join(SUFFIXES)}")
        found += inside
    return found


def several(images: Any) -> Iterator[Any]:
    """One image after the other: of one, of an iterable of them, or of an array (N, H, W, C)."""
    one = isinstance(images, (str, Path)) or hasattr(images, "mode")
    if one or (isinstance(images, np.ndarray) and images.ndim != 4):
        yield images
        return
    try:
        yield from images
    except TypeError as error:
        if isinstance(images, Iterable):
            raise
        raise DiptychError(f"an image is a path, an array or a PIL image, not a {type(images).__name__}") from error


def pixels(image: Any) -> Pixels:
    """An image as an array (H, W, 3) of uint8, RGB.

    Raises FileError for a file that cannot be read, DiptychError for an array or an object that is no image.
    """
    if isinstance(image, np.ndarray):
        return _of_array(image)
    if hasattr(image, "mode") and hasattr(image, "getbbox"):
        return _of_pil(image, "the image")
    if isinstance(image, (str, Path)):
        return read(Path(image))
    raise DiptychError(f"an image is a path, an array or a PIL image, not a {type(image).__name__}")


def read(path: Path) -> Pixels:
    """The picture in a file, as `pixels`; raises FileError where it is missing, empty, damaged, none, or too large."""
    module = pillow()
    if check_regular(path).st_size == 0:
        raise FileError(f"{path} is empty, expected an image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata, and of a size that is judged below
            with module.open(path, formats=FORMATS) as opened:
                return _of_pil(opened, str(path))
    except module.UnidentifiedImageError:
        known = ", ".join(FORMATS)
        raise FileError(f"{path} is no image that can be read, or is damaged; the formats are {known}") from None
    except module.DecompressionBombError:
        raise FileError(f"{path} has more than {PIXELS:,} pixels; make it smaller, or cut it into pieces") from None
    except STRANGE as error:
        why = printable(str(error) or type(error).__name__, NAME)
        raise FileError(f"{path} cannot be read as an image: {why}") from None


def _of_pil(image: Any, name: str) -> Pixels:
    from PIL import ImageOps

    if image.width * image.height > PIXELS:
        size = f"{image.width} x {image.height} pixels (width x height)"
        raise FileError(f"{name} has {size}, more than {PIXELS:,} in all; make it smaller, or cut it into pieces")
    turned = ImageOps.exif_transpose(image)
    if turned.mode in _SIXTEEN:
        return _three(_eight_bits(np.asarray(turned).astype(np.uint16)))
    if turned.mode in ("I", "F"):
        return _three(_wide(np.asarray(turned), name))
    return np.array(turned.convert("RGB"))


def _wide(values: Pixels, name: str) -> Pixels:
    """Grey of 32 bits: numbers of 16 bits, which some formats keep so; others have no range that says what white is."""
    if not np.issubdtype(values.dtype, np.integer) or values.min() < 0 or values.max() > 65535:
        kind = "floating-point numbers" if values.dtype.kind == "f" else "numbers beyond 16 bits"
        raise FileError(f"{name} has {kind} for its pixels, whose white is unknown; save it with 8 or 16 bits")
    return _eight_bits(values)


def _eight_bits(values: Pixels) -> Pixels:
    """0 ... 65535 as 0 ... 255, to the nearest."""
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _three(grey: Pixels) -> Pixels:
    return np.repeat(grey[..., None], 3, axis=2)


def _of_array(image: Pixels) -> Pixels:
    """Raises DiptychError for what is not (H, W), or (H, W, C) of 1, 3 or 4 channels, in uint8."""
    shaped = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3, 4))
    if not shaped or not image.size or image.dtype != np.uint8:
        raise DiptychError(
            "an image as an array is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8, RGB; this one is "
            f"{image.shape} of {image.dtype}"
        )
    if image.ndim == 3 and image.shape[2] != 1:
        return image[..., :3]
    return _three(image.reshape(image.shape[:2]))
