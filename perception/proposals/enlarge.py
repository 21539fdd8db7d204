"""From the decoder's low resolution to the frame's."""

from __future__ import annotations

import cv2
import numpy as np

from perception.masks import Mask
from perception.models.roles import FloatArray

_STRIP_PIXELS = 4_000_000
"""A strip of a very large frame is enlarged at a time, so that the numbers behind it never take much memory."""


def enlarged(logits: FloatArray, height: int, width: int) -> Mask:
    """The mask of logits [h, w] > 0 in a frame of `height` × `width` pixels, interpolated linearly."""
    rows, columns = logits.shape
    pixels = np.zeros((height, width), np.uint8)
    top, bottom, left, right = _extent(logits, height, width)
    if bottom <= top or right <= left:
        return Mask.from_array(pixels)
    x = ((np.arange(left, right, dtype=np.float32) + 0.5) * (columns / width) - 0.5)[None]
    step = max(1, _STRIP_PIXELS // (right - left))
    for start in range(top, bottom, step):
        stop = min(start + step, bottom)
        y = ((np.arange(start, stop, dtype=np.float32) + 0.5) * (rows / height) - 0.5)[:, None]
        shape = (stop - start, right - left)
        strip = cv2.remap(
            logits,
            np.ascontiguousarray(np.broadcast_to(x, shape)),
            np.ascontiguousarray(np.broadcast_to(y, shape)),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        pixels[start:stop, left:right] = strip > 0
    return Mask.from_array(pixels)


def _extent(logits: FloatArray, height: int, width: int) -> tuple[int, int, int, int]:
    """Top, bottom, left, right in the frame of what can be inside: the low-resolution box and one cell more."""
    inside = logits > 0
    if not inside.any():
        return 0, 0, 0, 0
    ys, xs = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    rows, columns = logits.shape
    top, bottom = (ys[0] - 1) * height / rows, (ys[-1] + 2) * height / rows
    left, right = (xs[0] - 1) * width / columns, (xs[-1] + 2) * width / columns
    return max(0, int(top)), min(height, int(bottom) + 1), max(0, int(left)), min(width, int(right) + 1)
