"""Vectors that a stage computes for a frame's instances, for later stages and for grouping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class InstanceVectors:
    """One row for each of some instances of a frame. They survive instances being dropped or reordered."""

    ids: tuple[int, ...]
    """The instances' ids, in the order of the rows."""
    rows: NDArray[np.floating]
    """[len(ids), D]; float32 or float16, kept as it is."""

    def of(self, instance_id: int) -> NDArray[np.floating]:
        """[D]. Raises `KeyError` for an instance without a vector."""
        try:
            row: NDArray[np.floating] = self.rows[self.ids.index(instance_id)]
        except ValueError:
            raise KeyError(instance_id) from None
        return row
