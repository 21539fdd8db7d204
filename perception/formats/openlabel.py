"""ASAM OpenLABEL 1.0: objects over frames, each with box, polygons and the exact mask as COCO run lengths."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from perception.formats.names import class_of
from perception.formats.polygons import outlines
from perception.record import FrameRecord, Instance

_STREAM = "camera"


def openlabel_document(records: Iterable[FrameRecord]) -> dict[str, Any]:
    """The document. Frames are numbered in the dataset's order; the instances of one track are one object."""
    frames: dict[str, Any] = {}
    objects: dict[str, dict[str, Any]] = {}
    uids: dict[str, str] = {}  # the schema takes numbers only
    for number, record in enumerate(records):
        entries = {}
        for instance in record.instances:
            name = _object_of(record, instance)
            uid = uids.setdefault(name, str(len(uids)))
            entry = objects.setdefault(
                uid, {"name": name, "type": class_of(instance), "frame_intervals": [], "frames": []}
            )
            entry["frames"].append(number)
            entries[uid] = {"object_data": _data(instance)}
        stream = {"uri": record.frame.id, "width": record.frame.width, "height": record.frame.height}
        if record.failure:
            stream["failure"] = record.failure
        properties = {"streams": {_STREAM: {"uri": record.frame.id, "stream_properties": stream}}}
        frames[str(number)] = {"frame_properties": properties, "objects": entries}
    for entry in objects.values():
        entry["frame_intervals"] = _intervals(entry.pop("frames"))
    streams = {_STREAM: {"type": "camera"}}
    head = {"metadata": {"schema_version": "1.0.0", "annotator": "codriver"}, "streams": streams}
    return {"openlabel": {**head, "frames": frames, "objects": objects}}


def _object_of(record: FrameRecord, instance: Instance) -> str:
    if instance.track_id is not None:
        return f"{record.frame.sequence}/track-{instance.track_id}"
    return f"{record.frame.id}/{instance.id}"


def _data(instance: Instance) -> dict[str, Any]:
    x, y, width, height = instance.mask.box
    polygons = [
        {
            "name": f"outline-{number}",
            "mode": "MODE_POLY2D_ABSOLUTE",
            "closed": True,
            "coordinate_system": _STREAM,
            "val": [round(float(value), 2) for value in outline.ravel()],
        }
        for number, outline in enumerate(outlines(instance.mask))
    ]
    rate = instance.occlusion.rate if instance.occlusion else None
    return {
        # OpenLABEL's boxes are centre and size.
        "bbox": [
            {"name": "box", "coordinate_system": _STREAM, "val": [x + width / 2, y + height / 2, width, height]}
        ],
        "poly2d": polygons,
        "binary": [{"name": "mask", "encoding": "rle", "data_type": "coco", "val": instance.mask.counts}],
        "num": [{"name": "score", "val": instance.score}]
        + ([] if rate is None else [{"name": "occlusion_rate", "val": rate}]),
        "text": [
            {"name": "status", "val": instance.status},
            {"name": "label_source", "val": instance.label_source},
        ],
    }


def _intervals(frames: list[int]) -> list[dict[str, int]]:
    found: list[dict[str, int]] = []
    for number in frames:
        if found and found[-1]["frame_end"] >= number - 1:
            found[-1]["frame_end"] = number
        else:
            found.append({"frame_start": number, "frame_end": number})
    return found


def write_openlabel(records: Iterable[FrameRecord], file: BinaryIO) -> int:
    """Write `records` as one document; gives the number of instances. All of it is in memory meanwhile."""
    document = openlabel_document(records)
    file.write(json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n")
    return sum(len(frame["objects"]) for frame in document["openlabel"]["frames"].values())
