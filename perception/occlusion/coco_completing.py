"""Completes a COCO document: amodal masks, order and occlusion rate are added, everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from codriver.errors import InputError
from perception.frame import FrameInfo
from perception.masks import Mask
from perception.occlusion.completing import Completer, whole_shapes
from perception.occlusion.shapes import Shapes
from perception.record import FrameRecord, Instance


def complete_document(
    document: dict[str, Any],
    completer_for: Callable[[Shapes], Completer],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Add amodal masks and boxes and the attributes of the occlusion; returns what was skipped, and why.

    `completer_for` makes the completer from the whole shapes that the document has itself.

    `attributes.occluded_by` of the input (annotation ids) is taken as known; of a cycle in it one link is dropped.
    Raises `InputError` for a document that is not COCO or has no annotations.
    """
    try:
        names = {one["id"]: str(one["name"]) for one in document["categories"]}
        by_image: dict[Any, list[dict[str, Any]]] = {one["id"]: [] for one in document["images"]}
        for annotation in document["annotations"]:
            by_image[annotation["image_id"]].append(annotation)
        for image in document["images"]:
            str(image["file_name"]), int(image["width"]), int(image["height"])
        ids = [annotation["id"] for annotation in document["annotations"]]
        repeated = len(ids) - len(set(ids))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"It is not a COCO instance file ({type(error).__name__}: {error}).") from None
    if repeated:
        raise InputError(
            "It gives the same id to two annotations; ids must differ, as occluders are named by them."
        )
    if not document["annotations"]:
        raise InputError("It has no annotations; there is nothing to complete.")
    skipped: list[str] = []
    read = [_read_image(image, by_image[image["id"]], names, skipped) for image in document["images"]]
    completer = completer_for(whole_shapes([record for record, _ in read]))
    for done, (image, (record, known)) in enumerate(zip(document["images"], read, strict=True)):
        found = {one.id: one for one in completer.complete(record, known).instances}
        for annotation in by_image[image["id"]]:
            if annotation["id"] in found:
                _add(annotation, found[annotation["id"]])
        progress(done + 1, len(read))
    return skipped


def _read_image(
    image: Mapping[str, Any], annotations: list[dict[str, Any]], names: Mapping[Any, str], skipped: list[str]
) -> tuple[FrameRecord, dict[int, list[int]]]:
    """The image's objects and the occluders that are given; what cannot be used is added to `skipped`."""
    instances, known = [], {}
    for annotation in annotations:
        where = f"annotation {annotation.get('id')} of {image.get('file_name')}"
        if annotation.get("iscrowd"):
            skipped.append(f"{where}: a crowd is not one object")
            continue
        try:
            mask = Mask.from_coco(annotation.get("segmentation"), int(image["height"]), int(image["width"]))
        except InputError as error:
            skipped.append(f"{where}: {error}")
            continue
        if not mask.area:
            skipped.append(f"{where}: nothing of it is visible")
            continue
        label = names.get(annotation.get("category_id"), "")
        instances.append(Instance(annotation["id"], mask, 1.0, "known", label))
        occluders = (annotation.get("attributes") or {}).get("occluded_by")
        if isinstance(occluders, list):
            known[annotation["id"]] = occluders
        elif occluders is not None:
            skipped.append(f"occluded_by of {where}: it is no list of annotation ids; occluders are inferred")
    info = FrameInfo(str(image["file_name"]), "", int(image["width"]), int(image["height"]), "")
    return FrameRecord(info, tuple(instances)), known


def _add(annotation: dict[str, Any], instance: Instance) -> None:
    hidden = instance.occlusion
    if hidden is None or hidden.amodal is None:
        return
    annotation["amodal_segmentation"] = hidden.amodal.to_coco()
    annotation["amodal_bbox"] = list(hidden.amodal.box)
    annotation["attributes"] = {
        **(annotation.get("attributes") or {}),
        "occlusion_rate": round(hidden.rate, 6),
        "occluded_by": list(hidden.occluded_by),
        "depth_order": hidden.depth_order,
        "amodal_method": hidden.completions[0].method,
        "amodal_confidence": hidden.completions[0].confidence,
    }
