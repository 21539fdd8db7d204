"""SAM (the first one, ViT-B/L/H) in onnxruntime, as `codriver models export-sam` writes it.

Kirillov et al., "Segment Anything", 2023. The frame's longer side becomes 1024 pixels and the rest of the square
is padding at the bottom or on the right, which is cropped from features and masks.
"""

from __future__ import annotations

import cv2
import numpy as np

from perception.frame import RGBImage
from perception.models.promptable import Promptable
from perception.models.roles import Embedding, FloatArray, MaskCandidates, Prompts

SIDE = 1024
"""Pixels of the encoder's square input."""
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_SPREAD = np.array([58.395, 57.12, 57.375], np.float32)


class Sam(Promptable):
    """`roles.Segmenter` for SAM with a ViT encoder."""

    def _require(self) -> None:
        self._encoder.require("a SAM encoder", ["image"], ["image_embeddings"])
        inputs = ["image_embeddings", "point_coords", "point_labels"]
        self._decoder.require("a SAM decoder", inputs, ["low_res_masks", "iou_predictions"])

    def _encode(self, image: RGBImage) -> Embedding:
        height, width = image.shape[:2]
        inner = _inner(height, width)
        full = self._encoder.run({"image": _padded(image, inner)})["image_embeddings"]
        return Embedding(_cropped(full[0], inner), width, height, full)

    def decode(self, embedding: Embedding, prompts: Prompts) -> MaskCandidates:
        """Masks of each prompt at 256 pixels for the longer side."""
        inner = _inner(embedding.height, embedding.width)
        scale = np.array([inner[1] / embedding.width, inner[0] / embedding.height], np.float32)
        points, labels = (prompts.points * scale).astype(np.float32), prompts.labels.astype(np.float32)
        if not (labels >= 2).any():
            # SAM was trained with one padding point wherever no box is given.
            points = np.concatenate([points, np.zeros((len(points), 1, 2), np.float32)], axis=1)
            labels = np.concatenate([labels, np.full((len(labels), 1), -1, np.float32)], axis=1)
        masks: list[FloatArray] = []
        predicted: list[FloatArray] = []
        for part in self._batches(len(prompts)):
            found = self._decoder.run(
                {
                    "image_embeddings": np.asarray(embedding.inner),
                    "point_coords": points[part],
                    "point_labels": labels[part],
                }
            )
            masks += [_cropped(one, inner) for one in found["low_res_masks"]]
            predicted += list(np.clip(found["iou_predictions"], 0, 1))
        return MaskCandidates(np.stack(masks), np.stack(predicted))


def _inner(height: int, width: int) -> tuple[int, int]:
    """Height and width of the frame inside the square."""
    scale = SIDE / max(height, width)
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


def _padded(image: RGBImage, inner: tuple[int, int]) -> FloatArray:
    """Normalised, float32 [1, 3, 1024, 1024]; the padding is 0 as after SAM's own normalisation."""
    shrinks = max(image.shape[:2]) > SIDE
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(image, (inner[1], inner[0]), interpolation=method)
    square = np.zeros((1, 3, SIDE, SIDE), np.float32)
    square[0, :, : inner[0], : inner[1]] = ((resized - _MEAN) / _SPREAD).transpose(2, 0, 1)
    return square


def _cropped(maps: FloatArray, inner: tuple[int, int]) -> FloatArray:
    """The part of [C, h, w] that the frame covers, to the nearest cell."""
    rows = max(1, round(maps.shape[1] * inner[0] / SIDE))
    columns = max(1, round(maps.shape[2] * inner[1] / SIDE))
    return np.ascontiguousarray(maps[:, :rows, :columns])
