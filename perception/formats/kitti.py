"""KITTI's 2D object labels: one text file per frame, one line per instance, the 3D fields left unknown."""

from __future__ import annotations

from collections.abc import Iterable

from perception.dataset.storage import Storage
from perception.formats.names import FileNames, class_of
from perception.record import FrameRecord, Instance

_NO_3D = "-1 -1 -1 -1000 -1000 -1000 -10"
_PARTLY, _LARGELY = 0.1, 0.5
"""Hidden shares from which KITTI's levels 1 and 2 begin; the development kit names no figures."""


def kitti_line(instance: Instance) -> str:
    """Type, truncated (1 when the border of the image hides a part), occluded (3: nobody knows), alpha, box with
    inclusive right and bottom, 3D fields, score."""
    x, y, width, height = instance.mask.box
    cut = int(instance.occlusion is not None and instance.occlusion.cut_by_frame)
    box = f"{x:.2f} {y:.2f} {x + width - 1:.2f} {y + height - 1:.2f}"
    name = "_".join(class_of(instance).split())
    return f"{name} {cut} {_level(instance)} -10 {box} {_NO_3D} {instance.score:.4f}"


def _level(instance: Instance) -> int:
    if instance.occlusion is None:
        return 3
    rate = instance.occlusion.rate
    return 0 if rate < _PARTLY else 1 if rate < _LARGELY else 2


def write_kitti(records: Iterable[FrameRecord], out: Storage) -> int:
    """Write `label_2/*.txt`; gives the number of instances. Frames that could not be read get no file."""
    names = FileNames()
    count = 0
    for record in records:
        if record.failure:
            continue
        lines = [kitti_line(one) for one in record.instances if one.mask.area]
        count += len(lines)
        out.write(f"label_2/{names.of(record)}.txt", "".join(f"{one}\n" for one in lines).encode())
    return count
