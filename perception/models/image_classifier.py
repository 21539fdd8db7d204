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
_GROUPS = Path(__file__).parent / "data" / "imagenet_groups.yaml"


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
        """Up to three names by the mean probability over the crops. ImageNet names that mean the same on a street
        ("cab", "minivan": car) count together; it has no name for people."""
        if not crops:
            return []
        means = self._run(crops, 1).mean(axis=0)
        scores: dict[str, float] = {}
        for label, probability in zip(self._labels, means, strict=True):
            if label:
                scores[label] = scores.get(label, 0.0) + float(probability)
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:3]
        return [NameProposal(label, min(1.0, score)) for label, score in best]

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
        """The label of each of the model's outputs; "" for its background class."""
        names = [line.strip() for line in self._names.read_text(encoding="utf-8").splitlines() if line.strip()]
        groups = load_yaml(_GROUPS)
        grouped = {name: label for label, members in groups.items() for name in members}
        return ["" if name in {"background", "dummy"} else grouped.get(name, name) for name in names]

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
