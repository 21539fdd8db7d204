"""The appearance of a completed COCO file's objects, as a folder.

    objects/000001-7.png   annotation 7 of the first image: RGBA, its box cut out
    plates/000001.png      the first image without its objects
    index.json             which file shows what, and what was skipped

Every file appears at once or not at all. A stopped run goes on where it was, and what has changed is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.errors import FileFormatError, InputError, ResourceError
from perception.frame import RGBImage
from perception.masks import BoolImage, Mask
from perception.models.roles import Inpainter
from perception.occlusion.appearance import cut_out, plate

_INDEX = "index.json"
_SAVED_EVERY = 20
"""Images after which the index is written."""

Entry = dict[str, Any]


class AppearanceFolder:
    """The folder of one or more runs."""

    def __init__(self, folder: Path, inpainter: Inpainter) -> None:
        """Raises `InputError` for a folder that holds something else, `FileFormatError` for a broken index."""
        self._folder, self._inpainter = folder, inpainter
        self._weights = json.dumps(dict(inpainter.files_sha256()), sort_keys=True)
        self._known = {entry["file"]: entry for entry in _read_index(folder)}
        self._entries: list[Entry] = []
        self._skipped: list[Entry] = []
        self.made = 0
        """Files written by this run; the others were there."""

    def write(
        self,
        document: Mapping[str, Any],
        images: Path,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[int, int]:
        """Write the appearance of each annotation with a whole mask; gives the number of cut-outs and of skips.

        `document` is what `coco_completing.complete_document` made. Raises `ResourceError` when the folder cannot
        be written.
        """
        by_image: dict[Any, list[Mapping[str, Any]]] = {}
        for annotation in document["annotations"]:
            if "amodal_segmentation" in annotation:
                by_image.setdefault(annotation["image_id"], []).append(annotation)
        total = len(document["images"])
        self._save()
        try:
            for number, image in enumerate(document["images"], 1):
                self._image(number, image, by_image.get(image["id"], []), images)
                if number % _SAVED_EVERY == 0:
                    self._save()
                progress(number, total)
        except BaseException:
            with suppress(ResourceError):  # of a full disk, say, that may be what is raised already
                self._save()  # what is made is not made again
            raise
        self._known = {}  # what the document does not have any more
        self._save()
        return sum(entry["kind"] == "object" for entry in self._entries), len(self._skipped)

    def _image(
        self, number: int, image: Mapping[str, Any], annotations: Sequence[Mapping[str, Any]], images: Path
    ) -> None:
        if not annotations:
            return
        name = str(image["file_name"])
        pixels = read_picture(images / name)
        if pixels is None or pixels.shape[:2] != (image["height"], image["width"]):
            wrong = "cannot be read" if pixels is None else f"has {pixels.shape[1]}×{pixels.shape[0]} pixels"
            self._skipped.append({"image": name, "why": f"{images / name} {wrong}"})
            return
        look = hashlib.sha256(pixels.tobytes()).hexdigest()
        wholes = []
        for place, annotation in enumerate(annotations):
            size = int(image["height"]), int(image["width"])
            visible = Mask.from_coco(annotation["segmentation"], *size).to_array()
            whole = Mask.from_coco(annotation["amodal_segmentation"], *size).to_array()
            wholes.append(whole | visible)
            given = annotation["id"] if isinstance(annotation["id"], int) else f"n{place}"
            key = self._key(look, annotation["segmentation"], annotation["amodal_segmentation"])
            entry = {"kind": "object", "image": name, "annotation": annotation["id"], "key": key}
            self._object(f"objects/{number:06d}-{given}.png", entry, pixels, (visible, whole))
        key = self._key(look, [one["amodal_segmentation"] for one in annotations])
        self._plate(f"plates/{number:06d}.png", {"kind": "plate", "image": name, "key": key}, pixels, wholes)

    def _object(self, file: str, entry: Entry, pixels: RGBImage, masks: tuple[BoolImage, BoolImage]) -> None:
        if self._is_there(file, entry["key"]):
            return
        found = cut_out(pixels, *masks, self._inpainter)
        self._write(file, cv2.cvtColor(found.pixels, cv2.COLOR_RGBA2BGRA))
        self._entries.append(entry | {"file": file, "box": list(found.box), "painted_pixels": found.painted})

    def _plate(self, file: str, entry: Entry, pixels: RGBImage, wholes: Sequence[BoolImage]) -> None:
        if not self._is_there(file, entry["key"]):
            self._write(file, cv2.cvtColor(plate(pixels, wholes, self._inpainter), cv2.COLOR_RGB2BGR))
            self._entries.append(entry | {"file": file})

    def _key(self, *parts: Any) -> str:
        """What the picture follows from."""
        text = json.dumps([self._weights, *parts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _is_there(self, file: str, key: str) -> bool:
        entry = self._known.get(file)
        if entry is None or entry["key"] != key or not (self._folder / file).is_file():
            return False
        self._entries.append(entry)
        return True

    def _write(self, file: str, pixels: NDArray[Any]) -> None:
        _, encoded = cv2.imencode(".png", pixels)
        _write_at_once(self._folder / file, encoded.tobytes())
        self.made += 1

    def _save(self) -> None:
        files = self._known | {entry["file"]: entry for entry in self._entries}
        index = {"inpainter": self._inpainter.name, "files": list(files.values()), "skipped": self._skipped}
        _write_at_once(self._folder / _INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode())


def _read_index(folder: Path) -> list[Entry]:
    path = folder / _INDEX
    if not path.is_file():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder} holds something else than appearances; name a new folder.")
        return []
    try:
        files: list[Entry] = json.loads(path.read_text(encoding="utf-8"))["files"]
        return [{**entry, "file": str(entry["file"]), "key": str(entry["key"])} for entry in files]
    except (OSError, ValueError, KeyError, TypeError):
        raise FileFormatError(f"{path} cannot be understood; remove it, and the pictures are made anew.") from None


def read_picture(path: Path) -> RGBImage | None:
    """uint8 RGB [height, width, 3]; None for what is no picture."""
    there = os.path.isfile(path)  # noqa: PTH113 (Path's raises for a name that is too long or a forbidden folder)
    found = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) if there else None
    return None if found is None else np.ascontiguousarray(found, np.uint8)


def _write_at_once(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise ResourceError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
