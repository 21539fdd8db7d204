"""Runs of a small real segmenter for tests: the bright regions of a frame, by OpenCV."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from perception.dataset.clusters import Cluster
from perception.dataset.dataset import Dataset
from perception.formats.coco import coco_document
from perception.frames.source import open_source
from perception.masks import Mask
from perception.pipeline.run import Plan
from perception.record import Instance
from perception.vectors import InstanceVectors


@dataclass(frozen=True)
class Stages:
    """A recipe for stages that need no loading."""

    stages: tuple

    def __call__(self):
        return self.stages


def stages(*given):
    return Stages(given)


@dataclass(frozen=True)
class BrightRegions:
    threshold: int = 100
    delay_s: float = 0.0
    journal: str = ""
    name: str = "propose"

    def fingerprint(self):
        return {"threshold": self.threshold}

    def run(self, frame, record):
        if self.journal:
            with Path(self.journal).open("a") as file:
                file.write(f"{self.name} {frame.info.id}\n")
        time.sleep(self.delay_s)
        bright = (frame.image.max(axis=2) > self.threshold).astype(np.uint8)
        count, regions = cv2.connectedComponents(bright)
        instances = tuple(
            Instance(id=i, mask=Mask.from_array(regions == i), score=1 / (1 + i), status="unknown")
            for i in range(1, count)
        )
        colours = [frame.image[regions == i].mean(axis=0) for i in range(1, count)]
        vectors = {"colour": InstanceVectors(tuple(range(1, count)), np.float32(colours).reshape(-1, 3))}
        return replace(record, instances=instances, vectors=vectors)


@dataclass(frozen=True)
class Score:
    """Scores each region by its size."""

    factor: float = 1.0
    journal: str = ""
    name: str = "score"

    def fingerprint(self):
        return {"factor": self.factor}

    def run(self, frame, record):
        if self.journal:
            with Path(self.journal).open("a") as file:
                file.write(f"{self.name} {frame.info.id}\n")
        total = frame.info.width * frame.info.height
        return record.with_instances(
            tuple(replace(one, score=min(1.0, self.factor * one.mask.area / total)) for one in record.instances)
        )


@dataclass(frozen=True)
class ByColour:
    """Groups what is red, green or blue."""

    name: str = "cluster"

    def fingerprint(self):
        return {}

    def run(self, records, load, progress):
        sizes = [0, 0, 0]
        for done, record in enumerate(records, 1):
            vectors = record.vectors["colour"]
            found = {one.id: int(vectors.of(one.id).argmax()) for one in record.instances}
            for colour in found.values():
                sizes[colour] += 1
            yield record.with_instances(tuple(replace(one, cluster_id=found[one.id]) for one in record.instances))
            progress(done, len(records))
        for colour, size in enumerate(sizes):
            yield Cluster(colour, size, ("red", "green", "blue")[colour], 0.9, "colour", rank=colour)


def write_frames(folder, count, seed=0, size=(48, 30)):
    """Frames of coloured boxes, wider than high."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image = np.zeros((size[1], size[0], 3), np.uint8)
        for _ in range(4):
            x, y = random.integers(0, size[0] - 8), random.integers(0, size[1] - 8)
            colour = [int(c) for c in np.eye(3)[random.integers(3)] * 255]
            cv2.rectangle(image, (int(x), int(y)), (int(x + 6), int(y + 5)), colour, -1)
        cv2.imwrite(str(folder / f"{number}.png"), image)


def plan(drive, out, **changes):
    """A run of all stages of this kit over the folder `drive`, but for `changes`."""
    given = {"frame_stages": stages(BrightRegions(), Score()), "dataset_stages": [ByColour()]}
    return Plan(open_source(str(drive)), str(out), **{**given, **changes})


def coco_of(out):
    return coco_document(Dataset.open(str(out)).records())


@dataclass
class StopAfter:
    """A watcher that stops a run after some frames."""

    frames: int
    seen: int = 0

    def step(self, what, done, total):
        self.seen = done

    def stopped(self):
        return self.seen >= self.frames
