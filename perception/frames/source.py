"""A source of frames: a folder, a glob, an image, a video, local or at any fsspec URL.

source = open_source("drive/", stride=2)
for ref in source.refs:
    frame = ref.load()
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from codriver.errors import FileFormatError, InputError
from perception.dataset.run_file import NAME as RUN_FILE
from perception.dataset.storage import is_local, open_filesystem
from perception.frames.images import EXTENSIONS, MAX_MEGAPIXELS
from perception.frames.refs import FileRef, ImageRef, VideoRef, count_pictures
from perception.frames.sequences import natural_key, nuscenes_places, places
from perception.wording import counted

VIDEO_EXTENSIONS = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"})
_TABLES = ("sample_data.json", "sample.json", "scene.json")


@dataclass(frozen=True)
class Source:
    """Frames in a stable order."""

    name: str
    """Absolute path or URL."""
    refs: tuple[FileRef, ...]


@dataclass(frozen=True)
class SourceOptions:
    """How a source is read."""

    stride: int = 1
    """Of each video and each sequence every n-th frame; of single pictures too."""
    sequences: str = "auto"
    """See `perception.frames.sequences.places`."""
    max_megapixels: float = MAX_MEGAPIXELS


def open_source(text: str, options: SourceOptions | None = None) -> Source:
    """List the frames of `text`. Raises `InputError` when there is nothing, or nothing that could be a frame."""
    options = options or SourceOptions()
    fs, path = open_filesystem(text)
    root, files = _list(fs, path, text)
    name = str(Path(path).absolute()) if is_local(fs) else text.rstrip("/")
    images = [one for one in files if _extension(one) in EXTENSIONS]
    videos = [one for one in files if _extension(one) in VIDEO_EXTENSIONS]
    refs: list[FileRef] = list(_image_refs(fs, root, images, files, options))
    for video in videos:
        refs.extend(_video_refs(fs, root, video, files[video], options))
    if not refs:
        kinds = ", ".join(sorted(EXTENSIONS | VIDEO_EXTENSIONS))
        what = f"{counted(len(files), 'file')}, but no image or video ({kinds})" if files else "no files"
        raise InputError(f"{text} holds {what}; name a folder, a file or a glob with some.")
    refs.sort(key=lambda ref: (natural_key(ref.sequence), ref.index, natural_key(ref.id)))
    return Source(name, tuple(refs))


def _list(fs: fsspec.AbstractFileSystem, path: str, text: str) -> tuple[str, Mapping[str, Mapping[str, Any]]]:
    """The folder that ids are below, and path → details of all files that count."""
    try:
        if fs.isdir(path):
            root = path.rstrip("/")
            found = fs.find(root, detail=True)
        elif fs.isfile(path):
            root = path.rpartition("/")[0]
            return root, {path: fs.info(path)}
        elif re.search(r"[*?\[]", path):
            root = re.split(r"[*?\[]", path, maxsplit=1)[0].rpartition("/")[0]
            found = {name: one for name, one in fs.glob(path, detail=True).items() if one["type"] == "file"}
        else:
            raise InputError(f"{text} does not exist; name a folder, a file, a glob or a URL.")
    except PermissionError as error:
        raise InputError(f"{text} cannot be read ({error.strerror or error}).") from None
    except OSError as error:
        raise InputError(f"{text} cannot be opened ({error.strerror or error}).") from None
    # A dataset that lies inside its own source is not a source.
    outputs = [
        one.removesuffix(RUN_FILE) for one in found if one.endswith("/" + RUN_FILE) and one != f"{root}/{RUN_FILE}"
    ]
    skipped = tuple(outputs) + ((f"{root}/results/", f"{root}/log/") if f"{root}/{RUN_FILE}" in found else ())
    return root, {
        one: details
        for one, details in found.items()
        if not any(part.startswith(".") for part in PurePosixPath(one[len(root) + 1 :]).parts)
        and not (skipped and one.startswith(skipped))
    }


def _image_refs(
    fs: fsspec.AbstractFileSystem,
    root: str,
    images: Sequence[str],
    files: Mapping[str, Mapping[str, Any]],
    options: SourceOptions,
) -> list[ImageRef]:
    names = {_below(root, path): path for path in images}
    where = places(list(names), options.sequences)
    if options.sequences == "auto":
        where.update(_nuscenes(fs, root, names, files))
    kept = _strided(where, options.stride)
    return [
        ImageRef(
            name,
            fs.unstrip_protocol(path) if not is_local(fs) else path,
            _token(files[path]),
            *where[name],
            max_megapixels=options.max_megapixels,
        )
        for name, path in names.items()
        if name in kept
    ]


def _strided(where: Mapping[str, tuple[str, int]], stride: int) -> set[str]:
    """Every n-th name of each sequence."""
    by_sequence: dict[str, list[str]] = {}
    for name in sorted(where, key=lambda name: (where[name][1], natural_key(name))):
        by_sequence.setdefault(where[name][0], []).append(name)
    return {name for names in by_sequence.values() for name in names[::stride]}


def _nuscenes(
    fs: fsspec.AbstractFileSystem, root: str, names: Mapping[str, str], files: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[str, int]]:
    table = next((one for one in sorted(files) if one.endswith("/sample_data.json")), None)
    if table is None:
        return {}
    folder = table.rpartition("/")[0]
    tables = {one: bytes(fs.cat_file(f"{folder}/{one}")) for one in _TABLES if f"{folder}/{one}" in files}
    # The tables name files below the folder that their own folder lies in.
    prefix = _below(root, folder.rpartition("/")[0] + "/")
    below = {name[len(prefix) :]: name for name in names if name.startswith(prefix)}
    return {below[name]: place for name, place in nuscenes_places(tables, below).items()}


def _video_refs(
    fs: fsspec.AbstractFileSystem, root: str, path: str, details: Mapping[str, Any], options: SourceOptions
) -> list[VideoRef]:
    name, url = _below(root, path), fs.unstrip_protocol(path) if not is_local(fs) else path
    try:
        count = count_pictures(url)
    except FileFormatError:
        count = 1  # its first picture will fail to load, and be recorded as failed
    token = _token(details)
    return [VideoRef(f"{name}#{index}", url, token, name, index) for index in range(0, count, options.stride)]


def _token(details: Mapping[str, Any]) -> str:
    tags = [str(details[key]) for key in ("ETag", "etag", "mtime", "LastModified", "created") if details.get(key)]
    return f"{details.get('size')} {tags[0]}" if tags else ""


def _below(root: str, path: str) -> str:
    return path[len(root) + 1 :] if root and path.startswith(root + "/") else path.lstrip("/")


def _extension(path: str) -> str:
    return PurePosixPath(path).suffix.lower()
