"""Masks as an imperfect segmenter would give them."""

from __future__ import annotations

import cv2
import numpy as np

from perception.masks import BoolImage, Mask


def disturbed(mask: Mask, pixels: int, random: np.random.Generator) -> Mask:
    """The mask off by `pixels`: grown, shrunk or shifted, as `random` has it. It never becomes empty."""
    if pixels == 0:
        return mask
    inside = mask.to_array()
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    kind = random.integers(3)
    if kind == 0:
        changed = cv2.dilate(inside.astype(np.uint8), kernel).astype(bool)
    elif kind == 1:
        changed = cv2.erode(inside.astype(np.uint8), kernel, borderValue=1).astype(bool)
    else:
        angle = random.uniform(0, 2 * np.pi)
        changed = _shifted(inside, round(pixels * np.cos(angle)), round(pixels * np.sin(angle)))
    return Mask.from_array(changed) if changed.any() else mask


def _shifted(inside: BoolImage, right: int, down: int) -> BoolImage:
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    height, width = inside.shape
    moved = cv2.warpAffine(inside.astype(np.uint8), matrix, (width, height), flags=cv2.INTER_NEAREST)
    return moved.astype(bool)
