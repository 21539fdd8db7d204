"""Pictures of single instances, for models that look at one thing at a time."""

from __future__ import annotations

import cv2
import numpy as np

from perception.frame import RGBImage
from perception.masks import Mask

SIDE = 224
"""Pixels; what image classifiers and most image-text models expect."""

GREY = 127


def crop(image: RGBImage, mask: Mask, *, isolated: bool, side: int = SIDE, margin: float = 0.2) -> RGBImage:
    """A square of `side` pixels around the mask with `margin` of its longer side as surroundings.

    `isolated`: the surroundings are grey, with a soft edge, so that a vector tells of the thing and not of the
    road behind it. What lies outside the image repeats its border.
    """
    x, y, width, height = mask.box
    span = max(width, height, 1) * (1 + margin)
    scale = side / span
    move = np.array(
        [
            [scale, 0, side / 2 - scale * (x + width / 2)],
            [0, scale, side / 2 - scale * (y + height / 2)],
        ],
        np.float32,
    )
    picture = cv2.warpAffine(image, move, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if isolated:
        inside = cv2.warpAffine(mask.to_array().astype(np.float32), move, (side, side))
        alpha = cv2.GaussianBlur(inside, (0, 0), 3)[..., None]
        picture = picture * alpha + GREY * (1 - alpha)
    return np.ascontiguousarray(picture, np.uint8)
