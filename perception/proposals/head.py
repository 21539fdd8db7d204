"""The objectness head: tells from the segmenter's frozen features where things are and how far they reach.

A two-layer network per feature cell (a 1×1 convolution), small enough for numpy. It gives the chance that a cell
lies on a thing, its centredness, and the box of that thing (Tian et al., "FCOS", 2019: distances to
the box's sides).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from codriver.errors import FileFormatError
from perception.models.files import sha256_of_file
from perception.models.roles import FloatArray
from perception.proposals.mask_score import MaskScore, shipped

SHIPPED = "objectness-sam2-tiny.npz"
_SHIPPED_FOR = "sam2-hiera-tiny"
"""The segmenter whose features it reads, as all heads did whose files do not name one."""
SMALLEST = 1 / 256
"""Least distance to a side of a box, as a share of the frame."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """What the head sees in a frame, for each of h × w feature cells."""

    thing: FloatArray
    """[h, w], 0..1: the chance that the cell lies on a thing."""
    centre: FloatArray
    """[h, w], 0..1: how near to the middle of its thing the cell lies."""
    boxes: FloatArray
    """[h, w, 4]: left, top, right, bottom of the cell's thing as shares of the frame."""


@dataclass(frozen=True, eq=False)
class ObjectnessHead:
    """The network's weights; C channels, H hidden units."""

    mean: FloatArray
    """[C], of the training features."""
    spread: FloatArray
    """[C]"""
    hidden_weights: FloatArray
    """[H, C]"""
    hidden_bias: FloatArray
    """[H]"""
    output_weights: FloatArray
    """[6, H]: thing, centre, and the logarithms of the distances to left, top, right and bottom."""
    output_bias: FloatArray
    """[6]"""
    own_score: MaskScore | None = None
    """Fitted to what this head says of masks; None: what comes along judges them."""
    segmenter: str = ""
    """Name of the one whose features it reads; another one needs a head of its own. "": nobody said."""
    sha256: str = ""
    """Of the file that it was read from."""

    @property
    def score(self) -> MaskScore:
        """What tells things from stuff among the masks that this head asks for."""
        return shipped() if self.own_score is None else self.own_score

    @classmethod
    def load(cls, path: Path | None = None) -> ObjectnessHead:
        """From a file of `save`; without a path the one that comes along. Raises `FileFormatError`."""
        path = Path(str(files("perception").joinpath("data", SHIPPED))) if path is None else path
        try:
            with np.load(path, allow_pickle=False) as stored:
                weights = {name: np.asarray(stored[name], np.float32) for name in WEIGHTS}
                scoring = {one: stored[name] for name in stored if (one := _scoring(name))}
                score = MaskScore.named(scoring) if scoring else None
                segmenter = str(stored[_SEGMENTER]) if _SEGMENTER in stored else _SHIPPED_FOR
            if score is not None:
                _require_readable(score, len(weights["mean"]))
        except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
            raise FileFormatError(f"{path} is not an objectness head ({error}).") from None
        return cls(**weights, own_score=score, segmenter=segmenter, sha256=sha256_of_file(path))

    def save(self, path: Path) -> None:
        """As an npz file, half precision; a score of its own in single precision beside it."""
        arrays: dict[str, Any] = {name: getattr(self, name).astype(np.float16) for name in WEIGHTS}
        if self.segmenter:
            arrays[_SEGMENTER] = np.array(self.segmenter)
        if self.own_score is not None:
            arrays |= {_SCORE + name: np.float32(weight) for name, weight in self.own_score.weights.items()}
            arrays[_SCORE + "readout"] = np.array(self.own_score.readout, np.float32)
        np.savez_compressed(path, **arrays)

    def outlook(self, features: FloatArray) -> Outlook:
        """Judge features [C, h, w]. Raises `FileFormatError` when they are another segmenter's."""
        channels, height, width = features.shape
        if channels != len(self.mean):
            raise FileFormatError(
                f"The objectness head knows features of {len(self.mean)} channels, the segmenter "
                f"gives {channels}; "
                "calibrate a head for it (codriver label --calibrate DIR)."
            )
        cells = (features.reshape(channels, -1).T - self.mean) / self.spread
        hidden = np.maximum(cells @ self.hidden_weights.T + self.hidden_bias, 0)
        out = (hidden @ self.output_weights.T + self.output_bias).reshape(height, width, 6)
        chances = 1 / (1 + np.exp(-np.clip(out[..., :2], -30, 30)))
        centres = cell_centres(height, width)
        reach = np.exp(np.clip(out[..., 2:], np.log(SMALLEST), 0))
        boxes = np.concatenate([centres - reach[..., :2], centres + reach[..., 2:]], axis=-1)
        return Outlook(chances[..., 0], chances[..., 1], np.clip(boxes, 0, 1).astype(np.float32))


_SEGMENTER = "segmenter"
"""Names the array of the segmenter's name in the file."""
_SCORE = "score."
"""Begins the names of the score's weights in the file."""


def _scoring(name: str) -> str:
    """Which weight of the score the file's array `name` is; "" for another array."""
    return name.removeprefix(_SCORE) if name.startswith(_SCORE) else ""


def _require_readable(score: MaskScore, channels: int) -> None:
    """Raise `ValueError` when `score` does not read features of so many channels, or knows no number of them."""
    if len(score.readout) not in (0, channels):
        raise ValueError(f"its readout is for {len(score.readout)} features, the head is for {channels}")
    if not np.isfinite([*score.weights.values(), *score.readout]).all():
        raise ValueError("its score has a weight that is no finite number")


WEIGHTS = ("mean", "spread", "hidden_weights", "hidden_bias", "output_weights", "output_bias")


def cell_centres(height: int, width: int) -> FloatArray:
    """x and y of the cells' middles as shares of the frame, [height, width, 2]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([(x + 0.5) / width, (y + 0.5) / height], axis=-1)
