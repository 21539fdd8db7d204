"""Which frames follow each other in time, told from how well-known datasets lay out their folders."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from codriver.errors import FileFormatError

_KITTI = (
    re.compile(r"(?P<sequence>(?:.*/)?image_0[0-3])/data/(?P<index>\d+)\.\w+$"),  # raw drives
    re.compile(r"(?P<sequence>(?:.*/)?image_0[0-3]/\d{4})/(?P<index>\d{6})\.\w+$"),  # tracking
    re.compile(r"(?P<sequence>(?:.*/)?sequences/\d+/image_[0-3])/(?P<index>\d{6})\.\w+$"),  # odometry
)
_NUSCENES = re.compile(r"(?:.*/)?(?P<drive>[^/]+)__(?P<channel>CAM_\w+)__(?P<time>\d{10,})\.\w+$")


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts "2.png" before "10.png", and always the same way."""
    parts = re.split(r"(\d+)", text)
    return tuple((1, int(p), p) if i % 2 else (0, 0, p) for i, p in enumerate(parts))


def places(names: Sequence[str], mode: str) -> dict[str, tuple[str, int]]:
    """Sequence and index of each name (a path below the source).

    `mode`: "auto" knows KITTI's and nuScenes' layouts and takes everything else for single pictures, "folder"
    takes every folder for a sequence, "none" knows no sequences.
    """
    if mode == "none":
        return dict.fromkeys(names, ("", 0))
    if mode == "folder":
        return _counted(names, lambda name: str(PurePosixPath(name).parent))
    found = {}
    for name in names:
        match = next((m for pattern in _KITTI if (m := pattern.match(name))), None)
        found[name] = (match["sequence"], int(match["index"])) if match else ("", 0)
    found.update(_counted([name for name in names if _NUSCENES.match(name)], _nuscenes_sequence))
    return found


def _nuscenes_sequence(name: str) -> str:
    match = _NUSCENES.match(name)
    return f"{match['drive']}/{match['channel']}" if match else ""


def _counted(names: Iterable[str], sequence_of: Callable[[str], str]) -> dict[str, tuple[str, int]]:
    """Each name's sequence, and its position in it in natural order."""
    counts: dict[str, int] = {}
    found = {}
    for name in sorted(names, key=natural_key):
        sequence = sequence_of(name)
        found[name] = (sequence, counts.get(sequence, 0))
        counts[sequence] = counts.get(sequence, 0) + 1
    return found


def nuscenes_places(tables: Mapping[str, bytes], names: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Sequence ("scene/CAM_FRONT") and index of the frames that nuScenes' tables know.

    `tables`: content of "sample_data.json" and, where they are, "sample.json" and "scene.json". `names`: paths
    below the data set's root. Raises `FileFormatError`.
    """
    try:
        rows = json.loads(tables["sample_data.json"])
        scenes = {one["token"]: one["name"] for one in json.loads(tables.get("scene.json", b"[]"))}
        samples = {one["token"]: one["scene_token"] for one in json.loads(tables.get("sample.json", b"[]"))}
        wanted = set(names)
        known = [row for row in rows if row["filename"] in wanted]
        known.sort(key=lambda row: (int(row["timestamp"]), row["filename"]))
        return _by_scene(known, samples, scenes)
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"The nuScenes tables cannot be read ({error}).") from None


def _by_scene(
    rows: Iterable[Mapping[str, Any]], samples: Mapping[str, str], scenes: Mapping[str, str]
) -> dict[str, tuple[str, int]]:
    counts: dict[str, int] = {}
    found = {}
    for row in rows:
        name = row["filename"]
        match = _NUSCENES.match(name)
        scene_token = samples.get(row.get("sample_token", ""), "")
        drive = scenes.get(scene_token, scene_token) or (match["drive"] if match else "drive")
        sequence = f"{drive}/{PurePosixPath(name).parent.name}"
        found[name] = (sequence, counts.get(sequence, 0))
        counts[sequence] = counts.get(sequence, 0) + 1
    return found
