"""Writes an evaluation set of synthetic occlusions: images, the exact truth, and what a completer is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from codriver.errors import FileFormatError, InputError, ResourceError
from perception.evaluation.annotations import Annotation
from perception.evaluation.mask_errors import disturbed
from perception.evaluation.occlusion_sets import OccludedScene
from perception.frame import RGBImage

Given = Literal["masks", "order", "none"]
"""What the input tells of occluders: their masks; their masks and whom they hide; nothing."""


def image_loader(folder: Path) -> Callable[[str], RGBImage]:
    """A function that reads the image of a name below `folder`, whatever its extension. The last one is kept.

    It raises `FileFormatError` for an image that is missing or cannot be read.
    """
    last: dict[str, RGBImage] = {}

    def load(name: str) -> RGBImage:
        if name not in last:
            if len(last) > 64:
                last.clear()
            last[name] = _read(folder, name)
        return last[name]

    return load


def _read(folder: Path, name: str) -> RGBImage:
    path = folder / name
    if not path.is_file():
        path = next(iter(sorted(path.parent.glob(f"{path.stem}.*"))), path)
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise FileFormatError(f"{path} cannot be read as an image; --images names the folder of the images.")
    return np.ascontiguousarray(image, np.uint8)


def write_occlusions(
    scenes: Iterable[OccludedScene],
    out: Path,
    info: Mapping[str, Any],
    *,
    given: Given = "masks",
    mask_error: int = 0,
    seed: int = 0,
) -> int:
    """Write `images/`, `truth.json` (visible and amodal masks, order) and `input.json` (what is given) into `out`.

    The input's visible masks are off by `mask_error` pixels. Annotation ids are the same in both files.
    Returns the number of scenes. Raises `InputError` when `out` holds something already.
    """
    _refuse_what_is_there(out)
    random = np.random.default_rng([seed, 1])
    images: list[dict[str, Any]] = []
    truths: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []
    categories: dict[str, int] = {}
    first = 0
    for scene in scenes:
        number = len(images) + 1
        images.append(_with_image_written(scene, number, out / "images"))
        for one in scene.annotations:
            category = categories.setdefault(one.label, len(categories) + 1)
            common = {"id": first + one.id, "image_id": number, "category_id": category, "iscrowd": 0}
            truths.append(common | _truth(one, first, target=one.id == scene.target))
            if given != "none" or one.id != scene.occluder:
                inputs.append(common | _given(one, first, given, mask_error, random))
        # Not their number: an object that is hidden entirely leaves a gap in a scene's ids.
        first += max((one.id for one in scene.annotations), default=0)
    if not images:
        raise InputError(
            "No scene could be made: the dataset has too few whole objects of these classes and sizes."
        )
    document = {"info": dict(info), "images": images, "categories": _named(categories)}
    for file, entries in (("input.json", inputs), ("truth.json", truths)):
        (out / file).write_text(json.dumps(document | {"annotations": entries}), encoding="utf-8")
    return len(images)


def _named(numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"id": number, "name": name} for name, number in numbers.items()]


def _refuse_what_is_there(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not empty; give a folder that does not exist yet.")


def _with_image_written(scene: OccludedScene, number: int, folder: Path) -> dict[str, Any]:
    """The image's entry."""
    name = f"{number:05d}.png"
    _write_image(folder / name, scene.image)
    height, width = scene.image.shape[:2]
    return {"id": number, "file_name": name, "width": width, "height": height, "source": scene.source}


def _write_image(path: Path, image: RGBImage) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written = cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    except OSError as error:
        raise ResourceError(f"{path.parent} cannot be written ({error}); choose another folder.") from None
    if not written:
        raise ResourceError(f"{path} cannot be written; choose another folder or free some space.")


def _masks(one: Annotation) -> dict[str, Any]:
    return {"segmentation": one.mask.to_coco(), "bbox": list(one.mask.box), "area": one.mask.area}


def _truth(one: Annotation, first: int, *, target: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {"target": target, "depth_order": one.depth_order}
    if one.occlusion_rate is not None:
        attributes["occlusion_rate"] = round(one.occlusion_rate, 6)
    if one.full_extent_visible is not None:
        attributes["full_extent_visible"] = one.full_extent_visible
    attributes["occluded_by"] = [first + front for front in one.occluded_by or ()]
    entry = _masks(one) | {"attributes": attributes}
    if one.amodal is not None:
        entry |= {"amodal_segmentation": one.amodal.to_coco(), "amodal_bbox": list(one.amodal.box)}
    return entry


def _given(
    one: Annotation, first: int, given: Given, mask_error: int, random: np.random.Generator
) -> dict[str, Any]:
    mask = disturbed(one.mask, mask_error, random)
    entry = {"segmentation": mask.to_coco(), "bbox": list(mask.box), "area": mask.area}
    if given == "order":
        entry["attributes"] = {"occluded_by": [first + front for front in one.occluded_by or ()]}
    return entry
