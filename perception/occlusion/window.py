"""An object's own frame of reference: a square window around it and what may hide it, of a fixed resolution."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RESOLUTION = 96
"""Side of a window in its own pixels."""
_REACH = 1.2
"""How far a hidden part may go beyond the visible box, in its longer sides, where an occluder is known."""
_UNKNOWN_REACH = 0.6
"""The same where none is known: further out the window would become too coarse."""
_MARGIN = 0.15
"""What is shown around in any case, in longer sides of the visible box."""
LONGEST = 1.0
"""How much longer a whole object may be than its visible part, in visible sides."""
STRIP = 3
"""Pixels beside its box that tell whether something hides it there."""

Box = tuple[int, int, int, int]
FloatImage = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A square of the image; it may reach beyond the image's borders."""

    left: int
    top: int
    side: int

    def inside(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of the window's part of an image [height, width]; empty where they do not meet."""
        rows, columns = (
            slice(min(max(start, 0), size), min(max(start + self.side, 0), size))
            for start, size in ((self.top, shape[0]), (self.left, shape[1]))
        )
        return rows, columns

    def cut(self, image: NDArray[Any], outside: float = 0.0) -> FloatImage:
        """float32 [96, 96]: the mean of `image` [height, width] over each of the window's pixels."""
        height, width = image.shape
        padded = np.full((self.side, self.side), outside, np.float32)
        x0, y0 = max(self.left, 0), max(self.top, 0)
        x1, y1 = min(self.left + self.side, width), min(self.top + self.side, height)
        if x1 > x0 and y1 > y0:
            padded[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left] = image[y0:y1, x0:x1]
        way = cv2.INTER_AREA if self.side > RESOLUTION else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(padded, (RESOLUTION, RESOLUTION), interpolation=way), np.float32)

    def paste(self, values: FloatImage, shape: tuple[int, int], outside: float) -> FloatImage:
        """float32 `shape` [height, width]: `values` [96, 96] back in the image, `outside` around the window."""
        found = np.full(shape, outside, np.float32)
        large = cv2.resize(values, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        x0, y0 = max(self.left, 0), max(self.top, 0)
        x1, y1 = min(self.left + self.side, shape[1]), min(self.top + self.side, shape[0])
        found[y0:y1, x0:x1] = large[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left]
        return found


def box_of(mask: NDArray[Any]) -> Box:
    """x, y, width, height of the tightest box; all 0 for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def window_around(visible: NDArray[Any], in_front: NDArray[Any]) -> Window:
    """The square window of an object: its visible box and what may be in front of it, as far as it could reach.

    Both are [height, width]; `in_front` is above 0 where something may be.
    """
    x, y, width, height = box_of(visible)
    reach, around = _shown((x, y, width, height))
    x0, y0, x1, y1 = around
    top, left = max(y - reach, 0), max(x - reach, 0)
    nx, ny, nw, nh = box_of(in_front[top : y + height + reach, left : x + width + reach])
    if nw:
        x0, y0 = min(x0, nx + left), min(y0, ny + top)
        x1, y1 = max(x1, nx + left + nw), max(y1, ny + top + nh)
    side = _side((width, height), (x1 - x0, y1 - y0))
    return Window((x0 + x1 - side) // 2, (y0 + y1 - side) // 2, side)


def reachable(visible: Box, in_front: Iterable[Box]) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of a rectangle that holds each window that an object may get, and what it depends on.

    `visible` is the object's box, `in_front` are boxes of all that may be in front of it: any part of it may be.
    Also held is all that the object may cover where something is in front.
    """
    x, y, width, height = visible
    reach, least = _shown(visible)
    x0, y0, x1, y1 = least
    for left, top, wide, high in in_front:
        within = (
            max(left, x - reach),
            max(top, y - reach),
            min(left + wide, x + width + reach),
            min(top + high, y + height + reach),
        )
        if within[0] < within[2] and within[1] < within[3]:
            x0, y0 = min(x0, within[0]), min(y0, within[1])
            x1, y1 = max(x1, within[2]), max(y1, within[3])
    side = _side((width, height), (x1 - x0, y1 - y0))
    longer, higher = (int(LONGEST * one) + STRIP for one in (width, height))
    # The middle of a window lies between those that it has if all to the one side is in front, and nothing else.
    return (
        min((x0 + least[2] - side) // 2, x - longer),
        min((y0 + least[3] - side) // 2, y - higher),
        max((least[0] + x1 + side + 1) // 2, x + width + longer),
        max((least[1] + y1 + side + 1) // 2, y + height + higher),
    )


def _shown(box: Box) -> tuple[int, tuple[int, int, int, int]]:
    """How far a hidden part may go beyond the visible box, and the corners of what is shown in any case."""
    x, y, width, height = box
    longer = max(width, height)
    margin = round(longer * _MARGIN)
    return round(longer * _REACH), (x - margin, y - margin, x + width + margin, y + height + margin)


def _side(visible: tuple[int, int], shown: tuple[int, int]) -> int:
    """Side of a window, from the sides of the visible box and of what is to be shown."""
    grow = round(max(visible) * _UNKNOWN_REACH)
    return max(round(1.04 * max(shown)), max(visible) + 2 * grow, 16)
