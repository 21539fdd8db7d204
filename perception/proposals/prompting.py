"""Where to ask the segmenter: boxes and points on what the head holds for things, and nowhere twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.boxes import box_iou
from perception.models.roles import FloatArray, Prompts
from perception.proposals.head import Outlook, cell_centres


def box_prompts(boxes: FloatArray) -> Prompts:
    """A prompt for each box [N, 4] (left, top, right, bottom, pixels)."""
    points = np.asarray(boxes, np.float32).reshape(-1, 2, 2)
    return Prompts(points, np.tile(np.array([2, 3], np.float32), (len(points), 1)))


def point_prompts(points: FloatArray) -> Prompts:
    """A prompt for each point [N, 2] (x, y, pixels) on the object."""
    points = np.asarray(points, np.float32).reshape(-1, 1, 2)
    return Prompts(points, np.ones((len(points), 1), np.float32))


def promising_boxes(outlook: Outlook, limit: int, least: float, overlap: float) -> FloatArray:
    """The head's best boxes, [N <= limit, 4] as shares of the frame, best first.

    A box with a score below `least`, or an IoU above `overlap` with a better one, is left out.
    """
    scores = (outlook.thing * np.sqrt(outlook.centre)).ravel()
    boxes = outlook.boxes.reshape(-1, 4)
    kept: list[int] = []
    for cell in np.argsort(-scores, kind="stable"):
        if len(kept) >= limit or scores[cell] < least:
            break
        if not kept or box_iou(boxes[cell], boxes[kept]).max() <= overlap:
            kept.append(int(cell))
    return boxes[kept]


def promising_points(thing: FloatArray, covered: NDArray[np.bool_], limit: int, least: float) -> FloatArray:
    """Points on things that no mask covers yet, [N <= limit, 2] as shares of the frame, best first.

    `thing` and `covered` are [h, w]. Each point is the surest cell that is left; it takes its surroundings out,
    so that points spread over the frame.
    """
    height, width = thing.shape
    # A cell whose neighbours agree is worth more than a lone one.
    padded = np.pad(thing, 1, mode="edge")
    smooth = sum(padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)) / 9
    left = np.where(covered, 0.0, smooth)
    centres = cell_centres(height, width)
    found = []
    for _ in range(limit):
        y, x = np.unravel_index(int(np.argmax(left)), left.shape)
        if left[y, x] < least:
            break
        found.append(centres[y, x])
        left[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = 0
    return np.array(found, np.float32).reshape(-1, 2)
