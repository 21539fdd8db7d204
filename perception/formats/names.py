"""Names of files and classes that formats write."""

from __future__ import annotations

from pathlib import PurePosixPath

from perception.frames.images import EXTENSIONS
from perception.record import Instance

UNNAMED = "unknown"
"""The class of an instance that nobody named, in formats that need one."""


def class_of(instance: Instance) -> str:
    """The instance's class."""
    return instance.label or UNNAMED


def stem_of(frame_id: str) -> str:
    """A frame's id without its extension: "drive/7.png" → "drive/7", "clip.mp4#12" → "clip.mp4_12"."""
    path = PurePosixPath(frame_id.replace("#", "_"))
    return str(path.with_suffix("")) if path.suffix.lower() in EXTENSIONS else str(path)
