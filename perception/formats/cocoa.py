"""COCOA: the whole shapes of an image's regions, and which region is before which.

Fields as in "Semantic Amodal Segmentation" (Zhu et al., CVPR 2017) and its readers: one annotation for each
image with `regions`; `order` numbers them from 1, the nearest first, and `depth_constraint` lists pairs of
these numbers, "front-back". `segmentation` is the outline of the whole shape as one flat polygon; a region that
is hidden in part has `visible_mask` and `invisible_mask`, exact run lengths, and its `occlude_rate`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from perception.formats.names import class_of
from perception.formats.polygons import joined, outlines
from perception.masks import Mask
from perception.record import FrameRecord, Instance


def write_cocoa(records: Iterable[FrameRecord], file: BinaryIO) -> int:
    """Write `records` as one COCOA document into `file`; gives the number of regions.

    A frame that could not be read is left out, and so is an instance without pixels.
    """
    images: list[dict[str, Any]] = []
    count = 0
    file.write(b'{"annotations": [')
    comma = b"\n"
    for record in records:
        if record.failure:
            continue
        number = len(images) + 1
        info = record.frame
        images.append({"id": number, "file_name": info.id, "width": info.width, "height": info.height})
        entry = {"id": number, "image_id": number, "url": info.id, "author": "codriver", **cocoa_regions(record)}
        count += entry["size"]
        file.write(comma + json.dumps(entry, ensure_ascii=False, allow_nan=False).encode())
        comma = b",\n"
    rest = {"images": images, "info": {"description": "Labelled with codriver"}}
    file.write(b"\n], " + json.dumps(rest, ensure_ascii=False)[1:].encode() + b"\n")
    return count


def cocoa_regions(record: FrameRecord) -> dict[str, Any]:
    """`regions`, `depth_constraint` and `size` (the number of regions) of a frame."""
    near_first = sorted((one for one in record.instances if one.mask.area), key=lambda one: (_depth(one), one.id))
    order = {one.id: number for number, one in enumerate(near_first, 1)}
    pairs = [
        f"{order[front]}-{order[one.id]}"
        for one in near_first
        for front in (one.occlusion.occluded_by if one.occlusion else ())
        if front in order
    ]
    regions = [_region(one, order[one.id]) for one in near_first]
    return {"regions": regions, "depth_constraint": ",".join(pairs), "size": len(regions)}


def _depth(instance: Instance) -> int:
    return instance.occlusion.depth_order if instance.occlusion else 0


def _region(instance: Instance, order: int) -> dict[str, Any]:
    visible = instance.mask
    amodal = instance.occlusion.amodal if instance.occlusion else None
    whole = visible | amodal if amodal is not None else visible
    outline = joined(outlines(whole)).ravel()
    region: dict[str, Any] = {
        "name": class_of(instance),
        "order": order,
        "isStuff": 0,
        "segmentation": [round(float(value), 2) for value in outline],
        "area": whole.area,
        "occlude_rate": round(1 - visible.area / whole.area, 6),
    }
    if whole.area > visible.area:
        hidden = Mask.from_array(whole.to_array() & ~visible.to_array())
        region |= {"visible_mask": visible.to_coco(), "invisible_mask": hidden.to_coco()}
    return region
