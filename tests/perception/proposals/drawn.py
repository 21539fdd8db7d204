"""A world of rectangles: a segmenter that finds the one under a prompt, and features that tell where they are."""

from dataclasses import dataclass, field

import numpy as np

from perception.models.roles import Detections, Embedding, MaskCandidates
from perception.proposals.head import ObjectnessHead

BACKGROUND = 60


@dataclass
class RectangleSegmenter:
    """Things have one grey value each, on a background of `BACKGROUND`; 64 × 64 masks, 16 × 16 × 2 features."""

    name: str = "rectangles"
    asked: list = field(default_factory=list)

    def files_sha256(self):
        return {"rectangles": "0" * 64}

    def embed(self, image):
        height, width = image.shape[:2]
        small = image[np.ix_(_middles(height, 16), _middles(width, 16))][..., 0]
        thing = (small != BACKGROUND).astype(np.float32)
        return Embedding(np.stack([thing, 1 - thing]), width, height, image)

    def decode(self, embedding, prompts):
        self.asked.append(prompts)
        image = embedding.inner[..., 0]
        logits = np.full((len(prompts), 3, 64, 64), -8, np.float32)
        small = image[np.ix_(_middles(image.shape[0], 64), _middles(image.shape[1], 64))]
        for row, points in enumerate(prompts.points):
            x, y = points.mean(axis=0).astype(int)
            whole = small == image[min(y, image.shape[0] - 1), min(x, image.shape[1] - 1)]
            part = whole & (np.arange(64) % 2 == 0)[None]
            logits[row, 0][part], logits[row, 1][whole], logits[row, 2][whole] = 8, 8, 8
        predicted = np.tile(np.array([0.9, 0.9, 0.1], np.float32), (len(prompts), 1))
        return MaskCandidates(logits, predicted)


@dataclass
class FixedDetector:
    boxes: list
    labels: tuple
    name: str = "fixed"

    def files_sha256(self):
        return {"fixed": "1" * 64}

    def detect(self, image):
        scores = np.linspace(0.9, 0.6, len(self.boxes)).astype(np.float32)
        return Detections(np.array(self.boxes, np.float32), scores, self.labels)


def rectangle_head(reach=0.1):
    """Things where the first feature is 1; every box reaches `reach` of the frame to each side."""
    output = np.zeros((6, 2), np.float32)
    output[0] = [8, -8]
    bias = np.array([0, 4, *[np.log(reach)] * 4], np.float32)
    zeros, ones = np.zeros(2, np.float32), np.ones(2, np.float32)
    return ObjectnessHead(zeros, ones, np.eye(2, dtype=np.float32), zeros, output, bias, segmenter="rectangles")


def draw(rectangles, height=240, width=320):
    """RGB image with a rectangle (left, top, right, bottom) for each grey value of 100 and more."""
    image = np.full((height, width, 3), BACKGROUND, np.uint8)
    for i, (left, top, right, bottom) in enumerate(rectangles):
        image[top:bottom, left:right] = 100 + i
    return image


def _middles(size, count):
    return ((np.arange(count) + 0.5) * size / count).astype(int)
