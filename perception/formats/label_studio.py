"""Label Studio tasks: each frame with its instances as brush masks, to be accepted or corrected there.

The brush encoding is that of Label Studio's own converter (its `brush.encode_rle`): bits, most significant first;
a head of 32 bits for the count of values, 5 for the word size, 4 × 4 for the sizes of run lengths, then runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from perception.formats.names import class_of
from perception.formats.runs import row_runs
from perception.masks import Mask
from perception.record import FrameRecord, Instance

_SIZES = (3, 4, 8, 16)
"""Bits that a run's length may have."""
_CHANNELS = 4
"""Label Studio encodes RGBA pictures."""


def label_studio_task(record: FrameRecord) -> dict[str, Any]:
    """One task: the frame's id as image, the instances as predictions."""
    results = [_result(record, instance) for instance in record.instances if instance.mask.area]
    scores = [one["score"] for one in results]
    prediction = {
        "model_version": "codriver",
        "score": sum(scores) / len(scores) if scores else 0.0,
        "result": results,
    }
    return {"data": {"image": record.frame.id}, "predictions": [prediction]}


def _result(record: FrameRecord, instance: Instance) -> dict[str, Any]:
    return {
        "id": f"instance-{instance.id}",
        "type": "brushlabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": record.frame.width,
        "original_height": record.frame.height,
        "image_rotation": 0,
        "score": instance.score,
        "value": {"format": "rle", "rle": brush_bytes(instance.mask), "brushlabels": [class_of(instance)]},
        "meta": {"status": instance.status, "cluster_id": instance.cluster_id},
    }


def brush_bytes(mask: Mask) -> list[int]:
    """The mask as Label Studio's brush runs, 255 where it is."""
    runs = [length * _CHANNELS for length in row_runs(mask.to_array())]
    values = [255 * (position % 2) for position in range(len(runs))]
    return _packed(runs, values)


def _packed(runs: Sequence[int], values: Sequence[int]) -> list[int]:
    bits = [f"{sum(runs):032b}{8 - 1:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    longest = 1 << _SIZES[-1]
    for run, value in zip(runs, values, strict=True):
        left = run
        while left:
            length = min(left, longest)
            place = next(i for i, size in enumerate(_SIZES) if length <= 1 << size)
            bits.append(f"1{place:02b}{length - 1:0{_SIZES[place]}b}{value:08b}")
            left -= length
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def write_label_studio(records: Iterable[FrameRecord], file: BinaryIO) -> int:
    """Write `records` as one list of tasks; gives the number of masks. Frames that failed are left out."""
    file.write(b"[")
    count, comma = 0, b"\n"
    for record in records:
        if record.failure:
            continue
        task = label_studio_task(record)
        count += len(task["predictions"][0]["result"])
        file.write(comma + json.dumps(task, ensure_ascii=False, allow_nan=False).encode())
        comma = b",\n"
    file.write(b"\n]\n")
    return count
