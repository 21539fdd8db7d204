"""Which of the segmented things a detector explains: those are known, all others are unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.models.roles import Detections, FloatArray


@dataclass(frozen=True)
class KnownOptions:
    """What of a detector counts."""

    classes: tuple[str, ...] = ()
    """The detector's classes that are used at all; () for all. The others are as if they were not said."""
    least_score: float = 0.25
    """0..1: a weaker detection is not used."""

    def usable(self, detections: Detections) -> Detections:
        """The detections that count, in their order."""
        rows = [
            row
            for row, (score, label) in enumerate(zip(detections.scores, detections.labels, strict=True))
            if score >= self.least_score and (not self.classes or label in self.classes)
        ]
        return Detections(
            detections.boxes[rows],
            detections.scores[rows],
            tuple(detections.labels[row] for row in rows),
            tuple(detections.masks[row] for row in rows) if detections.masks else (),
        )


def explain(chances: FloatArray, hints: NDArray[np.int64], detections: Detections) -> Iterator[tuple[float, str]]:
    """Score 0..1 and label ("" for unknown) of each of N masks, of `chances` [N] to be a thing.

    `hints` [N] tell the row of the detection that asked for a mask, -1 where none did. A mask is known when a
    detection asked for it. Its score is its own or the detection's, raised to the range of what is kept, whichever
    is higher.
    """
    for chance, hint in zip(chances, hints, strict=True):
        if hint < 0:
            yield float(chance), ""
        else:
            yield max(float(chance), 0.5 + 0.5 * float(detections.scores[hint])), detections.labels[hint]
