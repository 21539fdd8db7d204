"""SAM 2 in onnxruntime: an image encoder, and a prompt decoder fed with high-resolution features.

Ravi et al., "SAM 2: Segment Anything in Images and Videos", 2024. The frame is squeezed to a square of 1024
pixels, whatever its shape, so features and masks cover exactly the frame.
"""

from __future__ import annotations

import cv2
import numpy as np

from perception.frame import RGBImage
from perception.models.promptable import Promptable
from perception.models.roles import Embedding, FloatArray, MaskCandidates, Prompts

SIDE = 1024
"""Pixels of the encoder's square input."""
_MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32) * 255
_FEATURES = ("image_embed", "high_res_feats_0", "high_res_feats_1")


class Sam2(Promptable):
    """`roles.Segmenter` for SAM 2 of any size, exported as an encoder and a decoder."""

    def _require(self) -> None:
        self._encoder.require("a SAM 2 encoder", ["image"], _FEATURES)
        self._decoder.require(
            "a SAM 2 decoder",
            [*_FEATURES, "point_coords", "point_labels", "mask_input", "has_mask_input"],
            ["masks", "iou_predictions"],
        )

    def _encode(self, image: RGBImage) -> Embedding:
        features = self._encoder.run({"image": squeezed(image, SIDE)})
        return Embedding(features["image_embed"][0], image.shape[1], image.shape[0], features)

    def decode(self, embedding: Embedding, prompts: Prompts) -> MaskCandidates:
        """Three masks of 256×256 logits for each prompt."""
        features = embedding.inner
        assert isinstance(features, dict)  # what `embed` put there  # noqa: S101
        scale = np.array([SIDE / embedding.width, SIDE / embedding.height], np.float32)
        logits = np.empty((len(prompts), 3, 256, 256), np.float32)
        predicted = np.empty((len(prompts), 3), np.float32)
        for part in self._batches(len(prompts)):
            size = part.stop - part.start
            found = self._decoder.run(
                {
                    **{name: features[name] for name in _FEATURES},
                    "point_coords": (prompts.points[part] * scale).astype(np.float32),
                    "point_labels": prompts.labels[part].astype(np.float32),
                    "mask_input": np.zeros((size, 1, 256, 256), np.float32),
                    "has_mask_input": np.zeros(1, np.float32),
                }
            )
            logits[part] = found["masks"]
            predicted[part] = np.clip(found["iou_predictions"], 0, 1)
        return MaskCandidates(logits, predicted)


def squeezed(image: RGBImage, side: int) -> FloatArray:
    """The frame as a normalised square, float32 [1, 3, side, side]."""
    shrinks = image.shape[0] > side or image.shape[1] > side
    square = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    normalised = (square.astype(np.float32) - _MEAN) / _SPREAD
    return np.ascontiguousarray(normalised.transpose(2, 0, 1)[None])
