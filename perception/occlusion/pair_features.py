"""What the outlines of two neighbouring masks tell of who hides whom; a few milliseconds a pair.

Every feature of direction changes its sign when the two are swapped, every feature of contact does not; lengths
are relative to the objects, so that the picture's resolution does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.masks import BoolImage
from perception.occlusion.patch import Patch
from perception.occlusion.window import Box

DIRECTION_NAMES = (
    "ground",
    "ground_sure",
    "perch",
    "corner",
    "bulge",
    "hull_reach",
    "enclosed",
    "area",
    "height",
    "cut_below",
    "overlap",
    "carries",
    "missing",
    "claim",
)
"""Each is positive where it speaks for the first being in front; see `Outline` and `features`."""
MOST_MISSING = 6.0
"""Log odds beyond which it makes no difference how incomplete an object looks."""
CONTACT_NAMES = ("gap", "border_least", "border_length", "hull_reach_most", "boxes", "perch_most", "claim_most")
"""What tells whether one hides the other at all, besides how sure the direction is."""

CLAIM_SIZE = 0.3
"""Share of the smaller one from which on it matters less how much of it the other claims,"""
_CLAIM_FAINT = 0.02
"""and below which a claim is no word for either."""
_NEAR = 0.016
"""Masks this far apart, in diagonals of the picture, may still have to do with each other: between them lies a
seam, or a thin thing."""
_CONTACT = 0.006
"""Outlines this near, in diagonals, are one border."""


@dataclass(frozen=True, eq=False)
class Outline:
    """What is computed once for each object. Coordinates are pixels of the picture."""

    box: Box
    mask: BoolImage
    """Its pixels, cropped to `around`."""
    around: Box
    """Its box, grown by `_NEAR` and cut at the picture's borders."""
    away: NDArray[np.float32]
    """Distance of each pixel of `around` to the mask."""
    hull: BoolImage
    """Its convex hull, in `around`."""
    contours: tuple[NDArray[np.int32], ...]
    """Points (x, y) of each outer contour, in order, [N, 2]."""
    feet: NDArray[np.int32]
    """For each column of the box the lowest row of the mask; -1 without."""
    area: int
    cut_below: bool
    """It reaches the picture's lower border."""


@dataclass(frozen=True)
class Claim:
    """What the completed shape of an object says, if any other may be in front of it."""

    missing: float = 0.0
    """Log odds that a part of it is hidden."""
    pixels: Mapping[int, float] = field(default_factory=dict)
    """Place of another in the frame → how many of its pixels the whole object would cover."""


@dataclass(frozen=True)
class Claims:
    """What the completed shapes of a pair say of each other. Nothing tells anything: all 0."""

    missing: float = 0.0
    """By how much more the second looks as if a part of it were hidden, in log odds."""
    by_first: float = 0.0
    """Pixels of the second that the whole shape of the first would cover,"""
    by_second: float = 0.0
    """and of the first that the second's would."""

    @classmethod
    def of(cls, told: Mapping[int, Claim], i: int, j: int) -> Claims:
        """Those of the objects i and j of a frame, of which `told` tells."""
        first, second = told.get(i, Claim()), told.get(j, Claim())
        return cls(second.missing - first.missing, first.pixels.get(j, 0.0), second.pixels.get(i, 0.0))


def outline(mask: Patch) -> Outline:
    """The outline of a mask that is not empty."""
    reach = max(round(_NEAR * float(np.hypot(*mask.shape))), 4)
    x, y, wide, high = mask.box
    around = mask.part.grown(reach)
    x0, y0 = around.left, around.top
    own = mask.inside(around)
    pixels = own.astype(np.uint8)
    contours, _ = cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = [np.asarray(one, np.int32).reshape(-1, 2) for one in contours if len(one) >= 4]
    if not points:
        points = [np.asarray(contours[0], np.int32).reshape(-1, 2)]
    hull = np.zeros(own.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(points)), 1)
    columns = mask.pixels
    feet = np.where(columns.any(axis=0), y + high - 1 - columns[::-1].argmax(axis=0), -1).astype(np.int32)
    away = np.asarray(cv2.distanceTransform(1 - pixels, cv2.DIST_L2, 3), np.float32)
    return Outline(
        (x, y, wide, high),
        own,
        around.box,
        away,
        hull.astype(bool),
        tuple(one + np.array([x0, y0], np.int32) for one in points),
        feet,
        int(pixels.sum()),
        y + high == mask.shape[0],
    )


def neighbours(outlines: Sequence[Outline], shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), i < j, of which a pixel of one is nearer than `_NEAR` to the other. `shape`: height, width."""
    reach = max(_NEAR * float(np.hypot(*shape)), 4.0)
    for i, first in enumerate(outlines):
        for j in range(i + 1, len(outlines)):
            if _gap(first, outlines[j]) <= reach:
                yield i, j


def features(
    first: Outline, second: Outline, shape: tuple[int, int], claims: Claims = Claims()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`DIRECTION_NAMES` and `CONTACT_NAMES` of two neighbours; `shape` is the picture's height and width."""
    near = max(_CONTACT * float(np.hypot(*shape)), 3.0)
    one, two = _side(first, second, near), _side(second, first, near)
    taller = max(first.box[3], second.box[3])
    lower = (first.box[1] + first.box[3] - second.box[1] - second.box[3]) / taller
    bulge = _bulge(first, second, (one, two))
    overlap = _overlap(first, second)
    smaller, claimed = min(first.area, second.area), claims.by_first + claims.by_second
    direction = [
        np.clip(lower, -1, 1),
        np.tanh(lower / 0.05),
        two.perch - one.perch,
        two.corner - one.corner,
        bulge,
        two.hull_reach - one.hull_reach,
        one.border - two.border,
        np.tanh(np.log(first.area / second.area) / 2),
        np.tanh(np.log(first.box[3] / second.box[3])),
        float(first.cut_below) - float(second.cut_below),
        overlap / first.area - overlap / second.area,
        _carried(first, second) - _carried(second, first),
        np.clip(claims.missing, -MOST_MISSING, MOST_MISSING) / MOST_MISSING,
        (claims.by_second - claims.by_first) / (claimed + _CLAIM_FAINT * smaller),
    ]
    contact = [
        _gap(first, second) / near,
        min(one.border, two.border),
        np.log1p((one.length + two.length) / 2 / near),
        max(one.hull_reach, two.hull_reach),
        _boxes(first.box, second.box),
        max(one.perch, two.perch),
        np.tanh(max(claims.by_first, claims.by_second) / smaller / CLAIM_SIZE),
    ]
    return np.asarray(direction, np.float64), np.asarray(contact, np.float64)


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two as the other sees it."""

    border: float
    """Share of its outline that runs along the other."""
    length: int
    """Points of that border."""
    points: NDArray[np.int32]
    perch: float
    """Share of its columns whose lowest pixel stands on the other: something that floats is hidden below."""
    corner: float
    """How far its outline turns where the border begins and ends, 0..1: an occluder's runs on."""
    hull_reach: float
    """Share of the other that its convex hull covers."""


def _side(own: Outline, other: Outline, near: float) -> _Side:
    marks = [_away(other, contour) <= near for contour in own.contours]
    count = sum(len(contour) for contour in own.contours)
    points = np.concatenate([contour[mark] for contour, mark in zip(own.contours, marks, strict=True)])
    turns = [
        turn for contour, mark in zip(own.contours, marks, strict=True) for turn in _turns(contour, mark, near)
    ]
    hull, where = _common(own.hull, own.around, other.mask, other.around)
    return _Side(
        len(points) / count,
        len(points),
        points,
        _perch(own, other, near),
        float(np.mean(turns)) if turns else 0.0,
        float((hull & where).sum()) / other.area,
    )


def _turns(contour: NDArray[np.int32], mark: NDArray[np.bool_], near: float) -> Iterator[float]:
    """The turn of the outline, 0..1 of a half circle, at each end of each stretch along the other."""
    count = len(mark)
    if not mark.any() or mark.all() or count < 12:
        return
    step = round(min(max(0.06 * count, 3.0), 20.0))
    starts = np.flatnonzero(mark & ~np.roll(mark, 1))
    ends = np.flatnonzero(mark & ~np.roll(mark, -1))
    ends = np.roll(ends, -int(np.searchsorted(ends, starts[0])))
    for start, end in zip(starts, ends, strict=True):
        length = int(end - start) % count + 1
        if length < 2 * near:
            continue
        # The stretch begins where the outlines come near, a little before they meet.
        early = round(min(near, length / 3))
        for at, way in ((start + early, 1), (end - early, -1)):
            along = contour[(at + way * min(step, length)) % count] - contour[at % count]
            before = contour[at % count] - contour[(at - way * step) % count]
            angle = np.arctan2(along[1], along[0]) - np.arctan2(before[1], before[0])
            yield abs(float((angle + np.pi) % (2 * np.pi) - np.pi)) / np.pi


def _perch(own: Outline, other: Outline, near: float) -> float:
    columns = np.flatnonzero(own.feet >= 0)
    points = np.stack([own.box[0] + columns, own.feet[columns] + round(near)], axis=1).astype(np.int32)
    return float((_away(other, points) == 0).mean())


def _bulge(first: Outline, second: Outline, sides: tuple[_Side, _Side]) -> float:
    """Whose pixels fill the hull of the common border, -1..1: an occluder bulges into what it hides."""
    away = [_away(other, side.points) for other, side in zip((second, first), sides, strict=True)]
    if not (len(away[0]) and len(away[1])):
        return 0.0
    # Only where they are nearest: else the hull of a thin thing's border is mostly the other's.
    nearest = min(away[0].min(), away[1].min()) + 1.5
    points = np.concatenate([side.points[far <= nearest] for side, far in zip(sides, away, strict=True)])
    if len(points) < 3:
        return 0.0
    x0, y0 = points.min(axis=0)
    x1, y1 = points.max(axis=0) + 1
    hull = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull((points - [x0, y0]).astype(np.int32)), 1)
    inside = hull > 0
    mine, other = (
        int((_cropped(one.mask, one.around, (x0, y0, x1, y1)) & inside).sum()) for one in (first, second)
    )
    return (mine - other) / max(mine + other, 1)


def _gap(first: Outline, second: Outline) -> float:
    """Pixels between the two, by the smaller one's outline; infinite where the larger one's `away` ends."""
    small, large = sorted((first, second), key=lambda one: one.area)
    found = min(float(_away(large, contour).min()) for contour in small.contours)
    if small.area == large.area:  # which one comes first must not matter
        found = min(found, *(float(_away(small, contour).min()) for contour in large.contours))
    return found


def _away(one: Outline, points: NDArray[np.int32]) -> NDArray[np.float32]:
    """The distance of points (x, y) to the mask, infinite outside `around`."""
    x, y, wide, high = one.around
    columns, rows = points[:, 0] - x, points[:, 1] - y
    inside = (columns >= 0) & (columns < wide) & (rows >= 0) & (rows < high)
    found = np.full(len(points), np.inf, np.float32)
    found[inside] = one.away[rows[inside], columns[inside]]
    return found


def _cropped(mask: BoolImage, around: Box, corners: tuple[int, int, int, int]) -> BoolImage:
    """The mask, which lies at `around`, in the rectangle x0, y0, x1, y1; empty where it does not reach."""
    x0, y0, x1, y1 = (int(one) for one in corners)
    found = np.zeros((y1 - y0, x1 - x0), bool)
    x, y, wide, high = around
    left, top, right, low = max(x, x0), max(y, y0), min(x + wide, x1), min(y + high, y1)
    if right > left and low > top:
        found[top - y0 : low - y0, left - x0 : right - x0] = mask[top - y : low - y, left - x : right - x]
    return found


def _common(first: NDArray[Any], at: Box, second: NDArray[Any], other: Box) -> tuple[BoolImage, BoolImage]:
    """Both in the rectangle that they share."""
    x0, y0 = max(at[0], other[0]), max(at[1], other[1])
    x1, y1 = min(at[0] + at[2], other[0] + other[2]), min(at[1] + at[3], other[1] + other[3])
    corners = (x0, y0, max(x1, x0), max(y1, y0))
    return _cropped(first, at, corners), _cropped(second, other, corners)


def _carried(plate: Outline, pole: Outline) -> float:
    """0..1: how much one looks like a sign, and the other like the pole that carries it and ends behind it."""
    x, y, wide, high = plate.box
    _, top, across, tall = pole.box
    thickness = pole.area / tall / wide
    foot = (top + tall - y - high) / high
    if tall < 2 * across or thickness > 0.6 or foot <= 0:
        return 0.0
    rows, columns = np.nonzero(pole.mask)
    middle = float(np.median(columns)) + pole.around[0]
    if not x <= middle <= x + wide:
        return 0.0
    # A post that stands before something is seen beside all its rows.
    beside = len(np.unique(rows[(rows + pole.around[1] >= y) & (rows + pole.around[1] < y + high)])) / high
    return float(min((0.6 - thickness) / 0.3, 1.0) * min(foot / 0.5, 1.0) * (1 - beside))


def _overlap(first: Outline, second: Outline) -> int:
    one, two = _common(first.mask, first.around, second.mask, second.around)
    return int((one & two).sum())


def _boxes(first: Box, second: Box) -> float:
    """Area of the boxes' intersection in that of the smaller one."""
    wide = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    high = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    return max(wide, 0) * max(high, 0) / min(first[2] * first[3], second[2] * second[3])
