"""Which masks are rough: their outlines are off by a pixel or more, so that neighbours overlap or leave gaps."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.occlusion.patch import Patch, union

_OVERLAP = 0.002
"""Exact masks do not overlap by more than this share of what they cover."""
_OFTEN = 0.2
"""Share of a file's frames whose masks overlap, from which on its other masks are not exact either: what made the
one made the other. Of sets with masks 2 pixels off it is half, of exact ones none."""
_ENOUGH = 5
_SEAM = 1 / 150
"""Width of what may lie between rough masks, in diagonals of the frame: 4 pixels of 480×360."""
_STEP = 1 / 600
"""A pixel of 480×360, in diagonals of the frame."""
_NEAR = 5
"""Steps within which an occluder's pixels count as its border with what it hides."""
_TOUCHING = 0.1
"""Of those, least share that touches, where masks fit: of an occluder that touches all along, one in five does."""


def seam_width(shape: tuple[int, ...]) -> int:
    """How far rough outlines may be off, in pixels of a frame [height, width]."""
    return max(2, round(float(np.hypot(shape[0], shape[1])) * _SEAM))


def outline_step(shape: tuple[int, ...]) -> int:
    """What a pixel of 480×360 is in a frame [height, width], in pixels, 1 at least."""
    return max(1, round(float(np.hypot(shape[0], shape[1])) * _STEP))


def covering(masks: Sequence[Patch]) -> NDArray[np.uint16]:
    """How many of a frame's masks cover each pixel, [height, width]; one mask at least."""
    count = np.zeros(masks[0].shape, np.uint16)
    for mask in masks:
        view = mask.part.of(count)
        view += mask.pixels
    return count


def rough_frame(masks: Sequence[Patch]) -> bool:
    """Whether a frame's masks overlap as exact ones do not."""
    if not masks:
        return False
    count = covering(masks)
    return bool((count > 1).sum() > _OVERLAP * (count > 0).sum())


def mostly_rough(frames: Sequence[bool]) -> bool:
    """Whether all masks of a file should be taken for rough, as those of many of its frames are.

    `frames` tells of those with two objects or more whether their masks overlap; of fewer than 5 nothing follows.
    """
    return len(frames) >= _ENOUGH and sum(frames) > _OFTEN * len(frames)


def apart(visible: Patch, hiding: Sequence[Patch]) -> bool:
    """Whether there is a gap between an object and what is said to hide it."""
    step = outline_step(visible.shape)
    reach = _NEAR * step
    around = visible.part.grown(reach)
    own, other = visible.inside(around).astype(np.uint8), union(hiding, around)
    near, touching = (int((cv2.dilate(own, disc(radius)).astype(bool) & other).sum()) for radius in (reach, step))
    return near > 0 and touching < _TOUCHING * near


def disc(radius: int) -> NDArray[np.uint8]:
    """A filled circle, uint8 [2 radius + 1, 2 radius + 1]."""
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
