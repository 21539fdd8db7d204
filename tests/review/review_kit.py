"""Small datasets on the disk, with frames drawn by the test itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from perception.dataset.clusters import Cluster
from perception.dataset.result import write_result
from perception.dataset.run_file import RunFile, write_run
from perception.dataset.storage import Storage
from perception.frame import FrameInfo
from perception.masks import Mask
from perception.record import Completion, FrameRecord, Instance, Occlusion

WIDTH, HEIGHT = 96, 64
COLOURS = {1: (220, 90, 40), 2: (60, 130, 220), 3: (90, 200, 90)}


def box(x: int, y: int, width: int, height: int) -> Mask:
    pixels = np.zeros((HEIGHT, WIDTH), bool)
    pixels[y : y + height, x : x + width] = True
    return Mask.from_array(pixels)


def instances(frame: int) -> tuple[Instance, ...]:
    """Clusters 1 (cone), 2 (unnamed) and 3, one segment each, and a known car half hidden by the first."""
    hidden = Occlusion(
        rate=0.3,
        occluded_by=(1,),
        order_confidence=(0.9,),
        depth_order=1,
        completions=(
            Completion("learned", box(10, 34, 40, 20), 0.8),
            Completion("prior", box(20, 34, 24, 22), 0.6),
        ),
    )
    at = frame % 3
    return (
        Instance(1, box(12 + at, 36, 12, 16), 0.9, "unknown", "cone", "cluster", objectness=0.9, cluster_id=1),
        Instance(2, box(60, 6 + at, 14, 12), 0.8, "unknown", objectness=0.8, cluster_id=2),
        Instance(3, box(78, 30, 10, 20), 0.7, "unknown", objectness=0.7, cluster_id=3),
        Instance(4, box(24 + at, 34, 26, 20), 0.95, "known", "car", "detector", 0.9, occlusion=hidden),
    )


def make_dataset(folder: Path, frames: int = 6) -> Path:
    """A finished dataset in `folder`, its pictures beside it."""
    pictures = folder.parent / f"{folder.name}-frames"
    pictures.mkdir(parents=True)
    records = []
    for number in range(frames):
        found = instances(number)
        pixels = np.full((HEIGHT, WIDTH, 3), 120 + number, np.uint8)
        for one in found[:3]:
            pixels[one.mask.to_array()] = COLOURS[one.id]
        path = pictures / f"{number:03d}.png"
        Image.fromarray(pixels).save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        records.append(FrameRecord(FrameInfo(path.name, str(path), WIDTH, HEIGHT, digest), found))
    clusters = [
        Cluster(number, frames, label, 0.7 if label else 0.0, "namer" if label else "", rank, 0.0)
        for rank, (number, label) in enumerate([(1, "cone"), (2, ""), (3, "")])
    ]
    storage = Storage(str(folder))
    write_result(storage, "first", records, {}, clusters)
    write_run(storage, RunFile(str(pictures), state="finished", result="first"))
    return folder
