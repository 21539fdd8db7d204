"""Rough masks, moved as a whole to where the picture has edges.

What made a mask rough often erred the same way all around: by another stride, a coarser grid, a border that counts
as inside or not. So each mask is grown or shrunk by one distance and shifted by another, such that as much as
possible of its outline lies where the colours change. Outlines that bend at each point fit real frames less well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage
from perception.masks import BoolImage
from perception.occlusion.patch import Patch
from perception.occlusion.roughness import outline_step
from perception.occlusion.window import FloatImage

_FURTHEST = 3.0
"""Steps that an outline is moved by at most."""
_BOTH = 4.0
"""The same for growing and shifting together."""
_FINE = 0.5
"""Steps between two distances that are looked at."""
_POINTS = 400
"""Points of an outline that are looked at, taken at random: more do not change what is found."""
_FEWEST = 10
_BLUR = 0.8
"""Standard deviation of the smoothing of the picture, in steps."""
_ENOUGH = 12.0
"""Change of CIELAB colour for each step from which an edge is an edge: more does not count more."""
_WIDTH = np.ones((1, 7), np.uint8)
"""Of an edge, in places `_FINE` steps apart."""
_TILE = 512
"""Pixels of the side of the part of a picture whose edges are looked at together, without what lies around it."""
_LANES = 64
"""Pixels; a multiple of the floats that a processor computes with at once."""
_DEAR = 0.02
"""What moving by a step costs, in shares of the outline that come to lie on an edge."""


@dataclass(frozen=True)
class Move:
    """How a mask is moved: grown by `grow` (below 0: shrunk), and shifted; in pixels."""

    grow: float = 0.0
    right: float = 0.0
    down: float = 0.0


class Edges:
    """Where and in which direction the colours of a picture, uint8 RGB [height, width, 3], change.

    It is computed where it is asked for, part by part: of a frame of 12 megapixels, all at once would take 0.4 GB.
    """

    def __init__(self, image: RGBImage) -> None:
        self.step = outline_step(image.shape[:2])
        self._image = image

    def across(self, x: FloatImage, y: FloatImage, normals: FloatImage) -> FloatImage:
        """How much each place is the middle of an edge, 0..1, float32 [points, places].

        x and y [points, places] are `_FINE` steps apart along `normals` [points, 2] of outlines. To ask about many
        points at once is faster.
        """
        found = np.zeros(x.shape, np.float32)
        middle = x.shape[1] // 2
        tiles = np.stack([x[:, middle], y[:, middle]], axis=1) // _TILE
        for tile in np.unique(tiles, axis=0):
            some = (tiles == tile).all(axis=1)
            found[some] = self._across(x[some], y[some], normals[some])
        return found

    def _across(self, x: FloatImage, y: FloatImage, normals: FloatImage) -> FloatImage:
        left, top, *changes = self._changes(x, y)
        right, down = (
            cv2.remap(change, x - left, y - top, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for change in changes
        )
        change = right * normals[:, None, :1] + down * normals[:, None, 1:]
        size = np.asarray(np.linalg.norm(change, axis=2), np.float32)
        # Blurred, an edge is some pixels wide: its middle is where it is.
        peak = cv2.dilate(size, _WIDTH)
        return np.asarray(np.minimum(peak / _ENOUGH, 1) * size / np.maximum(peak, 1e-6), np.float32)

    def _changes(self, x: FloatImage, y: FloatImage) -> tuple[np.float32, np.float32, FloatImage, FloatImage]:
        """Left and top of a part of the picture, and the change of its colours to the right and downwards there.

        It is the same to the last bit as in the whole picture, at all places (x, y).
        """
        # Further than the smoothing (4 standard deviations), Sobel's operator and the interpolation reach.
        margin = int(np.ceil(4 * _BLUR * self.step)) + 4
        left, top = (max(int(one.min()) - margin, 0) for one in (x, y))
        right, bottom = (int(one.max()) + margin for one in (x, y))
        # What remains of a row after the vector unit has taken its lanes is rounded otherwise.
        left -= left % _LANES
        part = np.asarray(self._image[top:bottom, left:right], np.float32) / np.float32(255)
        colours = cv2.cvtColor(part, cv2.COLOR_RGB2LAB)
        colours = cv2.GaussianBlur(colours, (0, 0), _BLUR * self.step)
        # Divided by 8, Sobel's operator gives the change for each pixel.
        rightwards, downwards = (
            np.asarray(cv2.Sobel(colours, cv2.CV_32F, *order, ksize=3) / 8 * self.step, np.float32)
            for order in ((1, 0), (0, 1))
        )
        return np.float32(left), np.float32(top), rightwards, downwards


def fit_outlines(image: RGBImage, masks: Iterable[Patch]) -> Iterator[Patch]:
    """The masks of a picture's objects, moved to its edges; none becomes empty.

    A mask that is not moved is given back itself.
    """
    edges, given = Edges(image), list(masks)
    if not given:
        return
    outlines = [_outline(mask, edges.step) for mask in given]
    bounds = np.cumsum([len(points) for points, _ in outlines])[:-1]
    points, normals = (np.concatenate(some) for some in zip(*outlines, strict=True))
    found = np.split(_along(points, normals, edges), bounds)
    for mask, (_, directions), there in zip(given, outlines, found, strict=True):
        yield moved(mask, _best(mask, directions, there, edges.step))


def best_move(mask: Patch, edges: Edges) -> Move:
    """The move after which most of the outline lies on edges; none for a mask with next to no outline."""
    points, normals = _outline(mask, edges.step)
    return _best(mask, normals, _along(points, normals, edges), edges.step)


def _along(points: FloatImage, normals: FloatImage, edges: Edges) -> FloatImage:
    """How much an edge is at places `_FINE` steps apart along the normals [points, 2], `_BOTH` steps to both sides
    of the points [points, 2]; 0..1, float32 [points, places]."""
    places = np.arange(-_BOTH, _BOTH + _FINE, _FINE, dtype=np.float32)
    # The outline runs along the outer side of the outermost pixels.
    where = points[:, None] + normals[:, None] * ((places * edges.step + 0.5)[None, :, None])
    return edges.across(where[..., 0], where[..., 1], normals)


def _best(mask: Patch, normals: FloatImage, found: FloatImage, step: int) -> Move:
    """See `best_move`; `normals` [points, 2] are those of the outline, `found` [points, places] is of `_along`."""
    if len(normals) < _FEWEST:
        return Move()
    moves = _moves(step, _thickness(mask))
    along = moves[:, :1] + moves[:, 1:] @ normals.T
    nearest = np.rint((along + _BOTH) / _FINE).astype(np.intp)
    score = found[np.arange(len(normals)), nearest].mean(axis=1) - _DEAR * _lengths(moves)
    grow, right, down = (float(np.rint(one * step)) for one in moves[score.argmax()])
    return Move(grow, right, down)


def moved(mask: Patch, move: Move) -> Patch:
    """The mask after the move; as it is where nothing would remain of it.

    What reaches the border of the image is taken to go on beyond it.
    """
    if move == Move():
        return mask
    reach = int(np.ceil(abs(move.grow) + np.hypot(move.right, move.down))) + 2
    around = mask.part.grown(reach)
    depth = _depth(mask.inside(around))
    shift = np.array([[1, 0, move.right], [0, 1, move.down]], np.float32)
    shifted = cv2.warpAffine(
        depth, shift, depth.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    found = shifted + move.grow > 0
    return Patch.from_array(found, around) if found.any() else mask


def _moves(step: int, thickness: float) -> NDArray[np.float32]:
    """Growth and shift to the right and down, in steps, float32 [moves, 3]: all that are tried.

    None is further than the mask is thick, as little would remain of it, or most would be new. Where a step is a
    pixel, only whole ones are tried.
    """
    found = _MOVES if step > 1 else _MOVES[(np.rint(_MOVES) == _MOVES).all(axis=1)]
    return found[_lengths(found) <= max(1.0, thickness / step)]


def _lengths(moves: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each move goes, in steps."""
    return np.asarray(np.abs(moves[:, 0]) + np.hypot(moves[:, 1], moves[:, 2]), np.float32)


def _all_moves() -> NDArray[np.float32]:
    steps = np.arange(-_FURTHEST, _FURTHEST + _FINE, _FINE)
    moves = np.array(list(product(steps, steps, steps)), np.float32)
    return moves[(np.hypot(moves[:, 1], moves[:, 2]) <= _FURTHEST) & (_lengths(moves) <= _BOTH)]


_MOVES = _all_moves()


def _thickness(mask: Patch) -> float:
    """How far the innermost pixel is from the outline, in pixels."""
    inside = np.pad(mask.pixels, 1)
    return float(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max())


def _outline(mask: Patch, step: int) -> tuple[FloatImage, FloatImage]:
    """Places (x, y) of pixels at the outline but not at the image's border, and the directions outwards there;
    float32 [points, 2] each."""
    margin = 2 * step
    around = mask.part.grown(margin)
    left, top = around.left, around.top
    inside = mask.inside(around)
    inner = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1).astype(bool)
    rows, columns = np.nonzero(inside & ~inner)
    free = (
        (columns + left >= margin)
        & (columns + left < mask.shape[1] - margin)
        & (rows + top >= margin)
        & (rows + top < mask.shape[0] - margin)
    )
    rows, columns = rows[free], columns[free]
    if len(rows) > _POINTS:
        # In the order of rows, left and right sides alternate: every other point would be of one side.
        some = np.random.default_rng(0).choice(len(rows), _POINTS, replace=False)
        rows, columns = rows[some], columns[some]
    depth = cv2.GaussianBlur(_depth(inside), (0, 0), 1.5 * step)
    outwards = -np.stack([cv2.Sobel(depth, cv2.CV_32F, 1, 0), cv2.Sobel(depth, cv2.CV_32F, 0, 1)], axis=2)
    normals = outwards[rows, columns]
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    return np.stack([columns + left, rows + top], axis=1).astype(np.float32), np.asarray(normals, np.float32)


def _depth(inside: BoolImage) -> FloatImage:
    """How far inside of the mask [height, width] each pixel's middle lies, in pixels; below 0 outside."""
    within, without = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for side in (inside, ~inside)
    )
    return np.asarray(np.where(inside, within - 0.5, 0.5 - without), np.float32)
