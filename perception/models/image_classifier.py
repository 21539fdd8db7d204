"""An ImageNet classifier as embedder and namer: it needs no hub and no GPU, and knows 1,000 things.

OpenCV runs the TFLite file (MobileNet v1, Howard et al. 2017, arXiv 1704.04861).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from codriver.errors import FileFormatError
from codriver.models import ModelStore
from codriver.yaml_files import load_yaml
from perception.frame import RGBImage
from perception.models.roles import FloatArray, NameProposal

_SIDE = 224
_BATCH = 16
_FEATURES = "MobilenetV1/Logits/AvgPool_1a/AvgPool"
_CLASSES = "MobilenetV1/Predictions/Reshape_1"
_STREET = Path(__file__).parent / "data" / "imagenet_street.yaml"
_CONFIDENCE = ((0.0, 0.1, 0.25, 0.35, 0.5, 1.0), (0.0, 0.2, 0.6, 0.8, 0.93, 0.98))
"""Mean probability of a name over a gallery → confidence (docs/grouping.md has the measurement). The classifier
divides its belief among 1,000 classes, and a crop before grey gets little: a quarter is mostly right already."""


class ImageClassifier:
    """MobileNet v1 of the model store. The weights are read at the first picture."""

    def __init__(self, store: ModelStore, name: str = "mobilenet-v1") -> None:
        """Raises `NotFoundError` when the store has no such model, or has not pulled it."""
        model = store.model(name)
        self._name = name
        self._hashes = {file.name: file.sha256 for file in model.files}
        folder = store.folder(name)
        self._weights = next(folder / file.name for file in model.files if file.name.endswith(".tflite"))
        self._names = next(folder / file.name for file in model.files if file.name.endswith(".txt"))

    @property
    def name(self) -> str:
        """As in the model store."""
        return self._name

    def files_sha256(self) -> Mapping[str, str]:
        """File name → sha256."""
        return self._hashes

    def embed_crops(self, crops: Sequence[RGBImage]) -> FloatArray:
        """The last layer before the classes, [N, 1024], each of length 1."""
        rows = self._run(crops, 0)
        scaled: FloatArray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return scaled

    def name_crops(self, crops: Sequence[RGBImage]) -> Sequence[NameProposal]:
        """Up to three names of things that can stand in a street, by the mean probability over the crops.

        ImageNet classes that mean the same there ("cab", "minivan": car) count together. What the classifier gives
        to other classes is doubt: the rest is not scaled up for it. It has no name for people.
        """
        return self.proposals(self.beliefs(crops)) if crops else []

    def beliefs(self, crops: Sequence[RGBImage]) -> FloatArray:
        """The probabilities of the model's own classes, [N, 1001]."""
        return self._run(crops, 1)

    def proposals(self, beliefs: FloatArray) -> list[NameProposal]:
        """The names for a gallery from what `beliefs` gave for its crops, [N, 1001]; N at least 1."""
        scores: dict[str, float] = {}
        for label, probability in zip(self._labels, beliefs.mean(axis=0), strict=True):
            if label:
                scores[label] = scores.get(label, 0.0) + float(probability)
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:3]
        return [NameProposal(label, float(np.interp(score, *_CONFIDENCE))) for label, score in best]

    def _run(self, crops: Sequence[RGBImage], output: int) -> FloatArray:
        rows = []
        for start in range(0, len(crops), _BATCH):
            batch = [_fitted(crop) for crop in crops[start : start + _BATCH]]
            self._net.setInput(cv2.dnn.blobFromImages(batch, 1 / 127.5, (_SIDE, _SIDE), (127.5, 127.5, 127.5)))
            rows.append(self._net.forward([_FEATURES, _CLASSES])[output].reshape(len(batch), -1))
        width = 1024 if output == 0 else len(self._labels)
        return np.concatenate(rows).astype(np.float32) if rows else np.zeros((0, width), np.float32)

    @cached_property
    def _net(self) -> Any:
        try:
            # OpenCV 5's new engine crashes on this file; the classic one reads it.
            return cv2.dnn.readNetFromTFLite(str(self._weights), *_classic_engine())
        except cv2.error as error:
            raise FileFormatError(f"{self._weights} is no TFLite model that OpenCV can read ({error}).") from None

    @cached_property
    def _labels(self) -> list[str]:
        """The name that each of the model's outputs counts for; "" for what stands in no street."""
        names = [line.strip() for line in self._names.read_text(encoding="utf-8").splitlines() if line.strip()]
        street = {member: label for label, members in load_yaml(_STREET).items() for member in members}
        return [street.get(name, "") for name in names]

    def __getstate__(self) -> dict[str, Any]:
        # A network cannot be sent to another process; it is read there again.
        return {key: value for key, value in self.__dict__.items() if key != "_net"}


def _classic_engine() -> list[int]:
    engine = getattr(cv2.dnn, "ENGINE_CLASSIC", None)
    return [] if engine is None else [engine]


def _fitted(crop: RGBImage) -> RGBImage:
    if crop.shape[:2] == (_SIDE, _SIDE):
        return crop
    return np.ascontiguousarray(cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)
