"""Who hides whom: a decision for each pair that touches, and an order without cycles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.masks import BoolImage

_TOUCH = 2
"""Masks this many pixels apart still touch."""
_BORDER_SHARE = 0.03
"""Least part of the smaller outline that a pair must share."""

Pair = tuple[int, int]
"""(the one in front, the one behind)"""
Complete = Callable[[BoolImage, BoolImage], BoolImage]
"""(visible, what may hide it) → the whole object"""


@dataclass(frozen=True)
class Evidence:
    """What speaks for `first` being in front of `second`; each is positive then."""

    reach: float
    """Share of `first` that the completed `second` reaches into, less the reverse, -1..1."""
    ground: float
    """How much lower `first` stands, in the taller one's heights: on flat ground the lower is nearer."""
    whole: float
    """How much fuller `first` fills the hull of its outline at the shared border: an occluder is convex there."""


_WEIGHTS = {"reach": 4.0, "ground": 6.0, "whole": 5.0}


def confidence(evidence: Evidence) -> float:
    """0..1 that the first is in front: a logistic model of the evidence."""
    score = sum(weight * getattr(evidence, name) for name, weight in _WEIGHTS.items())
    return float(1 / (1 + np.exp(-np.clip(score, -30, 30))))


def touching(masks: Sequence[BoolImage]) -> list[tuple[int, int, BoolImage]]:
    """Pairs (i, j), i < j, that share a border, with the pixels of that border."""
    kernel = np.ones((2 * _TOUCH + 1, 2 * _TOUCH + 1), np.uint8)
    grown = [cv2.dilate(mask.astype(np.uint8), kernel).astype(bool) for mask in masks]
    outlines = [max(int((big & ~mask).sum()), 1) for big, mask in zip(grown, masks, strict=True)]
    found = []
    for i in range(len(masks)):
        for j in range(i + 1, len(masks)):
            if not (masks[i].any() and masks[j].any()):
                continue
            shared = grown[i] & grown[j]
            if shared.sum() >= _BORDER_SHARE * min(outlines[i], outlines[j]) and shared.sum() >= 4:
                found.append((i, j, shared))
    return found


def weigh(first: BoolImage, second: BoolImage, shared: BoolImage, complete: Complete) -> Evidence:
    """The evidence of two masks that share the border pixels `shared`."""
    reach_second = (complete(second, first) & first).sum() / first.sum()
    reach_first = (complete(first, second) & second).sum() / second.sum()
    (_, top1, bottom1), (_, top2, bottom2) = _extent(first), _extent(second)
    taller = max(bottom1 - top1, bottom2 - top2, 1)
    return Evidence(
        float(np.clip(reach_second - reach_first, -1, 1)),
        float(np.clip((bottom1 - bottom2) / taller, -1, 1)),
        _fill(first, shared) - _fill(second, shared),
    )


def without_cycles(pairs: Mapping[Pair, float]) -> dict[Pair, float]:
    """The surest pairs that do not contradict each other: one that would close a cycle is dropped."""
    kept: dict[Pair, float] = {}
    behind: dict[int, set[int]] = {}
    for (front, back), sure in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        if front == back or _reaches(behind, back, front):
            continue
        behind.setdefault(front, set()).add(back)
        kept[front, back] = sure
    return kept


def depths(count: int, pairs: Mapping[Pair, float]) -> list[int]:
    """0 for what nothing hides, else one more than the deepest of what hides it. `pairs` has no cycles."""
    level = [0] * count
    for _ in range(count):
        changed = False
        for front, back in pairs:
            if level[back] <= level[front]:
                level[back] = level[front] + 1
                changed = True
        if not changed:
            break
    return level


def _reaches(behind: Mapping[int, set[int]], start: int, goal: int) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        at = waiting.pop()
        if at == goal:
            return True
        waiting += [one for one in behind.get(at, ()) if one not in seen]
        seen |= behind.get(at, set())
    return False


def _extent(mask: BoolImage) -> tuple[int, int, int]:
    rows = np.flatnonzero(mask.any(axis=1))
    return len(rows), int(rows[0]), int(rows[-1])


def _fill(mask: BoolImage, shared: BoolImage) -> float:
    """Share of the neighbourhood of the shared border, within the mask's hull, that the mask fills."""
    points = cv2.findNonZero(mask.astype(np.uint8))
    hull = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    size = max(int(0.15 * np.sqrt(mask.sum())), 2)
    near: NDArray[Any] = cv2.dilate(shared.astype(np.uint8), np.ones((2 * size + 1, 2 * size + 1), np.uint8))
    where = (near > 0) & (hull > 0)
    return float((mask & where).sum() / where.sum()) if where.any() else 1.0
