"""Row-major run lengths, as annotation tools use them (COCO's are column-major)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def row_runs(pixels: NDArray[np.bool_]) -> list[int]:
    """Lengths of the alternating runs of `pixels` [height, width], row by row, first of zeros (perhaps 0 long)."""
    flat = pixels.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate([[0], changes, [flat.size]])
    lengths = [int(one) for one in np.diff(bounds)]
    return [0, *lengths] if flat.size and flat[0] else lengths


def from_row_runs(runs: list[int], height: int, width: int) -> NDArray[np.bool_]:
    """The pixels [height, width] of `row_runs`. Raises `ValueError` when the lengths do not fill them."""
    if sum(runs) != height * width:
        raise ValueError(f"{sum(runs)} pixels do not fill {width}×{height}")
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
