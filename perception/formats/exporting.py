"""All formats by name, and the export of a dataset into one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from codriver.errors import InputError
from perception.dataset.storage import Storage
from perception.formats.coco import write_coco
from perception.formats.cocoa import write_cocoa
from perception.formats.cvat import write_cvat
from perception.formats.kins import write_kins
from perception.formats.kitti import write_kitti
from perception.formats.label_studio import write_label_studio
from perception.formats.openlabel import write_openlabel
from perception.formats.yolo import write_yolo
from perception.record import FrameRecord


@dataclass(frozen=True)
class FileFormat:
    """A format that is one file."""

    suffix: str
    write: Callable[[Iterable[FrameRecord], BinaryIO], int]
    """Writes all records, gives the number of instances."""


@dataclass(frozen=True)
class FolderFormat:
    """A format of many files."""

    write: Callable[[Iterable[FrameRecord], Storage], int]


FORMATS: dict[str, FileFormat | FolderFormat] = {
    "coco": FileFormat(".json", write_coco),
    "cocoa": FileFormat(".json", write_cocoa),
    "cvat": FileFormat(".xml", write_cvat),
    "kins": FileFormat(".json", write_kins),
    "label-studio": FileFormat(".json", write_label_studio),
    "openlabel": FileFormat(".json", write_openlabel),
    "kitti": FolderFormat(write_kitti),
    "yolo": FolderFormat(write_yolo),
}


def export(records: Iterable[FrameRecord], name: str, out: str) -> int:
    """Write `records` in the format `name` to `out`: a file, or for YOLO and KITTI a folder; path or fsspec URL.

    Gives the number of instances. Raises `InputError` for a folder that holds something already, or a name whose
    ending the format does not have; `ResourceError` when it cannot be written.
    """
    form = FORMATS[name]
    if isinstance(form, FolderFormat):
        folder = Storage(out)
        if not folder.is_empty():
            raise InputError(f"{out} is not empty; name a new folder for the {name} files.")
        return form.write(records, folder)
    if not out.strip():
        raise InputError(
            f"The name of the file is empty (an unset shell variable?); name one like labels{form.suffix}."
        )
    if not out.lower().endswith(form.suffix):
        raise InputError(f"{out} does not end in {form.suffix}; {name} is one such file.")
    parent, _, file_name = out.rpartition("/")
    with Storage(parent or ("/" if out.startswith("/") else ".")).writing(file_name) as file:
        return form.write(records, file)
