"""YOLO segmentation: one text file per frame, one line per instance: class, then x and y from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from perception.dataset.storage import Storage
from perception.formats.names import FileNames, class_of
from perception.formats.polygons import joined, outlines
from perception.record import FrameRecord


def yolo_lines(record: FrameRecord, classes: dict[str, int]) -> list[str]:
    """The lines of a frame. A class that `classes` lacks is added.

    An instance of several parts becomes one polygon whose parts hang together; holes are filled, because the
    format has none.
    """
    lines = []
    for instance in record.instances:
        polygons = outlines(instance.mask)
        if not polygons:
            continue
        scaled = joined(polygons) / (record.frame.width, record.frame.height)
        number = classes.setdefault(class_of(instance), len(classes))
        lines.append(" ".join([str(number), *(f"{value:.6f}" for value in scaled.ravel())]))
    return lines


def write_yolo(records: Iterable[FrameRecord], out: Storage) -> int:
    """Write `labels/*.txt` and `data.yaml` with the names of the classes; gives the number of instances.

    A frame that could not be read gets no file: an empty one would say that it holds nothing.
    """
    classes: dict[str, int] = {}
    names = FileNames()
    count = 0
    for record in records:
        if record.failure:
            continue
        lines = yolo_lines(record, classes)
        count += len(lines)
        out.write(f"labels/{names.of(record)}.txt", "".join(f"{one}\n" for one in lines).encode())
    by_number = {number: name for name, number in classes.items()}
    # Without a "path" trainers take the folder of this file; "." would be their own folder of datasets.
    text = yaml.safe_dump({"train": "images", "val": "images", "names": by_number}, allow_unicode=True)
    out.write("data.yaml", text.encode())
    return count
