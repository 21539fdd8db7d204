"""What hidden objects look like, and what is behind them: cut-outs with alpha, and frames without objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage
from perception.masks import BoolImage
from perception.models.roles import Inpainter
from perception.occlusion.window import Box, box_of

_MARGIN = 0.15
"""Room around an object, in its longer sides, so that the inpainter sees no edge of the picture at its own."""
_WORKING_SIDE = 256
"""A smaller cut-out is enlarged to this for the inpainter."""


@dataclass(frozen=True, eq=False)
class CutOut:
    """A whole object."""

    pixels: NDArray[np.uint8]
    """RGBA [height, width, 4]; alpha is 255 on the object."""
    box: Box
    """Where it lies in the frame."""
    painted: int
    """Pixels of it that are not seen in the frame."""


def cut_out(image: RGBImage, visible: BoolImage, whole: BoolImage, inpainter: Inpainter) -> CutOut:
    """The object with its hidden part painted. Masks [height, width]; `visible` is not empty.

    The inpainter shall continue the object and not what surrounds it: before it is asked, everything but the
    visible part takes the colour of the nearest visible pixel.
    """
    whole = whole | visible
    x, y, width, height = box_of(whole)
    margin = max(round(_MARGIN * max(width, height)), 4)
    top, left = max(y - margin, 0), max(x - margin, 0)
    part = slice(top, y + height + margin), slice(left, x + width + margin)
    seen = visible[part]
    hidden = whole[part] & ~seen
    # Where the object meets what hides it, pixels mix both colours: they are painted too.
    mixed = cv2.dilate(hidden.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool) & seen
    clear = seen & ~mixed if (seen & ~mixed).any() else seen
    canvas = extended(image[part], clear)
    if hidden.any():
        canvas = _painted(canvas, whole[part] & ~clear, inpainter)
    inside = slice(y - top, y - top + height), slice(x - left, x - left + width)
    alpha = np.where(whole[part][inside], np.uint8(255), np.uint8(0))
    return CutOut(np.dstack([canvas[inside], alpha]), (x, y, width, height), int(hidden.sum()))


def extended(image: RGBImage, seen: BoolImage) -> RGBImage:
    """The picture with each pixel outside `seen` [height, width] coloured as the nearest one inside.

    Pixels at the edge of `seen` mix with what is beside them, so colours come from a pixel further in where
    there is one.
    """
    sure = cv2.erode(seen.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    source = sure if sure.any() else seen
    kind = cv2.DIST_LABEL_PIXEL
    _, labels = cv2.distanceTransformWithLabels((~source).astype(np.uint8), cv2.DIST_L2, 5, labelType=kind)
    colours = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colours[labels[source]] = image[source]
    return np.where(seen[..., None], image, colours[labels]).astype(np.uint8)


def plate(image: RGBImage, wholes: Sequence[BoolImage], inpainter: Inpainter) -> RGBImage:
    """The frame without these objects: masks [height, width], hidden parts included or not."""
    if not wholes:
        return image.copy()
    side = 2 * max(round(0.004 * float(np.hypot(*image.shape[:2]))), 2) + 1
    objects = np.logical_or.reduce(wholes).astype(np.uint8)
    # The objects' edges mix with what is behind them, and so do their shadows.
    return inpainter.inpaint(image, cv2.dilate(objects, np.ones((side, side), np.uint8)).astype(bool))


def _painted(canvas: RGBImage, hidden: BoolImage, inpainter: Inpainter) -> RGBImage:
    height, width = hidden.shape
    scale = max(_WORKING_SIDE / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    large = np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    hole = cv2.resize(hidden.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    painted = cv2.resize(inpainter.inpaint(large, hole), (width, height), interpolation=cv2.INTER_AREA)
    return np.where(hidden[..., None], painted, canvas).astype(np.uint8)
