"""Libraries of whole shapes, each scaled to its own box: 32×32 shares of coverage, and width over height."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.occlusion.window import box_of

GRID = 32
RENDERED = Path(__file__).parent.parent / "data" / "silhouettes.npz"
"""Made by `python -m perception.occlusion.training.shapes_file`."""


_FEW = 24
"""Fewer shapes of a kind than these cannot decide alone."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """N whole shapes."""

    grids: NDArray[np.float32]
    """[N, 1024], 0..1"""
    aspects: NDArray[np.float32]
    """[N], width over height"""
    kinds: NDArray[np.int64]
    """[N], index into `KINDS`; -1 for others"""
    trust: NDArray[np.float32]
    """[N], agreement that each has in advance: real shapes of the data set say more than rendered ones"""

    def has(self, kind: NDArray[np.float32]) -> bool:
        """Whether there are enough of a one-hot kind to decide alone."""
        return bool(kind.any() and (self.kinds == int(kind.argmax())).sum() >= _FEW)

    def of_kind(self, kind: NDArray[np.float32]) -> Shapes:
        """Those of a one-hot kind; all where it is all 0, or where there are few of this kind."""
        if not self.has(kind):
            return self
        chosen = self.kinds == int(kind.argmax())
        return Shapes(self.grids[chosen], self.aspects[chosen], self.kinds[chosen], self.trust[chosen])

    def __add__(self, other: Shapes) -> Shapes:
        return Shapes(
            np.concatenate([self.grids, other.grids]),
            np.concatenate([self.aspects, other.aspects]),
            np.concatenate([self.kinds, other.kinds]),
            np.concatenate([self.trust, other.trust]),
        )

    def with_mirrored(self) -> Shapes:
        """These and their mirror images."""
        mirrored = self.grids.reshape(-1, GRID, GRID)[:, :, ::-1].reshape(self.grids.shape)
        return self + Shapes(mirrored, self.aspects, self.kinds, self.trust)

    def __len__(self) -> int:
        return len(self.aspects)


def shapes_of(masks: Iterable[tuple[NDArray[Any], int]], trust: float = 0.0) -> Shapes:
    """From masks [height, width] and their kinds (index into `KINDS` or -1). Empty masks are left out."""
    grids, aspects, kinds = [], [], []
    for mask, kind in masks:
        x, y, width, height = box_of(mask)
        if width:
            cut = mask[y : y + height, x : x + width].astype(np.float32)
            grids.append(cv2.resize(cut, (GRID, GRID), interpolation=cv2.INTER_AREA).ravel())
            aspects.append(width / height)
            kinds.append(kind)
    flat = np.array(grids, np.float32).reshape(-1, GRID * GRID)
    given = np.full(len(aspects), trust, np.float32)
    return Shapes(flat, np.array(aspects, np.float32), np.array(kinds, np.int64), given)


@lru_cache(maxsize=1)
def rendered_shapes() -> Shapes:
    """The silhouettes that come with the package, rendered by our own generator, with their mirror images."""
    with np.load(RENDERED) as kept:
        bits = np.unpackbits(kept["bits"], axis=1).astype(np.float32)
        aspects, kinds = kept["aspects"].astype(np.float32), kept["kinds"].astype(np.int64)
    return Shapes(bits, aspects, kinds, np.zeros(len(aspects), np.float32)).with_mirrored()
