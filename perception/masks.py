"""Binary masks of a frame, run-length encoded as COCO does it (column-major, compressed).

A frame has hundreds of masks; encoded, one takes about 100 bytes instead of a pixel array, and areas, boxes and
intersections are computed without decoding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle

from codriver.errors import InputError

BoolImage = NDArray[np.bool_]
"""bool [height, width]"""
_POLYGON_REACH = 4
"""Sides of the image; a polygon that goes further is a mistake, and drawing it would take ever more memory."""


@dataclass(frozen=True)
class Mask:
    """A set of pixels of a frame of `height` × `width` pixels."""

    height: int
    width: int
    counts: str
    """COCO's compressed run lengths."""

    @classmethod
    def from_array(cls, pixels: NDArray[Any]) -> Mask:
        """The mask of the non-zero elements of `pixels` [height, width]."""
        encoded = rle.encode(np.asfortranarray(pixels, dtype=np.uint8))
        return cls(pixels.shape[0], pixels.shape[1], encoded["counts"].decode("ascii"))

    @classmethod
    def empty(cls, height: int, width: int) -> Mask:
        """A mask without pixels."""
        return cls.from_array(np.zeros((height, width), np.uint8))

    @classmethod
    def from_coco(cls, segmentation: Any, height: int, width: int) -> Mask:
        """From any COCO `segmentation`: polygons, uncompressed or compressed run lengths.

        Raises `InputError` when it is none of these, is broken, or belongs to an image of another size.
        """
        try:
            encoded = _coco_rle(segmentation, height, width)
            size = [int(side) for side in encoded["size"]]
        except (TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
            raise InputError(f"A segmentation is neither polygons nor run lengths ({error}).") from None
        if size != [height, width]:
            raise InputError(f"A mask of {size[1]}×{size[0]} pixels does not fit its image of {width}×{height}.")
        counts = encoded["counts"]
        mask = cls(height, width, counts.decode("ascii") if isinstance(counts, bytes) else counts)
        # The C code behind this leaves pixels undefined where run lengths end early.
        if sum(_run_lengths(mask.counts)) != height * width:
            raise InputError(f"A segmentation's run lengths do not add up to its {width}×{height} pixels.")
        return mask

    def to_array(self) -> BoolImage:
        """bool [height, width]"""
        decoded: NDArray[np.uint8] = rle.decode(self.to_coco())
        return decoded.astype(bool)

    @classmethod
    def placed(cls, pixels: BoolImage, left: int, top: int, height: int, width: int) -> Mask:
        """`pixels` at x = `left`, y = `top` of a frame [height, width], encoded without the rest of it."""
        columns = np.zeros((pixels.shape[1], height), bool)
        columns[:, top : top + pixels.shape[0]] = pixels.T
        changes = np.flatnonzero(np.diff(columns.ravel(), prepend=False, append=False)) + left * height
        runs = np.diff(changes, prepend=0, append=height * width)
        if len(runs) > 1 and not runs[-1]:
            runs = runs[:-1]
        encoded = rle.frPyObjects({"size": [height, width], "counts": runs.tolist()}, height, width)
        return cls(height, width, encoded["counts"].decode("ascii"))

    def cropped(self) -> tuple[BoolImage, int, int]:
        """The pixels of the smallest rectangle that holds the mask, bool [height, width], and its left and top.

        No other part of the frame is decoded.
        """
        ends = np.cumsum(_run_lengths(self.counts), dtype=np.int64)
        inside = np.flatnonzero(np.diff(ends)[::2]) * 2  # runs of pixels that are in the mask
        if not len(inside):
            return np.zeros((0, 0), bool), 0, 0
        left, right = int(ends[inside[0]]) // self.height, -(-int(ends[inside[-1] + 1]) // self.height)
        ends = np.clip(ends, left * self.height, right * self.height) - left * self.height
        columns = np.repeat(np.arange(len(ends)) % 2 == 1, ends - np.append(0, ends[:-1]))
        pixels = columns.reshape(right - left, self.height).T
        rows = np.flatnonzero(pixels.any(axis=1))
        top = int(rows[0])
        return np.ascontiguousarray(pixels[top : int(rows[-1]) + 1]), left, top

    def to_coco(self) -> dict[str, Any]:
        """COCO's `segmentation`: {"size": [height, width], "counts": …}."""
        return {"size": [self.height, self.width], "counts": self.counts}

    @cached_property
    def area(self) -> int:
        """Number of pixels."""
        return int(rle.area(self.to_coco()))

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height of the tightest box, in pixels; all 0 for an empty mask."""
        x, y, width, height = rle.toBbox(self.to_coco())
        return int(x), int(y), int(width), int(height)

    def __or__(self, other: Mask) -> Mask:
        return self._merged(other, intersect=False)

    def __and__(self, other: Mask) -> Mask:
        return self._merged(other, intersect=True)

    def _merged(self, other: Mask, *, intersect: bool) -> Mask:
        merged = rle.merge([self.to_coco(), other.to_coco()], intersect=intersect)
        return Mask(self.height, self.width, merged["counts"].decode("ascii"))


def iou_matrix(first: Sequence[Mask], second: Sequence[Mask]) -> NDArray[np.float64]:
    """Intersection over union, float64 [len(first), len(second)]."""
    return _overlaps(first, second, of_first=False)


def cover_matrix(first: Sequence[Mask], second: Sequence[Mask]) -> NDArray[np.float64]:
    """Which share of each mask of `first` each mask of `second` covers, float64 [len(first), len(second)]."""
    return _overlaps(first, second, of_first=True)


def _overlaps(first: Sequence[Mask], second: Sequence[Mask], *, of_first: bool) -> NDArray[np.float64]:
    if not first or not second:
        return np.zeros((len(first), len(second)))
    left, right = [m.to_coco() for m in first], [m.to_coco() for m in second]
    # COCO's "crowd" variant divides by the area of the detection alone.
    found: NDArray[np.float64] = rle.iou(left, right, [int(of_first)] * len(right))
    return found


def _coco_rle(segmentation: Any, height: int, width: int) -> Mapping[str, Any]:
    if isinstance(segmentation, Mapping):
        if isinstance(segmentation["counts"], list):
            if not all(type(one) is int and 0 <= one <= height * width for one in segmentation["counts"]):
                raise ValueError("a run length is a number of pixels of the image")
            found: Mapping[str, Any] = rle.frPyObjects(dict(segmentation), *segmentation["size"])
            return found
        if not isinstance(segmentation["counts"], str):
            raise TypeError("its counts are neither a list nor text")
        return segmentation
    if not isinstance(segmentation, list) or not segmentation:
        raise TypeError(f"it is {type(segmentation).__name__}")
    if not all(_is_polygon(part) for part in segmentation):
        raise ValueError("a polygon is a list of at least three x, y pairs")
    farthest = _POLYGON_REACH * max(height, width)
    if not all(abs(one) <= farthest for part in segmentation for one in part):
        raise ValueError("a polygon lies far outside its image")
    merged: Mapping[str, Any] = rle.merge(rle.frPyObjects(segmentation, height, width))
    return merged


def _is_polygon(part: Any) -> bool:
    numbers = isinstance(part, list) and all(type(one) in (int, float) for one in part)
    return numbers and len(part) >= 6 and len(part) % 2 == 0


def _run_lengths(counts: str) -> list[int]:
    """The numbers that COCO's compressed run lengths stand for.

    Five bits in a character, low ones first; from the fourth on they are differences to the last but one.
    """
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            return []
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs if not shift and all(one >= 0 for one in runs) else []
