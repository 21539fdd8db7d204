"""Names of files and classes that formats write."""

from __future__ import annotations

from pathlib import PurePosixPath

from codriver.errors import InputError
from perception.frames.images import EXTENSIONS
from perception.record import FrameRecord, Instance

UNNAMED = "unknown"
"""The class of an instance that nobody named, in formats that need one."""


def class_of(instance: Instance) -> str:
    """The instance's class."""
    return instance.label or UNNAMED


def stem_of(frame_id: str) -> str:
    """A frame's id without its extension: "drive/7.png" → "drive/7", "clip.mp4#12" → "clip.mp4_12"."""
    path = PurePosixPath(frame_id.replace("#", "_"))
    return str(path.with_suffix("")) if path.suffix.lower() in EXTENSIONS else str(path)


class FileNames:
    """Names of label files without extension, for formats that pair them with images by it."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def of(self, record: FrameRecord) -> str:
        """Raises `InputError` when another frame has the name already: one would overwrite the other."""
        stem = stem_of(record.frame.id)
        owner = self._owners.setdefault(stem, record.frame.id)
        if owner != record.frame.id:
            raise InputError(
                f"{owner} and {record.frame.id} would share the label file {stem}.txt; rename one or use COCO."
            )
        return stem
