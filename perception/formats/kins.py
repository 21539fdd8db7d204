"""KINS: COCO with the whole and the visible shape of each object, and the order in clusters of overlapping ones.

Fields as in "Amodal Instance Segmentation with KINS Dataset" (Qi et al., CVPR 2019) and its readers: `a_…` is
the whole (amodal) shape, which `segmentation`, `bbox` and `area` repeat, `i_…` the visible (inmodal) one, which
`inmodal_seg` and `inmodal_bbox` repeat. `oco_id` numbers the clusters of objects that hide each other, `ico_id`
the depth in a cluster, the nearest first. Masks are run lengths, where KINS itself has polygons: they are
exact, and its readers take both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from pycocotools import mask as rle

from perception.formats.coco import CocoWriter
from perception.record import FrameRecord


def write_kins(records: Iterable[FrameRecord], file: BinaryIO) -> int:
    """Write `records` as one KINS document into `file`; gives the number of annotations.

    An object that was not completed counts as whole. A frame that could not be read is left out.
    """
    writer = CocoWriter()
    images = []
    file.write(b'{"annotations": [')
    comma = b"\n"
    for record in records:
        if record.failure:
            continue
        images.append(writer.image(record))
        clusters = occlusion_clusters(record)
        for instance, entry in zip(record.instances, writer.annotations_of(record), strict=True):
            oco, ico = clusters[instance.id]
            kins = kins_annotation(entry) | {"oco_id": oco, "ico_id": ico}
            file.write(comma + json.dumps(kins, ensure_ascii=False, allow_nan=False).encode())
            comma = b",\n"
    rest = {"images": images, "categories": writer.categories(), "info": {"description": "Labelled with codriver"}}
    file.write(b"\n], " + json.dumps(rest, ensure_ascii=False)[1:].encode() + b"\n")
    return writer.annotations


def kins_annotation(entry: dict[str, Any]) -> dict[str, Any]:
    """KINS's fields, without the order, of an annotation as `formats.coco` has it."""
    visible, box = entry["segmentation"], entry["bbox"]
    whole = entry.get("amodal_segmentation", visible)
    whole_box = entry.get("amodal_bbox", box)
    area = int(rle.area(whole))
    return {
        **{name: entry[name] for name in ("id", "image_id", "category_id", "iscrowd")},
        **{"segmentation": whole, "bbox": whole_box, "area": area},
        **{"a_segm": whole, "a_bbox": whole_box, "a_area": area},
        **{"i_segm": visible, "i_bbox": box, "i_area": entry["area"]},
        **{"inmodal_seg": visible, "inmodal_bbox": box},
    }


def occlusion_clusters(record: FrameRecord) -> dict[int, tuple[int, int]]:
    """Instance id → number of its cluster, from 1, and its depth there, from 1 for the nearest."""
    cluster = {one.id: one.id for one in record.instances}

    def root(of: int) -> int:
        while cluster[of] != of:
            of = cluster[of]
        return of

    for one in record.instances:
        for front in one.occlusion.occluded_by if one.occlusion else ():
            if front in cluster:
                cluster[root(one.id)] = root(front)
    members: dict[int, list[tuple[int, int]]] = {}
    for one in record.instances:
        depth = one.occlusion.depth_order if one.occlusion else 0
        members.setdefault(root(one.id), []).append((depth, one.id))
    return {
        number: (oco, ico)
        for oco, inside in enumerate(members.values(), 1)
        for ico, (_, number) in enumerate(sorted(inside), 1)
    }
