"""Reads predictions and truths from COCO files. Fields beyond COCO are those of `codriver label`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codriver.errors import CodriverError, FileFormatError
from perception.evaluation.annotations import AnnotatedImage, Annotation, AnnotationSet
from perception.masks import Mask


def read_coco(path: Path, *, background_is_stuff: bool = True) -> AnnotationSet:
    """The images and objects of a COCO file.

    Annotations of categories with `"isthing": 0` (COCO panoptic) are stuff, and so is, with
    `background_is_stuff`, what no annotation covers; crowds (`iscrowd`) are ignored regions.
    Raises `FileFormatError` naming the file and the entry that cannot be used.
    """
    document = _load(path)
    try:
        categories = {one["id"]: one for one in document.get("categories", [])}
        images = {one["id"]: one for one in document["images"]}
        by_image: dict[Any, list[Mapping[str, Any]]] = {image_id: [] for image_id in images}
        for entry in document["annotations"]:
            if entry["image_id"] not in images:
                raise FileFormatError(
                    f"{path}: annotation {entry.get('id')!r} has the image_id {entry['image_id']!r}, which the "
                    "file does not list; take it out, or add the image."
                )
            by_image[entry["image_id"]].append(entry)
    except (KeyError, TypeError, AttributeError) as error:
        lacking = f"an entry lacks {error}" if isinstance(error, KeyError) else str(error)
        raise FileFormatError(f"{path} is no COCO file ({lacking}); mend it, or name another.") from None
    _refuse_repeated(path, document)
    found = {}
    for image_id, image in images.items():
        one = _image(path, image, by_image[image_id], categories, background_is_stuff=background_is_stuff)
        found[one.name] = one
    return AnnotationSet(str(path), found, {})


def _load(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FileFormatError(f"{path} cannot be read as JSON ({error}); name a COCO file.") from None
    if not isinstance(document, Mapping) or "images" not in document or "annotations" not in document:
        raise FileFormatError(f'{path} is no COCO file; it has no "images" and "annotations".')
    return document


def _refuse_repeated(path: Path, document: Mapping[str, Any]) -> None:
    for kind, key in (("images", "id"), ("images", "file_name"), ("annotations", "id")):
        seen = set()
        for entry in document[kind]:
            if entry.get(key) in seen:
                raise FileFormatError(f"{path}: the {key} {entry.get(key)!r} is given to two {kind}.")
            seen.add(entry.get(key))


def _image(
    path: Path,
    image: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    categories: Mapping[Any, Mapping[str, Any]],
    *,
    background_is_stuff: bool,
) -> AnnotatedImage:
    try:
        name, width, height = str(image["file_name"]), int(image["width"]), int(image["height"])
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(f"{path}: an image lacks file_name, width or height ({error}).") from None
    things: list[Annotation] = []
    stuff: list[Mask] = []
    crowds: list[Mask] = []
    for entry in entries:
        category = categories.get(entry.get("category_id"), {})
        try:
            one = _annotation(entry, category, width, height)
        except (CodriverError, KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"{path}: annotation {entry.get('id')!r} of {name}: {error}") from None
        if category.get("isthing", 1) == 0:
            stuff.append(one.mask)
        elif entry.get("iscrowd", 0):
            crowds.append(one.mask)
        else:
            things.append(one)
    nothing = Mask.empty(height, width)
    ignored = _union(crowds, nothing)
    if not stuff and background_is_stuff:
        covered = _union([one.mask for one in things], ignored).to_array()
        stuff = [Mask.from_array(~covered)]
    return AnnotatedImage(name, width, height, tuple(things), _union(stuff, nothing), ignored)


def _union(masks: Sequence[Mask], first: Mask) -> Mask:
    for mask in masks:
        first = first | mask
    return first


def _annotation(entry: Mapping[str, Any], category: Mapping[str, Any], width: int, height: int) -> Annotation:
    extra = entry.get("attributes") or {}
    amodal, rate = entry.get("amodal_segmentation"), extra.get("occlusion_rate")
    label = "" if extra.get("status") == "unknown" and not extra.get("label_source") else category.get("name", "")
    return Annotation(
        id=int(entry["id"]),
        mask=Mask.from_coco(entry["segmentation"], height, width),
        label=str(label),
        score=_number(entry.get("score", 1.0)),
        status=str(extra.get("status", "known")),
        cluster_id=_optional_int(extra.get("cluster_id")),
        track_id=_optional_int(extra.get("track_id")),
        amodal=None if amodal is None else Mask.from_coco(amodal, height, width),
        method=str(extra.get("amodal_method") or ""),
        occlusion_rate=None if rate is None else _number(rate),
        occluded_by=None if extra.get("occluded_by") is None else tuple(map(int, extra["occluded_by"])),
        depth_order=_optional_int(extra.get("depth_order")),
        full_extent_visible=extra.get("full_extent_visible"),
    )


def _optional_int(value: Any) -> int | None:
    return None if value is None else int(value)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no score.")
    return number
