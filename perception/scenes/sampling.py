"""Reading pictures between their pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_COLUMNS = 1024


def sampled(
    picture: NDArray[np.float32], column: NDArray[np.float32], row: NDArray[np.float32], *, repeats: bool
) -> NDArray[np.float32]:
    """The picture [h, w, 3] at N places (pixel centres are whole numbers), [N, 3]; beyond its border it repeats
    or goes on in its last colour."""
    count = len(column)
    # OpenCV maps pictures of at most 32767 pixels a side, so the places are laid out as one.
    rows = -(-count // _COLUMNS)
    x, y = np.zeros((2, rows * _COLUMNS), np.float32)
    x[:count], y[:count] = column, row
    border = cv2.BORDER_WRAP if repeats else cv2.BORDER_REPLICATE
    shape = (rows, _COLUMNS)
    found = cv2.remap(picture, x.reshape(shape), y.reshape(shape), cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(found, np.float32).reshape(-1, 3)[:count]
