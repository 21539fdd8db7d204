"""Bytes of an image file → RGB pixels, upright; what cannot be read is one sentence."""

from __future__ import annotations

import io
import warnings
from typing import Any, cast

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from codriver.errors import FileFormatError
from perception.frame import RGBImage
from perception.settings import MEGAPIXELS

EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp"})
MAX_MEGAPIXELS = MEGAPIXELS.default
"""More is refused before it is decoded: pixels and masks of a frame have to fit into memory many times."""


def decode_image(content: bytes, name: str, max_megapixels: float = MAX_MEGAPIXELS) -> RGBImage:
    """uint8 [height, width, 3] of the first picture in `content`, turned as its EXIF orientation says.

    16-bit grey is scaled to 8 bits, transparency is dropped. Raises `FileFormatError` naming `name`.
    """
    if not content:
        raise FileFormatError(f"{name} is an empty file.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is the one that counts
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
                _check_size(image, name, max_megapixels)
                return _pixels(image)
    except UnidentifiedImageError:
        raise FileFormatError(f"{name} is not a JPEG, PNG or WebP image.") from None
    except Image.DecompressionBombError:
        raise FileFormatError(f"{name} unpacks to far more pixels than a camera makes; it is not read.") from None
    except FileFormatError:
        raise
    except MemoryError:
        raise FileFormatError(f"{name} does not fit into memory; scale it down.") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:  # all of these come from codecs
        raise FileFormatError(f"{name} is damaged ({str(error).rstrip('.')}).") from None


def _check_size(image: Image.Image, name: str, max_megapixels: float) -> None:
    megapixels = image.width * image.height / 1e6
    if megapixels > max_megapixels:
        raise FileFormatError(
            f"{name} has {megapixels:.3g} megapixels, more than the {max_megapixels:g} that are allowed; scale it "
            "down, or raise perception.max-megapixels."
        )


def _pixels(image: Image.Image) -> RGBImage:
    # The orientation is applied after conversion, because Pillow turns only what is loaded.
    if image.mode.startswith("I;16") or image.mode == "I":
        values = np.asarray(ImageOps.exif_transpose(image), np.int64)
        grey = (np.clip(values, 0, 65535) // 257).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    upright = cast("Any", ImageOps.exif_transpose(image))
    return np.array(upright.convert("RGB"), np.uint8)
