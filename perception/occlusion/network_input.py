"""What the shape network is given; training and use share it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.occlusion.window import Window

KINDS = ("vehicle", "person", "cycle")
"""What the network may be told of an object's class."""

_WORDS = {
    "vehicle": "car truck bus lorry van vehicle taxi trailer tram train suv minibus pickup",
    "person": "person pedestrian people man woman child human adult",
    "cycle": "bicycle bicyclist cyclist motorcycle motorbike rider bike motorcyclist moped scooter",
}


def kind_of(label: str) -> NDArray[np.float32]:
    """One-hot [3] for a class name of any data set, all 0 for a class that the network does not know."""
    words = label.lower().replace("_", " ").replace("-", " ").split()
    known = [any(word in _WORDS[kind].split() for word in words) for kind in reversed(KINDS)]
    one_hot = np.zeros(len(KINDS), np.float32)
    if any(known):  # "person on bicycle" is a cycle: the later kinds come first
        one_hot[len(KINDS) - 1 - known.index(True)] = 1
    return one_hot


def network_input(
    window: Window, visible: NDArray[Any], may_hide: NDArray[Any], other: NDArray[Any]
) -> NDArray[np.float32]:
    """float32 [4, 96, 96]: the visible mask, what may hide it, other objects that do not, and outside the image.

    The masks are [height, width] of one image.
    """
    outside = window.cut(np.zeros(visible.shape, np.float32), outside=1.0)
    return np.stack([window.cut(visible), window.cut(may_hide), window.cut(other), outside])
