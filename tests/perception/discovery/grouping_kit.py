"""Datasets of vectors with known kinds."""

import numpy as np

from perception.frame import Frame, FrameInfo
from perception.masks import Mask
from perception.record import FrameRecord, Instance
from perception.vectors import InstanceVectors

WIDTH, HEIGHT = 48, 32


def kinds(count, of=4, spread=0.2, dimensions=24, seed=0):
    """Vectors [count, dimensions] around `of` centres, and the kind of each."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(of, dimensions))
    kind = np.arange(count) % of
    return (centres[kind] + spread * random.normal(size=(count, dimensions))).astype(np.float32), kind


def mask(x=4, y=4, width=8, height=8):
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[y : y + height, x : x + width] = 1
    return Mask.from_array(pixels)


def info(name, sequence="", index=0):
    return FrameInfo(name, name, WIDTH, HEIGHT, "", sequence, index)


def unknown(number, **more):
    return Instance(number, more.pop("mask", mask()), more.pop("score", 0.9), "unknown", **more)


def records(vectors, per_frame=5, space="segmenter", **more):
    """Frames of `per_frame` unknown instances each, with these vectors."""
    made = []
    for start in range(0, len(vectors), per_frame):
        rows = vectors[start : start + per_frame]
        ids = tuple(range(1, len(rows) + 1))
        instances = tuple(unknown(i, **more) for i in ids)
        made.append(FrameRecord(info(f"{start:05d}.png"), instances, vectors={space: InstanceVectors(ids, rows)}))
    return made


def load(name):
    return Frame(info(name), np.full((HEIGHT, WIDTH, 3), 80, np.uint8))


def no_progress(done, total):
    assert 0 <= done <= total
