"""Existing labels from a COCO file, so that they are kept as known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path, PurePosixPath
from typing import Any

from codriver.errors import FileFormatError, InputError
from perception.masks import Mask


@dataclass(frozen=True)
class KnownLabels:
    """The annotations of a COCO file by image. Masks are decoded only when their frame comes."""

    path: str
    sha256: str
    """Of the file."""
    by_name: Mapping[str, tuple[Mapping[str, Any], ...]] = field(repr=False)
    """`file_name` → annotations with "label", and "crowd" where it is a region of which nothing is told."""
    by_base: Mapping[str, str] = field(repr=False)
    """Last part of a `file_name` → the whole, where only one ends so."""

    def knows(self, frame_id: str) -> bool:
        """Whether the file lists this frame, with annotations or without."""
        return bool(self._name(frame_id))

    def _name(self, frame_id: str) -> str:
        return frame_id if frame_id in self.by_name else self.by_base.get(PurePosixPath(frame_id).name, "")

    def of(self, frame_id: str, width: int, height: int) -> list[tuple[str, Mask]]:
        """Label and mask of each object of a frame; [] for a frame the file does not know.

        Raises `InputError` when a mask does not fit the frame.
        """
        return self._masks(frame_id, width, height, crowd=False)

    def ignored(self, frame_id: str, width: int, height: int) -> Mask:
        """The frame's crowds (`iscrowd`): where the file does not say what is there. Raises as `of`."""
        nothing = Mask.empty(height, width)
        return reduce(or_, (mask for _, mask in self._masks(frame_id, width, height, crowd=True)), nothing)

    def _masks(self, frame_id: str, width: int, height: int, *, crowd: bool) -> list[tuple[str, Mask]]:
        name = self._name(frame_id)
        found = []
        for one in self.by_name.get(name, ()):
            if one["crowd"] != crowd:
                continue
            try:
                mask = Mask.from_coco(one["segmentation"], height, width)
            except InputError as error:
                problem = str(error).rstrip(".")
                raise InputError(
                    f"{self.path}, annotation {one['id']} of {name}: {problem}; mend it, or take it out."
                ) from None
            if mask.area:
                found.append((str(one["label"]), mask))
        return found

    def require_some(self, frame_ids: Iterable[str], source: str) -> None:
        """Raise `InputError` when the file knows none of the frames: its labels would be lost in silence."""
        if not any(self.knows(one) for one in frame_ids):
            named = f'it names "{next(iter(self.by_name))}", say' if self.by_name else "it names no image"
            raise InputError(
                f"{self.path} knows no frame of {source} ({named}); each file_name must be the path of a frame "
                "below it, or end in the frame's name."
            )


def read_known_labels(path: Path) -> KnownLabels:
    """Read a COCO instance file. Raises `FileFormatError` naming what is wrong."""
    try:
        content = path.read_bytes()
        document = json.loads(content)
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read ({error.strerror or error}).") from None
    except ValueError as error:
        raise FileFormatError(f"{path} is not a COCO instance file: it is no JSON ({error}).") from None
    by_name = _masks_by_name(path, document)
    bases: dict[str, list[str]] = {}
    for name in by_name:
        bases.setdefault(PurePosixPath(name).name, []).append(name)
    return KnownLabels(
        str(path),
        hashlib.sha256(content).hexdigest(),
        {name: tuple(found) for name, found in by_name.items()},
        {base: found[0] for base, found in bases.items() if len(found) == 1},
    )


def _masks_by_name(path: Path, document: Any) -> dict[str, list[Mapping[str, Any]]]:
    """The annotations with a mask, by `file_name`, in the order of the file."""
    categories = {one["id"]: str(one["name"]) for one in _listed(path, document, "categories", "id", "name")}
    names = {one["id"]: str(one["file_name"]) for one in _listed(path, document, "images", "id", "file_name")}
    by_name: dict[str, list[Mapping[str, Any]]] = {name: [] for name in names.values()}
    for one in _listed(path, document, "annotations"):
        if not one.get("segmentation"):
            continue  # a box is no mask
        crowd = bool(one.get("iscrowd"))
        image, category = (
            known.get(one[member]) if isinstance(one.get(member), int | str) else None
            for member, known in (("image_id", names), ("category_id", categories))
        )
        if crowd and image is None:
            continue  # it tells nothing of any frame here
        for member, name in (("image_id", image), ("category_id", category)):
            if name is None and not crowd:
                raise FileFormatError(
                    f"{path} is not a COCO instance file: annotation {one.get('id')} has the {member} "
                    f"{one.get(member)!r}, which the file does not list."
                )
        kept = {"id": one.get("id"), "segmentation": one["segmentation"], "label": category or "", "crowd": crowd}
        by_name[str(image)].append(kept)
    return by_name


def _listed(path: Path, document: Any, kind: str, *needed: str) -> list[Mapping[str, Any]]:
    """One of the file's lists; each entry has the members `needed`, an id is a number or a text."""
    entries = document.get(kind) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise FileFormatError(f'{path} is not a COCO instance file: it has no list of "{kind}".')
    for number, one in enumerate(entries):
        if not isinstance(one, dict) or not all(isinstance(one.get(member), int | str) for member in needed):
            lacking = " or ".join(needed) or "members"
            raise FileFormatError(
                f'{path} is not a COCO instance file: entry {number} of "{kind}" lacks {lacking}.'
            )
    return entries
