"""Scenes as a folder: images/, class_maps/, classes.json and annotations.json (COCO with amodal masks).

A scene's truth is kept beside its class map until all are there, so a stopped run goes on where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from codriver.errors import InputError, ResourceError
from perception.masks import Mask
from perception.scenes.layout import MAKERS
from perception.scenes.scene import CLASS_NAMES, STUFF, Scene, render_drive


@dataclass(frozen=True)
class SceneJob:
    """What is to be rendered."""

    folder: Path
    count: int
    seed: int = 0
    size: tuple[int, int] = (480, 360)
    drive: int = 1
    """Frames of one street; 1: each frame shows another street."""
    samples: int = 2
    """Its square is the number of rays for each pixel."""


def write_scenes(
    job: SceneJob, workers: int = 1, progress: Callable[[int, int], None] = lambda done, total: None
) -> Path:
    """Render what is missing and write annotations.json, whose path is returned.

    Raises `InputError` for a folder with scenes of other options or with other things, `ResourceError` when it
    cannot be written.
    """
    _claim(job)
    streets = list(range(0, job.count, job.drive))
    open_streets = [
        first for first in streets if not all(_truth_path(job, n).exists() for n in _frames(job, first))
    ]
    done = len(streets) - len(open_streets)
    progress(done, len(streets))
    for _ in _rendered(job, open_streets, workers):
        done += 1
        progress(done, len(streets))
    documents = [json.loads(_truth_path(job, number).read_text(encoding="utf-8")) for number in range(job.count)]
    path = job.folder / "annotations.json"
    _write_text(path, json.dumps(_coco(documents), indent=None))
    return path


def _rendered(job: SceneJob, streets: list[int], workers: int) -> Iterator[None]:
    if workers == 1 or len(streets) < 2:
        for first in streets:
            _render(job, first)
            yield
        return
    # OpenCV's threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_render, job, first) for first in streets]
        for future in as_completed(futures):
            future.result()
            yield


def _frames(job: SceneJob, first: int) -> range:
    return range(first, min(first + job.drive, job.count))


def _name(number: int) -> str:
    return f"{number:06d}"


def _file_name(job: SceneJob, number: int) -> str:
    """Below images/ and class_maps/; each drive has a folder of its own, as `codriver label` takes sequences."""
    name = f"{_name(number)}.png"
    return name if job.drive == 1 else f"{_name(number - number % job.drive)}/{name}"


def _truth_path(job: SceneJob, number: int) -> Path:
    return job.folder / "truth" / f"{_name(number)}.json"


def _claim(job: SceneJob) -> None:
    options = {"seed": job.seed, "size": list(job.size), "drive": job.drive, "samples": job.samples, "version": 3}
    if job.drive > 1:
        options["layout"] = "folders"
    path = job.folder / "scenes.json"
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        if not path.exists() and any(job.folder.iterdir()):
            raise InputError(f"{job.folder} is not empty and holds no scenes; choose another folder.")
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) != options:
            raise InputError(f"{job.folder} has scenes of other options; choose another folder or remove it.")
        _write_text(path, json.dumps(options))
        for name in ("images", "class_maps", "truth"):
            (job.folder / name).mkdir(exist_ok=True)
        classes = [{"id": i, "name": name, "thing": name not in STUFF} for i, name in enumerate(CLASS_NAMES)]
        _write_text(job.folder / "classes.json", json.dumps(classes, indent=1))
    except OSError as error:
        raise ResourceError(f"{job.folder} cannot be written ({error.strerror}); choose another folder.") from None


def _render(job: SceneJob, first: int) -> None:
    frames = _frames(job, first)
    for number, scene in zip(
        frames, render_drive(job.seed + first, len(frames), job.size, job.samples), strict=True
    ):
        _write_image(job.folder / "images" / _file_name(job, number), scene.image[:, :, ::-1])
        _write_image(job.folder / "class_maps" / _file_name(job, number), scene.class_map)
        # The truth comes last: where it is, the pictures are.
        _write_text(_truth_path(job, number), json.dumps(_truth(job, scene, number, first)))


def _write_image(path: Path, pixels: np.ndarray[Any, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f".{path.name}")
    part.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    part.replace(path)


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _truth(job: SceneJob, scene: Scene, number: int, first: int) -> dict[str, Any]:
    width, height = job.size
    image = {"id": number + 1, "file_name": _file_name(job, number), "width": width, "height": height}
    if job.drive > 1:
        image |= {"sequence": _name(first), "frame_index": number - first}
    annotations = []
    for place, thing in enumerate(scene.objects):
        annotations.append(
            {
                "place": place,
                "image_id": number + 1,
                "category": thing.label,
                **_mask_fields(thing.visible, ""),
                **_mask_fields(thing.amodal, "amodal_"),
                "area": thing.visible.area,
                "iscrowd": 0,
                "attributes": {
                    "status": "known",
                    "occlusion_rate": round(thing.occlusion_rate, 6),
                    "occluded_by": list(thing.occluded_by),
                    "depth_order": thing.depth_order,
                    "track_id": thing.track_id,
                },
            }
        )
    return {"image": image, "annotations": annotations}


def _mask_fields(mask: Mask, prefix: str) -> dict[str, Any]:
    return {f"{prefix}segmentation": mask.to_coco(), f"{prefix}bbox": list(mask.box)}


def _coco(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """One COCO document; places in a frame become annotation ids, tracks are numbered through all drives."""
    categories = {name: number for number, name in enumerate(MAKERS, 1)}
    annotations: list[dict[str, Any]] = []
    tracks: dict[tuple[Any, int], int] = {}
    for document in documents:
        start = len(annotations) + 1
        drive = document["image"].get("sequence", document["image"]["id"])
        for one in document["annotations"]:
            attributes = one["attributes"] | {
                "occluded_by": [start + place for place in one["attributes"]["occluded_by"]],
                "track_id": tracks.setdefault((drive, one["attributes"]["track_id"]), len(tracks) + 1),
            }
            plain = {key: value for key, value in one.items() if key not in ("place", "category")}
            identity = {"id": start + one["place"], "category_id": categories[one["category"]]}
            annotations.append({**identity, **plain, "attributes": attributes})
    return {
        "images": [document["image"] for document in documents],
        "categories": [{"id": number, "name": name} for name, number in categories.items()],
        "annotations": annotations,
    }
