"""Frames at the size at which models look at them."""

from __future__ import annotations

import cv2
import numpy as np

from perception.frame import RGBImage

LONGEST = 2048
"""Longest side in pixels that models see; they shrink frames anyway, and 100 megapixels take memory."""


def bounded(image: RGBImage, longest: int = LONGEST) -> RGBImage:
    """The image, made smaller if a side is longer than `longest` pixels.

    All stages ask for the same size, so that none encodes again what another one has encoded.
    """
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
