"""Shape priors: the whole shapes that fit the visible part best vote on what is hidden.

Where the visible part does not show how far the object reaches, several whole boxes are tried, longer towards the
sides where something hides it. A shape is judged only where the image tells the answer: not below an occluder.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.occlusion.network_input import kind_of
from perception.occlusion.shapes import GRID, Shapes, rendered_shapes
from perception.occlusion.task import Answer, Task
from perception.occlusion.window import LONGEST, STRIP, FloatImage, box_of

_AGREEMENT_IS_WORTH = ((0.5, 0.75, 0.86, 0.95), (0.1, 0.4, 0.6, 0.65))
"""Agreement of voters with the visible part; the IoU of the hidden part that it came with in rendered scenes."""
_OF_ANY_KIND = 0.4
"""What remains of it where shapes of all kinds vote, as none of the object's kind are known."""
_ENOUGH = 8
"""Whole objects of a kind in the file, from which on their votes weigh as much as the network."""
_VOTERS = 12
_SHARPNESS = 30.0
"""Weight of a voter: exp(sharpness × its agreement)."""
_STEPS = (0.0, 0.15, 0.35, 0.65, LONGEST)
"""How much longer the whole object may be, in visible sides."""
_ASPECT_COST = 0.25
"""Agreement lost for a shape that must be stretched by a factor of e."""
_LENGTH_COST = 0.02
"""Agreement lost for every visible side by which the whole object is longer."""


class Prior:
    """Votes of whole shapes: those of the data set, where given, and the rendered ones."""

    name = "prior"

    def __init__(self, own: Shapes | None = None) -> None:
        self._own = own
        self._shapes = rendered_shapes() if own is None else rendered_shapes() + own
        self._votes: WeakKeyDictionary[Task, tuple[FloatImage, float] | None] = WeakKeyDictionary()

    def votes(self, task: Task) -> tuple[FloatImage, float] | None:
        """As `vote` has it; asked again about the same task, it remembers. None where nothing may hide it."""
        if task not in self._votes:
            shapes = self._shapes.of_kind(kind_of(task.label))
            self._votes[task] = vote(task.visible, task.may_hide, shapes) if task.is_behind else None
        return self._votes[task]

    def knows(self, label: str) -> bool:
        """Whether the data set itself shows enough whole objects of that kind."""
        kind = kind_of(label)
        if self._own is None or not kind.any():
            return False
        # With their mirror images they are twice as many.
        return bool((self._own.kinds == int(kind.argmax())).sum() >= 2 * _ENOUGH)

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`."""
        return [self._one(task) for task in tasks]

    def _one(self, task: Task) -> Answer | None:
        found = self.votes(task)
        if found is None:
            return None
        sure = float(np.interp(found[1], *_AGREEMENT_IS_WORTH))
        if not self._shapes.has(kind_of(task.label)):
            sure *= _OF_ANY_KIND
        return task.visible | ((found[0] > 0.5) & task.may_hide), sure


def vote(visible: NDArray[Any], hidden: NDArray[Any], shapes: Shapes) -> tuple[FloatImage, float] | None:
    """The share of votes for each pixel, float32 [height, width], and the voters' mean agreement, 0..1.

    `visible` and `hidden` (where an occluder may hide something) are masks [height, width]. None without shapes,
    or for an empty `visible`.
    """
    x, y, width, height = box_of(visible)
    if not len(shapes) or not width:
        return None
    # Nothing further away than the longest whole object is looked at; beyond the planes anything may be.
    aside, above = (int(LONGEST * side) + STRIP for side in (width, height))
    sides = height + 2 * above, width + 2 * aside
    planes, cut = _meeting(visible.shape, (y - above, x - aside), sides)
    known_visible, unknown = np.zeros(sides, np.float32), np.ones(sides, np.float32)
    known_visible[cut], unknown[cut] = visible[planes], hidden[planes]
    boxes = _whole_boxes((aside, above, width, height), unknown)
    scores = np.stack([_agreement(box, (known_visible, unknown), shapes) - cost for box, cost in boxes])
    best = np.argpartition(-scores.ravel(), min(_VOTERS, scores.size - 1))[:_VOTERS]
    found = np.zeros_like(known_visible)
    agreements = scores.ravel()[best]
    weights = np.exp(_SHARPNESS * (agreements - agreements.max()))
    for at, weight in zip(best, weights / weights.sum(), strict=True):
        (left, top, wide, high), _ = boxes[at // len(shapes)]
        grid = shapes.grids[at % len(shapes)].reshape(GRID, GRID)
        found[top : top + high, left : left + wide] += weight * cv2.resize(grid, (wide, high))
    inside = np.zeros(visible.shape, np.float32)
    inside[planes] = found[cut]
    agreed = agreements - shapes.trust[best % len(shapes)]
    return inside, float(np.clip((agreed * weights).sum() / weights.sum(), 0, 1))


def _meeting(
    shape: tuple[int, ...], corner: tuple[int, int], sides: tuple[int, int]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where a plane [height, width] and a rectangle meet that may reach beyond it: in the one and in the other.

    `corner` is the rectangle's first row and column, which may be below 0, `sides` are its height and width.
    """
    both = list(zip(corner, shape, sides, strict=True))
    ends = [(max(start, 0), min(start + side, size)) for start, size, side in both]
    return (
        tuple(slice(first, last) for first, last in ends),
        tuple(slice(first - start, last - start) for (first, last), (start, _, _) in zip(ends, both, strict=True)),
    )


def _whole_boxes(
    box: tuple[int, int, int, int], unknown: FloatImage
) -> list[tuple[tuple[int, int, int, int], float]]:
    """Boxes that the whole object may have, and what each costs in agreement; none reaches beyond `unknown`."""
    x, y, width, height = box
    strips = (
        unknown[y : y + height, x - STRIP : x],
        unknown[y : y + height, x + width : x + width + STRIP],
        unknown[y - STRIP : y, x : x + width],
        unknown[y + height : y + height + STRIP, x : x + width],
    )
    # At most two sides are hidden so far that the object's extent is open; the others would leave no evidence.
    open_sides = sorted(range(4), key=lambda side: -strips[side].mean())[:2]
    steps = [_STEPS if side in open_sides and strips[side].mean() > 0.08 else (0.0,) for side in range(4)]
    found = []
    for left, right, up, down in product(*steps):
        x0, x1 = x - int(left * width), x + width + int(right * width)
        y0, y1 = y - int(up * height), y + height + int(down * height)
        found.append(((x0, y0, x1 - x0, y1 - y0), _LENGTH_COST * (left + right + up + down)))
    return found


def _agreement(
    box: tuple[int, int, int, int], planes: tuple[FloatImage, FloatImage], shapes: Shapes
) -> NDArray[np.float32]:
    """[N]: IoU of each shape with the visible part, counted where nothing may hide it, less the cost of stretching; own ones get more."""  # noqa: E501
    x, y, width, height = box
    visible, unknown = (
        cv2.resize(plane[y : y + height, x : x + width], (GRID, GRID), interpolation=cv2.INTER_AREA).ravel()
        for plane in planes
    )
    certain = (1 - unknown) * (1 - visible) + visible
    common = shapes.grids @ visible
    either = shapes.grids @ (certain - visible) + visible.sum()
    stretch = np.abs(np.log(shapes.aspects * height / width))
    found: NDArray[np.float32] = common / np.maximum(either, 1e-6) - _ASPECT_COST * stretch + shapes.trust
    return found
