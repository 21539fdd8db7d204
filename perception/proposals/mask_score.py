"""How likely a mask is a thing and not a piece of stuff: a logistic regression over a few named measures.

`data/mask-score.json` holds every weight by name; `train_mask_score` fits it to rendered scenes. A score that was
fitted to a user's own frames also reads the segmenter's features, and is kept with its head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from perception.models.roles import FloatArray

WEIGHTS = Path(__file__).parent.parent / "data" / "mask-score.json"
MEASURES = ("objectness", "contrast", "predicted_iou", "stability", "area", "surest")
"""Logarithms of the first four, and of the mask's share of the frame; the head's chance of a thing where it is
highest inside the mask."""
_LEAST = 1e-3
"""Nothing counts as less probable than this, and no mask as a smaller share of the frame."""


@dataclass(frozen=True)
class MaskScore:
    """The weights."""

    weights: Mapping[str, float]
    """One for each of `MEASURES`, and "intercept"."""
    readout: tuple[float, ...] = ()
    """One for each of the segmenter's features; (): these do not count."""

    def chances(self, measured: FloatArray, features: FloatArray) -> FloatArray:
        """[N], 0..1, of `measured` [N, len(MEASURES)], see `measures`, and the masks' `features` [N, C]."""
        weights = np.array([self.weights[name] for name in MEASURES])
        sums = measured @ weights + self.weights["intercept"]
        if self.readout:
            sums = sums + features @ np.array(self.readout)
        return np.asarray(1 / (1 + np.exp(-sums)), np.float32)

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> MaskScore:
        """What `save` wrote. Raises `KeyError` where a weight is missing."""
        return cls.named(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def named(cls, weights: Mapping[str, Any]) -> MaskScore:
        """The score of these weights, and of a "readout" if any. Raises `KeyError` where a weight is missing."""
        readout = tuple(map(float, weights.get("readout", ())))
        return cls({name: float(weights[name]) for name in (*MEASURES, "intercept")}, readout)

    def save(self, path: Path) -> None:
        """Write the weights, rounded, and the "readout" if there is one."""
        rounded: dict[str, Any] = {name: round(float(weight), 4) for name, weight in self.weights.items()}
        if self.readout:
            rounded["readout"] = [round(one, 6) for one in self.readout]
        path.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def shipped() -> MaskScore:
    """The weights of the package."""
    return MaskScore.load()


def measures(
    objectness: FloatArray, contrast: FloatArray, predicted_iou: FloatArray, stability: FloatArray,
    area: FloatArray, surest: FloatArray,
) -> FloatArray:  # fmt: skip
    """[N, len(MEASURES)] of what is known of N masks, [N] each, 0..1; `area` is a share of the frame."""
    probable = np.stack([objectness, contrast, predicted_iou, stability, area], axis=1)
    return np.concatenate([np.log(np.maximum(probable, _LEAST)), surest[:, None]], axis=1).astype(np.float32)
