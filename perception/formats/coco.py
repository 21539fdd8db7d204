"""Records as COCO, with what COCO has no field for in `attributes` and `amodal_…` (the contract in the README)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from perception.record import FrameRecord, Instance

UNNAMED = "unknown"
"""Category of what nobody named."""


class CocoWriter:
    """Turns records into COCO's parts one by one, so that only categories are kept in memory."""

    def __init__(self) -> None:
        self._categories: dict[str, int] = {}
        self._images = 0
        self.annotations = 0
        """How many there are so far."""

    def image(self, record: FrameRecord) -> dict[str, Any]:
        """The entry of the record's frame. Call `annotations_of` next."""
        self._images += 1
        info = record.frame
        entry = {"id": self._images, "file_name": info.id, "width": info.width, "height": info.height}
        if info.sequence:
            entry |= {"sequence": info.sequence, "index": info.index}
        return entry | ({"failure": record.failure} if record.failure else {})

    def annotations_of(self, record: FrameRecord) -> Iterator[dict[str, Any]]:
        """The entries of the record's instances, for the image made last."""
        ids = {one.id: self.annotations + at for at, one in enumerate(record.instances, 1)}
        self.annotations += len(ids)
        for instance in record.instances:
            yield self._annotation(instance, ids)

    def categories(self) -> list[dict[str, Any]]:
        """All categories so far."""
        return [{"id": number, "name": name} for name, number in self._categories.items()]

    def _annotation(self, instance: Instance, ids: dict[int, int]) -> dict[str, Any]:
        name = instance.label or UNNAMED
        attributes: dict[str, Any] = {
            "status": instance.status,
            "cluster_id": instance.cluster_id,
            "label_source": instance.label_source,
        }
        if instance.track_id is not None:
            attributes["track_id"] = instance.track_id
        entry: dict[str, Any] = {
            "id": ids[instance.id],
            "image_id": self._images,
            "category_id": self._categories.setdefault(name, len(self._categories) + 1),
            "segmentation": instance.mask.to_coco(),
            "bbox": list(instance.mask.box),
            "area": instance.mask.area,
            "iscrowd": 0,
            "score": round(instance.score, 5),
            "attributes": attributes,
        }
        if instance.occlusion is not None:
            hidden = instance.occlusion
            attributes["occlusion_rate"] = round(hidden.rate, 4)
            attributes["occluded_by"] = [ids[one] for one in hidden.occluded_by if one in ids]
            attributes["depth_order"] = hidden.depth_order
            attributes["cut_by_frame"] = hidden.cut_by_frame
            if hidden.amodal is not None:
                entry["amodal_segmentation"] = hidden.amodal.to_coco()
                entry["amodal_bbox"] = list(hidden.amodal.box)
                attributes["amodal_method"] = hidden.completions[0].method
        return entry


def write_coco(records: Iterable[FrameRecord], file: BinaryIO) -> int:
    """Write `records` as one COCO document into `file`, frame by frame; gives the number of annotations."""
    writer = CocoWriter()
    images = []
    file.write(b'{"annotations": [')
    comma = b"\n"
    for record in records:
        images.append(writer.image(record))
        for entry in writer.annotations_of(record):
            file.write(comma + json.dumps(entry, ensure_ascii=False, allow_nan=False).encode())
            comma = b",\n"
    rest = json.dumps(
        {
            "images": images,
            "categories": writer.categories(),
            # Without these some of COCO's own tools stop.
            "info": {"description": "Labelled with codriver"},
            "licenses": [],
        },
        ensure_ascii=False,
    )
    file.write(b"\n], " + rest[1:].encode() + b"\n")
    return writer.annotations


def coco_document(records: Iterable[FrameRecord]) -> dict[str, Any]:
    """The whole document in memory."""
    buffer = io.BytesIO()
    write_coco(records, buffer)
    document: dict[str, Any] = json.loads(buffer.getvalue())
    return document
