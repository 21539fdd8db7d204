"""Parts of a frame, and masks of which only the part is kept that they lie in.

A frame of 12 megapixels has masks of 12 MB each, though most objects are small: whatever looks at one looks at its
part of the frame.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.masks import BoolImage, Mask
from perception.occlusion.window import Box, box_of


@dataclass(frozen=True)
class Part:
    """A rectangle of a frame, within its borders, in pixels."""

    left: int
    top: int
    width: int
    height: int
    frame: tuple[int, int]
    """Height and width of the frame."""

    @classmethod
    def whole(cls, frame: tuple[int, ...]) -> Part:
        """All of a frame [height, width]."""
        return cls(0, 0, frame[1], frame[0], (frame[0], frame[1]))

    @classmethod
    def within(cls, frame: tuple[int, int], x0: int, y0: int, x1: int, y1: int) -> Part:
        """The rectangle between these corners, as far as it lies in the frame [height, width]."""
        x0, x1 = (min(max(x, 0), frame[1]) for x in (x0, x1))
        y0, y1 = (min(max(y, 0), frame[0]) for y in (y0, y1))
        return cls(x0, y0, max(x1 - x0, 0), max(y1 - y0, 0), frame)

    @property
    def box(self) -> Box:
        """x, y, width, height"""
        return self.left, self.top, self.width, self.height

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1; the latter are outside."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    def grown(self, by: int) -> Part:
        """The part and what is around it."""
        x0, y0, x1, y1 = self.corners
        return Part.within(self.frame, x0 - by, y0 - by, x1 + by, y1 + by)

    def common(self, other: Part) -> Part:
        """The part of the frame that both cover; without pixels, where they do not meet."""
        (x0, y0, x1, y1), (left, top, right, low) = self.corners, other.corners
        return Part.within(self.frame, max(x0, left), max(y0, top), min(x1, right), min(y1, low))

    def of(self, plane: NDArray[Any], covered: Part | None = None) -> NDArray[Any]:
        """A view of the part in a plane that covers the frame, or a part of it that holds this one."""
        left, top = (0, 0) if covered is None else (covered.left, covered.top)
        rows = slice(self.top - top, self.top - top + self.height)
        view: NDArray[Any] = plane[rows, self.left - left : self.left - left + self.width]
        return view

    def cut_by_frame(self, mask: BoolImage) -> bool:
        """Whether a mask in it, [height, width] of the part, reaches the border of the frame."""
        _, _, right, low = self.corners
        return bool(
            (self.left == 0 and mask[:, :1].any())
            or (self.top == 0 and mask[:1].any())
            or (right == self.frame[1] and mask[:, -1:].any())
            or (low == self.frame[0] and mask[-1:].any())
        )


@dataclass(frozen=True, eq=False)
class Patch:
    """A mask of a frame: the pixels, bool [height, width], of the smallest part that holds it."""

    part: Part
    pixels: BoolImage

    @classmethod
    def of(cls, mask: Mask) -> Patch:
        """Decoded without the rest of the frame."""
        pixels, left, top = mask.cropped()
        return cls(Part(left, top, pixels.shape[1], pixels.shape[0], (mask.height, mask.width)), pixels)

    @classmethod
    def from_array(cls, pixels: BoolImage, part: Part | None = None) -> Patch:
        """Of a mask [height, width] of a frame, or of a `part` of it."""
        part = Part.whole(pixels.shape) if part is None else part
        x, y, width, height = box_of(pixels)
        own = Part(part.left + x, part.top + y, width, height, part.frame)
        return cls(own, pixels[y : y + height, x : x + width].copy())

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the frame."""
        return self.part.frame

    @property
    def box(self) -> Box:
        """x, y, width, height; without pixels, where the mask is empty."""
        return self.part.box

    @property
    def cut_by_frame(self) -> bool:
        """Whether it reaches the border of its frame."""
        return self.part.cut_by_frame(self.pixels)

    def inside(self, part: Part) -> BoolImage:
        """The mask in a part of the frame, bool [height, width] of that."""
        return union([self], part)

    def to_array(self) -> BoolImage:
        """bool [height, width] of the frame."""
        return self.inside(Part.whole(self.shape))

    def to_mask(self) -> Mask:
        """Encoded without the rest of the frame."""
        return Mask.placed(self.pixels, self.part.left, self.part.top, *self.shape)


def patches(masks: Iterable[BoolImage | Mask]) -> list[Patch]:
    """Of masks of a frame."""
    return [Patch.of(one) if isinstance(one, Mask) else Patch.from_array(one) for one in masks]


def union(masks: Iterable[Patch], part: Part) -> BoolImage:
    """What at least one of the masks covers of a part of their frame, bool [height, width] of that."""
    found = np.zeros(part.shape, bool)
    for mask in masks:
        both = part.common(mask.part)
        view = both.of(found, part)
        view |= both.of(mask.pixels, mask.part)
    return found
