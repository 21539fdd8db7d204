"""What the shape network is given; training and use share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.occlusion.window import Window

KINDS = ("vehicle", "person", "cycle", "sign", "pole")
"""What the network may be told of an object's class."""

ABOUT = len(KINDS) + 1
"""How many numbers tell of the object: its kind, and whether its frame's masks are rough."""

_WORDS = {
    "vehicle": "car truck bus lorry van vehicle taxi trailer tram train suv minibus pickup",
    "person": "person pedestrian people man woman child human adult",
    "cycle": "bicycle bicyclist cyclist motorcycle motorbike rider bike motorcyclist moped scooter",
    "sign": "sign signsymbol signboard trafficsign",
    "pole": "pole lamppost post streetlight bollard mast",
}


def kind_of(label: str) -> NDArray[np.float32]:
    """One-hot [5] for a class name of any data set, all 0 for a class that the network does not know."""
    words = label.lower().replace("_", " ").replace("-", " ").split()
    known = {kind for kind in KINDS if any(word in _WORDS[kind].split() for word in words)}
    one_hot = np.zeros(len(KINDS), np.float32)
    # "person on bicycle" is a cycle, "sign pole" a pole, "bus sign" a sign.
    for kind in ("pole", "sign", "cycle", "person", "vehicle"):
        if kind in known:
            one_hot[KINDS.index(kind)] = 1
            break
    return one_hot


def about(label: str, exact: bool) -> NDArray[np.float32]:
    """[ABOUT]: the kind, as `kind_of` has it, and 1 where the outlines are known to be off by a pixel or more."""
    return np.append(kind_of(label), np.float32(not exact))


@dataclass(frozen=True, eq=False)
class Surroundings:
    """An object and what is around it; [height, width] of one image, values 0..1."""

    visible: NDArray[Any]
    in_front: NDArray[Any]
    """How sure it is that what is seen there stands before the object; 0 where nothing known is. It may overlap
    the visible mask, where masks are rough."""
    behind: NDArray[Any]
    """How sure it is that what is seen there stands behind it."""


def network_input(window: Window, around: Surroundings) -> NDArray[np.float32]:
    """float32 [4, 96, 96]: the visible mask, what is in front, what is behind, and 1 outside the image."""
    outside = window.cut(np.zeros(around.visible.shape, np.uint8), outside=1.0)
    return np.stack([window.cut(around.visible), window.cut(around.in_front), window.cut(around.behind), outside])
