"""The roles that models play, one protocol each. Adapters implement them; nothing else knows a model's format.

Pictures are uint8 [height, width, 3] RGB; points and boxes are in pixels of the frame, x first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage
from perception.masks import BoolImage, Mask

FloatArray = NDArray[np.float32]


class Model(Protocol):
    """What every adapter tells of itself."""

    @property
    def name(self) -> str:
        """As in the model store or the settings."""
        ...

    def files_sha256(self) -> Mapping[str, str]:
        """The weights behind it: file name → sha256. It becomes part of every result's identity."""
        ...


@dataclass(frozen=True, eq=False)
class Embedding:
    """A frame as the segmenter sees it."""

    features: FloatArray
    """[C, h, w]; covers exactly the frame (padding is cropped) whatever its shape. SAM 2: [256, 64, 64]."""
    width: int
    """Of the frame, pixels."""
    height: int
    inner: object = None
    """What else the adapter needs for decoding; nobody else looks at it."""


@dataclass(frozen=True, eq=False)
class Prompts:
    """N prompts of P points each."""

    points: FloatArray
    """[N, P, 2], x and y in pixels of the frame."""
    labels: FloatArray
    """[N, P]: 1 on the object, 0 off it, 2 and 3 the first and the last corner of a box, -1 padding."""

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, eq=False)
class MaskCandidates:
    """N × M masks, M for each prompt, at the decoder's own low resolution."""

    logits: FloatArray
    """[N, M, h, w]; covers exactly the frame; > 0 is inside."""
    predicted_iou: FloatArray
    """[N, M], 0..1"""


class Segmenter(Model, Protocol):
    """Promptable segmentation: embed a frame once, then decode any number of prompts."""

    def embed(self, image: RGBImage) -> Embedding:
        """The costly step."""
        ...

    def decode(self, embedding: Embedding, prompts: Prompts) -> MaskCandidates:
        """Masks for each prompt, in batches of the adapter's own size."""
        ...


@dataclass(frozen=True, eq=False)
class Detections:
    """Objects that a detector knows."""

    boxes: FloatArray
    """[N, 4]: left, top, right, bottom"""
    scores: FloatArray
    """[N], 0..1"""
    labels: tuple[str, ...]
    masks: tuple[Mask, ...] = ()
    """One for each box, or empty when the detector gives none."""


class Detector(Model, Protocol):
    """Finds objects of the classes it was trained on."""

    def detect(self, image: RGBImage) -> Detections:
        """Sorted by falling score."""
        ...


class Embedder(Model, Protocol):
    """Turns crops into vectors: alike things get a high dot product."""

    def embed_crops(self, crops: Sequence[RGBImage]) -> FloatArray:
        """[len(crops), D], each of length 1."""
        ...


@dataclass(frozen=True)
class NameProposal:
    """What a namer thinks a thing is."""

    label: str
    confidence: float
    """0..1"""


class Namer(Model, Protocol):
    """Proposes a name for crops that show the same kind of thing."""

    def name_crops(self, crops: Sequence[RGBImage]) -> Sequence[NameProposal]:
        """Best first; empty when it has no idea."""
        ...


class Inpainter(Model, Protocol):
    """Fills a hole with what could be behind it."""

    def inpaint(self, image: RGBImage, hole: BoolImage) -> RGBImage:
        """The image with new pixels where `hole` [height, width] is true, and the old ones elsewhere."""
        ...
