"""SAM 2 in onnxruntime: an image encoder, and a prompt decoder fed with high-resolution features.

Ravi et al., "SAM 2: Segment Anything in Images and Videos", 2024. The frame is squeezed to a square of 1024
pixels, whatever its shape, so features and masks cover exactly the frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from perception.frame import RGBImage
from perception.models.promptable import Promptable
from perception.models.roles import Embedding, FloatArray, MaskCandidates, Prompts
from perception.models.sam2_decoder import POSITIONS, partial_decoder
from perception.models.sam2_windows import CELLS, Windows, whole_map, windows
from perception.models.sessions import Runtime, Session

SIDE = 1024
"""Pixels of the encoder's square input."""
_MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32) * 255
_FEATURES = {"image_embed": 1, "high_res_feats_0": 4, "high_res_feats_1": 2}
"""What the encoder says of a frame, and how many values there are along a cell's side."""
_OUTSIDE = -32.0
"""Logit where a prompt's window does not reach; the least that the decoder says."""


class Sam2(Promptable):
    """`roles.Segmenter` for SAM 2 of any size, exported as an encoder and a decoder."""

    def _open_decoder(self, path: Path, runtime: Runtime) -> Session:
        partial = partial_decoder(path)
        self._positions = None if partial is None else partial.positions
        return Session(path, runtime, None if partial is None else partial.model)

    def _require(self) -> None:
        self._encoder.require("a SAM 2 encoder", ["image"], list(_FEATURES))
        of_masks = ["mask_input", "has_mask_input"] if self._positions is None else []
        self._decoder.require(
            "a SAM 2 decoder",
            [*_FEATURES, "point_coords", "point_labels", *of_masks],
            ["masks", "iou_predictions"],
        )

    def _encode(self, image: RGBImage) -> Embedding:
        features = self._encoder.run({"image": squeezed(image, SIDE)})
        return Embedding(features["image_embed"][0], image.shape[1], image.shape[0], features)

    def decode(self, embedding: Embedding, prompts: Prompts) -> MaskCandidates:
        """Three masks of 256×256 logits for each prompt, looked for around it."""
        scale = np.array([SIDE / embedding.width, SIDE / embedding.height], np.float32)
        points, labels = (prompts.points * scale).astype(np.float32), prompts.labels.astype(np.float32)
        found = MaskCandidates(
            np.full((len(prompts), 3, 256, 256), _OUTSIDE, np.float32), np.empty((len(prompts), 3), np.float32)
        )
        for part in self._parts(points, labels):
            self._decode(embedding, points, labels, part, found)
            cut_off = part.cut_off(found)
            if len(cut_off):
                self._decode(embedding, points, labels, whole_map(cut_off), found)
        return found

    def _parts(self, points: FloatArray, labels: FloatArray) -> Iterator[Windows]:
        # TensorRT would build an engine for each size.
        if self._positions is not None and self._decoder.provider != "TensorrtExecutionProvider":
            yield from windows(points * (CELLS / SIDE), labels, self._batch)
            return
        for batch in self._batches(len(points)):
            rows = np.arange(batch.start, batch.stop)
            yield whole_map(rows)

    def _decode(
        self, embedding: Embedding, points: FloatArray, labels: FloatArray, part: Windows, into: MaskCandidates
    ) -> None:
        features = embedding.inner
        assert isinstance(features, dict)  # what `embed` put there  # noqa: S101
        feeds = {name: part.cut(features[name], finer) for name, finer in _FEATURES.items()}
        if self._positions is not None:
            feeds[POSITIONS] = part.cut(self._positions)
        else:
            feeds["mask_input"] = np.zeros((len(part.rows), 1, 256, 256), np.float32)
            feeds["has_mask_input"] = np.zeros(1, np.float32)
        said = self._decoder.run({**feeds, "point_coords": points[part.rows], "point_labels": labels[part.rows]})
        part.paste(said["masks"], into.logits)
        into.predicted_iou[part.rows] = np.clip(said["iou_predictions"], 0, 1)


def squeezed(image: RGBImage, side: int) -> FloatArray:
    """The frame as a normalised square, float32 [1, 3, side, side]."""
    shrinks = image.shape[0] > side or image.shape[1] > side
    square = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    normalised = (square.astype(np.float32) - _MEAN) / _SPREAD
    return np.ascontiguousarray(normalised.transpose(2, 0, 1)[None])
